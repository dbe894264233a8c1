"""What the pages show, without scripts."""

from __future__ import annotations

import ast
import re
import sqlite3
import subprocess

import pytest
from console_samples import HOSTILE, fill_hostile
from console_visitor import Box, Visitor

from s3fixture.console.rendering import visible
from s3fixture.console.snippets import object_snippets
from s3fixture.store import NewVersion


def test_buckets_are_listed_with_what_they_hold(visitor: Visitor, box: Box) -> None:
    box.s3.put_object(Bucket="empty", Key="k", Body=b"x" * 2048)
    text = visitor.get("/").text
    assert all(f"/buckets/{name}/" in text for name in ("data", "versioned", "empty"))
    assert "2.0 KiB" in text
    assert "Versioned" in text
    assert "Private" in text
    assert "/buckets/data/" not in visitor.get("/", search="ver").text


def test_a_user_sees_what_its_policy_allows(reader: Visitor, box: Box) -> None:
    box.s3.put_object(Bucket="empty", Key="k", Body=b"12345")
    page = reader.get("/").text
    assert page.count("You may not list this bucket") == len(box.s3.list_buckets()["Buckets"]) - 1
    assert page.count('data-label="Size"') == 1
    assert reader.get("/buckets/empty").status_code == 200
    refused = reader.get("/buckets/data")
    assert refused.status_code == 403
    assert "no identity-based policy allows the s3:ListBucket action" in refused.text
    changed = reader.ask("POST", "/api/buckets", {"name": "new"})
    assert changed.status_code == 403


def test_a_folder_shows_folders_and_objects_below_it_only(visitor: Visitor) -> None:
    top = visitor.get("/buckets/data/").text
    assert 'data-key="model/"' in top
    assert 'data-key="iris.csv"' in top
    assert "metrics.json" not in top
    below = visitor.get("/buckets/data/", prefix="model/").text
    assert 'data-key="model/metrics.json"' in below
    assert "iris.csv" not in below


def test_search_finds_by_the_beginning_of_the_name_within_the_folder(visitor: Visitor) -> None:
    text = visitor.get("/buckets/data/", prefix="model/", search="me").text
    assert "model/metrics.json" in text
    assert "MLmodel" not in text
    assert "Nothing here begins with" in visitor.get("/buckets/data/", search="zzz").text


def test_pages_follow_each_other_and_miss_nothing(visitor: Visitor, box: Box) -> None:
    keys = [f"k{number:03}" for number in range(230)]
    for key in keys:
        box.s3.put_object(Bucket="empty", Key=key, Body=b"")
    seen: list[str] = []
    path = "/buckets/empty/"
    while path:
        text = visitor.http.get(path).text
        seen += text_between(text, 'data-key="', '"')
        path = next(iter(text_between(text, 'rel="next" href="', '"')), "").replace("&amp;", "&")
    assert seen == keys


def text_between(text: str, start: str, end: str) -> list[str]:
    return [piece.partition(end)[0] for piece in text.split(start)[1:]]


@pytest.mark.parametrize(("sort", "first"), [("size", "small"), ("modified", "large"), ("name", "large")])
def test_rows_are_sorted_both_ways(visitor: Visitor, box: Box, sort: str, first: str) -> None:
    box.app.clock.freeze()
    box.s3.put_object(Bucket="empty", Key="large", Body=b"xxx")
    box.app.clock.move(10)
    box.s3.put_object(Bucket="empty", Key="small", Body=b"x")
    box.app.clock.reset()
    keys = shown_keys(visitor, sort=sort)
    assert keys[0] == first
    assert shown_keys(visitor, sort=sort, order="desc") == keys[::-1]


def shown_keys(visitor: Visitor, **query: str) -> list[str]:
    return text_between(visitor.get("/buckets/empty/", **query).text, 'data-key="', '"')


def test_versions_and_delete_markers_are_shown_on_demand(visitor: Visitor) -> None:
    assert visitor.get("/buckets/versioned/").text.count('data-key="file.txt"') == 1
    assert "gone.txt" not in visitor.get("/buckets/versioned/").text
    text = visitor.get("/buckets/versioned/", versions="1").text
    assert text.count('data-key="file.txt"') == 3
    assert 'data-kind="marker"' in text


def test_the_page_of_a_deleted_object_offers_its_versions(visitor: Visitor) -> None:
    text = visitor.get("/buckets/versioned/object", key="gone.txt").text
    assert "A delete marker is its latest version" in text
    assert "data-undelete" in text


def test_a_former_version_can_be_looked_at_and_downloaded(visitor: Visitor, box: Box) -> None:
    versions = box.s3.list_object_versions(Bucket="versioned", Prefix="file.txt")["Versions"]
    oldest = versions[-1]["VersionId"]
    assert "first" in visitor.get("/buckets/versioned/object", key="file.txt", version=oldest).text
    assert visitor.get("/buckets/versioned/download", key="file.txt", version=oldest).data == b"first"


def test_what_cannot_be_seen_is_written_out() -> None:
    assert visible("a\u202eb\n") == "a\u2329U+202E\u232ab\u2329U+000A\u232a"
    assert visible("\U000e0041\u061c\U0001f600") == "\u2329U+E0041\u232a\u2329U+061C\u232a\U0001f600"


