"""Object lock of buckets: switching it on, the default retention, and what new objects get."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import PART, NewClient, complete, needs, put_parts, refused, send_document, signed

from s3fixture.app import App
from s3fixture.backends.control import Control
from s3fixture.backends.running_requests import RunningRequests

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

UNTIL = datetime(2040, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
GOVERNANCE: Any = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": UNTIL}
DAY = timedelta(days=1)
LOCK_HEADERS = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
NO_LOCK = "Bucket is missing ObjectLockConfiguration"
NEEDS_DIGEST = (
    "Content-MD5 OR x-amz-checksum- HTTP header is required for Put {} requests with Object Lock parameters"
)


@pytest.fixture
def locked(client: S3Client) -> str:
    """A bucket with object lock and no default retention."""
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    return "locked"


def configure(client: S3Client, bucket: str, **default: Any) -> None:
    configuration: Any = {"ObjectLockEnabled": "Enabled"}
    if default:
        configuration["Rule"] = {"DefaultRetention": default}
    client.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)


def lock_headers(client: S3Client, bucket: str, key: str) -> dict[str, Any]:
    head: Any = client.head_object(Bucket=bucket, Key=key)
    got: Any = client.get_object(Bucket=bucket, Key=key)
    found = {name: head[name] for name in LOCK_HEADERS if name in head}
    assert found == {name: got[name] for name in LOCK_HEADERS if name in got}
    return found


def test_a_bucket_made_with_object_lock_is_versioned(client: S3Client, locked: str) -> None:
    assert client.get_bucket_versioning(Bucket=locked)["Status"] == "Enabled"
    found = client.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"]
    assert found == {"ObjectLockEnabled": "Enabled"}
    client.put_object(Bucket=locked, Key="k", Body=b"1")
    assert lock_headers(client, locked, "k") == {}


def test_a_bucket_made_without_it_has_none(client: S3Client, bucket: str) -> None:
    client.create_bucket(Bucket="plain", ObjectLockEnabledForBucket=False)
    for name in (bucket, "plain"):
        with refused("ObjectLockConfigurationNotFoundError", 404) as response:
            client.get_object_lock_configuration(Bucket=name)
        assert response["Error"]["Message"] == "Object Lock configuration does not exist for this bucket"
        assert "Status" not in client.get_bucket_versioning(Bucket=name)
    with refused("NoSuchBucket", 404):
        client.get_object_lock_configuration(Bucket="missing")


def test_it_is_switched_on_later_where_versioning_is_enabled(client: S3Client, bucket: str) -> None:
    old = client.put_object(Bucket=bucket, Key="old", Body=b"1")
    for state in (None, "Suspended"):
        if state:
            versioning: Any = {"Status": state}
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
        with refused("InvalidBucketState", 409) as response:
            configure(client, bucket, Mode="GOVERNANCE", Days=1)
        assert "Versioning must be 'Enabled' on the bucket" in response["Error"]["Message"]
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    configure(client, bucket, Mode="GOVERNANCE", Days=1)
    client.put_object(Bucket=bucket, Key="new", Body=b"1")
    assert "VersionId" not in old
    assert lock_headers(client, bucket, "old") == {}
    assert lock_headers(client, bucket, "new")["ObjectLockMode"] == "GOVERNANCE"
    client.put_object_legal_hold(Bucket=bucket, Key="old", LegalHold={"Status": "ON"})
    with refused("AccessDenied", 403):
        client.delete_object(Bucket=bucket, Key="old", VersionId="null")


def test_versioning_cannot_be_suspended_any_more(client: S3Client, locked: str) -> None:
    with refused("InvalidBucketState", 409) as response:
        client.put_bucket_versioning(Bucket=locked, VersioningConfiguration={"Status": "Suspended"})
    assert response["Error"]["Message"] == (
        "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
    )
    client.put_bucket_versioning(Bucket=locked, VersioningConfiguration={"Status": "Enabled"})
    assert client.get_bucket_versioning(Bucket=locked)["Status"] == "Enabled"


def test_the_default_retention_is_replaced_and_taken_away(client: S3Client, locked: str) -> None:
    for rule in ({"Mode": "GOVERNANCE", "Days": 36_500}, {"Mode": "COMPLIANCE", "Years": 100}):
        configure(client, locked, **rule)
        found = client.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"]
        assert found == {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": rule}}
    configure(client, locked)
    found = client.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"]
    assert found == {"ObjectLockEnabled": "Enabled"}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>", "MalformedXML"),
        ("<Mode>GOVERNANCE</Mode>", "MalformedXML"),
        ("<Days>1</Days>", "MalformedXML"),
        ("", "MalformedXML"),
        ("<Mode>governance</Mode><Days>1</Days>", "MalformedXML"),
        ("<Mode>GOVERNANCE</Mode><Days>many</Days>", "MalformedXML"),
        ("<Mode>GOVERNANCE</Mode><Days>0</Days>", "InvalidArgument"),
        ("<Mode>GOVERNANCE</Mode><Days>36501</Days>", "InvalidArgument"),
        ("<Mode>COMPLIANCE</Mode><Years>-1</Years>", "InvalidArgument"),
        ("<Mode>COMPLIANCE</Mode><Years>101</Years>", "InvalidArgument"),
    ],
)
def test_a_default_retention_that_breaks_the_rules_is_refused_and_the_old_stays(
    url: str, client: S3Client, locked: str, rule: str, code: str
) -> None:
    configure(client, locked, Mode="GOVERNANCE", Days=7)
    document = (
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
        f"<Rule><DefaultRetention>{rule}</DefaultRetention></Rule></ObjectLockConfiguration>"
    )
    reply = send_document(url, "PUT", f"/{locked}?object-lock", document.encode())
    assert (reply.status, reply.code) == (400, code)
    found = client.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"]
    assert found["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 7}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"", "MissingRequestBodyError"),
        (b"<ObjectLockConfiguration/>", "MalformedXML"),
        (b"<ObjectLockConfiguration><Rule/></ObjectLockConfiguration>", "MalformedXML"),
        (
            b"<ObjectLockConfiguration><ObjectLockEnabled>Disabled</ObjectLockEnabled>"
            b"</ObjectLockConfiguration>",
            "MalformedXML",
        ),
        (
            b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule/>"
            b"</ObjectLockConfiguration>",
            "MalformedXML",
        ),
    ],
)
def test_a_configuration_that_is_not_of_the_schema_is_refused(
    url: str, locked: str, document: bytes, code: str
) -> None:
    assert send_document(url, "PUT", f"/{locked}?object-lock", document).code == code


@pytest.mark.parametrize(("rule", "days"), [({"Days": 3}, 3), ({"Years": 2}, 730)])
def test_new_objects_get_the_default_retention(
    app: App, client: S3Client, locked: str, rule: dict[str, int], days: int
) -> None:
    client.put_object(Bucket=locked, Key="before", Body=b"1")
    configure(client, locked, Mode="COMPLIANCE", **rule)
    app.clock.freeze()
    expected = app.clock.now() + timedelta(days=days)
    client.put_object(Bucket=locked, Key="put", Body=b"1")
    client.copy_object(Bucket=locked, Key="copy", CopySource=f"{locked}/before")
    complete(client, locked, "parts", put_parts(client, locked, "parts", [PART, b"end"]))
    for key in ("put", "copy", "parts"):
        found = lock_headers(client, locked, key)
        assert found["ObjectLockMode"] == "COMPLIANCE"
        assert timedelta() <= expected - found["ObjectLockRetainUntilDate"] < timedelta(milliseconds=1)
    assert lock_headers(client, locked, "before") == {}


def test_a_request_overrides_the_default(client: S3Client, locked: str) -> None:
    configure(client, locked, Mode="COMPLIANCE", Days=1)
    client.put_object(Bucket=locked, Key="k", Body=b"1", **GOVERNANCE)
    assert lock_headers(client, locked, "k") == GOVERNANCE
    client.put_object(Bucket=locked, Key="held", Body=b"1", ObjectLockLegalHoldStatus="ON")
    found = lock_headers(client, locked, "held")
    assert (found["ObjectLockMode"], found["ObjectLockLegalHoldStatus"]) == ("COMPLIANCE", "ON")


def test_put_copy_and_multipart_take_a_lock(client: S3Client, locked: str) -> None:
    lock = {**GOVERNANCE, "ObjectLockLegalHoldStatus": "ON"}
    client.put_object(Bucket=locked, Key="put", Body=b"1", **lock)
    client.copy_object(Bucket=locked, Key="copy", CopySource=f"{locked}/put", **lock)
    complete(client, locked, "parts", put_parts(client, locked, "parts", [b"end"], **lock))
    for key in ("put", "copy", "parts"):
        assert lock_headers(client, locked, key) == lock


def test_a_copy_does_not_take_over_the_lock_of_its_source(client: S3Client, locked: str) -> None:
    client.put_object(Bucket=locked, Key="k", Body=b"1", **GOVERNANCE)
    client.copy_object(Bucket=locked, Key="copy", CopySource=f"{locked}/k")
    assert lock_headers(client, locked, "copy") == {}


def test_every_write_is_told_where_there_is_no_object_lock(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="source", Body=b"1")
    with refused("InvalidRequest", 400) as put:
        client.put_object(Bucket=bucket, Key="k", Body=b"1", **GOVERNANCE)
    with refused("InvalidRequest", 400) as copy:
        client.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/source", **GOVERNANCE)
    with refused("InvalidRequest", 400) as upload:
        client.create_multipart_upload(Bucket=bucket, Key="k", ObjectLockLegalHoldStatus="ON")
    assert {answer["Error"]["Message"] for answer in (put, copy, upload)} == {NO_LOCK}
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["source"]
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"mode": "GOVERNANCE"}, "must both be supplied"),
        ({"retain-until-date": "2040-01-01T00:00:00Z"}, "must both be supplied"),
        ({"mode": "NONE", "retain-until-date": "2040-01-01T00:00:00Z"}, "Unknown wormMode directive."),
        ({"mode": "COMPLIANCE", "retain-until-date": "soon"}, "ISO 8601"),
        ({"mode": "COMPLIANCE", "retain-until-date": "2020-01-01T00:00:00Z"}, "must be in the future!"),
        ({"legal-hold": "maybe"}, "Legal Hold must be either of 'ON' or 'OFF'"),
    ],
)
def test_lock_headers_that_break_the_rules_are_refused(
    url: str, client: S3Client, locked: str, headers: dict[str, str], message: str
) -> None:
    named = {f"x-amz-object-lock-{name}": value for name, value in headers.items()}
    checksum = {"x-amz-checksum-crc32": "AAAAAA=="}
    reply = signed(url, "PUT", f"/{locked}/k", b"", named | checksum)
    assert (reply.status, reply.code) == (400, "InvalidArgument")
    assert message in reply.field("Message")
    assert signed(url, "POST", f"/{locked}/k?uploads", b"", named).code == "InvalidArgument"
    assert "Versions" not in client.list_object_versions(Bucket=locked)


def test_half_a_retention_is_told_what_it_lacks(url: str, locked: str) -> None:
    mode, until = "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"
    for sent, lacking in (({mode: "GOVERNANCE"}, until), ({until: "2040-01-01T00:00:00Z"}, mode)):
        reply = signed(url, "PUT", f"/{locked}/k", b"", {**sent, "x-amz-checksum-crc32": "AAAAAA=="})
        assert (reply.code, reply.field("ArgumentName")) == ("InvalidArgument", lacking)


def test_of_a_lock_only_what_there_is_is_told(client: S3Client, locked: str) -> None:
    client.put_object(Bucket=locked, Key="held", Body=b"1", ObjectLockLegalHoldStatus="ON")
    client.put_object(Bucket=locked, Key="kept", Body=b"1", **GOVERNANCE)
    assert lock_headers(client, locked, "held") == {"ObjectLockLegalHoldStatus": "ON"}
    assert lock_headers(client, locked, "kept") == GOVERNANCE


@pytest.mark.parametrize("milliseconds", [0, 1, 999])
def test_a_retention_that_was_read_can_be_put_again(
    url: str, client: S3Client, locked: str, milliseconds: int
) -> None:
    """Answers have milliseconds, and what is kept has no more: else the date would be an earlier one."""
    until = UNTIL.replace(microsecond=milliseconds * 1000)
    lock = {"mode": "COMPLIANCE", "retain-until-date": f"{until:%Y-%m-%dT%H:%M:%S}.{milliseconds:03}Z"}
    headers = {f"x-amz-object-lock-{name}": value for name, value in lock.items()}
    assert (
        signed(url, "PUT", f"/{locked}/k", b"", {**headers, "x-amz-checksum-crc32": "AAAAAA=="}).status == 200
    )
    found = client.get_object_retention(Bucket=locked, Key="k")["Retention"]
    assert found["RetainUntilDate"] == until
    client.put_object_retention(Bucket=locked, Key="k", Retention=found)
    with refused("AccessDenied", 403):
        earlier: Any = {**found, "RetainUntilDate": until - timedelta(milliseconds=1)}
        client.put_object_retention(Bucket=locked, Key="k", Retention=earlier)


def test_a_locked_upload_needs_a_digest(url: str, client: S3Client, locked: str) -> None:
    headers = {
        "x-amz-object-lock-mode": "GOVERNANCE",
        "x-amz-object-lock-retain-until-date": "2040-01-01T00:00:00Z",
    }
    for lock in (headers, {"x-amz-object-lock-legal-hold": "ON"}):
        reply = signed(url, "PUT", f"/{locked}/k", b"", lock)
        assert (reply.status, reply.code) == (400, "InvalidRequest")
        assert reply.field("Message") == NEEDS_DIGEST.format("Object")
    digest = {"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}
    assert signed(url, "PUT", f"/{locked}/k", b"", headers | digest).status == 200
    assert signed(url, "PUT", f"/{locked}/plain", b"").status == 200


def test_the_default_retention_makes_uploads_and_parts_need_a_digest(
    url: str, client: S3Client, locked: str, new_client: NewClient
) -> None:
    configure(client, locked, Mode="GOVERNANCE", Days=1)
    assert signed(url, "PUT", f"/{locked}/k", b"").field("Message") == NEEDS_DIGEST.format("Object")
    bare = new_client(request_checksum_calculation="when_required")
    upload = bare.create_multipart_upload(Bucket=locked, Key="k")["UploadId"]
    target = f"/{locked}/k?partNumber=1&uploadId={upload}"
    assert signed(url, "PUT", target, b"").field("Message") == NEEDS_DIGEST.format("Part")
    assert signed(url, "PUT", target, b"", {"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}).status == 200


@needs("PutObjectRequest", "ObjectLockEventHold")
@pytest.mark.parametrize(
    "options", [{"ObjectLockEventHold": "ON"}, {"ObjectLockEventHoldDurationDays": 1}], ids=str
)
def test_event_holds_are_not_ignored(client: S3Client, locked: str, options: dict[str, Any]) -> None:
    with refused("NotImplemented", 501):
        client.put_object(Bucket=locked, Key="k", Body=b"1", **options)


@needs("DefaultRetention", "DefaultEventHold")
def test_default_event_holds_are_not_ignored(url: str, locked: str) -> None:
    document = (
        b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
        b"<Mode>GOVERNANCE</Mode><Days>1</Days><DefaultEventHold>ON</DefaultEventHold></DefaultRetention>"
        b"</Rule></ObjectLockConfiguration>"
    )
    assert send_document(url, "PUT", f"/{locked}?object-lock", document).code == "NotImplemented"


@needs("ObjectLockRetention", "EventHold")
@pytest.mark.parametrize(
    "element", ["<EventHold>ON</EventHold>", "<EventHoldDuration><Days>1</Days></EventHoldDuration>"]
)
def test_event_holds_of_a_retention_are_not_ignored(
    url: str, client: S3Client, locked: str, element: str
) -> None:
    client.put_object(Bucket=locked, Key="k", Body=b"1")
    document = f"<Retention>{element}</Retention>".encode()
    assert send_document(url, "PUT", f"/{locked}/k?retention", document).code == "NotImplemented"


@pytest.mark.parametrize(
    "asked", [{"ObjectLockLegalHoldStatus": "ON"}, {"ObjectLockMode": "GOVERNANCE"}], ids=str
)
def test_half_a_lock_is_kept_as_such(
    client: S3Client, locked: str, app: App, tmp_path: Path, asked: dict[str, Any]
) -> None:
    """A hold without a retention, a retention without a hold: saved states check both."""
    if "ObjectLockMode" in asked:
        asked = {**asked, "ObjectLockRetainUntilDate": app.clock.now() + timedelta(days=1)}
    client.put_object(Bucket=locked, Key="k", Body=b"1", **asked)
    before = client.head_object(Bucket=locked, Key="k")
    control = Control(app, RunningRequests(app))
    control.save(str(tmp_path / "state"))
    control.load(str(tmp_path / "state"))
    after = client.head_object(Bucket=locked, Key="k")
    for name in ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"):
        assert before.get(name) == after.get(name)
