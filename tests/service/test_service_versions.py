"""Versioned buckets: versions, delete markers, the null version, and deleting many keys at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from service_helpers import GONE, refused, send_document, signed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def versioned(client: S3Client, bucket: str) -> str:
    """A bucket with versioning enabled."""
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def suspend(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def test_each_put_makes_a_version(client: S3Client, versioned: str) -> None:
    ids = [client.put_object(Bucket=versioned, Key="k", Body=body)["VersionId"] for body in (b"1", b"2")]
    assert client.get_object(Bucket=versioned, Key="k")["VersionId"] == ids[1]
    for version_id, body in zip(ids, (b"1", b"2"), strict=True):
        got = client.get_object(Bucket=versioned, Key="k", VersionId=version_id)
        assert (got["Body"].read(), got["VersionId"]) == (body, version_id)
        assert client.head_object(Bucket=versioned, Key="k", VersionId=version_id)["VersionId"] == version_id


def test_a_delete_marker_hides_what_is_below(client: S3Client, versioned: str) -> None:
    version = client.put_object(Bucket=versioned, Key="k", Body=b"kept")["VersionId"]
    deleted = client.delete_object(Bucket=versioned, Key="k")
    assert deleted["DeleteMarker"] is True
    with refused("NoSuchKey", 404) as response:
        client.get_object(Bucket=versioned, Key="k")
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-delete-marker"] == "true"
    assert headers["x-amz-version-id"] == deleted["VersionId"]
    assert client.get_object(Bucket=versioned, Key="k", VersionId=version)["Body"].read() == b"kept"


def test_a_delete_marker_itself_cannot_be_read(client: S3Client, versioned: str) -> None:
    marker = client.delete_object(Bucket=versioned, Key="k")["VersionId"]
    with refused("MethodNotAllowed", 405) as response:
        client.get_object(Bucket=versioned, Key="k", VersionId=marker)
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["allow"] == "DELETE"
    assert headers["x-amz-delete-marker"] == "true"
    assert "last-modified" in headers
    with refused("405", 405):
        client.head_object(Bucket=versioned, Key="k", VersionId=marker)


def test_removing_the_marker_brings_the_object_back(client: S3Client, versioned: str) -> None:
    client.put_object(Bucket=versioned, Key="k", Body=b"back")
    marker = client.delete_object(Bucket=versioned, Key="k")["VersionId"]
    removed = client.delete_object(Bucket=versioned, Key="k", VersionId=marker)
    assert (removed["DeleteMarker"], removed["VersionId"]) == (True, marker)
    assert client.get_object(Bucket=versioned, Key="k")["Body"].read() == b"back"


def test_removing_the_latest_version_promotes_the_one_before(client: S3Client, versioned: str) -> None:
    first = client.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    second = client.put_object(Bucket=versioned, Key="k", Body=b"2")["VersionId"]
    removed = client.delete_object(Bucket=versioned, Key="k", VersionId=second)
    assert removed["VersionId"] == second
    assert "DeleteMarker" not in removed
    assert client.get_object(Bucket=versioned, Key="k")["VersionId"] == first


@pytest.mark.parametrize("operation", ["get_object", "get_object_tagging"])
def test_a_version_that_is_not_there_is_named(client: S3Client, versioned: str, operation: str) -> None:
    client.put_object(Bucket=versioned, Key="k")
    with refused("NoSuchVersion", 404) as response:
        getattr(client, operation)(Bucket=versioned, Key="k", VersionId=GONE)
    assert response["Error"]["VersionId"] == GONE


@pytest.mark.parametrize("version_id", ["x", "A" * 31, "A" * 32, "A" * 33, "é" * 32, ""])
@pytest.mark.parametrize("target", ["/k?versionId={}", "/k?tagging&versionId={}"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_is_no_version_id_is_invalid(
    url: str, client: S3Client, versioned: str, method: str, target: str, version_id: str
) -> None:
    client.put_object(Bucket=versioned, Key="k")
    reply = signed(url, method, f"/{versioned}{target.format(quote(version_id))}")
    assert (reply.status, reply.code) == (400, "InvalidArgument")
    assert reply.field("ArgumentName") == "versionId"


def test_a_version_is_never_overwritten(url: str, client: S3Client, versioned: str) -> None:
    version = client.put_object(Bucket=versioned, Key="k", Body=b"old")["VersionId"]
    assert signed(url, "PUT", f"/{versioned}/k?versionId={version}", b"new").code == "InvalidArgument"
    assert client.get_object(Bucket=versioned, Key="k")["Body"].read() == b"old"


def test_deleting_a_version_that_is_not_there_succeeds(client: S3Client, versioned: str) -> None:
    answer = client.delete_object(Bucket=versioned, Key="k", VersionId=GONE)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    done = client.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "k", "VersionId": GONE}]})
    assert done["Deleted"] == [{"Key": "k", "VersionId": GONE}]


def test_one_of_many_versions_that_never_was_is_an_error(client: S3Client, versioned: str) -> None:
    done = client.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "k", "VersionId": "A" * 32}]})
    assert done["Errors"] == [
        {
            "Key": "k",
            "VersionId": "A" * 32,
            "Code": "NoSuchVersion",
            "Message": "The specified version does not exist.",
        }
    ]


def test_version_ids_are_letters_digits_dots_and_underscores(client: S3Client, versioned: str) -> None:
    for _ in range(200):
        version_id = client.put_object(Bucket=versioned, Key="k")["VersionId"]
        assert re.fullmatch(r"[A-Za-z0-9._]{32}", version_id)


def test_what_was_there_before_versioning_is_the_null_version(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"before")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=bucket, Key="k", Body=b"after")
    got = client.get_object(Bucket=bucket, Key="k", VersionId="null")
    assert (got["Body"].read(), got["VersionId"]) == (b"before", "null")


def test_a_suspended_bucket_replaces_only_the_null_version(client: S3Client, versioned: str) -> None:
    kept = client.put_object(Bucket=versioned, Key="k", Body=b"kept")["VersionId"]
    suspend(client, versioned)
    for body in (b"null 1", b"null 2"):
        assert client.put_object(Bucket=versioned, Key="k", Body=body).get("VersionId", "null") == "null"
    listed = client.list_object_versions(Bucket=versioned)["Versions"]
    assert [entry["VersionId"] for entry in listed] == ["null", kept]
    assert client.get_object(Bucket=versioned, Key="k")["Body"].read() == b"null 2"


def test_deleting_in_a_suspended_bucket_puts_a_null_marker(client: S3Client, versioned: str) -> None:
    kept = client.put_object(Bucket=versioned, Key="k", Body=b"kept")["VersionId"]
    suspend(client, versioned)
    client.put_object(Bucket=versioned, Key="k", Body=b"null")
    deleted = client.delete_object(Bucket=versioned, Key="k")
    assert (deleted["DeleteMarker"], deleted["VersionId"]) == (True, "null")
    page = client.list_object_versions(Bucket=versioned)
    assert [entry["VersionId"] for entry in page["Versions"]] == [kept]
    assert [entry["VersionId"] for entry in page["DeleteMarkers"]] == ["null"]


def test_many_keys_are_deleted_at_once(client: S3Client, bucket: str) -> None:
    keys = [f"k{number}" for number in range(20)]
    for key in keys:
        client.put_object(Bucket=bucket, Key=key)
    answer = client.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in [*keys, "missing"]]}
    )
    assert [entry["Key"] for entry in answer["Deleted"]] == [*keys, "missing"]
    assert "Errors" not in answer
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_quiet_deletes_say_errors_only(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k")
    answer = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}], "Quiet": True})
    assert "Deleted" not in answer
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_deletes_of_keys_and_of_versions_say_what_they_did(client: S3Client, versioned: str) -> None:
    version = client.put_object(Bucket=versioned, Key="v")["VersionId"]
    client.put_object(Bucket=versioned, Key="k")
    objects = [{"Key": "k"}, {"Key": "v", "VersionId": version}]
    made, removed = client.delete_objects(Bucket=versioned, Delete={"Objects": objects})["Deleted"]  # type: ignore[typeddict-item]
    assert made["DeleteMarker"] is True
    marker = made["DeleteMarkerVersionId"]
    assert (removed["Key"], removed["VersionId"]) == ("v", version)
    unhide = [{"Key": "k", "VersionId": marker}]
    (again,) = client.delete_objects(Bucket=versioned, Delete={"Objects": unhide})["Deleted"]  # type: ignore[typeddict-item]
    assert (again["DeleteMarker"], again["DeleteMarkerVersionId"]) == (True, marker)
    assert client.head_object(Bucket=versioned, Key="k")


def test_one_key_that_may_not_be_deleted_does_not_keep_the_others(
    client: S3Client, other: S3Client, open_bucket: str
) -> None:
    for key in ("mine/a", "theirs/b"):
        client.put_object(Bucket=open_bucket, Key=key)
    policy = (
        '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:DeleteObject",'
        f'"Resource":"arn:aws:s3:::{open_bucket}/theirs/*"}}]}}'
    )
    client.put_bucket_policy(Bucket=open_bucket, Policy=policy)
    answer = other.delete_objects(
        Bucket=open_bucket, Delete={"Objects": [{"Key": "mine/a"}, {"Key": "theirs/b"}]}
    )
    assert [entry["Key"] for entry in answer["Deleted"]] == ["theirs/b"]
    assert [(entry["Key"], entry["Code"]) for entry in answer["Errors"]] == [("mine/a", "AccessDenied")]


@pytest.mark.parametrize("count", [0, 1001])
def test_a_delete_of_no_or_too_many_keys_is_malformed(url: str, bucket: str, count: int) -> None:
    document = "<Delete>" + "<Object><Key>k</Key></Object>" * count + "</Delete>"
    assert send_document(url, "POST", f"/{bucket}?delete", document.encode()).code == "MalformedXML"


def test_a_delete_of_many_without_a_digest_is_refused(url: str, bucket: str) -> None:
    document = b"<Delete><Object><Key>k</Key></Object></Delete>"
    assert signed(url, "POST", f"/{bucket}?delete", document).code == "InvalidRequest"


def test_a_page_goes_on_behind_a_version_that_was_deleted(client: S3Client, versioned: str) -> None:
    """justincormack/argmin, crates/s3-tests (run against S3, too)"""
    made = [client.put_object(Bucket=versioned, Key="k", Body=b"x")["VersionId"] for _ in range(6)]
    made.append(client.delete_object(Bucket=versioned, Key="k")["VersionId"])
    newest = made[::-1]
    for gone in (2, 3, 0, 6):  # in the middle, its neighbour, the first, the last
        client.delete_object(Bucket=versioned, Key="k", VersionId=newest[gone])
        page = client.list_object_versions(Bucket=versioned, KeyMarker="k", VersionIdMarker=newest[gone])
        deleted = {newest[index] for index in (2, 3, 0, 6)[: (2, 3, 0, 6).index(gone) + 1]}
        left = [version for version in newest[gone + 1 :] if version not in deleted]
        assert [version["VersionId"] for version in page.get("Versions", [])] == left
