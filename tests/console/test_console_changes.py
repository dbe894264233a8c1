"""Changes, as the modules ask for them."""

from __future__ import annotations

import urllib.error
from typing import Any
from urllib.request import urlopen

import pytest
from console_visitor import Box, Visitor

from s3fixture.console.security import CSRF_HEADER
from s3fixture.content_types import guess

API = "/api/buckets/data"


def body_of(box: Box, key: str, bucket: str = "data") -> bytes:
    return box.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def test_a_bucket_is_made_and_deleted(visitor: Visitor, box: Box) -> None:
    made = visitor.ask("POST", "/api/buckets", {"name": "fresh", "versioning": True})
    assert (made.status_code, made.json) == (201, {"path": "/buckets/fresh/"})
    assert box.s3.get_bucket_versioning(Bucket="fresh")["Status"] == "Enabled"
    assert visitor.ask("DELETE", "/api/buckets/fresh").status_code == 200
    assert "fresh" not in [bucket["Name"] for bucket in box.s3.list_buckets()["Buckets"]]


@pytest.mark.parametrize("name", ["", "No", "a_b", "..", "x" * 64, "192.168.1.1"])
def test_a_bucket_of_a_wrong_name_is_refused_with_s3s_words(visitor: Visitor, name: str) -> None:
    answer = visitor.ask("POST", "/api/buckets", {"name": name})
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["message"]


def test_a_bucket_that_is_not_empty_stays_until_it_is_emptied(visitor: Visitor) -> None:
    refused = visitor.ask("DELETE", "/api/buckets/versioned")
    assert refused.json is not None
    assert refused.json["code"] == "BucketNotEmpty"
    done = visitor.ask("POST", "/api/buckets/versioned/empty", {})
    assert done.json == {"deleted": 5, "errors": [], "more": False}
    assert visitor.ask("DELETE", "/api/buckets/versioned").status_code == 200


@pytest.mark.parametrize(
    ("key", "said", "stored"),
    [
        ("a.bin", "image/png", "image/png"),
        ("a.csv", "", "text/csv"),
        ("a.jsonl", "", guess("a.jsonl")),
        ("a.parquet", "application/octet-stream", "application/vnd.apache.parquet"),
        ("noending", "", "binary/octet-stream"),
    ],
)
def test_an_upload_keeps_its_type_or_gets_that_of_its_ending(
    visitor: Visitor, box: Box, key: str, said: str, stored: str
) -> None:
    assert visitor.send("PUT", f"{API}/object", b"body", said, key=key).status_code == 201
    found = box.s3.head_object(Bucket="data", Key=key, ChecksumMode="ENABLED")
    assert (found["ContentType"], found["ContentLength"]) == (stored, 4)
    assert found["ChecksumCRC64NVME"]


def test_an_upload_that_arrives_damaged_is_refused_and_leaves_nothing(visitor: Visitor, box: Box) -> None:
    headers = {CSRF_HEADER: visitor.csrf, "X-Amz-Checksum-Crc32": "y/Q5Jg=="}  # of "123456789"
    for body, status in ((b"12345678x", 400), (b"123456789", 201)):
        answer = visitor.http.put(f"{API}/object", query_string={"key": "sent"}, data=body, headers=headers)
        assert answer.status_code == status
    assert body_of(box, "sent") == b"123456789"
    headers["X-Amz-Checksum-Crc32"] = "nonsense"
    assert visitor.http.put(f"{API}/object?key=k", data=b"x", headers=headers).status_code == 400


def test_a_large_upload_goes_in_parts(visitor: Visitor, box: Box) -> None:
    upload = visitor.ask("POST", f"{API}/uploads", key="large", type="text/x-log").json["upload"]  # type: ignore[index]
    pieces = [b"a" * 5 * 1024 * 1024, b"b" * 10]
    parts = [
        visitor.send("PUT", f"{API}/uploads", piece, key="large", upload=upload, number=str(number)).json
        for number, piece in enumerate(pieces, start=1)
    ]
    assert "large" in visitor.get("/buckets/data/uploads").text
    done = visitor.ask("POST", f"{API}/uploads/complete", {"parts": parts}, key="large", upload=upload)
    assert done.status_code == 201
    assert body_of(box, "large") == b"".join(pieces)


def test_an_upload_that_is_given_up_leaves_nothing(visitor: Visitor, box: Box) -> None:
    upload = visitor.ask("POST", f"{API}/uploads", key="large").json["upload"]  # type: ignore[index]
    visitor.send("PUT", f"{API}/uploads", b"part", key="large", upload=upload, number="1")
    for _ in range(2):
        assert visitor.ask("DELETE", f"{API}/uploads", key="large", upload=upload).status_code == 200
    assert "Uploads" not in box.s3.list_multipart_uploads(Bucket="data")


@pytest.mark.parametrize(
    "document", [{"parts": "x"}, {"parts": [{}]}, {"parts": [{"number": "x", "etag": 1}]}]
)
def test_a_list_of_parts_that_is_none_is_refused(visitor: Visitor, document: Any) -> None:
    upload = visitor.ask("POST", f"{API}/uploads", key="large").json["upload"]  # type: ignore[index]
    assert (
        visitor.ask("POST", f"{API}/uploads/complete", document, key="large", upload=upload).status_code
        == 400
    )


