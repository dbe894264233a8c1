"""Replication between buckets: its configuration, and what comes of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from encryption_helpers import KEY_ID, OTHER_ID, arn, customer_key
from service_helpers import DAY, complete, needs, put_parts, refused

from s3fixture.app import App
from s3fixture.backends.control import Control
from s3fixture.backends.running_requests import RunningRequests
from s3fixture.service.event_watchers import watch
from s3fixture.service.kms import KmsKeys

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROLE = "arn:aws:iam::123456789012:role/replication"
Replicate = Callable[..., None]
RULE: dict[str, Any] = {
    "ID": "r",
    "Status": "Enabled",
    "Priority": 1,
    "Filter": {},
    "DeleteMarkerReplication": {"Status": "Disabled"},
    "Destination": {"Bucket": "arn:aws:s3:::target"},
}


def new_bucket(client: S3Client, name: str, **options: Any) -> None:
    client.create_bucket(Bucket=name, **options)
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def put(client: S3Client, bucket: str, *rules: dict[str, Any], role: str = ROLE) -> None:
    whole: Any = {"Role": role, "Rules": [*rules]}
    client.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=whole)


@pytest.fixture
def source(client: S3Client) -> str:
    """Versioned, with a versioned bucket `target` beside it."""
    new_bucket(client, "source")
    new_bucket(client, "target")
    return "source"


@pytest.fixture
def done(app: App) -> Callable[[], None]:
    """Have the replication that is under way done."""
    return app.background.run_due


def status(client: S3Client, bucket: str, key: str = "a", **version: str) -> str | None:
    return client.head_object(Bucket=bucket, Key=key, **version).get("ReplicationStatus")  # type: ignore[arg-type]  # a version id, or nothing


def keys(client: S3Client, bucket: str) -> list[str]:
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", ())]


def test_a_configuration_is_given_back_and_taken_away(client: S3Client, source: str) -> None:
    with refused("ReplicationConfigurationNotFoundError", 404) as response:
        client.get_bucket_replication(Bucket=source)
    assert response["Error"]["Message"] == "The replication configuration was not found"
    put(client, source, {name: value for name, value in RULE.items() if name != "ID"})
    found: Any = client.get_bucket_replication(Bucket=source)["ReplicationConfiguration"]
    assert len(found["Rules"][0].pop("ID")) == 48
    assert found == {"Role": ROLE, "Rules": [{name: RULE[name] for name in RULE if name != "ID"}]}
    client.delete_bucket_replication(Bucket=source)
    client.delete_bucket_replication(Bucket=source)
    with refused("ReplicationConfigurationNotFoundError"):
        client.get_bucket_replication(Bucket=source)


def test_both_buckets_are_versioned_and_stay_so(client: S3Client, bucket: str, source: str) -> None:
    with refused("InvalidRequest") as response:
        put(client, bucket, RULE)
    expected = "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
    assert response["Error"]["Message"] == expected
    for name in (bucket, "nowhere"):
        with refused("InvalidRequest") as response:
            put(client, source, RULE | {"Destination": {"Bucket": f"arn:aws:s3:::{name}"}})
        assert response["Error"]["Message"] == "Destination bucket must have versioning enabled."
    put(client, source, RULE)
    with refused("InvalidBucketState", 409):
        client.put_bucket_versioning(Bucket=source, VersioningConfiguration={"Status": "Suspended"})


KMS: dict[str, Any] = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
TARGET: dict[str, Any] = RULE["Destination"]
TAGGED: dict[str, Any] = {"Tag": {"Key": "k", "Value": "v"}}
TIME: dict[str, Any] = {"Status": "Enabled", "Time": {"Minutes": 15}}


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"Priority": None}, "InvalidRequest", "Priority must be specified for this version"),
        (
            {"DeleteMarkerReplication": None},
            "InvalidRequest",
            "DeleteMarkerReplication must be specified for this version",
        ),
        ({"Filter": None, "Prefix": "a"}, "InvalidRequest", "Priority cannot be used for this version"),
        ({"Filter": None}, "MalformedXML", ""),
        ({"Prefix": "a"}, "MalformedXML", ""),
        ({"Filter": {"Prefix": "a", **TAGGED}}, "MalformedXML", ""),
        ({"ExistingObjectReplication": {"Status": "Enabled"}}, "MalformedXML", ""),
        ({"Priority": -1}, "InvalidRequest", "Priority must be between 0 and 2147483647."),
        ({"ID": "x" * 256}, "InvalidArgument", "Rule Id cannot be greater than 255"),
        (
            {"Filter": TAGGED, "DeleteMarkerReplication": {"Status": "Enabled"}},
            "InvalidRequest",
            "Delete marker replication is not supported if any Tag filter is specified.",
        ),
        ({"Destination": {"Bucket": "target"}}, "InvalidArgument", "Invalid bucket ARN"),
        (
            {"Destination": {"Bucket": "arn:aws:s3:::source"}},
            "InvalidRequest",
            "Destination bucket cannot be the same as the source bucket.",
        ),
        ({"SourceSelectionCriteria": {}}, "InvalidRequest", "SourceSelectionCriteria cannot be empty."),
        ({"SourceSelectionCriteria": KMS}, "InvalidRequest", "ReplicaKmsKeyID must be specified"),
        (
            {"Destination": {**TARGET, "EncryptionConfiguration": {"ReplicaKmsKeyID": "k"}}},
            "InvalidRequest",
            "SseKmsEncryptedObjects must be specified",
        ),
        (
            {"Destination": {**TARGET, "AccessControlTranslation": {"Owner": "Destination"}}},
            "InvalidRequest",
            "Account must be specified",
        ),
        (
            {"Destination": {**TARGET, "ReplicationTime": TIME}},
            "InvalidRequest",
            "must contain both ReplicationTime and Metrics or neither.",
        ),
        (
            {"Destination": {**TARGET, "ReplicationTime": TIME, "Metrics": {"Status": "Enabled"}}},
            "InvalidArgument",
            "ReplicationMetrics must contain an event threshold",
        ),
    ],
)
def test_a_wrong_rule_is_refused(
    client: S3Client, source: str, change: dict[str, Any], code: str, message: str
) -> None:
    rule = {name: value for name, value in {**RULE, **change}.items() if value is not None}
    with refused(code, 400) as response:
        put(client, source, rule)
    assert message in response["Error"]["Message"]


def test_rules_have_ids_and_priorities_of_their_own_and_a_role(client: S3Client, source: str) -> None:
    with refused("MalformedXML"):
        put(client, source)
    with refused("InvalidArgument") as response:
        put(client, source, RULE, RULE | {"Priority": 2})
    assert response["Error"]["Message"] == "Rule Id must be unique"
    with refused("InvalidRequest") as response:
        put(client, source, RULE, RULE | {"ID": "s"})
    assert response["Error"]["Message"] == "Found duplicate priority 1."
    for role, message in (
        ("role", "Invalid Role specified in replication configuration"),
        ("arn:aws:iam::123456789012:user/u", "The relative id should start with role"),
    ):
        with refused("InvalidArgument") as response:
            put(client, source, RULE, role=role)
        assert response["Error"]["Message"] == message


@needs("HeadObjectOutput", "TagCount")
def test_a_new_version_goes_to_the_other_bucket(
    client: S3Client, source: str, done: Callable[[], None], app: App
) -> None:
    client.put_object(Bucket=source, Key="before", Body=b"1")
    put(client, source, RULE)
    with app.background.paused():
        version = client.put_object(
            Bucket=source,
            Key="a",
            Body=b"body",
            Metadata={"m": "1"},
            Tagging="k=v",
            ContentType="text/plain",
        )["VersionId"]
        assert status(client, source) == "PENDING"
        assert keys(client, "target") == []
    done()

    assert status(client, source) == "COMPLETED"
    assert status(client, source, "before") is None
    assert keys(client, "target") == ["a"]
    original: Any = client.head_object(Bucket=source, Key="a")
    replica: Any = client.get_object(Bucket="target", Key="a")
    assert replica["Body"].read() == b"body"
    assert replica["ReplicationStatus"] == "REPLICA"
    assert replica["VersionId"] == version
    for member in ("ETag", "LastModified", "Metadata", "ContentType", "TagCount"):
        assert replica[member] == original[member]


@pytest.mark.parametrize("bucket_goes", [False, True])
def test_a_version_that_goes_before_its_turn_goes_nowhere(
    client: S3Client,
    source: str,
    done: Callable[[], None],
    app: App,
    caplog: pytest.LogCaptureFixture,
    *,
    bucket_goes: bool,
) -> None:
    put(client, source, RULE)
    with app.background.paused():
        version = client.put_object(Bucket=source, Key="a", Body=b"1")["VersionId"]
        client.delete_object(Bucket=source, Key="a", VersionId=version)
        if bucket_goes:
            client.delete_bucket(Bucket=source)
    with caplog.at_level(logging.ERROR, "s3fixture"):
        done()
    assert not [record.getMessage() for record in caplog.records if record.name.startswith("s3fixture")]
    assert keys(client, "target") == []


def test_copies_and_uploads_in_parts_are_replicated_replicas_are_not(
    client: S3Client, source: str, done: Callable[[], None]
) -> None:
    new_bucket(client, "third")
    put(client, source, RULE)
    put(client, "target", RULE | {"Destination": {"Bucket": "arn:aws:s3:::third"}})
    client.put_object(Bucket=source, Key="a")
    client.copy_object(Bucket=source, Key="b", CopySource={"Bucket": source, "Key": "a"})
    complete(client, source, "c", put_parts(client, source, "c", [b"part"]))
    done()
    assert keys(client, "target") == ["a", "b", "c"]
    assert keys(client, "third") == []
    etags = [client.head_object(Bucket=name, Key="c")["ETag"] for name in (source, "target")]
    assert etags[0] == etags[1]
    part = client.get_object(Bucket="target", Key="c", PartNumber=1)
    assert (part["PartsCount"], part["Body"].read()) == (1, b"part")


def test_versions_keep_their_order(client: S3Client, source: str, done: Callable[[], None]) -> None:
    put(client, source, RULE)
    made = [client.put_object(Bucket=source, Key="a", Body=b"%d" % n)["VersionId"] for n in range(5)]
    done()
    found = client.list_object_versions(Bucket="target")["Versions"]
    assert [entry["VersionId"] for entry in found] == made[::-1]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"Prefix": "a"}, ["a", "ab"]),
        (TAGGED, ["ab"]),
        ({"And": {"Prefix": "b", "Tags": [{"Key": "k", "Value": "v"}]}}, []),
    ],
)
def test_filters_choose(
    client: S3Client, source: str, done: Callable[[], None], chosen: dict[str, Any], expected: list[str]
) -> None:
    put(client, source, RULE | {"Filter": chosen})
    client.put_object(Bucket=source, Key="a")
    client.put_object(Bucket=source, Key="ab", Tagging="k=v")
    client.put_object(Bucket=source, Key="b")
    done()
    assert keys(client, "target") == expected
    assert status(client, source, "b") is None


def test_of_rules_for_one_bucket_the_highest_priority_counts(
    client: S3Client, source: str, done: Callable[[], None]
) -> None:
    new_bucket(client, "third")
    low, high = (
        RULE | {"ID": name, "Priority": priority, "Destination": {**TARGET, "StorageClass": name}}
        for priority, name in ((1, "STANDARD_IA"), (2, "GLACIER_IR"))
    )
    other = RULE | {"ID": "o", "Priority": 3, "Destination": {"Bucket": "arn:aws:s3:::third"}}
    put(client, source, high, low, other)
    client.put_object(Bucket=source, Key="a")
    done()
    assert client.head_object(Bucket="target", Key="a")["StorageClass"] == "GLACIER_IR"
    assert "StorageClass" not in client.head_object(Bucket="third", Key="a")
    assert status(client, source) == "COMPLETED"


@pytest.mark.parametrize("wanted", ["Enabled", "Disabled"])
def test_delete_markers_go_when_the_rule_says_so_deletions_never(
    client: S3Client, source: str, done: Callable[[], None], wanted: str
) -> None:
    put(client, source, RULE | {"DeleteMarkerReplication": {"Status": wanted}})
    version = client.put_object(Bucket=source, Key="a")["VersionId"]
    marker = client.delete_object(Bucket=source, Key="a")["VersionId"]
    client.delete_object(Bucket=source, Key="b")
    done()
    client.delete_object(Bucket=source, Key="a", VersionId=version)
    done()
    found = client.list_object_versions(Bucket="target")
    assert [entry["VersionId"] for entry in found["Versions"]] == [version]
    markers = [entry["VersionId"] for entry in found.get("DeleteMarkers", []) if entry["Key"] == "a"]
    assert markers == ([marker] if wanted == "Enabled" else [])


def test_tags_follow(client: S3Client, source: str, done: Callable[[], None]) -> None:
    put(client, source, RULE)
    client.put_object(Bucket=source, Key="a", Tagging="k=v")
    done()
    client.put_object_tagging(Bucket=source, Key="a", Tagging={"TagSet": [{"Key": "new", "Value": "1"}]})
    done()
    assert client.get_object_tagging(Bucket="target", Key="a")["TagSet"] == [{"Key": "new", "Value": "1"}]
    client.delete_object_tagging(Bucket=source, Key="a")
    done()
    assert client.get_object_tagging(Bucket="target", Key="a")["TagSet"] == []


def test_what_cannot_go_has_failed_and_is_told(
    client: S3Client, source: str, done: Callable[[], None], app: App
) -> None:
    put(client, source, RULE)
    client.put_bucket_versioning(Bucket="target", VersioningConfiguration={"Status": "Suspended"})
    watcher = watch(app.background, source, ["s3:Replication:*"], "", "")
    client.put_object(Bucket=source, Key="a")
    done()
    assert status(client, source) == "FAILED"
    (record,) = app.background.destinations.watchers.records(watcher, 1, 0)
    assert (record["eventName"], record["eventVersion"]) == ("Replication:OperationFailedReplication", "2.2")
    assert record["replicationEventData"]["failureReason"] == "DstBucketUnversioned"
    assert record["replicationEventData"]["replicationRuleId"] == "r"


def test_a_replica_is_an_event_of_its_bucket(
    client: S3Client, source: str, done: Callable[[], None], app: App
) -> None:
    watcher = watch(app.background, "target", ["s3:ObjectCreated:*"], "", "")
    put(client, source, RULE)
    client.put_object(Bucket=source, Key="a")
    done()
    (record,) = app.background.destinations.watchers.records(watcher, 1, 0)
    assert record["s3"]["bucket"]["name"] == "target"


def test_another_accounts_bucket_must_let_the_role_in(
    client: S3Client, other: S3Client, source: str, done: Callable[[], None]
) -> None:
    new_bucket(other, "foreign")
    put(client, source, RULE | {"Destination": {"Bucket": "arn:aws:s3:::foreign"}})
    client.put_object(Bucket=source, Key="refused")
    done()
    assert status(client, source, "refused") == "FAILED"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": ["s3:ReplicateObject", "s3:ReplicateDelete"],
        "Resource": "arn:aws:s3:::foreign/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    other.put_bucket_policy(Bucket="foreign", Policy=json.dumps(policy))
    client.put_object(Bucket=source, Key="let-in", Body=b"1")
    done()
    assert status(client, source, "let-in") == "COMPLETED"
    assert other.get_object(Bucket="foreign", Key="let-in")["Body"].read() == b"1"


def test_nobody_replicates_by_the_role_of_another_account(
    client: S3Client, other: S3Client, app: App, done: Callable[[], None]
) -> None:
    """A policy that lets an account in lets in its roles, so that others must not lend themselves one."""
    new_bucket(other, "foreign")
    new_bucket(client, "target")
    account = app.identities.main.account_id
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "s3:*"}
    policy = {"Version": "2012-10-17", "Statement": [statement | {"Resource": "arn:aws:s3:::target/*"}]}
    client.put_bucket_policy(Bucket="target", Policy=json.dumps(policy))
    with refused("AccessDenied", 403) as response:
        put(other, "foreign", RULE, role=f"arn:aws:iam::{account}:role/any")
    assert response["Error"]["Message"] == "Cross-account pass role is not allowed."
    with app.store.write() as index:  # one that was put when there was no such account
        bucket = index.get_bucket("foreign")
        assert bucket is not None
        document = {"Role": f"arn:aws:iam::{account}:role/any", "Rules": [RULE]}
        index.put_document(bucket.id, "replication", json.dumps(document))
    other.put_object(Bucket="foreign", Key="smuggled", Body=b"1")
    done()
    assert status(other, "foreign", "smuggled") == "FAILED"
    assert keys(client, "target") == []


def test_locks_go_along_and_need_a_bucket_with_locks(
    client: S3Client, done: Callable[[], None], app: App
) -> None:
    for name in ("source", "target"):
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    put(client, "source", RULE)
    client.put_object(Bucket="source", Key="a", Body=b"1", ObjectLockLegalHoldStatus="ON")
    done()
    held = client.get_object_legal_hold(Bucket="target", Key="a")["LegalHold"]["Status"]
    assert held == "ON"
    client.put_object_legal_hold(Bucket="source", Key="a", LegalHold={"Status": "OFF"})
    until = datetime.fromtimestamp(app.clock.time() + DAY, timezone.utc).replace(microsecond=0)
    retention: Any = {"Mode": "COMPLIANCE", "RetainUntilDate": until}
    client.put_object_retention(Bucket="source", Key="a", Retention=retention)
    done()
    held = client.get_object_legal_hold(Bucket="target", Key="a")["LegalHold"]["Status"]
    assert held == "OFF"
    assert client.get_object_retention(Bucket="target", Key="a")["Retention"] == retention


def lock_target(client: S3Client, days: int = 0) -> None:
    for name in ("source", "target"):
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    if days:
        rule: Any = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}}
        client.put_object_lock_configuration(
            Bucket="target", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
        )
    put(client, "source", RULE)


def in_days(app: App, days: float) -> datetime:
    return datetime.fromtimestamp(app.clock.time() + days * DAY, timezone.utc).replace(microsecond=0)


def test_a_replica_without_a_retention_has_the_default_of_its_bucket(
    client: S3Client, done: Callable[[], None], app: App
) -> None:
    lock_target(client, days=2)
    client.put_object(Bucket="source", Key="a", Body=b"1")
    client.put_object(
        Bucket="source",
        Key="b",
        Body=b"1",
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=in_days(app, 1),
    )
    done()
    found = client.get_object_retention(Bucket="target", Key="a")["Retention"]
    assert found["Mode"] == "COMPLIANCE"
    assert abs((found["RetainUntilDate"] - in_days(app, 2)).total_seconds()) < 60
    assert client.get_object_retention(Bucket="target", Key="b")["Retention"]["Mode"] == "GOVERNANCE"
    client.delete_object(Bucket="source", Key="a")  # markers have no lock
    done()


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_what_is_done_to_the_source_weakens_no_lock_of_the_replica(
    client: S3Client, done: Callable[[], None], app: App, mode: Any
) -> None:
    lock_target(client)
    version = client.put_object(Bucket="source", Key="a", Body=b"1")["VersionId"]
    done()
    retention: Any = {"Mode": mode, "RetainUntilDate": in_days(app, 3)}
    client.put_object_retention(Bucket="target", Key="a", Retention=retention)
    client.put_object_legal_hold(Bucket="target", Key="a", LegalHold={"Status": "ON"})

    client.put_object_tagging(Bucket="source", Key="a", Tagging={"TagSet": [{"Key": "t", "Value": "1"}]})
    done()
    tags = client.get_object_tagging(Bucket="target", Key="a")["TagSet"]
    assert tags == [{"Key": "t", "Value": "1"}]
    shorter: Any = {"Mode": "GOVERNANCE", "RetainUntilDate": in_days(app, 1)}
    client.put_object_retention(Bucket="source", Key="a", Retention=shorter)
    done()
    assert client.get_object_retention(Bucket="target", Key="a")["Retention"] == retention
    assert client.get_object_legal_hold(Bucket="target", Key="a")["LegalHold"]["Status"] == "ON"
    with refused("AccessDenied"):
        client.delete_object(Bucket="target", Key="a", VersionId=version)

    longer: Any = {"Mode": "COMPLIANCE", "RetainUntilDate": in_days(app, 5)}
    client.put_object_retention(Bucket="source", Key="a", Retention=longer, BypassGovernanceRetention=True)
    done()
    assert client.get_object_retention(Bucket="target", Key="a")["Retention"] == longer


def test_a_retention_of_a_replica_that_has_ended_follows_its_source(
    client: S3Client, done: Callable[[], None], app: App
) -> None:
    lock_target(client)
    client.put_object(Bucket="source", Key="a", Body=b"1")
    done()
    retention: Any = {"Mode": "COMPLIANCE", "RetainUntilDate": in_days(app, 1)}
    client.put_object_retention(Bucket="target", Key="a", Retention=retention)
    app.clock.let_pass(2 * DAY)
    client.put_object_tagging(Bucket="source", Key="a", Tagging={"TagSet": []})
    done()
    with refused("NoSuchObjectLockConfiguration"):
        client.get_object_retention(Bucket="target", Key="a")


def test_lifecycle_rules_wait_for_replication(
    client: S3Client, source: str, done: Callable[[], None], app: App
) -> None:
    rule: Any = {"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    client.put_bucket_lifecycle_configuration(Bucket=source, LifecycleConfiguration={"Rules": [rule]})
    put(client, source, RULE)
    client.put_object(Bucket=source, Key="done")
    done()
    client.put_bucket_versioning(Bucket="target", VersioningConfiguration={"Status": "Suspended"})
    client.put_object(Bucket=source, Key="failed")
    done()
    app.clock.let_pass(3 * DAY)
    app.background.clock_changed()
    assert keys(client, source) == ["failed"]


def with_acls(client: S3Client, *buckets: str) -> None:
    """Let ACLs count there, public ones too."""
    for bucket in buckets:
        client.delete_public_access_block(Bucket=bucket)
        client.put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        )


def test_the_acl_of_an_object_is_replicated_and_its_changes(
    client: S3Client, anonymous: S3Client, source: str, done: Callable[[], None]
) -> None:
    """replication-what-is-isnot-replicated.html: "Object ACL updates"."""
    with_acls(client, source, "target")
    put(client, source, RULE)
    client.put_object(Bucket=source, Key="a", Body=b"x", ACL="public-read")
    client.put_object(Bucket=source, Key="b", Body=b"x")
    done()
    assert anonymous.get_object(Bucket="target", Key="a")["Body"].read() == b"x"
    with refused("AccessDenied"):
        anonymous.get_object(Bucket="target", Key="b")

    client.put_object_acl(Bucket=source, Key="a", ACL="private")
    client.put_object_acl(Bucket=source, Key="b", ACL="public-read")
    done()

    with refused("AccessDenied"):
        anonymous.get_object(Bucket="target", Key="a")
    assert anonymous.get_object(Bucket="target", Key="b")["Body"].read() == b"x"
    assert status(client, "target", "b") == "REPLICA"


@pytest.mark.parametrize("enforced", [False, True], ids=["ACLs in the target", "none in the target"])
def test_an_object_of_another_account_goes_only_where_the_buckets_owner_may_read_it(
    client: S3Client, other: S3Client, source: str, done: Callable[[], None], app: App, enforced: bool
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html"""
    with_acls(client, source, *(() if enforced else ("target",)))
    client.put_bucket_acl(Bucket=source, ACL="public-read-write")
    destination = {
        **TARGET,
        "Account": "123456789012",
        "AccessControlTranslation": {"Owner": "Destination"},
    }
    put(client, source, RULE | {"Destination": TARGET if enforced else destination})
    watcher = watch(app.background, source, ["s3:Replication:*"], "", "")
    client.put_object(Bucket=source, Key="own", Body=b"x", ACL="bucket-owner-full-control")
    other.put_object(Bucket=source, Key="private", Body=b"x")
    other.put_object(Bucket=source, Key="read", Body=b"x", ACL="bucket-owner-read")
    other.put_object(Bucket=source, Key="shared", Body=b"x", ACL="bucket-owner-full-control")
    done()
    assert keys(client, "target") == ["own", "shared"]
    assert status(other, source, "private") == status(other, source, "read") == "FAILED"
    for record in app.background.destinations.watchers.records(watcher, 2, 0):
        assert record["replicationEventData"]["failureReason"] == "SrcGetObjectNotPermitted"


