"""Annotations: texts that belong to a version of an object, and go with it."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from encryption_helpers import customer_key, source_key
from service_helpers import refused, signed

from s3fixture import checksums
from s3fixture.app import App
from s3fixture.model import load_model

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.skipif(
    "PutObjectAnnotation" not in load_model().operation_names, reason="this botocore knows no annotations"
)


@pytest.fixture
def notes(client: S3Client, bucket: str) -> Any:
    """The client, and an object `k`; the stubs that types are checked with may be older than annotations."""
    client.put_object(Bucket=bucket, Key="k", Body=b"object")
    return client


def put(client: Any, name: str, text: str = "text", **more: Any) -> Any:
    return client.put_object_annotation(
        **{"Bucket": "bucket", "Key": "k", "AnnotationName": name, "AnnotationPayload": text.encode(), **more}
    )


def get(client: Any, name: str, **more: Any) -> str:
    answer = client.get_object_annotation(**{"Bucket": "bucket", "Key": "k", "AnnotationName": name, **more})
    return str(answer["AnnotationPayload"].read().decode())


def names(client: Any, **more: Any) -> list[str]:
    answer = client.list_object_annotations(**{"Bucket": "bucket", "Key": "k", **more})
    return [entry["AnnotationName"] for entry in answer.get("Annotations", ())]


def test_an_annotation_is_given_back(notes: Any) -> None:
    text = '{"label": "Katze 🐈"}'
    done = put(notes, "labels/é", text)
    etag = f'"{hashlib.md5(text.encode()).hexdigest()}"'
    assert (done["Key"], done["AnnotationName"], done["ETag"]) == ("k", "labels/é", etag)
    assert (done["ChecksumType"], done["ServerSideEncryption"]) == ("FULL_OBJECT", "AES256")
    answer = notes.get_object_annotation(
        Bucket="bucket", Key="k", AnnotationName="labels/é", ChecksumMode="ENABLED"
    )
    assert answer["AnnotationPayload"].read().decode() == text
    assert (answer["ETag"], answer["ContentLength"]) == (etag, len(text.encode()))
    assert answer["ChecksumCRC32"] == checksums.checksum_of("CRC32", text.encode())
    put(notes, "labels/é", "new")
    assert get(notes, "labels/é") == "new"
    notes.delete_object_annotation(Bucket="bucket", Key="k", AnnotationName="labels/é")
    notes.delete_object_annotation(Bucket="bucket", Key="k", AnnotationName="labels/é")
    with refused("NoSuchAnnotation", 404):
        get(notes, "labels/é")


def test_annotations_are_listed_in_pages(notes: Any) -> None:
    for name in ("b/2", "a", "b/1", "c"):
        put(notes, name)
    assert names(notes) == ["a", "b/1", "b/2", "c"]
    assert names(notes, AnnotationPrefix="b/") == ["b/1", "b/2"]
    first = notes.list_object_annotations(Bucket="bucket", Key="k", MaxAnnotationResults=3)
    assert (first["AnnotationCount"], first["MaxAnnotationResults"]) == (3, 3)
    assert first["Annotations"][0]["Size"] == 4
    assert first["Annotations"][0]["ChecksumAlgorithm"] == ["CRC32"]
    token = first["NextContinuationToken"]
    rest = notes.list_object_annotations(Bucket="bucket", Key="k", ContinuationToken=token)
    assert [entry["AnnotationName"] for entry in rest["Annotations"]] == ["c"]
    assert "NextContinuationToken" not in rest
    with refused("InvalidArgument", 400):
        names(notes, MaxAnnotationResults=1001)
    with refused("InvalidPrefix", 400):
        names(notes, AnnotationPrefix="x" * 513)


@pytest.mark.parametrize(
    ("code", "status", "wrong"),
    [
        ("AnnotationNameTooLong", 400, {"AnnotationName": "é" * 257}),
        ("InvalidAnnotationName", 400, {"AnnotationName": "AWS-note"}),
        ("InvalidAnnotationName", 400, {"AnnotationName": "s3"}),
        ("InvalidAnnotationName", 400, {"AnnotationName": ""}),
        ("InvalidRequest", 400, {"AnnotationPayload": b""}),
        ("UnsupportedMediaType", 415, {"AnnotationPayload": b"\xff"}),
        ("EntityTooLarge", 400, {"AnnotationPayload": b"x" * (1024 * 1024 + 1)}),
        ("NoSuchKey", 404, {"Key": "none"}),
        ("NoSuchBucket", 404, {"Bucket": "none-such"}),
        ("PreconditionFailed", 412, {"ObjectIfMatch": '"other"'}),
        ("BadDigest", 400, {"ContentMD5": base64.b64encode(bytes(16)).decode()}),
    ],
)
def test_what_is_no_annotation_is_refused(notes: Any, code: str, status: int, wrong: Any) -> None:
    with refused(code, status):
        put(notes, "note", **wrong)
    assert names(notes) == []


def test_edges_of_annotations(notes: Any, app: App) -> None:
    put(notes, "x" * 512, "y" * 1024 * 1024)
    with app.store.write() as index:
        row = index.get_bucket("bucket")
        assert row is not None
        version = index.get_current(row.id, "k")
        assert version is not None
        for number in range(999):
            index.put_annotation(
                version.seq, f"n{number}", b"x", modified=0.0, etag="", checksum=checksums_of(b"x")
            )
    with refused("AnnotationLimitExceeded", 400):
        put(notes, "one more")
    put(notes, "n1")  # one that is there


def checksums_of(data: bytes) -> Any:
    from s3fixture.store import Checksum

    return Checksum("CRC32", checksums.checksum_of("CRC32", data), "FULL_OBJECT")


def test_annotations_belong_to_a_version(notes: Any) -> None:
    notes.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    first = notes.put_object(Bucket="bucket", Key="k", Body=b"1")["VersionId"]
    assert put(notes, "note", "of the first")["ObjectVersionId"] == first
    second = notes.put_object(Bucket="bucket", Key="k", Body=b"2")["VersionId"]
    assert names(notes) == []
    assert get(notes, "note", VersionId=first) == "of the first"
    put(notes, "note", "of the second")
    notes.delete_object(Bucket="bucket", Key="k")
    with refused("NoSuchKey", 404):
        names(notes)
    assert get(notes, "note", VersionId=second) == "of the second"
    notes.delete_object(Bucket="bucket", Key="k", VersionId=second)
    with refused("NoSuchVersion", 404):
        get(notes, "note", VersionId=second)


def test_annotations_go_with_their_object(notes: Any, app: App) -> None:
    put(notes, "note")
    notes.put_object(Bucket="bucket", Key="k", Body=b"another")
    assert names(notes) == []
    put(notes, "note")
    notes.delete_object(Bucket="bucket", Key="k")
    with app.store.read() as index:
        assert index.execute("SELECT count(*) FROM version_annotations").fetchone() == (0,)
    assert payloads(app) == (0, 0)


def payloads(app: App) -> Any:
    """How many are stored, and how many bytes they have."""
    with app.store.read() as index:
        return index.execute("SELECT count(*), total(length(data)) FROM payloads").fetchone()


def test_copies_have_the_annotations_unless_told_otherwise(notes: Any) -> None:
    put(notes, "note", "kept")
    source = {"Bucket": "bucket", "CopySource": "bucket/k"}
    notes.copy_object(**source, Key="with")
    notes.copy_object(**source, Key="without", AnnotationDirective="EXCLUDE")
    notes.copy_object(**source, Key="keyed", **customer_key())
    assert names(notes, Key="with") == ["note"]
    assert names(notes, Key="without") == names(notes, Key="keyed") == []
    notes.copy_object(**source, Key="k", MetadataDirective="REPLACE")
    assert get(notes, "note") == "kept"
    with refused("InvalidArgument", 400):
        notes.copy_object(**source, Key="x", AnnotationDirective="MAYBE")


def test_copies_share_the_payloads_until_the_last_one_goes(notes: Any, app: App) -> None:
    """Else one small request could store a thousand payloads of 1 MiB again."""
    notes.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    put(notes, "a", "1" * 100_000)
    put(notes, "b", "2" * 100_000)
    source = {"Bucket": "bucket", "CopySource": "bucket/k"}
    copies = [notes.copy_object(**source, Key=key)["VersionId"] for key in ("copy", "copy", "other")]
    itself = notes.copy_object(**source, Key="k", MetadataDirective="REPLACE")["VersionId"]
    assert payloads(app) == (2, 200_000)

    put(notes, "a", "another", Key="copy")  # of one of the copies only
    assert [get(notes, "a", Key="copy"), get(notes, "a")] == ["another", "1" * 100_000]
    assert payloads(app) == (3, 200_007)
    notes.delete_object_annotation(Bucket="bucket", Key="copy", AnnotationName="a")
    notes.delete_object_annotation(Bucket="bucket", Key="other", AnnotationName="b")
    assert payloads(app) == (2, 200_000)

    for key, version in (*zip(("copy", "copy", "other"), copies, strict=True), ("k", itself)):
        notes.delete_object(Bucket="bucket", Key=key, VersionId=version)
    assert get(notes, "b") == "2" * 100_000
    notes.delete_object(Bucket="bucket", Key="k", VersionId="null")
    assert payloads(app) == (0, 0)


@pytest.mark.parametrize("versioned", [False, True])
@pytest.mark.parametrize("lacking", ["s3:GetObject{}Annotation", "s3:PutObjectAnnotation", ""])
def test_who_may_not_read_or_write_annotations_copies_none(
    notes: Any, lacking: str, *, versioned: bool
) -> None:
    notes.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    action = lacking.format("Version" if versioned else "") or "s3:GetObjectAcl"
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "arn:aws:s3:::bucket/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    notes.put_bucket_policy(Bucket="bucket", Policy=document)
    source = {"Bucket": "bucket", "CopySource": "bucket/k" + ("?versionId=null" if versioned else "")}
    notes.copy_object(**source, Key="nothing to copy")
    notes.delete_bucket_policy(Bucket="bucket")
    put(notes, "note")
    notes.put_bucket_policy(Bucket="bucket", Policy=document)
    notes.copy_object(**source, Key="without", AnnotationDirective="EXCLUDE")
    if not lacking:
        notes.copy_object(**source, Key="with")
        return
    with refused("AccessDenied", 403):
        notes.copy_object(**source, Key="with")
    with refused("NoSuchKey", 404):
        notes.get_object(Bucket="bucket", Key="with")


def test_objects_with_a_customers_key_have_none(notes: Any) -> None:
    notes.copy_object(Bucket="bucket", CopySource="bucket/k", Key="k", **customer_key())
    with refused("InvalidRequest", 400):
        put(notes, "note")
    notes.copy_object(Bucket="bucket", CopySource="bucket/k", Key="k", **source_key())
    put(notes, "note")


def test_a_lock_keeps_annotations(client: Any, url: str) -> None:
    client.create_bucket(Bucket="bucket", ObjectLockEnabledForBucket=True)
    until = datetime.now(timezone.utc) + timedelta(days=1)
    client.put_object(
        Bucket="bucket", Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until
    )
    put(client, "note")
    with refused("AccessDenied", 403):
        client.delete_object_annotation(Bucket="bucket", Key="k", AnnotationName="note")
    target, bypass = "/bucket/k?annotation&annotationName=note", {"x-amz-bypass-governance-retention": "true"}
    assert signed(url, "DELETE", target, headers=bypass).status == 204
    assert names(client) == []


def test_who_may_not_bypass_governance_deletes_no_annotation(client: Any, url: str) -> None:
    client.create_bucket(Bucket="bucket", ObjectLockEnabledForBucket=True)
    until = datetime.now(timezone.utc) + timedelta(days=1)
    client.put_object(
        Bucket="bucket", Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until
    )
    put(client, "note")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:BypassGovernanceRetention",
        "Resource": "arn:aws:s3:::bucket/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.put_bucket_policy(Bucket="bucket", Policy=document)
    target, bypass = "/bucket/k?annotation&annotationName=note", {"x-amz-bypass-governance-retention": "true"}
    assert signed(url, "DELETE", target, headers=bypass).code == "AccessDenied"
    assert names(client) == ["note"]