def test_objects_and_whole_folders_are_deleted(visitor: Visitor, box: Box) -> None:
    done = visitor.ask("POST", f"{API}/delete", {"objects": [{"key": "iris.csv"}]})
    assert done.json == {"deleted": 1, "errors": [], "more": False}
    done = visitor.ask("POST", f"{API}/delete", {"prefix": "model/"})
    assert done.json == {"deleted": 3, "errors": [], "more": False}
    left = [entry["Key"] for entry in box.s3.list_objects_v2(Bucket="data")["Contents"]]
    assert not [key for key in left if key.startswith(("model/", "iris"))]


def test_deleting_nothing_or_nonsense_changes_nothing(visitor: Visitor) -> None:
    assert visitor.ask("POST", f"{API}/delete", {"prefix": ""}).json == {
        "deleted": 0,
        "errors": [],
        "more": False,
    }
    assert visitor.ask("POST", f"{API}/delete", {"objects": [{"key": ""}]}).status_code == 400
    assert visitor.send("POST", f"{API}/delete", b"[1]").status_code == 400
    assert visitor.ask("POST", f"{API}/delete", {"objects": [{"key": "\ud800"}]}).status_code == 400
    assert visitor.ask("POST", f"{API}/restore", {"key": "", "version": "null"}).status_code == 400
    assert visitor.send("POST", f"{API}/delete", b"{" * 100_000).status_code == 400
    assert visitor.send("POST", f"{API}/delete", b"x" * (1024 * 1024 + 1)).status_code == 413


def test_a_former_version_is_restored_as_the_latest(visitor: Visitor, box: Box) -> None:
    oldest = box.s3.list_object_versions(Bucket="versioned", Prefix="file.txt")["Versions"][-1]["VersionId"]
    done = visitor.ask("POST", "/api/buckets/versioned/restore", {"key": "file.txt", "version": oldest})
    assert done.status_code == 200
    assert body_of(box, "file.txt", "versioned") == b"first"
    assert len(box.s3.list_object_versions(Bucket="versioned", Prefix="file.txt")["Versions"]) == 4


def test_tags_are_changed(visitor: Visitor, box: Box) -> None:
    changed = visitor.ask("PUT", f"{API}/tags", {"key": "iris.csv", "tags": [["stage", "prod"]]})
    assert changed.status_code == 200
    found = box.s3.get_object_tagging(Bucket="data", Key="iris.csv")["TagSet"]
    assert found == [{"Key": "stage", "Value": "prod"}]
    refused = visitor.ask("PUT", f"{API}/tags", {"key": "iris.csv", "tags": [["", "x"]]})
    assert refused.json is not None
    assert refused.json["code"] == "InvalidTag"


@pytest.mark.parametrize("key", ["iris.csv", "a b+c&d=e/ü?.txt", "a//b", "~tilde'(1)*.txt"])
def test_a_shared_link_works_without_keys_until_it_expires(visitor: Visitor, box: Box, key: str) -> None:
    box.s3.put_object(Bucket="data", Key=key, Body=b"shared")
    made = visitor.ask("POST", f"{API}/share", {"key": key, "expires": 300}).json
    assert made is not None
    with urlopen(made["url"]) as answer:
        assert answer.read() == b"shared"
    box.app.clock.move(301)
    try:
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urlopen(made["url"])
    finally:
        box.app.clock.reset()


def test_a_link_to_a_former_version_gives_that_version(visitor: Visitor, box: Box) -> None:
    oldest = box.s3.list_object_versions(Bucket="versioned", Prefix="file.txt")["Versions"][-1]["VersionId"]
    document = {"key": "file.txt", "version": oldest, "expires": 60}
    made = visitor.ask("POST", "/api/buckets/versioned/share", document).json
    assert made is not None
    with urlopen(made["url"]) as answer:
        assert answer.read() == b"first"


@pytest.mark.parametrize("expires", [0, -1, 7 * 86400 + 1, "60", None])
def test_a_link_that_could_not_work_is_not_made(visitor: Visitor, expires: Any) -> None:
    assert visitor.ask("POST", f"{API}/share", {"key": "iris.csv", "expires": expires}).status_code == 400
    assert visitor.ask("POST", f"{API}/share", {"key": "none", "expires": 60}).status_code == 404


def test_others_may_change_nothing(other: Visitor) -> None:
    asked = [
        ("PUT", "/versioning", {"enabled": True}),
        ("PUT", "/public", {"enabled": True}),
        ("PUT", "/policy", {"text": ""}),
        ("PUT", "/cors", {"text": "[]"}),
        ("PUT", "/tags", {"key": "iris.csv", "tags": []}),
        ("POST", "/restore", {"key": "iris.csv", "version": "null"}),
        ("POST", "/share", {"key": "iris.csv", "expires": 60}),
        ("POST", "/empty", {}),
        ("DELETE", "", None),
    ]
    statuses = [other.ask(method, API + path, document).status_code for method, path, document in asked]
    assert statuses == [403, 405, 405, *[403] * 6]  # a policy is never another account's: 405
    assert other.send("PUT", f"{API}/object", b"x", key="k").status_code == 403