def test_replicas_have_no_grants_where_acls_are_off_or_the_owner_changes(
    client: S3Client, source: str, done: Callable[[], None]
) -> None:
    new_bucket(client, "taken")
    with_acls(client, source, "taken")
    account = client.list_buckets()["Owner"]["ID"]
    translated = {
        "Bucket": "arn:aws:s3:::taken",
        "Account": "123456789012",
        "AccessControlTranslation": {"Owner": "Destination"},
    }
    put(client, source, RULE, RULE | {"ID": "s", "Priority": 2, "Destination": translated})
    client.put_object(Bucket=source, Key="a", Body=b"x", ACL="public-read")
    done()
    for bucket in ("target", "taken"):
        [grant] = client.get_object_acl(Bucket=bucket, Key="a")["Grants"]
        assert (grant["Grantee"]["ID"], grant["Permission"]) == (account, "FULL_CONTROL")


FOREIGN: dict[str, Any] = RULE | {"Destination": {"Bucket": "arn:aws:s3:::foreign"}}
ACTIONS = ["s3:ReplicateObject", "s3:ReplicateDelete"]


def statement(
    *actions: str, effect: str = "Allow", bucket: str = "foreign", **members: Any
) -> dict[str, Any]:
    """About the role, as a policy of a destination has it."""
    resource = f"arn:aws:s3:::{bucket}/*"
    return {"Effect": effect, "Principal": {"AWS": ROLE}, "Action": actions, "Resource": resource, **members}


