"""Archived objects: what is refused of them, and their restored copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import refused

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HOUR = 3600.0


@pytest.fixture
def archived(client: S3Client, bucket: str, app: App) -> Any:
    """An object in GLACIER; the clock stands at the start of a day."""
    app.clock.freeze()
    now = app.clock.time()
    app.clock.let_pass(24 * HOUR - now % (24 * HOUR))
    client.put_object(Bucket=bucket, Key="a", Body=b"body", StorageClass="GLACIER")
    return {"Bucket": bucket, "Key": "a"}


def restore(client: S3Client, where: Any, days: int = 2, tier: str = "Standard") -> int:
    """The status of the answer."""
    request: Any = {"Days": days, "GlacierJobParameters": {"Tier": tier}}
    answer = client.restore_object(**where, RestoreRequest=request)
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def told(client: S3Client, where: Any) -> str:
    return client.head_object(**where).get("Restore", "")


def test_a_restored_copy_comes_after_hours_and_goes_after_days(
    client: S3Client, archived: Any, app: App
) -> None:
    with refused("InvalidObjectState", 403):
        client.get_object(**archived)
    with refused("ObjectNotInActiveTierError", 403):
        client.copy_object(Bucket=archived["Bucket"], Key="b", CopySource=archived)
    assert told(client, archived) == ""

    assert restore(client, archived) == 202
    assert told(client, archived) == 'ongoing-request="true"'
    with refused("InvalidObjectState"):
        client.get_object(**archived)

    app.clock.let_pass(5 * HOUR)
    answer = client.get_object(**archived)
    assert answer["Body"].read() == b"body"
    assert answer["StorageClass"] == "GLACIER"
    assert answer["Restore"].startswith('ongoing-request="false", expiry-date="')
    assert answer["Restore"].endswith(' 00:00:00 GMT"')
    client.copy_object(Bucket=archived["Bucket"], Key="b", CopySource=archived)

    app.clock.let_pass(66 * HOUR)  # five hours and two days, up to the next midnight: the third day
    client.get_object(**archived)
    app.clock.let_pass(2 * HOUR)
    assert told(client, archived) == ""
    with refused("InvalidObjectState"):
        client.get_object(**archived)


def test_a_copy_that_is_there_may_stay_longer(client: S3Client, archived: Any, app: App) -> None:
    restore(client, archived, days=1, tier="Expedited")
    app.clock.let_pass(HOUR)
    before = told(client, archived)
    assert restore(client, archived, days=10) == 200
    assert told(client, archived) != before
    app.clock.let_pass(9 * 24 * HOUR)
    client.get_object(**archived)


def test_a_restore_under_way_may_only_become_faster(client: S3Client, archived: Any, app: App) -> None:
    restore(client, archived, tier="Bulk")
    with refused("RestoreAlreadyInProgress", 409) as response:
        restore(client, archived, tier="Bulk")
    assert response["Error"]["Message"] == "Object restore is already in progress"
    with refused("RestoreAlreadyInProgress"):
        restore(client, archived, days=3, tier="Expedited")
    assert restore(client, archived, tier="Expedited") == 202
    app.clock.let_pass(HOUR)
    client.get_object(**archived)


def test_the_deep_archive_takes_longer_and_knows_no_hurry(client: S3Client, bucket: str, app: App) -> None:
    where: Any = {"Bucket": bucket, "Key": "deep"}
    client.put_object(**where, StorageClass="DEEP_ARCHIVE")
    with refused("InvalidTier", 403):
        restore(client, where, tier="Expedited")
    restore(client, where)
    app.clock.let_pass(11 * HOUR)
    assert told(client, where) == 'ongoing-request="true"'
    app.clock.let_pass(2 * HOUR)
    client.get_object(**where)


@pytest.mark.parametrize("storage_class", ["STANDARD", "GLACIER_IR", "INTELLIGENT_TIERING"])
def test_what_is_not_archived_is_not_restored(client: S3Client, bucket: str, storage_class: Any) -> None:
    where: Any = {"Bucket": bucket, "Key": "a"}
    client.put_object(**where, StorageClass=storage_class)
    with refused("InvalidObjectState", 403) as response:
        restore(client, where)
    expected = "Restore is not allowed for the object's current storage class"
    assert response["Error"]["Message"] == expected


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({}, "MalformedXML"),
        ({"Days": 0}, "InvalidArgument"),
        ({"Days": 1, "Tier": "Standard"}, "MalformedXML"),
        ({"Days": 1, "GlacierJobParameters": {"Tier": "Tomorrow"}}, "MalformedXML"),
        ({"Type": "SELECT", "Tier": "Standard"}, "MethodNotAllowed"),
    ],
)
def test_a_wrong_request_is_refused(client: S3Client, archived: Any, request_: Any, code: str) -> None:
    with refused(code):
        client.restore_object(**archived, RestoreRequest=request_)
    assert told(client, archived) == ""


def test_a_version_is_restored_by_its_id(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    where: Any = {"Bucket": bucket, "Key": "a"}
    old = client.put_object(**where, StorageClass="GLACIER")["VersionId"]
    client.put_object(**where)
    restore(client, {**where, "VersionId": old})
    assert told(client, {**where, "VersionId": old}) == 'ongoing-request="true"'
    marker = client.delete_object(**where)["VersionId"]
    with refused("MethodNotAllowed"):
        restore(client, {**where, "VersionId": marker})


def test_listings_tell_of_restores_when_asked(client: S3Client, archived: Any, app: App) -> None:
    client.put_object(Bucket=archived["Bucket"], Key="b")

    def statuses() -> list[Any]:
        listed = client.list_objects_v2(Bucket=archived["Bucket"], OptionalObjectAttributes=["RestoreStatus"])
        found: list[Any] = [entry.get("RestoreStatus") for entry in listed["Contents"]]
        versions = client.list_object_versions(
            Bucket=archived["Bucket"], OptionalObjectAttributes=["RestoreStatus"]
        )
        assert [entry.get("RestoreStatus") for entry in versions["Versions"]] == found
        return found

    assert statuses() == [None, None]
    restore(client, archived)
    assert statuses() == [{"IsRestoreInProgress": True}, None]
    app.clock.let_pass(6 * HOUR)
    assert statuses()[0]["IsRestoreInProgress"] is False
    assert statuses()[0]["RestoreExpiryDate"]
