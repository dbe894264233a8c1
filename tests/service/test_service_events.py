"""Events: what records say, and how they get to a webhook."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from event_receiver import HOOK, Receiver
from service_helpers import DAY, Configure, complete, put_parts, refused

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def names(records: list[dict[str, Any]]) -> list[str]:
    return [record["eventName"] for record in records]


def test_a_record_is_what_s3_sends(
    client: S3Client, bucket: str, app: App, configure: Configure, receiver: Receiver
) -> None:
    configure("s3:ObjectCreated:*", Id="mine")
    answer = client.put_object(Bucket=bucket, Key="a b/ü@+.txt", Body=b"something")
    (record,) = receiver.records(1)

    object_ = record["s3"].pop("object")
    sequencer = object_.pop("sequencer")
    assert len(sequencer) >= 16
    assert int(sequencer, 16)
    assert object_ == {
        "key": "a+b/%C3%BC%40%2B.txt",
        "size": 9,
        "eTag": "437b930db84b8079c2dd804a71936b5f",
    }
    assert datetime.fromisoformat(record.pop("eventTime").replace("Z", "+00:00"))
    owner = client.list_buckets()["Owner"]["ID"]
    assert record == {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:minioadmin"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {
            "x-amz-request-id": answer["ResponseMetadata"]["RequestId"],
            "x-amz-id-2": answer["ResponseMetadata"]["HostId"],
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "mine",
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": owner},
                "arn": f"arn:aws:s3:::{bucket}",
            },
        },
    }


def test_what_receivers_of_minio_look_for_is_there(
    client: S3Client, bucket: str, configure: Configure, receiver: Receiver
) -> None:
    configure("s3:ObjectCreated:Put")
    client.put_object(Bucket=bucket, Key="a/b")
    message = receiver.wait(2)[1]
    assert (message["EventName"], message["Key"]) == ("s3:ObjectCreated:Put", f"{bucket}/a/b")


def test_each_operation_has_its_event(
    client: S3Client, bucket: str, configure: Configure, receiver: Receiver
) -> None:
    configure("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*")
    where: Any = {"Bucket": bucket, "Key": "a"}
    client.put_object(**where, Body=b"1")
    client.copy_object(Bucket=bucket, Key="b", CopySource=where)
    complete(client, bucket, "c", put_parts(client, bucket, "c", [b"part"]))
    client.put_object_tagging(**where, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    client.delete_object_tagging(**where)
    client.get_object(**where)
    client.delete_object(**where)
    client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}, {"Key": "none"}]})

    records = receiver.records(8)
    assert names(records) == [
        "ObjectCreated:Put",
        "ObjectCreated:Copy",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectTagging:Put",
        "ObjectTagging:Delete",
        "ObjectRemoved:Delete",
        "ObjectRemoved:Delete",
        "ObjectRemoved:Delete",
    ]
    assert [sorted(record["s3"]["object"]) for record in records[2:6]] == [
        ["eTag", "key", "sequencer", "size"],
        ["eTag", "key"],
        ["eTag", "key"],
        ["key", "sequencer"],
    ]
    assert [record["eventVersion"] for record in records[2:5]] == ["2.1", "2.3", "2.3"]
    sequencers = [
        record["s3"]["object"]["sequencer"] for record in records if "sequencer" in record["s3"]["object"]
    ]
    assert sequencers == sorted(sequencers)


ACCESSED = "s3:ObjectAccessed:*"


def test_reads_are_told_with_the_defaults_of_minio_only(
    client: S3Client, bucket: str, app: App, configure: Configure, receiver: Receiver
) -> None:
    client.put_object(Bucket=bucket, Key="in/k", Body=b"12")
    with refused("InvalidArgument", 400):
        configure(ACCESSED)
    app.settings, given = replace(app.settings, defaults="minio"), app.settings
    try:
        configure(ACCESSED, Filter={"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}})
        found: Any = client.get_bucket_notification_configuration(Bucket=bucket)
        rule = found["QueueConfigurations"][0]["Filter"]["Key"]["FilterRules"][0]
        assert rule == {"Name": "prefix", "Value": "in/"}  # mc finds it by this very name
        client.put_object(Bucket=bucket, Key="out", Body=b"")
        client.get_object(Bucket=bucket, Key="out")
        client.get_object(Bucket=bucket, Key="in/k")
        client.head_object(Bucket=bucket, Key="in/k")
        records = receiver.records(2)
    finally:
        app.settings = given
    assert names(records) == ["ObjectAccessed:Get", "ObjectAccessed:Head"]
    assert records[0]["s3"]["object"]["size"] == 2
    client.get_object(Bucket=bucket, Key="in/k")
    assert len(receiver.records(2)) == 2


def test_an_acl_that_changes_is_told(
    client: S3Client, bucket: str, configure: Configure, receiver: Receiver
) -> None:
    client.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    client.delete_public_access_block(Bucket=bucket)
    configure("s3:ObjectAcl:Put", "s3:ObjectTagging:Delete")
    client.put_object(Bucket=bucket, Key="a")
    acls: Any = ["private", "authenticated-read", "authenticated-read", "private"]
    for acl in acls:
        client.put_object_acl(Bucket=bucket, Key="a", ACL=acl)
    client.delete_object_tagging(Bucket=bucket, Key="a")
    assert names(receiver.records(3)) == ["ObjectAcl:Put", "ObjectAcl:Put", "ObjectTagging:Delete"]


def test_versions_and_markers_are_told_apart(
    client: S3Client, bucket: str, configure: Configure, receiver: Receiver
) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    configure("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
    where: Any = {"Bucket": bucket, "Key": "a"}
    put = client.put_object(**where, Body=b"1")["VersionId"]
    marker = client.delete_object(**where)["VersionId"]
    client.delete_object(**where, VersionId=put)
    client.delete_object(**where, VersionId=marker)

    records = receiver.records(4)
    assert names(records) == [
        "ObjectCreated:Put",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRemoved:Delete",
        "ObjectRemoved:Delete",
    ]
    objects = [record["s3"]["object"] for record in records]
    assert [found["versionId"] for found in objects] == [put, marker, put, marker]
    assert objects[1]["eTag"] == "d41d8cd98f00b204e9800998ecf8427e"
    assert "eTag" not in objects[2]


def test_filters_and_names_choose(
    client: S3Client, bucket: str, configure: Configure, receiver: Receiver
) -> None:
    rules = {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".csv"}]}
    configure("s3:ObjectCreated:Put", Filter={"Key": rules})
    for key in ("in/a.txt", "a.csv", "in/a.csv"):
        client.put_object(Bucket=bucket, Key=key)
    client.copy_object(Bucket=bucket, Key="in/b.csv", CopySource={"Bucket": bucket, "Key": "a.csv"})
    client.put_object(Bucket=bucket, Key="in/c.csv")

    assert [record["s3"]["object"]["key"] for record in receiver.records(2)] == ["in/a.csv", "in/c.csv"]


def test_lifecycle_and_restores_are_told(
    client: S3Client, bucket: str, app: App, configure: Configure, receiver: Receiver
) -> None:
    configure("s3:LifecycleExpiration:*", "s3:LifecycleTransition", "s3:ObjectRestore:*")
    client.put_object(Bucket=bucket, Key="a", StorageClass="GLACIER", Body=b"1")
    client.put_object(Bucket=bucket, Key="b", Body=b"." * 128 * 1024)
    rule: Any = {
        "Status": "Enabled",
        "Filter": {},
        "Expiration": {"Days": 30},
        "Transitions": [{"Days": 10, "StorageClass": "GLACIER_IR"}],
    }
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    client.restore_object(Bucket=bucket, Key="a", RestoreRequest={"Days": 2})
    for days in (1, 5, 6, 30):
        app.clock.let_pass(days * DAY)
        app.background.clock_changed()

    records = receiver.records(6)
    assert names(records) == [
        "ObjectRestore:Post",
        "ObjectRestore:Completed",
        "ObjectRestore:Delete",
        "LifecycleTransition",
        "LifecycleExpiration:Delete",
        "LifecycleExpiration:Delete",
    ]
    restored = records[1]["glacierEventData"]["restoreEventData"]
    assert restored["lifecycleRestoreStorageClass"] == "GLACIER"
    assert restored["lifecycleRestorationExpiryTime"].endswith("T00:00:00.000Z")
    assert records[3]["lifecycleEventData"] == {
        "transitionEventData": {"destinationStorageClass": "GLACIER_IR"}
    }
    assert records[4]["userIdentity"] == {"principalId": "s3.amazonaws.com"}
    assert records[4]["requestParameters"] == {"sourceIPAddress": "s3.amazonaws.com"}


def test_the_status_of_a_webhook_counts_and_nothing_waits_for_its_body(
    client: S3Client, bucket: str, app: App, configure: Configure, receiver: Receiver
) -> None:
    configure("s3:ObjectCreated:*")
    receiver.wait(1)
    receiver.length = 10
    client.put_object(Bucket=bucket, Key="a")
    client.put_object(Bucket=bucket, Key="b")
    assert [record["s3"]["object"]["key"] for record in receiver.records(2)] == ["a", "b"]
    assert app.background.undelivered() == []


def test_a_receiver_that_is_down_gets_its_messages_later_and_in_order(
    client: S3Client,
    bucket: str,
    app: App,
    configure: Configure,
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
) -> None:
    configure("s3:ObjectCreated:*")
    receiver.wait(1)
    app.clock.freeze()
    receiver.statuses = [503, 429]
    with caplog.at_level("WARNING", "s3fixture"):
        for key in ("a", "b", "c"):
            client.put_object(Bucket=bucket, Key=key)
        app.background.run_due()
        assert receiver.wait(1) == receiver.messages
        assert len(receiver.messages) == 1
        for seconds in (1, 2):
            app.clock.let_pass(seconds)
            app.background.clock_changed()

    assert [record["s3"]["object"]["key"] for record in receiver.records(3)] == ["a", "b", "c"]
    assert f"s3:ObjectCreated:Put of s3://{bucket}/a was not delivered to {HOOK}" in caplog.text
    assert [(failed.key, failed.given_up) for failed in app.background.destinations.undelivered] == [
        ("a", False),
        ("a", False),
    ]


def test_what_is_refused_or_too_old_is_given_up_and_the_next_one_delivered(
    client: S3Client, bucket: str, app: App, configure: Configure, receiver: Receiver
) -> None:
    configure("s3:ObjectCreated:*")
    receiver.wait(1)
    app.clock.freeze()
    receiver.statuses = [400, 500, 500]
    for key in ("refused", "old", "new"):
        client.put_object(Bucket=bucket, Key=key)
    app.background.run_due()
    app.clock.let_pass(timedelta(minutes=11).total_seconds())
    app.background.clock_changed()

    assert [record["s3"]["object"]["key"] for record in receiver.records(1)] == ["new"]
    failures = [(failed.key, failed.given_up) for failed in app.background.destinations.undelivered]
    assert failures == [("refused", True), ("old", False), ("old", True)]


def test_a_rollback_takes_back_what_was_not_sent_and_sends_nothing_twice(
    client: S3Client, bucket: str, app: App, configure: Configure, receiver: Receiver
) -> None:
    configure("s3:ObjectCreated:*")
    receiver.wait(1)
    app.clock.freeze()
    receiver.statuses = [503]
    client.put_object(Bucket=bucket, Key="before")
    app.background.run_due()
    token = app.store.snapshot()
    client.put_object(Bucket=bucket, Key="undone")
    app.clock.let_pass(1)
    with app.background.paused():
        pass
    receiver.statuses = [200, 503]
    app.background.clock_changed()
    with app.background.paused():
        app.store.rollback(token)
        app.store.release(token)
    app.clock.let_pass(60)
    app.background.clock_changed()

    assert [record["s3"]["object"]["key"] for record in receiver.records(1)] == ["before"]
    assert len(receiver.messages) == 2


def test_a_token_is_sent(
    client: S3Client, bucket: str, app: App, configure: Configure, receiver: Receiver
) -> None:
    app.background.destinations._tokens["hook"] = "secret"
    try:
        configure("s3:ObjectCreated:*")
        receiver.wait(1)
    finally:
        del app.background.destinations._tokens["hook"]
    assert receiver.headers[0]["Authorization"] == "Bearer secret"
    assert receiver.headers[0]["Content-Type"] == "application/json"


def test_nobody_is_told_of_what_was_refused(
    client: S3Client, bucket: str, configure: Configure, receiver: Receiver
) -> None:
    client.put_object(Bucket=bucket, Key="a")
    configure("s3:ObjectCreated:*")
    with refused("PreconditionFailed"):
        client.put_object(Bucket=bucket, Key="a", IfNoneMatch="*")
    client.put_object(Bucket=bucket, Key="b")
    assert [record["s3"]["object"]["key"] for record in receiver.records(1)] == ["b"]