def let_in(client: S3Client, *statements: dict[str, Any], bucket: str = "foreign") -> None:
    policy = {"Version": "2012-10-17", "Statement": statements}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def failures(app: App, watcher: str, count: int) -> list[str]:
    records = app.background.destinations.watchers.records(watcher, count, 0)
    return [record["replicationEventData"]["failureReason"] for record in records]


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_the_policy_of_the_destination_knows_how_the_replica_is_encrypted(
    client: S3Client, other: S3Client, source: str, done: Callable[[], None], app: App, effect: str
) -> None:
    """replication-config-for-kms-objects.html: the keys of a role's policy for s3:ReplicateObject."""
    new_bucket(other, "foreign")
    algorithm, named = (f"s3:x-amz-server-side-encryption{end}" for end in ("", "-aws-kms-key-id"))
    right = arn(app, OTHER_ID)
    if effect == "Allow":
        let_in(
            other,
            statement("s3:ReplicateObject", Condition={"StringEquals": {algorithm: "aws:kms", named: right}}),
        )
    else:
        others = {"StringNotEquals": {named: right}}
        let_in(other, statement(*ACTIONS), statement("s3:ReplicateObject", effect="Deny", Condition=others))
    for key, name in (("right", OTHER_ID), ("wrong", KEY_ID)):
        encrypted = {"Bucket": "arn:aws:s3:::foreign", "EncryptionConfiguration": {"ReplicaKmsKeyID": name}}
        rule = FOREIGN | {"Destination": encrypted, "SourceSelectionCriteria": KMS, "ID": key}
        put(client, source, rule)
        client.put_object(Bucket=source, Key=key, ServerSideEncryption="aws:kms", SSEKMSKeyId=KEY_ID)
        client.put_object(Bucket=source, Key=f"{key}-plain")
        done()
    assert keys(other, "foreign") == ["right"]
    assert status(client, source, "right") == "COMPLETED"
    assert other.head_object(Bucket="foreign", Key="right")["SSEKMSKeyId"] == right


