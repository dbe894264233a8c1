"""What is shown of an object's bytes, and how they are given out."""

from __future__ import annotations

import io
import random

import pytest
from console_samples import HOSTILE, SVG, parquet, png
from console_visitor import Box, Visitor
from werkzeug.http import parse_options_header

from s3fixture.console.preview.kinds import image_type, kind
from s3fixture.console.preview.tabular import RangeFile


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("notes.txt", "plain text\nin two lines"),
        ("iris.csv", "<bdi>setosa</bdi>"),
        ("model/MLmodel", "<dt>Flavors</dt><dd><bdi>sklearn</bdi>"),
        ("model/metrics.json", "<dt>accuracy</dt><dd><bdi>0.95</bdi>"),
        ("model/metrics.json", "{\n  &#34;accuracy&#34;: 0.95"),
        ("model/model.pkl", "00000000  00 01 02 03"),
        ("picture.png", "/buckets/data/image?key=picture.png"),
        ("report.pdf", "Open the PDF in a new tab"),
        ("drawing.svg", "&lt;svg"),
        ("page.html", "&lt;!doctype html&gt;&lt;script&gt;"),
        ("described.bin", "<dt>author</dt><dd><bdi>someone</bdi>"),
        ("described.bin", "<dt>Cache-Control</dt><dd><bdi>no-cache</bdi>"),
        ("described.bin", "<bdi>stage</bdi><b><bdi>candidate</bdi>"),
        ("described.bin", "CRC32, full object"),
    ],
)
def test_an_object_is_shown_as_what_it_is(visitor: Visitor, key: str, shown: str) -> None:
    assert shown in visitor.get("/buckets/data/object", key=key).text


def test_parquet_shows_its_schema_and_first_rows(visitor: Visitor, box: Box) -> None:
    pytest.importorskip("pyarrow", reason="Parquet is shown where pyarrow is")
    box.s3.put_object(Bucket="data", Key="t.parquet", Body=parquet())
    text = visitor.get("/buckets/data/object", key="t.parquet").text
    assert "int64" in text
    assert "<bdi>row 49</bdi>" in text
    assert "row 50<" not in text
    assert "1,000 rows in 1 row group. The first 50 are shown." in text
    box.s3.put_object(Bucket="data", Key="t.parquet", Body=b"PAR1" + b"\0" * 100)
    assert "This Parquet file cannot be read" in visitor.get("/buckets/data/object", key="t.parquet").text


def test_of_a_large_text_only_the_beginning_is_read(visitor: Visitor, box: Box) -> None:
    box.s3.put_object(Bucket="data", Key="large.txt", Body=b"a" * 600_000)
    text = visitor.get("/buckets/data/object", key="large.txt").text
    assert "The first 262,144 of 600,000 bytes." in text
    assert len(text) < 300_000


@pytest.mark.parametrize("text", ["[" * 400 + "0," * 50_000 + "0" + "]" * 400, "[" * 990 + "]" * 990])
def test_json_that_would_grow_is_shown_as_it_is(visitor: Visitor, box: Box, text: str) -> None:
    box.s3.put_object(Bucket="data", Key="deep.json", Body=text.encode())
    page = visitor.get("/buckets/data/object", key="deep.json")
    assert page.status_code == 200
    assert len(page.text) < 2_000_000
    assert text[:600] in page.text


