"""Documents that the console renders: what is shown, and that nothing in them runs, asks or takes long."""

from __future__ import annotations

import io
import re
import time
import zipfile
from typing import TYPE_CHECKING

import pytest
from console_documents import CODE, MARKDOWN, arrow, avro, avro_bomb, notebook, npy, npz, packed
from console_samples import png
from console_visitor import Box, Visitor

from s3fixture.console.preview import Renderer

if TYPE_CHECKING:
    from playwright.sync_api import Page


def show(visitor: Visitor, box: Box, key: str, body: bytes, **query: str) -> str:
    """The page of an object with this body."""
    box.s3.put_object(Bucket="data", Key=key, Body=body)
    return visitor.get("/buckets/data/object", key=key, **query).text


def rendered(visitor: Visitor, box: Box, key: str, body: bytes) -> str:
    """What stands in its frame."""
    assert "<iframe" in show(visitor, box, key, body)
    answer = visitor.get("/buckets/data/rendered", key=key)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'nonce-")
    assert "; sandbox; frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    return answer.text.partition("<body>")[2]


@pytest.fixture
def preview_packages() -> None:
    for name in ("markdown_it", "pygments", "fastavro", "numpy"):
        pytest.importorskip(name, reason="the group `browser` has it")


@pytest.mark.usefixtures("preview_packages")
class TestRendering:
    def test_markdown(self, visitor: Visitor, box: Box) -> None:
        text = rendered(visitor, box, "README.md", MARKDOWN.encode())
        assert "<h1>Results</h1>" in text
        assert "<td>0.91</td>" in text
        assert "<script" not in text
        assert "<img" not in text
        assert 'href="javascript' not in text

    def test_code(self, visitor: Visitor, box: Box) -> None:
        text = rendered(visitor, box, "train.py", CODE.encode())
        assert '<span class="k">def</span>' in text
        assert "<script" not in text
        assert text.count("</pre>") == 1

    def test_a_notebook(self, visitor: Visitor, box: Box) -> None:
        text = rendered(visitor, box, "training.ipynb", notebook())
        assert "<h1>Training</h1>" in text
        assert "epoch 1\nepoch 2" in text
        assert text.count("<img") == 2
        assert "data:image/png;base64,iVBOR" in text
        assert "data:image/svg+xml;base64," in text
        assert "a frame" in text
        assert "&lt;b&gt;wrong" in text
        assert "<script" not in text

    def test_html_of_a_notebook_is_shown_as_tables_and_text(self, visitor: Visitor, box: Box) -> None:
        text = rendered(visitor, box, "training.ipynb", notebook())
        assert '<thead><tr><th rowspan="2">loss &amp; gain</th></tr></thead>' in text
        assert "<tr><td>\n0.25</td></tr>" in text
        assert '<b>open <table><tr><td colspan="2">end</td></tr></table></b>' in text
        unwanted = ("not shown", "alert(3)", "javascript", "style", "position", "inner", "192.0.2.1", "<form")
        assert [word for word in unwanted if word in text] == []

    def test_colours_of_a_terminal(self, visitor: Visitor, box: Box) -> None:
        text = rendered(visitor, box, "training.ipynb", notebook())
        assert '100%\n<span class="bold t1">red &lt;i&gt;</span> plain' in text
        assert "50%" not in text
        assert '<span class="t2">line 1</span>' in text
        log = b"\x1b[33mWARN\x1b[0m \x1b]0;title\x07\x1b[2K<b>\x1b[38;2;250;10;10mred\x1b[m" + b" ." * 300_000
        text = rendered(visitor, box, "train.log", log)
        assert '<pre><span class="t3">WARN</span> &lt;b&gt;<span class="t1">red</span> . .' in text
        assert "\x1b" not in text

    @pytest.mark.parametrize("body", [b"{", b"[]", b'{"cells": 3}', b'{"cells": [[]]}', b"[" * 100_000])
    def test_a_notebook_that_is_none_is_said_to_be_none(
        self, visitor: Visitor, box: Box, body: bytes
    ) -> None:
        assert "It cannot be shown" in rendered(visitor, box, "wrong.ipynb", body)

    @pytest.mark.parametrize(("key", "text"), [("slow.md", "["), ("slow.md", "!["), ("long.py", "(")])
    def test_what_may_take_long_is_answered_in_time(
        self, visitor: Visitor, box: Box, key: str, text: str
    ) -> None:
        body = (text * 250_000)[:250_000].encode()
        began = time.monotonic()
        found = rendered(visitor, box, key, body)
        assert time.monotonic() - began < 60  # 4 s of the processor, 15 s by the clock; on a slow machine
        assert found  # a fast machine shows it

    def test_what_takes_long_is_given_up(self) -> None:
        result = Renderer().render("markdown", "", b"[" * 8_000_000)  # a minute and more
        assert "It cannot be shown" in result["note"]

    def test_avro(self, visitor: Visitor, box: Box) -> None:
        page = show(visitor, box, "rows.avro", avro())
        assert re.search(r"<th scope=.col.>label<small>null or string</small>", page)
        assert "row 49" in page
        assert "row 50" not in page

    def test_an_avro_file_that_unpacks_to_too_much_is_not_shown(self, visitor: Visitor, box: Box) -> None:
        body = avro_bomb()
        assert len(body) < 4 * 1024 * 1024
        assert "It cannot be shown" in show(visitor, box, "bomb.avro", body)

    @pytest.mark.parametrize("stream", [True, False])
    def test_arrow(self, visitor: Visitor, box: Box, stream: bool) -> None:
        pytest.importorskip("pyarrow", reason="the group `browser` has it")
        page = show(visitor, box, "rows.arrow", arrow(stream=stream))
        assert '<th scope="col">id<small>int64</small>' in page
        assert "row 49<" in page
        assert "row 50<" not in page
        page = show(visitor, box, "rows.arrow", arrow(400_000, stream=stream))  # its rows are one batch
        assert '<th scope="col">id<small>int64</small>' in page
        assert "too large to show" in page
        damaged = arrow(stream=stream)[:60] + b"\xff" * 5000
        assert "cannot be shown" in show(visitor, box, "rows.arrow", damaged)

    def test_arrays_in_a_zip_file(self, visitor: Visitor, box: Box) -> None:
        page = show(visitor, box, "weights.npz", npz())
        assert "<bdi>float32, 2 \N{MULTIPLICATION SIGN} 3</bdi>" in page
        assert "<bdi>object, 1 \N{MULTIPLICATION SIGN} 1</bdi>" in page
        assert "&lt;b&gt;.txt" in page

    def test_an_array(self, visitor: Visitor, box: Box) -> None:
        page = show(visitor, box, "weights.npy", npy())
        assert "<bdi>float32</bdi>" in page
        assert "2 \N{MULTIPLICATION SIGN} 3" in page
        assert "<bdi>5.0</bdi>" in page

    def test_an_array_of_objects_is_never_unpickled(self, visitor: Visitor, box: Box) -> None:
        body = npy("|O", (1, 1), b"cos\nsystem\n(S'touch /tmp/owned'\ntR.")
        assert "never unpickled" in show(visitor, box, "objects.npy", body)

    @pytest.mark.parametrize(
        "body", [b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff", npy(shape=(10**9, 10**9), body=b"")]
    )
    def test_an_array_that_is_none_is_no_fault(self, visitor: Visitor, box: Box, body: bytes) -> None:
        assert "Preview" in show(visitor, box, "wrong.npy", body)

    def test_what_is_rendered_runs_nothing_in_a_browser(self, page: Page, box: Box) -> None:
        """The fixture sees to it: no dialog, no complaint, no request elsewhere."""
        documents = {"a.md": MARKDOWN.encode(), "b.py": CODE.encode(), "c.ipynb": notebook()}
        for key, body in documents.items():
            box.s3.put_object(Bucket="data", Key=key, Body=body)
            page.goto(f"{box.console_url}/buckets/data/object?key={key}")
            frame = page.frame_locator("iframe.preview-frame")
            frame.locator("body > *").first.wait_for()
        page.goto(f"{box.console_url}/buckets/data/object?key=a.md")
        page.frame_locator("iframe.preview-frame").get_by_role("heading", name="Results").wait_for()
        page.get_by_text("As text").click()
        assert "| small | 0.91 |" in page.get_by_role("region", name="Text").inner_text()


def test_the_frame_is_for_what_is_rendered_only(visitor: Visitor, other: Visitor, box: Box) -> None:
    for key in ("notes.txt", "picture.png", "iris.csv"):
        assert visitor.get("/buckets/data/rendered", key=key).status_code == 415
    box.s3.put_object(Bucket="data", Key="a.md", Body=b"# a")
    assert other.get("/buckets/data/rendered", key="a.md").status_code == 403


def test_without_the_packages_the_text_is_shown(
    visitor: Visitor, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s3fixture.console.preview.show.find_spec", lambda name: None)
    page = show(visitor, box, "a.md", b"# a")
    assert "Install s3fixture[preview]" in page
    assert '<pre class="preview-text"' in page


def test_a_renderer_has_few_processes_at_once() -> None:
    renderer = Renderer()
    assert renderer.render("compare", "2", b"a\nb\n") == {"lines": [["-", "a"], ["+", "b"]]}
    assert "cannot be shown" in renderer.render("nonsense", "", b"")["note"]
    assert "cannot be shown" in renderer.render("code", "a\0b", b"")["note"]


def test_a_zip_file_is_listed_by_its_end(visitor: Visitor, box: Box) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("large.bin", b"x" * 6_000_000)
        for number in range(1200):
            archive.writestr(f"folder/{number}.txt", b"12345")
    page = show(visitor, box, "data.zip", file.getvalue())
    assert "1,201 files, 6,006,000 bytes when unpacked. The first 1,000 are shown." in page
    assert "<bdi>6,000,000</bdi>" in page
    assert "folder/998.txt" in page
    assert "folder/1000.txt" not in page
    assert "is damaged" in show(visitor, box, "data.zip", file.getvalue()[:-30])


def test_gzip_is_unpacked_as_far_as_it_is_shown(visitor: Visitor, box: Box) -> None:
    page = show(visitor, box, "rows.csv.gz", packed(b"a,b\n1,2\n"))
    assert '<th scope="col">b</th>' in page
    page = show(visitor, box, "log.gz", packed(b"line one\n"))
    assert "line one" in page
    page = show(visitor, box, "bomb.txt.gz", packed(b"x" * 300_000_000))
    assert "The beginning, unpacked." in page
    assert len(page) < 400_000
    assert "1f 8b 08" in show(visitor, box, "broken.gz", b"\x1f\x8b\x08nonsense")
    assert "1f 8b" in show(visitor, box, "twice.gz", packed(packed(b"x")))


def test_csv_is_counted_and_paged(visitor: Visitor, box: Box) -> None:
    body = b"id,text\n" + b"".join(b"%d,row %d\n" % (n, n) for n in range(120))
    page = show(visitor, box, "rows.csv", body)
    assert "Rows 1 to 50 of 120 rows." in page
    assert "Next rows" in page
    assert "Rows before" not in page
    page = show(visitor, box, "rows.csv", body, row="100")
    assert "Rows 101 to 120 of 120 rows." in page
    assert "<bdi>row 119</bdi>" in page
    assert "Next rows" not in page
    assert "There are 120 rows." in show(visitor, box, "rows.csv", body, row="5000")
    assert "Rows 1 to 50" in show(visitor, box, "rows.csv", body, row="-1")


def test_a_large_csv_is_counted_as_far_as_is_read(visitor: Visitor, box: Box) -> None:
    body = b"id,text\n" + b"1,abcdefghij\n" * 1_500_000
    began = time.monotonic()
    assert "Rows 1 to 50 of 1," in (page := show(visitor, box, "large.csv", body))
    assert "or more rows" in page
    assert time.monotonic() - began < 30


def test_two_versions_are_compared(page: Page, box: Box) -> None:
    for text in (b"one\ntwo\nthree\n", b"one\n2 <b>\nthree\n"):
        box.s3.put_object(Bucket="versioned", Key="text.txt", Body=text)
    page.goto(f"{box.console_url}/buckets/versioned/object?key=text.txt")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Two versions").wait_for()
    for kind, line in (("removed", "two"), ("added", "2 <b>")):
        assert page.locator(f".diff .{kind} td:last-child").all_inner_texts() == [line]
    same = page.url.replace(*re.findall(r"(?:left|right)=([^&]*)", page.url))
    page.goto(same)
    page.get_by_text("Both have the same text").wait_for()


def test_what_cannot_be_compared_is_said(visitor: Visitor, other: Visitor, box: Box) -> None:
    versions = [
        box.s3.put_object(Bucket="versioned", Key="k", Body=body)["VersionId"]
        for body in (b"text", b"\0\1", b"x" * 300_000)
    ]
    for wrong, status in ((versions[1], 415), (versions[2], 413), ("none", 400)):
        answer = visitor.get("/buckets/versioned/compare", key="k", left=versions[0], right=wrong)
        assert answer.status_code == status
    answer = other.get("/buckets/versioned/compare", key="k", left=versions[0], right=versions[0])
    assert answer.status_code == 403


def test_pictures_of_a_run_stand_side_by_side(page: Page, box: Box) -> None:
    for step in range(3):
        box.s3.put_object(Bucket="data", Key=f"run/step{step}/loss.png", Body=png(60 + step))
    page.goto(f"{box.console_url}/buckets/data/?prefix=run/&deep=1")
    page.get_by_role("switch", name="Pictures").click()
    pictures = page.locator(".pictures img")
    pictures.first.wait_for()
    widths = pictures.evaluate_all(
        "all => Promise.all(all.map(one => one.decode().then(() => one.naturalWidth)))"
    )
    assert widths == [60, 61, 62]
    page.goto(f"{box.console_url}/buckets/versioned/")
    page.locator("#objects").wait_for()
    assert page.get_by_role("switch", name="Pictures").count() == 0
