"""Every operation against what is not there, not the caller's, marked as deleted, locked or suspended.

The answers are those recorded from S3 (localstack/localstack, tests/aws/services/s3/*.snapshot.json) as far
as they go; an operation that no table here names answers as most do.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from asking import KEYS, Keys, Sent, ask, signed
from model_requests import MODEL, NAMES, PART, STRANGER, Place, bases_of
from test_model_variants import NOT_VALID

LOCK_UNTIL = "2060-01-01T00:00:00Z"


def named(member: str) -> list[str]:
    """The operations that have such a parameter."""
    shapes = {name: MODEL.operation_model(name).input_shape for name in NAMES}
    return [name for name, shape in shapes.items() if shape is not None and member in shape.members]


@pytest.fixture(scope="module")
def places() -> Iterator[Place]:
    place = Place()
    lock = {
        "content-md5": base64.b64encode(hashlib.md5(PART, usedforsecurity=False).digest()).decode(),
        "x-amz-object-lock-mode": "COMPLIANCE",
        "x-amz-object-lock-retain-until-date": LOCK_UNTIL,
    }
    suspended = b"<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"
    for sent in (
        Sent("PUT", "/versioned/marked", {}, b"x"),
        Sent("DELETE", "/versioned/marked"),
        Sent("PUT", "/locked/kept", lock, PART),
        Sent("PUT", "/suspended"),
        Sent("PUT", "/suspended?versioning", {}, suspended),
        Sent("PUT", "/suspended/k", {}, PART),
        Sent("PUT", "/suspended/archived", {"x-amz-storage-class": "GLACIER"}, PART),
    ):
        assert ask(place.app, signed(sent)).status < 300, sent
    place.token = place.app.store.snapshot()
    yield place
    place.app.close()


def answer(place: Place, name: str, keys: Keys = KEYS, **changes: Any) -> str:
    """The code of the refusal of a request that is valid but for `changes`; "" when it is accepted."""
    reply = place.ask(name, {**bases_of(name)[0], **changes}, keys)
    code = re.search(rb"<Code>(.*?)</Code>", reply.body)
    if code:
        return code[1].decode()
    return HEADS.get(reply.status, "?") if reply.status >= 300 else ""


# What a HEAD, which has no body, means by its status.
HEADS: Mapping[int, str] = {403: "AccessDenied", 404: "not there"}
POLICY_OPERATIONS = ("DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy")
HEAD_OPERATIONS = ("HeadBucket", "HeadObject")


def of_head(name: str, code: str) -> str:
    return "not there" if name in HEAD_OPERATIONS and code.startswith("NoSuch") else code


@pytest.mark.parametrize("name", sorted({*named("Bucket")} - {"CreateBucket"}))
def test_a_bucket_that_is_not_there(place: Place, name: str) -> None:
    assert answer(place, name, Bucket="missing-bucket") == of_head(name, "NoSuchBucket")


@pytest.mark.parametrize("name", named("ExpectedBucketOwner"))
def test_a_bucket_of_another_owner_than_expected(place: Place, name: str) -> None:
    assert answer(place, name, ExpectedBucketOwner="000000000001") == "AccessDenied"


@pytest.mark.parametrize("name", named("ExpectedSourceBucketOwner"))
def test_a_source_of_another_owner_than_expected(place: Place, name: str) -> None:
    assert answer(place, name, ExpectedSourceBucketOwner="000000000001") == "AccessDenied"


@pytest.mark.parametrize("name", sorted({*named("Bucket")} - {"CreateBucket"}))
def test_a_bucket_of_another_account(place: Place, name: str) -> None:
    """A bucket's policy is nobody else's business, whatever it says: recorded from S3."""
    expected = "MethodNotAllowed" if name in POLICY_OPERATIONS else "AccessDenied"
    assert answer(place, name, keys=STRANGER) == expected


# What makes an object, and what asks for an upload; all others read an object or a part of it.
MAKES = ("CopyObject", "CreateMultipartUpload", "PutObject")
DELETES = ("DeleteObject",)
OF_AN_UPLOAD = (
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "ListParts",
    "UploadPart",
    "UploadPartCopy",
)
NO_LOCK_HERE = ("GetObjectLegalHold", "GetObjectRetention")  # their valid request would be of a locked bucket
ACCEPTED = dict.fromkeys((*MAKES, *DELETES), "")
UPLOADS = dict.fromkeys(OF_AN_UPLOAD, "NoSuchUpload")


@pytest.mark.parametrize("name", named("Key"))
def test_a_key_that_is_not_there(place: Place, name: str) -> None:
    expected = {**ACCEPTED, **UPLOADS}.get(name, "NoSuchKey")
    changes: dict[str, Any] = {"Key": "absent", **({"Bucket": "locked"} if name in NO_LOCK_HERE else {})}
    assert answer(place, name, **changes) == of_head(name, expected)


# On a delete marker; the others find no key.
MARKED: Mapping[str, str] = {
    **ACCEPTED,
    **UPLOADS,
    **dict.fromkeys(
        ("DeleteObjectTagging", "GetObjectTagging", "PutObjectAcl", "PutObjectTagging"), "MethodNotAllowed"
    ),
    **dict.fromkeys(
        ("GetObjectLegalHold", "GetObjectRetention", "PutObjectLegalHold", "PutObjectRetention"),
        "InvalidRequest",  # the bucket has no object lock
    ),
}


@pytest.mark.parametrize("name", named("Key"))
def test_a_key_whose_current_version_is_a_delete_marker(place: Place, name: str) -> None:
    expected = MARKED.get(name, "NoSuchKey")
    assert answer(place, name, Bucket="versioned", Key="marked") == of_head(name, expected)


@pytest.mark.parametrize("name", named("CopySource"))
@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("missing-bucket/k", "NoSuchBucket"),
        ("data/absent", "NoSuchKey"),
        ("versioned/marked", "NoSuchKey"),
        ("data/archived", "ObjectNotInActiveTierError"),
        ("suspended/k", ""),
        ("locked/kept", ""),
    ],
)
def test_sources_of_copies(place: Place, name: str, source: str, code: str) -> None:
    assert answer(place, name, CopySource=source) == code


# What a version under retention in COMPLIANCE mode refuses: to be locked for less, and to be changed.
LOCKED: Mapping[str, str] = dict.fromkeys(
    ("DeleteObjectAnnotation", "PutObjectRetention", "UpdateObjectEncryption"), "AccessDenied"
)


@pytest.mark.parametrize(
    "name", sorted({*named("Key")} - {*OF_AN_UPLOAD, "RestoreObject", "GetObjectAnnotation"})
)
def test_a_version_that_is_locked(place: Place, name: str) -> None:
    """RestoreObject wants an archived one; deletes without a version make a marker."""
    if name == "GetObjectLegalHold":
        assert answer(place, name, Bucket="locked", Key="kept") == "NoSuchObjectLockConfiguration"
        return
    assert answer(place, name, Bucket="locked", Key="kept") == LOCKED.get(name, "")


def test_a_locked_version_is_not_deleted(place: Place) -> None:
    listed = ask(place.app, signed(Sent("GET", "/locked?versions&prefix=kept"))).body.decode()
    version = re.search(r"<VersionId>(.*?)</VersionId>", listed)
    assert version is not None
    assert answer(place, "DeleteObject", Bucket="locked", Key="kept", VersionId=version[1]) == "AccessDenied"
    entry = {"Objects": [{"Key": "kept", "VersionId": version[1]}]}
    assert answer(place, "DeleteObjects", Bucket="locked", Delete=entry) == "AccessDenied"


@pytest.mark.parametrize(
    "name", sorted({*named("Key")} - {*OF_AN_UPLOAD, *NOT_VALID, "PutObjectLegalHold", "PutObjectRetention"})
)
def test_a_bucket_whose_versioning_is_suspended(place: Place, name: str) -> None:
    assert answer(place, name, Bucket="suspended") == ""