def test_of_a_large_parquet_file_little_is_read(
    visitor: Visitor, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet is shown where pyarrow is")
    from pyarrow import parquet as writer

    file = io.BytesIO()
    table = pyarrow.table({name: random.Random(1).choices(range(10**9), k=500_000) for name in "abcd"})
    writer.write_table(table, file, row_group_size=500_000, compression="none", use_dictionary=False)
    box.s3.put_object(Bucket="data", Key="large.parquet", Body=file.getvalue())
    read = []
    original = RangeFile.readinto

    def counting(self: RangeFile, buffer: memoryview) -> int:
        read.append(original(self, buffer))
        return read[-1]

    monkeypatch.setattr(RangeFile, "readinto", counting)
    assert "500,000 rows in 1 row group." in visitor.get("/buckets/data/object", key="large.parquet").text
    assert sum(read) < len(file.getvalue()) / 2


def test_yaml_that_would_grow_is_not_expanded(visitor: Visitor, box: Box) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nflavors: {s: *b}\n"
    box.s3.put_object(Bucket="data", Key="m/MLmodel", Body=bomb.encode())
    text = visitor.get("/buckets/data/object", key="m/MLmodel").text
    assert "Flavors" not in text
    assert "*b" in text


@pytest.mark.parametrize("key", ["page.html", "drawing.svg", "picture.png", "report.pdf"])
def test_a_download_is_a_file_and_never_a_page(visitor: Visitor, key: str) -> None:
    answer = visitor.get("/buckets/data/download", key=key)
    assert answer.headers["Content-Disposition"] == f"attachment; filename={key}"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("key", HOSTILE)
def test_a_hostile_name_is_a_file_name_of_its_own_and_nothing_else(
    visitor: Visitor, box: Box, key: str
) -> None:
    box.s3.put_object(Bucket="data", Key=key, Body=b"")
    headers = visitor.get("/buckets/data/download", key=key).headers
    kind, options = parse_options_header(headers["Content-Disposition"])
    assert (kind, list(options)) == ("attachment", ["filename"])
    name = options["filename"]
    assert 0 < len(name) <= 200
    assert name.isprintable()
    assert not set(name) & set('\\/:*?"<>|')


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("data \u2013 final.csv", "data _ final.csv"),
        ("\u65e5\u672c\u8a9e.csv", "___.csv"),
        ("\xfcber.txt", "_ber.txt"),
        ("\U0001f600.png", "_.png"),
        ("100%.txt", "100%.txt"),
        ("a'b;c=d.txt", "a'b;c=d.txt"),
    ],
)
def test_a_download_has_its_name_in_any_script(visitor: Visitor, box: Box, name: str, plain: str) -> None:
    box.s3.put_object(Bucket="data", Key=f"folder/{name}", Body=b"text")
    answer = visitor.get("/buckets/data/download", key=f"folder/{name}")
    assert (answer.status_code, answer.data) == (200, b"text")
    header = answer.headers["Content-Disposition"]
    assert parse_options_header(header) == ("attachment", {"filename": name})
    without = header.replace("filename*=", "other=")  # what those read who know no RFC 6266
    assert parse_options_header(without)[1]["filename"] == plain


@pytest.mark.parametrize("key", ["page.html", "drawing.svg", "notes.txt", "report.pdf"])
def test_what_is_no_picture_is_not_given_out_as_one(visitor: Visitor, key: str) -> None:
    assert visitor.get("/buckets/data/image", key=key).status_code == 415


def test_a_picture_is_given_out_by_its_bytes_not_by_what_its_uploader_said(visitor: Visitor) -> None:
    answer = visitor.get("/buckets/data/image", key="picture.png")
    assert (answer.headers["Content-Type"], answer.data) == ("image/png", png())


@pytest.mark.parametrize(
    ("first", "key", "said", "expected"),
    [
        (SVG, "a.svg", "image/svg+xml", "text"),
        (b"BMI,age\n21.5,40\n", "people.csv", "", "csv"),
        (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0", "a", "", "image"),
        (b"\xff\xfe\x00a", "a.txt", "text/plain", "binary"),
        ("é".encode()[:1], "cut.txt", "", "text"),
        (b"a;b\n1;2", "a.bin", "text/csv; charset=utf-8", "csv"),
        (b"{}", "a.JSON", "", "json"),
        (b"RIFF\0\0\0\0WEBP", "a", "", "image"),
    ],
)
def test_what_an_object_is_follows_from_its_bytes_first(
    first: bytes, key: str, said: str, expected: str
) -> None:
    assert kind(key, said, first) == expected
    assert image_type(SVG) is None
