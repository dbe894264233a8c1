"""What retention and legal holds forbid, to whom, and for how long."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import complete, put_parts, refused, send_document

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

UNTIL = datetime(2040, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
LATER = UNTIL + timedelta(seconds=1)
EARLIER = UNTIL - timedelta(seconds=1)
PROTECTED = "Access Denied because object protected by object lock."
NO_LOCK = "Bucket is missing Object Lock Configuration"
OTHER = "0123456789abcdef" * 4  # the other account's canonical id
ON: Any = {"Status": "ON"}
OFF: Any = {"Status": "OFF"}


def retention(mode: str, until: datetime = UNTIL) -> Any:
    return {"Mode": mode, "RetainUntilDate": until}


@pytest.fixture
def locked(client: S3Client) -> str:
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    return "locked"


@pytest.fixture
def version(client: S3Client, locked: str) -> str:
    """The only version of the key "k"."""
    return client.put_object(Bucket=locked, Key="k", Body=b"1")["VersionId"]


def allow(client: S3Client, bucket: str, *actions: str, **more: Any) -> None:
    """Let the other account do that with all objects of the bucket."""
    statement = {
        "Effect": "Allow",
        "Principal": {"CanonicalUser": OTHER},
        "Action": [f"s3:{action}" for action in actions],
        "Resource": f"arn:aws:s3:::{bucket}/*",
        **more,
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_retained_version_cannot_be_deleted(client: S3Client, locked: str, version: str, mode: str) -> None:
    client.put_object_retention(Bucket=locked, Key="k", Retention=retention(mode))
    assert client.get_object_retention(Bucket=locked, Key="k")["Retention"] == retention(mode)
    with refused("AccessDenied", 403) as response:
        client.delete_object(Bucket=locked, Key="k", VersionId=version)
    assert response["Error"]["Message"] == PROTECTED
    assert client.get_object(Bucket=locked, Key="k", VersionId=version)["Body"].read() == b"1"


def test_a_delete_marker_and_newer_versions_are_allowed_on_top(
    client: S3Client, locked: str, version: str
) -> None:
    client.put_object_retention(Bucket=locked, Key="k", Retention=retention("COMPLIANCE"))
    newer = client.put_object(Bucket=locked, Key="k", Body=b"2")["VersionId"]
    marker = client.delete_object(Bucket=locked, Key="k")
    assert marker["DeleteMarker"]
    client.delete_object(Bucket=locked, Key="k", VersionId=marker["VersionId"])
    client.delete_object(Bucket=locked, Key="k", VersionId=newer)
    assert client.get_object(Bucket=locked, Key="k")["VersionId"] == version


def test_governance_is_bypassed_and_compliance_is_not(client: S3Client, locked: str, version: str) -> None:
    which: Any = {"Bucket": locked, "Key": "k", "VersionId": version}
    client.put_object_retention(**which, Retention=retention("COMPLIANCE"))
    with refused("AccessDenied", 403):
        client.delete_object(**which, BypassGovernanceRetention=True)
    second = client.put_object(Bucket=locked, Key="k", Body=b"2")["VersionId"]
    which["VersionId"] = second
    client.put_object_retention(**which, Retention=retention("GOVERNANCE"))
    with refused("AccessDenied", 403):
        client.delete_object(**which, BypassGovernanceRetention=False)
    client.delete_object(**which, BypassGovernanceRetention=True)
    with refused("NoSuchVersion", 404):
        client.get_object(**which)


def test_a_legal_hold_keeps_a_version_until_it_is_lifted(client: S3Client, locked: str, version: str) -> None:
    which: Any = {"Bucket": locked, "Key": "k", "VersionId": version}
    client.put_object_legal_hold(**which, LegalHold=ON)
    assert client.get_object_legal_hold(**which)["LegalHold"] == ON
    with refused("AccessDenied", 403) as response:
        client.delete_object(**which, BypassGovernanceRetention=True)
    assert response["Error"]["Message"] == PROTECTED
    client.put_object_legal_hold(**which, LegalHold=OFF)
    assert client.head_object(**which)["ObjectLockLegalHoldStatus"] == "OFF"
    client.delete_object(**which)


def test_retention_and_hold_do_not_touch_each_other(client: S3Client, locked: str, version: str) -> None:
    which: Any = {"Bucket": locked, "Key": "k", "VersionId": version}
    client.put_object_retention(**which, Retention=retention("GOVERNANCE"))
    client.put_object_legal_hold(**which, LegalHold=ON)
    client.put_object_retention(**which, Retention={}, BypassGovernanceRetention=True)
    assert client.get_object_legal_hold(**which)["LegalHold"] == ON
    with refused("NoSuchObjectLockConfiguration", 404):
        client.get_object_retention(**which)
    with refused("AccessDenied", 403):
        client.delete_object(**which)


def test_many_are_deleted_but_for_those_that_are_locked(client: S3Client, locked: str, version: str) -> None:
    free = client.put_object(Bucket=locked, Key="free", Body=b"1")["VersionId"]
    client.put_object_retention(Bucket=locked, Key="k", Retention=retention("GOVERNANCE"))
    wanted: Any = [{"Key": "k", "VersionId": version}, {"Key": "free", "VersionId": free}]
    answer = client.delete_objects(Bucket=locked, Delete={"Objects": wanted})
    assert answer["Errors"] == [
        {"Key": "k", "VersionId": version, "Code": "AccessDenied", "Message": PROTECTED}
    ]
    assert answer["Deleted"] == [{"Key": "free", "VersionId": free}]
    answer = client.delete_objects(
        Bucket=locked, Delete={"Objects": wanted[:1]}, BypassGovernanceRetention=True
    )
    assert answer["Deleted"] == wanted[:1]


@pytest.mark.parametrize(
    ("old", "new", "plain", "bypass"),
    [
        (retention("GOVERNANCE"), retention("GOVERNANCE", LATER), True, True),
        (retention("GOVERNANCE"), retention("GOVERNANCE"), True, True),
        (retention("GOVERNANCE"), retention("GOVERNANCE", EARLIER), False, True),
        (retention("GOVERNANCE"), retention("COMPLIANCE"), False, True),
        (retention("GOVERNANCE"), {}, False, True),
        (retention("COMPLIANCE"), retention("COMPLIANCE", LATER), True, True),
        (retention("COMPLIANCE"), retention("COMPLIANCE"), True, True),
        (retention("COMPLIANCE"), retention("COMPLIANCE", EARLIER), False, False),
        (retention("COMPLIANCE"), retention("GOVERNANCE", LATER), False, False),
        (retention("COMPLIANCE"), {}, False, False),
    ],
)
def test_how_a_retention_may_be_changed(
    client: S3Client, locked: str, old: Any, new: Any, plain: bool, bypass: bool
) -> None:
    options: Any
    for key, allowed, options in (
        ("plain", plain, {}),
        ("bypass", bypass, {"BypassGovernanceRetention": True}),
    ):
        which: Any = {"Bucket": locked, "Key": key}
        client.put_object(**which, Body=b"1")
        client.put_object_retention(**which, Retention=old)
        if allowed:
            client.put_object_retention(**which, Retention=new, **options)
        else:
            with refused("AccessDenied", 403) as response:
                client.put_object_retention(**which, Retention=new, **options)
            assert response["Error"]["Message"] == PROTECTED
        if expected := new if allowed else old:
            assert client.get_object_retention(**which)["Retention"] == expected


def test_a_date_that_was_read_may_be_put_again(app: App, client: S3Client, locked: str, version: str) -> None:
    until = UNTIL.replace(microsecond=251_999)
    client.put_object_retention(Bucket=locked, Key="k", Retention=retention("COMPLIANCE", until))
    found: Any = client.get_object_retention(Bucket=locked, Key="k")["Retention"]
    assert found["RetainUntilDate"] == UNTIL.replace(microsecond=251_000)
    client.put_object_retention(Bucket=locked, Key="k", Retention=found)


def test_a_retention_ends_with_its_date(app: App, client: S3Client, locked: str) -> None:
    app.clock.freeze()
    until = app.clock.now().replace(microsecond=0) + timedelta(days=400)
    lock: Any = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
    first = client.put_object(Bucket=locked, Key="k", Body=b"1", **lock)["VersionId"]
    second = client.put_object(Bucket=locked, Key="k", Body=b"2", **lock)["VersionId"]
    app.clock.let_pass(400 * 86_400 - 2)
    with refused("AccessDenied", 403):
        client.delete_object(Bucket=locked, Key="k", VersionId=first)
    app.clock.let_pass(2)
    client.delete_object(Bucket=locked, Key="k", VersionId=first)
    which: Any = {"Bucket": locked, "Key": "k", "VersionId": second}
    assert client.get_object_retention(**which)["Retention"]["RetainUntilDate"] == until
    client.put_object_retention(**which, Retention=retention("GOVERNANCE"))
    client.put_object_retention(**which, Retention={}, BypassGovernanceRetention=True)
    client.delete_object(**which)


def test_a_multipart_object_is_locked_as_its_upload_said(client: S3Client, locked: str) -> None:
    lock: Any = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": UNTIL}
    upload = put_parts(client, locked, "big", [b"end"], **lock)
    version = complete(client, locked, "big", upload)["VersionId"]
    with refused("AccessDenied", 403):
        client.delete_object(Bucket=locked, Key="big", VersionId=version)
    client.put_object_legal_hold(Bucket=locked, Key="big", LegalHold=ON)
    client.put_object_legal_hold(Bucket=locked, Key="big", LegalHold=OFF)
    listed: Any = [{"PartNumber": 1, "ETag": '"7f021a1415b86f2d013b2618fb31ae53"'}]
    again = client.complete_multipart_upload(
        Bucket=locked, Key="big", UploadId=upload, MultipartUpload={"Parts": listed}
    )
    assert again["VersionId"] == version  # it still knows which upload it comes from


def test_what_is_not_locked_has_no_lock_to_show(client: S3Client, bucket: str, locked: str) -> None:
    client.put_object(Bucket=locked, Key="k", Body=b"1")
    client.put_object(Bucket=bucket, Key="k", Body=b"1")
    for operation in (client.get_object_retention, client.get_object_legal_hold):
        with refused("NoSuchObjectLockConfiguration", 404) as response:
            operation(Bucket=locked, Key="k")
        message = "The specified object does not have a ObjectLock configuration"
        assert response["Error"]["Message"] == message
        with refused("NoSuchKey", 404):
            operation(Bucket=locked, Key="missing")
        with refused("InvalidRequest", 400) as response:
            operation(Bucket=bucket, Key="k")
        assert response["Error"]["Message"] == NO_LOCK


def test_without_object_lock_nothing_can_be_locked(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"1")
    with refused("InvalidRequest", 400) as response:
        client.put_object_retention(Bucket=bucket, Key="k", Retention=retention("GOVERNANCE"))
    assert response["Error"]["Message"] == NO_LOCK
    with refused("InvalidRequest", 400) as response:
        client.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold=ON)
    assert response["Error"]["Message"] == NO_LOCK


def test_a_delete_marker_cannot_be_locked_and_does_not_resist(
    client: S3Client, locked: str, version: str
) -> None:
    marker: Any = client.delete_object(Bucket=locked, Key="k")["VersionId"]
    with refused("MethodNotAllowed", 405):
        client.put_object_legal_hold(Bucket=locked, Key="k", VersionId=marker, LegalHold=ON)
    with refused("MethodNotAllowed", 405):
        client.put_object_retention(Bucket=locked, Key="k", Retention=retention("GOVERNANCE"))
    client.delete_object(Bucket=locked, Key="k", VersionId=marker)


@pytest.mark.parametrize(
    ("subresource", "document", "code"),
    [
        ("retention", b"", "MalformedXML"),
        ("retention", b"<Retention><Mode>GOVERNANCE</Mode></Retention>", "MalformedXML"),
        (
            "retention",
            b"<Retention><RetainUntilDate>2040-01-01T00:00:00Z</RetainUntilDate></Retention>",
            "MalformedXML",
        ),
        (
            "retention",
            b"<Retention><Mode>abc</Mode><RetainUntilDate>2040-01-01T00:00:00Z</RetainUntilDate></Retention>",
            "MalformedXML",
        ),
        (
            "retention",
            b"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>soon</RetainUntilDate></Retention>",
            "MalformedXML",
        ),
        (
            "retention",
            b"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2020-01-01T00:00:00Z</RetainUntilDate>"
            b"</Retention>",
            "InvalidArgument",
        ),
        ("legal-hold", b"", "MalformedXML"),
        ("legal-hold", b"<LegalHold/>", "MalformedXML"),
        ("legal-hold", b"<LegalHold><Status>abc</Status></LegalHold>", "MalformedXML"),
    ],
)
def test_a_document_that_breaks_the_rules_is_refused(
    url: str, client: S3Client, locked: str, version: str, subresource: str, document: bytes, code: str
) -> None:
    assert send_document(url, "PUT", f"/{locked}/k?{subresource}", document).code == code
    client.delete_object(Bucket=locked, Key="k", VersionId=version)


@pytest.mark.parametrize("value", [True, False])
def test_there_is_nothing_to_bypass_in_a_bucket_without_locks(
    client: S3Client, bucket: str, value: bool
) -> None:
    client.put_object(Bucket=bucket, Key="k")
    which: Any = {"Bucket": bucket, "BypassGovernanceRetention": value}
    acts: tuple[Callable[[], Any], ...] = (
        lambda: client.delete_object(**which, Key="k"),
        lambda: client.delete_object(**which, Key="k", VersionId="null"),
        lambda: client.delete_objects(**which, Delete={"Objects": [{"Key": "k"}]}),
    )
    for act in acts:
        with refused("InvalidArgument", 400) as answer:
            act()
        assert answer["Error"]["ArgumentName"] == "x-amz-bypass-governance-retention"
    client.head_object(Bucket=bucket, Key="k")


def test_bypassing_needs_a_permission_of_its_own(
    client: S3Client, other: S3Client, locked: str, version: str
) -> None:
    client.put_object_retention(Bucket=locked, Key="k", Retention=retention("GOVERNANCE"))
    which: Any = {"Bucket": locked, "Key": "k", "VersionId": version}
    allow(client, locked, "DeleteObjectVersion", "PutObjectRetention")
    with refused("AccessDenied", 403) as response:
        other.delete_object(**which, BypassGovernanceRetention=True)
    assert response["Error"]["Message"] == "Access Denied"
    with refused("AccessDenied", 403):
        other.put_object_retention(**which, Retention={}, BypassGovernanceRetention=True)
    objects: Any = {"Objects": [{"Key": "k", "VersionId": version}]}
    answer = other.delete_objects(Bucket=locked, Delete=objects, BypassGovernanceRetention=True)
    assert [error["Code"] for error in answer["Errors"]] == ["AccessDenied"]
    allow(client, locked, "DeleteObjectVersion", "BypassGovernanceRetention")
    with refused("AccessDenied", 403) as response:
        other.delete_object(**which)
    assert response["Error"]["Message"] == PROTECTED
    other.delete_object(**which, BypassGovernanceRetention=True)


def test_the_lock_is_shown_to_those_who_may_ask_for_it(
    client: S3Client, other: S3Client, locked: str, version: str
) -> None:
    client.put_object_retention(Bucket=locked, Key="k", Retention=retention("GOVERNANCE"))
    client.put_object_legal_hold(Bucket=locked, Key="k", LegalHold=ON)
    expected = {
        (): set(),
        ("GetObjectRetention",): {"ObjectLockMode", "ObjectLockRetainUntilDate"},
        ("GetObjectLegalHold",): {"ObjectLockLegalHoldStatus"},
    }
    for actions, shown in expected.items():
        allow(client, locked, "GetObject", *actions)
        for answer in (other.get_object(Bucket=locked, Key="k"), other.head_object(Bucket=locked, Key="k")):
            assert {name for name in answer if name.startswith("ObjectLock")} == shown
        if "GetObjectRetention" not in actions:
            with refused("AccessDenied", 403):
                other.get_object_retention(Bucket=locked, Key="k")


def test_a_policy_limits_the_retention_that_may_be_asked_for(
    app: App, client: S3Client, other: S3Client, locked: str
) -> None:
    allow(
        client,
        locked,
        *("PutObject", "PutObjectRetention"),
        Condition={
            "NumericLessThanEquals": {"s3:object-lock-remaining-retention-days": "10"},
            "StringEquals": {"s3:object-lock-mode": "GOVERNANCE"},
            "DateGreaterThan": {"s3:object-lock-retain-until-date": f"{app.clock.now():%Y-%m-%dT%H:%M:%SZ}"},
        },
    )
    in_a_week = app.clock.now() + timedelta(days=7)
    for mode, until, allowed in (
        ("GOVERNANCE", in_a_week, True),
        ("COMPLIANCE", in_a_week, False),
        ("GOVERNANCE", in_a_week + timedelta(days=7), False),
    ):
        lock: Any = {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}
        if allowed:
            other.put_object(Bucket=locked, Key="k", Body=b"1", **lock)
            other.put_object_retention(Bucket=locked, Key="k", Retention=retention(mode, until))
            continue
        with refused("AccessDenied", 403):
            other.put_object(Bucket=locked, Key="k", Body=b"1", **lock)
        with refused("AccessDenied", 403):
            other.put_object_retention(Bucket=locked, Key="k", Retention=retention(mode, until))


def test_a_lock_needs_a_permission_of_its_own(client: S3Client, other: S3Client, locked: str) -> None:
    allow(client, locked, "PutObject")
    with refused("AccessDenied", 403):
        other.put_object(Bucket=locked, Key="k", Body=b"1", ObjectLockLegalHoldStatus="ON")
    allow(client, locked, "PutObject", "PutObjectLegalHold")
    other.put_object(Bucket=locked, Key="k", Body=b"1", ObjectLockLegalHoldStatus="ON")


def test_a_bucket_with_locked_objects_cannot_be_removed(client: S3Client, locked: str, version: str) -> None:
    client.put_object_retention(Bucket=locked, Key="k", Retention=retention("COMPLIANCE"))
    with refused("BucketNotEmpty", 409):
        client.delete_bucket(Bucket=locked)
