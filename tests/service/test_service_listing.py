"""ListObjects, ListObjectsV2 and ListObjectVersions: every parameter, and paging that misses nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_helpers import refused, signed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEYS = ["a", "b/1", "b/2", "b/c/3", "bb", "d//e", "é", "z z+%"]


@pytest.fixture
def filled(client: S3Client, bucket: str) -> str:
    """A bucket with KEYS."""
    for key in KEYS:
        client.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def names(page: Any) -> list[str]:
    """Keys and common prefixes of a page, in order."""
    found = [entry["Key"] for entry in page.get("Contents", [])]
    return sorted(found + [entry["Prefix"] for entry in page.get("CommonPrefixes", [])], key=str.encode)


def test_a_page_describes_its_objects(client: S3Client, bucket: str) -> None:
    etag = client.put_object(Bucket=bucket, Key="k", Body=b"body", ChecksumAlgorithm="SHA256")["ETag"]
    page = client.list_objects_v2(Bucket=bucket)
    entry = page["Contents"][0]
    assert (entry["Key"], entry["Size"], entry["ETag"]) == ("k", 4, etag)
    assert entry["StorageClass"] == "STANDARD"
    assert (entry["ChecksumAlgorithm"], entry["ChecksumType"]) == (["SHA256"], "FULL_OBJECT")
    assert "Owner" not in entry
    assert (page["Name"], page["Prefix"], page["MaxKeys"]) == (bucket, "", 1000)
    assert (page["KeyCount"], page["IsTruncated"]) == (1, False)


def test_keys_come_in_the_order_of_their_utf_8_bytes(client: S3Client, bucket: str) -> None:
    keys = ["\U0001f600", "\uff01", "B", "a", "é", "~"]
    for key in keys:
        client.put_object(Bucket=bucket, Key=key)
    listed = [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]]
    assert listed == sorted(keys, key=str.encode)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"Prefix": "b"}, ["b/1", "b/2", "b/c/3", "bb"]),
        ({"Prefix": "b/"}, ["b/1", "b/2", "b/c/3"]),
        ({"Prefix": "none"}, []),
        ({"Delimiter": "/"}, ["a", "b/", "bb", "d/", "z z+%", "é"]),
        ({"Prefix": "b/", "Delimiter": "/"}, ["b/1", "b/2", "b/c/"]),
        ({"Prefix": "b", "Delimiter": "/"}, ["b/", "bb"]),
        ({"Prefix": "d/", "Delimiter": "/"}, ["d//"]),
        ({"Delimiter": "z "}, ["a", "b/1", "b/2", "b/c/3", "bb", "d//e", "z ", "é"]),
        ({"Delimiter": ""}, sorted(KEYS, key=str.encode)),
    ],
)
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
def test_prefix_and_delimiter_choose_and_fold(
    client: S3Client, filled: str, operation: str, options: dict[str, str], expected: list[str]
) -> None:
    page = getattr(client, operation)(Bucket=filled, **options)
    page["Contents"] = page.get("Contents", page.get("Versions", []))
    assert names(page) == expected
    assert page.get("Delimiter", "") == options.get("Delimiter", "")


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("options", [{}, {"Delimiter": "/"}, {"Prefix": "b"}])
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
def test_pages_together_are_the_whole(
    client: S3Client, filled: str, operation: str, options: dict[str, str], size: int
) -> None:
    whole = getattr(client, operation)(Bucket=filled, **options)
    paginator = client.get_paginator(operation)  # type: ignore[call-overload]
    pages = list(paginator.paginate(Bucket=filled, PaginationConfig={"PageSize": size}, **options))
    for member in ("Contents", "Versions", "CommonPrefixes"):
        assert [entry for page in pages for entry in page.get(member, [])] == whole.get(member, [])
    counts = [len(names(page)) + len(page.get("Versions", [])) for page in pages]
    assert max(counts) == counts[0] == min(size, sum(counts))


def test_more_than_a_thousand_keys_need_a_second_page(client: S3Client, bucket: str) -> None:
    keys = [f"key-{number:04}" for number in range(1003)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: client.put_object(Bucket=bucket, Key=key), keys))
    first = client.list_objects_v2(Bucket=bucket, MaxKeys=5000)
    assert (first["MaxKeys"], first["KeyCount"], first["IsTruncated"]) == (5000, 1000, True)
    assert client.list_objects(Bucket=bucket, MaxKeys=1001)["MaxKeys"] == 1001
    versions = client.list_object_versions(Bucket=bucket, MaxKeys=1001)
    assert (versions["MaxKeys"], len(versions["Versions"])) == (1001, 1000)
    token = first["NextContinuationToken"]
    second = client.list_objects_v2(Bucket=bucket, ContinuationToken=token)
    assert second["ContinuationToken"] == token
    assert [e["Key"] for e in first["Contents"] + second["Contents"]] == keys
    assert not second["IsTruncated"]


def test_start_after_begins_behind_a_key_that_need_not_exist(client: S3Client, filled: str) -> None:
    page = client.list_objects_v2(Bucket=filled, StartAfter="b/15")
    assert names(page)[0] == "b/2"
    assert page["StartAfter"] == "b/15"


@pytest.mark.parametrize(("marker", "first"), [("b", "b/"), ("b/", "bb"), ("b/1", "bb"), ("b/zz", "bb")])
def test_a_marker_in_a_folded_group_goes_on_behind_the_group(
    client: S3Client, filled: str, marker: str, first: str
) -> None:
    assert names(client.list_objects(Bucket=filled, Delimiter="/", Marker=marker))[0] == first
    assert names(client.list_objects_v2(Bucket=filled, Delimiter="/", StartAfter=marker))[0] == first


def test_the_next_marker_of_the_first_version_comes_with_a_delimiter_only(
    client: S3Client, filled: str
) -> None:
    folded = client.list_objects(Bucket=filled, Delimiter="/", MaxKeys=2)
    assert (folded["NextMarker"], names(folded)) == ("b/", ["a", "b/"])
    assert names(client.list_objects(Bucket=filled, Delimiter="/", MaxKeys=1, Marker="b/")) == ["bb"]
    assert "NextMarker" not in client.list_objects(Bucket=filled, MaxKeys=2)


def test_the_first_version_names_owners_and_the_second_when_asked(client: S3Client, filled: str) -> None:
    owner = client.list_buckets()["Owner"]["ID"]
    assert client.list_objects(Bucket=filled)["Contents"][0]["Owner"]["ID"] == owner
    assert client.list_objects_v2(Bucket=filled, FetchOwner=True)["Contents"][0]["Owner"]["ID"] == owner


@pytest.mark.parametrize("query", ["", "list-type=2&", "versions&"])
def test_no_keys_are_a_page_that_is_not_truncated(url: str, filled: str, query: str) -> None:
    reply = signed(url, "GET", f"/{filled}?{query}max-keys=0")
    assert reply.status == 200
    assert reply.field("MaxKeys") == "0"
    assert reply.field("IsTruncated") == "false"
    assert b"<Key>" not in reply.body


@pytest.mark.parametrize(
    ("value", "argument"),
    [
        ("-1", "maxKeys"),
        ("a", "max-keys"),
        ("2147483648", "max-keys"),
        ("1.5", "max-keys"),
        ("%205", "max-keys"),
    ],
)
def test_a_number_of_keys_that_is_none_is_refused(url: str, filled: str, value: str, argument: str) -> None:
    reply = signed(url, "GET", f"/{filled}?max-keys={value}")
    assert (reply.status, reply.code, reply.field("ArgumentName")) == (400, "InvalidArgument", argument)


def test_the_encoding_may_be_asked_for_in_upper_case(url: str, filled: str) -> None:
    reply = signed(url, "GET", f"/{filled}?encoding-type=URL&prefix=z%20z%2B%25")
    assert (reply.field("EncodingType"), reply.field("Prefix")) == ("URL", "z+z%2B%25")


def test_url_encoding_is_for_the_answer_only(url: str, filled: str) -> None:
    reply = signed(url, "GET", f"/{filled}?encoding-type=url&prefix=z%20z%2B%25&delimiter=%20")
    assert reply.field("EncodingType") == "url"
    assert b"<Prefix>z+z%2B%25</Prefix>" in reply.body
    assert b"<Key>z+z%2B%25</Key>" in reply.body
    assert b"<Delimiter>+</Delimiter>" in reply.body


@pytest.mark.parametrize("listing", ["", "list-type=2&", "versions&", "uploads&"])
def test_another_encoding_is_refused(url: str, filled: str, listing: str) -> None:
    reply = signed(url, "GET", f"/{filled}?{listing}encoding-type=base64")
    assert (reply.code, reply.field("ArgumentName")) == ("InvalidArgument", "encoding-type")


def test_the_last_page_names_no_next_marker(url: str, filled: str) -> None:
    assert b"NextMarker" in signed(url, "GET", f"/{filled}?delimiter=%2F&max-keys=1").body
    assert b"NextMarker" not in signed(url, "GET", f"/{filled}?delimiter=%2F").body


@pytest.mark.parametrize("token", ["%21", "abc", "MQ%3D", "%2Fw%3D%3D"])
def test_a_continuation_token_that_was_not_given_out_is_refused(url: str, filled: str, token: str) -> None:
    reply = signed(url, "GET", f"/{filled}?list-type=2&continuation-token={token}")
    assert (reply.code, reply.field("ArgumentName")) == ("InvalidArgument", "continuation-token")


def test_versions_and_markers_are_listed_newest_first(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = client.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    second = client.put_object(Bucket=bucket, Key="k", Body=b"2")["VersionId"]
    marker = client.delete_object(Bucket=bucket, Key="k")["VersionId"]
    page = client.list_object_versions(Bucket=bucket)
    assert [entry["VersionId"] for entry in page["Versions"]] == [second, first]
    assert [entry["IsLatest"] for entry in page["Versions"]] == [False, False]
    assert [(e["VersionId"], e["IsLatest"]) for e in page["DeleteMarkers"]] == [(marker, True)]
    assert "Contents" not in client.list_objects_v2(Bucket=bucket)


def test_pages_of_versions_go_on_inside_a_key(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ids = [client.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"] for _ in range(5)]
    pages = client.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    )
    assert [entry["VersionId"] for page in pages for entry in page["Versions"]] == ids[::-1]


def test_a_version_marker_needs_a_key_marker(client: S3Client, bucket: str) -> None:
    with refused("InvalidArgument", 400):
        client.list_object_versions(Bucket=bucket, VersionIdMarker="null")


keys = st.lists(st.text("ab/", min_size=1, max_size=6), max_size=12, unique=True)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys, st.sampled_from(["", "a", "a/", "/"]), st.sampled_from(["", "/", "b/"]), st.integers(1, 3))
def test_paging_agrees_with_a_naive_model(
    client: S3Client, bucket: str, keys: list[str], prefix: str, delimiter: str, size: int
) -> None:
    for key in keys:
        client.put_object(Bucket=bucket, Key=key)
    expected: list[str] = []
    for key in sorted(key for key in keys if key.startswith(prefix)):
        head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
        name = prefix + head + found if found else key
        if name not in expected:
            expected.append(name)
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, Delimiter=delimiter, PaginationConfig={"PageSize": size}
    )
    listed = [name for page in pages for name in names(page)]
    for key in keys:
        client.delete_object(Bucket=bucket, Key=key)
    assert listed == expected


def test_an_empty_start_is_echoed(url: str, bucket: str) -> None:
    body = signed(url, "GET", f"/{bucket}?list-type=2&start-after=").body
    assert b"<StartAfter/>" in body or b"<StartAfter></StartAfter>" in body
    assert b"StartAfter" not in signed(url, "GET", f"/{bucket}?list-type=2").body