@pytest.mark.parametrize(
    "key", ["plain.csv", "a'b\"c\\d", "\U0001f600\U000e0041\u202e\n.csv", "$(x) `y` {z}"]
)
def test_the_lines_to_copy_name_the_object_exactly(key: str) -> None:
    lines = {line.id: line.text for line in object_snippets("data", key, "v1")}
    call = ast.parse(lines["boto3"]).body[0]
    found = {
        word.arg: ast.literal_eval(word.value) for word in ast.walk(call) if isinstance(word, ast.keyword)
    }
    assert found == {"Bucket": "data", "Key": key, "VersionId": "v1"}
    bash = lines["aws"].replace("aws s3api get-object", "printf '%s\\0'")
    said = subprocess.run(["bash", "-c", bash], check=True, capture_output=True, env={"LC_ALL": "C.UTF-8"})
    assert said.stdout.decode().split("\0")[3] == key


def test_hostile_names_are_text_everywhere(visitor: Visitor, box: Box) -> None:
    fill_hostile(box.s3)
    pages = [visitor.get("/buckets/hostile/").text, visitor.get("/buckets/hostile/", versions="1").text]
    pages += [visitor.get("/buckets/hostile/object", key=key).text for key in HOSTILE]
    for text in pages:
        for attack in ("<script>alert", "<img src=x", 'onmouseover="', 'href="javascript:'):
            assert attack not in text
        shown = re.sub(r'"[^"]*"', '""', text)  # without the values of attributes
        assert "\u202e" not in shown
        assert "\u2066" not in shown
    assert ">49" not in pages[0]


@pytest.mark.parametrize(
    "path", ["/nowhere", "/buckets/none/", "/buckets/none/settings", "/buckets/data/object?key=no"]
)
def test_what_is_not_there_is_said_in_a_page(visitor: Visitor, path: str) -> None:
    answer = visitor.http.get(path)
    assert answer.status_code == 404
    assert "<h1>" in answer.text


@pytest.mark.parametrize(
    "path", ["/buckets/data/object", "/buckets/data/object?key=%00", "/buckets/data/object?key=../x"]
)
def test_an_address_that_means_nothing_is_refused(visitor: Visitor, path: str) -> None:
    assert visitor.http.get(path).status_code == 400


def test_how_to_connect_names_keys_and_endpoint(visitor: Visitor, box: Box) -> None:
    port = box.api_url.rpartition(":")[2]
    text = visitor.get("/connect", bucket="data").text
    assert f"export AWS_ENDPOINT_URL=http://localhost:{port}" in text
    assert "MLFLOW_S3_ENDPOINT_URL" in text
    assert "_FILE=" not in text  # a path of the server means nothing elsewhere
    assert "--artifacts-destination s3://data" in text


def test_the_page_and_all_that_it_needs_is_small(box: Box) -> None:
    sizes = [len(asset.content) for asset in box.console.assets._assets.values()]
    assert sum(sizes) < 100_000


def test_assets_may_be_kept_and_change_their_address_when_they_change(stranger: Visitor, box: Box) -> None:
    answer = stranger.get(box.console.assets.path("app.js"))
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "no-store" in stranger.get("/static/former/app.js").headers["Cache-Control"]
    assert stranger.get("/static/x/..%2fapplication.py").status_code == 303


def test_the_first_page_of_100_000_objects_costs_what_that_of_100_does(visitor: Visitor, box: Box) -> None:
    """Counted in steps of SQLite's machine, which do not depend on how busy this one is."""
    with box.app.store.write() as index:
        for name, count in (("few", 101), ("many", 100_000)):
            bucket = index.create_bucket(name, owner=owner(box), region="us-east-1", created=0.0)
            for number in range(count):
                key = f"{number:06}"
                index.add_version(
                    bucket.id, NewVersion(key=key, version_id="null", modified=0.0, owner="o"), None
                )
    few, many = steps(box, visitor, "/buckets/few/"), steps(box, visitor, "/buckets/many/")
    assert many < few * 1.5
    assert steps(box, visitor, "/buckets/many/?versions=1") < few * 3
    assert steps(box, visitor, "/") < few


def owner(box: Box) -> str:
    identity = box.app.identities.by_access_key("minioadmin")
    assert identity is not None
    return identity.canonical_id


def steps(box: Box, visitor: Visitor, path: str) -> int:
    connection: sqlite3.Connection = box.app.store._connection
    count = 0

    def step() -> None:
        nonlocal count
        count += 1

    visitor.http.get(path)  # prepares the statements
    connection.set_progress_handler(step, 10)
    assert visitor.http.get(path).status_code == 200
    connection.set_progress_handler(None, 0)
    return count


def test_a_search_that_looked_at_a_part_says_so(
    visitor: Visitor, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_AT_ONCE", "_SEARCHED"):
        monkeypatch.setattr(f"s3fixture.console.pages.browse.{name}", 2)
    found = visitor.get("/buckets/data/", deep="1", search="report").text
    assert "Nothing found so far" in found
    assert "2 names were looked at for “report”, and there are more." in found
    assert "Continue the search" in found
    monkeypatch.undo()
    assert "Nothing here contains “reports”" in visitor.get("/buckets/data/", deep="1", search="reports").text
