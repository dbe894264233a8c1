"""What operations say they did, and what may follow from it: only where a setting reacts."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from s3fixture import service
from s3fixture.service import Call, Result

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CORS: Any = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """Operation, effect and key of each fact in a bucket that has CORS rules."""
    seen: list[tuple[str, str, str]] = []

    def follow(call: Call, result: Result) -> None:
        seen.extend((call.operation, fact.effect, fact.version.key) for fact in call.facts)

    module = ModuleType("s3fixture.service.recording")
    module.follow = follow  # type: ignore[attr-defined]  # a module made for this test
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(service, "FOLLOWERS", {"cors": "recording"})
    return seen


@pytest.fixture
def followed_bucket(client: S3Client, bucket: str) -> str:
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration=_CORS)
    return bucket


def test_each_operation_on_an_object_notes_what_it_did(
    client: S3Client, followed_bucket: str, seen: list[tuple[str, str, str]]
) -> None:
    where: Any = {"Bucket": followed_bucket, "Key": "a"}
    client.put_object(**where)
    client.get_object(**where)
    client.head_object(**where)
    client.copy_object(Bucket=followed_bucket, Key="b", CopySource=where)
    client.put_object_tagging(**where, Tagging={"TagSet": []})
    client.delete_object_tagging(**where)
    upload = client.create_multipart_upload(Bucket=followed_bucket, Key="c")["UploadId"]
    part = client.upload_part(Bucket=followed_bucket, Key="c", UploadId=upload, PartNumber=1, Body=b"1")
    parts: Any = [{"PartNumber": 1, "ETag": part["ETag"]}]
    client.complete_multipart_upload(
        Bucket=followed_bucket,
        Key="c",
        UploadId=upload,
        MultipartUpload={"Parts": parts},
    )
    client.delete_objects(Bucket=followed_bucket, Delete={"Objects": [{"Key": "b"}, {"Key": "none"}]})
    client.delete_object(**where)

    assert seen == [
        ("PutObject", "created", "a"),
        ("GetObject", "read", "a"),
        ("HeadObject", "read", "a"),
        ("CopyObject", "created", "b"),
        ("PutObjectTagging", "tagged", "a"),
        ("DeleteObjectTagging", "untagged", "a"),
        ("CompleteMultipartUpload", "created", "c"),
        ("DeleteObjects", "removed", "b"),
        ("DeleteObjects", "missed", "none"),
        ("DeleteObject", "removed", "a"),
    ]


def test_a_delete_marker_is_noted_as_one(
    client: S3Client, followed_bucket: str, seen: list[tuple[str, str, str]]
) -> None:
    client.put_bucket_versioning(Bucket=followed_bucket, VersioningConfiguration={"Status": "Enabled"})
    marker = client.delete_object(Bucket=followed_bucket, Key="a")["VersionId"]
    client.delete_object(Bucket=followed_bucket, Key="a", VersionId=marker)

    assert seen == [("DeleteObject", "marked", "a"), ("DeleteObject", "removed", "a")]


def test_nothing_follows_in_a_bucket_without_the_setting(
    client: S3Client, bucket: str, seen: list[tuple[str, str, str]]
) -> None:
    client.put_object(Bucket=bucket, Key="a")

    assert seen == []


def test_what_is_refused_has_no_effect_that_could_be_followed(
    client: S3Client, followed_bucket: str, seen: list[tuple[str, str, str]]
) -> None:
    client.put_object(Bucket=followed_bucket, Key="a")
    seen.clear()
    with pytest.raises(client.exceptions.ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=followed_bucket, Key="a", IfNoneMatch="*")

    assert seen == []