def test_a_policy_may_ask_for_the_algorithm_of_replicas_that_are_not_under_kms(
    client: S3Client, other: S3Client, source: str, done: Callable[[], None]
) -> None:
    new_bucket(other, "foreign")
    put(client, source, FOREIGN)
    plain = {"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    customers = {"StringEquals": {"s3:x-amz-server-side-encryption-customer-algorithm": "AES256"}}
    for key, condition in (("a", plain), ("b", customers)):
        let_in(other, statement("s3:ReplicateObject", Condition=condition))
        client.put_object(Bucket=source, Key=f"plain-{key}")
        client.put_object(Bucket=source, Key=f"customers-{key}", **customer_key())
        done()
    assert keys(other, "foreign") == ["customers-b", "plain-a"]


def test_the_key_for_replicas_is_for_objects_under_kms_alone_and_must_be_there(
    client: S3Client,
    source: str,
    done: Callable[[], None],
    app: App,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """replication-failure-codes.html: DstKmsKeyNotFound, DstKmsKeyInvalidState."""
    encrypted = TARGET | {"EncryptionConfiguration": {"ReplicaKmsKeyID": OTHER_ID}}
    put(client, source, RULE | {"Destination": encrypted, "SourceSelectionCriteria": KMS})
    watcher = watch(app.background, source, ["s3:Replication:*"], "", "")
    client.put_object(Bucket=source, Key="customers", **customer_key())
    client.put_object(Bucket=source, Key="kms", ServerSideEncryption="aws:kms")
    done()
    assert client.head_object(Bucket="target", Key="kms")["SSEKMSKeyId"] == arn(app, OTHER_ID)
    client.head_object(Bucket="target", Key="customers", **customer_key())
    for declared in (KEY_ID, f"{OTHER_ID},disabled"):
        monkeypatch.setattr(app.background, "kms", KmsKeys([declared]))
        client.put_object(Bucket=source, Key="kms", ServerSideEncryption="aws:kms")
        done()
        assert status(client, source, "kms") == "FAILED"
    assert failures(app, watcher, 2) == ["DstKmsKeyNotFound", "DstKmsKeyInvalidState"]
    control = Control(app, RunningRequests(app))
    control.save(str(tmp_path / "state"))
    control.load(str(tmp_path / "state"))  # which checks the records of replicas


def test_changes_go_only_where_the_other_account_still_lets_them_in(
    client: S3Client, other: S3Client, source: str, done: Callable[[], None], app: App
) -> None:
    """An account that takes back its policy has no tags, grants or locks of the other one in its bucket."""
    other.create_bucket(Bucket="foreign", ObjectLockEnabledForBucket=True)
    client.put_object_lock_configuration(
        Bucket=source, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )
    with_acls(client, source)
    with_acls(other, "foreign")
    let_in(other, statement(*ACTIONS))
    put(client, source, FOREIGN)
    watcher = watch(app.background, source, ["s3:Replication:*"], "", "")
    for key in ("tag", "untag", "acl", "lock"):
        client.put_object(Bucket=source, Key=key, Tagging="a=1", ACL="bucket-owner-full-control")
    done()
    assert status(client, source, "tag") == "COMPLETED"
    other.delete_bucket_policy(Bucket="foreign")
    until: Any = {"Mode": "COMPLIANCE", "RetainUntilDate": in_days(app, 1)}
    client.put_object_tagging(Bucket=source, Key="tag", Tagging={"TagSet": []})
    client.delete_object_tagging(Bucket=source, Key="untag")
    client.put_object_acl(Bucket=source, Key="acl", ACL="public-read")
    client.put_object_retention(Bucket=source, Key="lock", Retention=until)
    client.delete_object(Bucket=source, Key="marker")
    done()
    assert failures(app, watcher, 4) == [
        *("DstPutTaggingNotPermitted", "DstPutTaggingNotPermitted"),
        *("DstPutAclNotPermitted", "DstPutRetentionNotPermitted"),
    ]
    assert status(client, source, "tag") == "FAILED"
    with app.store.read() as index:
        bucket = index.get_bucket("foreign")
        assert bucket is not None
        found = {key: index.get_current(bucket.id, key) for key in ("tag", "untag", "acl", "lock")}
    assert all(version and version.tags == {"a": "1"} for version in found.values())
    assert not any(version and version.extra.keys() & {"lock"} for version in found.values())
    assert len({json.dumps(version.extra.get("acl")) for version in found.values() if version}) == 1


def test_delete_markers_need_a_permission_of_their_own(
    client: S3Client, other: S3Client, source: str, done: Callable[[], None], app: App
) -> None:
    new_bucket(other, "foreign")
    let_in(other, statement("s3:ReplicateObject"))
    put(client, source, FOREIGN | {"DeleteMarkerReplication": {"Status": "Enabled"}})
    watcher = watch(app.background, source, ["s3:Replication:*"], "", "")
    client.put_object(Bucket=source, Key="a")
    client.delete_object(Bucket=source, Key="a")
    done()
    assert keys(other, "foreign") == ["a"]
    assert failures(app, watcher, 1) == ["DstDelObjNotPermitted"]
    let_in(other, statement(*ACTIONS))
    client.delete_object(Bucket=source, Key="a")
    done()
    assert keys(other, "foreign") == []


def test_tags_go_along_unless_the_destination_denies_it(
    client: S3Client, other: S3Client, source: str, done: Callable[[], None]
) -> None:
    """setting-repl-config-perm-overview.html: what allows s3:ReplicateObject is enough."""
    new_bucket(other, "foreign")
    let_in(other, statement("s3:ReplicateObject"))
    put(client, source, FOREIGN)
    client.put_object(Bucket=source, Key="a", Tagging="t=1")
    done()
    assert len(other.get_object_tagging(Bucket="foreign", Key="a")["TagSet"]) == 1
    denied = statement("s3:ReplicateTags", effect="Deny")
    let_in(other, statement("s3:ReplicateObject"), denied)
    client.put_object(Bucket=source, Key="b", Tagging="t=1")
    client.delete_object_tagging(Bucket=source, Key="a")
    done()
    assert status(client, source, "b") == "COMPLETED"
    assert other.get_object_tagging(Bucket="foreign", Key="b")["TagSet"] == []
    assert len(other.get_object_tagging(Bucket="foreign", Key="a")["TagSet"]) == 1


def test_the_destinations_owner_agrees_to_own_replicas(
    client: S3Client, other: S3Client, source: str, done: Callable[[], None], app: App
) -> None:
    """replication-change-owner.html: not where ACLs are off, because it owns all objects there."""
    new_bucket(other, "foreign")
    with_acls(client, source)
    destination = {
        "Bucket": "arn:aws:s3:::foreign",
        "Account": "123456789012",
        "AccessControlTranslation": {"Owner": "Destination"},
    }
    put(client, source, FOREIGN | {"Destination": destination})
    let_in(other, statement(*ACTIONS))
    watcher = watch(app.background, source, ["s3:Replication:*"], "", "")
    client.put_object(Bucket=source, Key="no-acls")
    done()
    with_acls(other, "foreign")
    client.put_object(Bucket=source, Key="refused")
    done()
    let_in(other, statement(*ACTIONS, "s3:ObjectOwnerOverrideToBucketOwner"))
    client.put_object(Bucket=source, Key="taken")
    done()
    assert keys(other, "foreign") == ["no-acls", "taken"]
    assert failures(app, watcher, 1) == ["DstPutObjectNotPermitted"]


def test_a_public_policy_lets_no_other_accounts_role_in_where_such_are_restricted(
    client: S3Client, other: S3Client, source: str, done: Callable[[], None]
) -> None:
    """access-control-block-public-access.html: only services of AWS and the owner's account are let in."""
    new_bucket(other, "foreign")
    other.delete_public_access_block(Bucket="foreign")
    let_in(other, statement(*ACTIONS) | {"Principal": "*"})
    put(client, source, FOREIGN)
    client.put_object(Bucket=source, Key="open")
    done()
    other.put_public_access_block(
        Bucket="foreign", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )
    client.put_object(Bucket=source, Key="restricted")
    done()
    assert keys(other, "foreign") == ["open"]


def test_a_deny_counts_for_the_role_in_its_own_account(
    client: S3Client, source: str, done: Callable[[], None]
) -> None:
    put(client, source, RULE)
    kept_off = {"StringNotEquals": {"aws:PrincipalArn": ROLE}}
    let_in(client, statement("s3:*", effect="Deny", bucket="target", Condition=kept_off), bucket="target")
    client.put_object(Bucket=source, Key="allowed")
    done()
    let_in(client, statement("s3:ReplicateObject", effect="Deny", bucket="target"), bucket="target")
    client.put_object(Bucket=source, Key="denied")
    done()
    assert keys(client, "target") == ["allowed"]
    assert status(client, source, "denied") == "FAILED"


def test_a_weaker_retention_until_later_leaves_a_stronger_one_as_it_is(
    client: S3Client, done: Callable[[], None], app: App
) -> None:
    """As PutObjectRetention would on the replica itself, which is refused."""
    lock_target(client)
    client.put_object(Bucket="source", Key="a", Body=b"1")
    done()
    strong: Any = {"Mode": "COMPLIANCE", "RetainUntilDate": in_days(app, 2)}
    later: Any = {"Mode": "GOVERNANCE", "RetainUntilDate": in_days(app, 9)}
    client.put_object_retention(Bucket="target", Key="a", Retention=strong)
    client.put_object_retention(Bucket="source", Key="a", Retention=later)
    done()
    assert client.get_object_retention(Bucket="target", Key="a")["Retention"] == strong
    with refused("AccessDenied"):
        client.put_object_retention(Bucket="target", Key="a", Retention=later)
    app.clock.let_pass(3 * DAY)
    client.put_object_tagging(Bucket="source", Key="a", Tagging={"TagSet": []})
    done()
    assert client.get_object_retention(Bucket="target", Key="a")["Retention"] == later


def test_a_legal_hold_follows_by_itself(client: S3Client, done: Callable[[], None]) -> None:
    lock_target(client)
    client.put_object(Bucket="source", Key="a", Body=b"1")
    done()
    for status_ in ("ON", "OFF"):
        hold: Any = {"Status": status_}
        client.put_object_legal_hold(Bucket="source", Key="a", LegalHold=hold)
        done()
        assert client.get_object_legal_hold(Bucket="target", Key="a")["LegalHold"] == hold


def test_a_delete_marker_of_another_account_hides_the_key_from_the_buckets_owner_too(
    client: S3Client, other: S3Client, source: str, done: Callable[[], None]
) -> None:
    """A marker has no ACL that could keep the owner of its bucket out."""
    new_bucket(other, "foreign")
    with_acls(client, source)
    with_acls(other, "foreign")
    let_in(other, statement(*ACTIONS))
    put(client, source, FOREIGN | {"DeleteMarkerReplication": {"Status": "Enabled"}})
    client.put_object(Bucket=source, Key="a", ACL="bucket-owner-full-control")
    client.delete_object(Bucket=source, Key="a")
    done()
    with refused("NoSuchKey", 404):
        other.get_object(Bucket="foreign", Key="a")
