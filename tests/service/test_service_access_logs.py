"""Access logs: the setting, and the objects with a line for each request."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import refused, send, signed

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FIELD = re.compile(r'\[[^]]*\]|"[^"]*"|\S+')
NAMES = (
    *("owner", "bucket", "time", "address", "requester", "request_id", "operation", "key", "uri", "status"),
    *("error", "sent", "size", "total", "turnaround", "referer", "agent", "version", "host_id", "signature"),
    *("cipher", "kind", "host", "tls", "access_point", "acl", "region"),
)
Log = Callable[[], list[dict[str, str]]]


@pytest.fixture
def target(client: S3Client) -> str:
    """A bucket that lets logs in."""
    client.create_bucket(Bucket="logs")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs/*",
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    client.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))
    return "logs"


def switch_on(client: S3Client, bucket: str, target: str, **setting: Any) -> None:
    status: Any = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "access/", **setting}}
    client.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=status)


@pytest.fixture
def log(app: App, client: S3Client, target: str) -> Log:
    """What was written so far, line by line."""

    def log() -> list[dict[str, str]]:
        app.clock.let_pass(60)
        app.background.clock_changed()
        listed = client.list_objects_v2(Bucket=target).get("Contents", [])
        texts = [client.get_object(Bucket=target, Key=entry["Key"])["Body"].read() for entry in listed]
        lines = b"".join(texts).decode().splitlines()
        return [dict(zip(NAMES, _FIELD.findall(line), strict=True)) for line in lines]

    return log


def test_the_setting_is_kept_and_taken_away(client: S3Client, bucket: str, target: str) -> None:
    assert "LoggingEnabled" not in client.get_bucket_logging(Bucket=bucket)
    switch_on(client, bucket, target)
    found = client.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]
    assert found == {"TargetBucket": "logs", "TargetPrefix": "access/"}
    client.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    assert "LoggingEnabled" not in client.get_bucket_logging(Bucket=bucket)


def test_grants_are_kept_also_those_that_the_model_lacks(client: S3Client, bucket: str, target: str) -> None:
    group = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
    grants = [{"Grantee": group, "Permission": permission} for permission in ("WRITE", "READ_ACP")]
    switch_on(client, bucket, target, TargetGrants=grants)
    found = client.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]
    assert found["TargetGrants"] == grants
    with refused("MalformedXML"):
        switch_on(client, bucket, target, TargetGrants=[{"Grantee": group, "Permission": "DANCE"}])


def test_a_target_must_be_there_and_ones_own(
    client: S3Client, other: S3Client, bucket: str, target: str
) -> None:
    with refused("InvalidTargetBucketForLogging", 400) as response:
        switch_on(client, bucket, "nowhere")
    assert response["Error"]["Message"] == "The target bucket for logging does not exist"
    assert response["Error"]["TargetBucket"] == "nowhere"
    other.create_bucket(Bucket="foreign")
    with refused("InvalidTargetBucketForLogging"):
        switch_on(client, bucket, "foreign")


def test_a_head_request_sends_nothing_of_an_object_whose_size_is_told(
    client: S3Client, bucket: str, target: str, log: Log
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"12345")
    client.put_object(Bucket=bucket, Key="empty", Body=b"")
    switch_on(client, bucket, target)
    client.head_object(Bucket=bucket, Key="k")
    client.head_object(Bucket=bucket, Key="empty")

    heads = [line for line in log() if line["operation"] == "REST.HEAD.OBJECT"]
    assert [(line["sent"], line["size"]) for line in heads] == [("-", "5"), ("-", "-")]


def test_each_request_is_a_line(client: S3Client, bucket: str, target: str, log: Log) -> None:
    switch_on(client, bucket, target)
    answer = client.put_object(Bucket=bucket, Key="a b", Body=b"12345")
    client.get_object(Bucket=bucket, Key="a b", Range="bytes=0-1")
    with refused("NoSuchKey"):
        client.get_object(Bucket=bucket, Key="none")
    client.get_object_tagging(Bucket=bucket, Key="a b")
    client.list_objects_v2(Bucket=bucket)
    client.get_bucket_versioning(Bucket=bucket)
    client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a b"}]})

    switched, put, get, missing, *others = log()
    assert switched["operation"] == "REST.PUT.LOGGING_STATUS"
    owner = client.list_buckets()["Owner"]["ID"]
    assert put["owner"] == put["requester"] == owner
    assert put["request_id"] == answer["ResponseMetadata"]["RequestId"]
    assert put["host_id"] == answer["ResponseMetadata"]["HostId"]
    assert (put["bucket"], put["key"], put["operation"]) == (bucket, "a%2520b", "REST.PUT.OBJECT")
    assert put["uri"] == f'"PUT /{bucket}/a%20b HTTP/1.1"'
    assert (put["status"], put["error"], put["size"]) == ("200", "-", "5")
    assert (put["signature"], put["kind"]) == ("SigV4", "AuthHeader")
    assert put["agent"].startswith('"Boto3')
    assert (get["status"], get["sent"], get["size"]) == ("206", "2", "5")
    assert (missing["status"], missing["error"]) == ("404", "NoSuchKey")
    assert [entry["operation"] for entry in others] == [
        "REST.GET.OBJECT_TAGGING",
        "REST.GET.BUCKET",
        "REST.GET.VERSIONING",
        "REST.POST.MULTI_OBJECT_DELETE",
    ]


def test_strangers_and_what_they_make_up_are_lines_as_well(
    client: S3Client, anonymous: S3Client, url: str, bucket: str, target: str, log: Log
) -> None:
    switch_on(client, bucket, target)
    with refused("AccessDenied"):
        anonymous.get_object(Bucket=bucket, Key="a")
    headers = {"User-Agent": 'a "b"\tc', "Referer": "http://x/"}
    signed(url, "GET", f'/{bucket}/"?versionId=%22', b"", headers)
    _, stranger, made_up = log()
    assert (stranger["requester"], stranger["kind"]) == ("-", "-")
    assert made_up["agent"] == '"a %22b%22?c"'
    assert made_up["referer"] == '"http://x/"'


def test_a_line_has_no_signature_of_a_url(
    client: S3Client, url: str, bucket: str, target: str, log: Log
) -> None:
    """https://docs.aws.amazon.com/prescriptive-guidance/latest/presigned-url-best-practices/"""
    client.put_object(Bucket=bucket, Key="a", Body=b"1")
    switch_on(client, bucket, target)
    link = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a"})
    path = link.removeprefix(url)
    reply = send(url, "GET", path, b"", {"Referer": link})
    assert reply.status == 200
    _, line = log()
    assert line["uri"].startswith(f'"GET /{bucket}/a?')
    for text in (line["uri"], line["referer"]):
        assert re.search('Signature=REDACTED[ &"]', text)


def test_nobody_writes_lines_of_their_own(
    client: S3Client, url: str, bucket: str, target: str, log: Log
) -> None:
    switch_on(client, bucket, target)
    signed(url, "GET", f"/{bucket}/k?versionId=x%0A" + "forged" * 2000, b"", {"Referer": "r" * 5000})
    _, line = log()
    assert line["version"].startswith("x%0Aforged")
    assert (len(line["version"]), len(line["referer"])) == (4098, 4098)


def test_lines_of_one_moment_are_one_object_and_keys_say_when(
    client: S3Client, bucket: str, target: str, log: Log, app: App
) -> None:
    switch_on(client, bucket, target)
    client.put_object(Bucket=bucket, Key="a")
    assert len(log()) == 2
    (entry,) = client.list_objects_v2(Bucket=target)["Contents"]
    assert re.fullmatch(r"access/\d{4}(-\d\d){5}-[0-9A-F]{16}", entry["Key"])
    assert client.head_object(Bucket=target, Key=entry["Key"])["ContentType"] == "text/plain"
    client.put_object(Bucket=bucket, Key="b")
    assert len(log()) == 3
    assert client.list_objects_v2(Bucket=target)["KeyCount"] == 2


@pytest.mark.parametrize(
    ("source", "clock"), [("EventTime", "00-00-00"), ("DeliveryTime", r"\d\d-\d\d-\d\d")]
)
def test_keys_may_be_partitioned(
    client: S3Client, bucket: str, target: str, log: Log, source: str, clock: str
) -> None:
    partitioned = {"PartitionedPrefix": {"PartitionDateSource": source}}
    switch_on(client, bucket, target, TargetObjectKeyFormat=partitioned)
    assert log()
    (entry,) = client.list_objects_v2(Bucket=target)["Contents"]
    day = r"\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\d"
    pattern = rf"access/\d{{12}}/us-east-1/{bucket}/{day}-{clock}-[0-9A-F]{{16}}"
    assert re.fullmatch(pattern, entry["Key"]), entry["Key"]


def test_a_target_that_does_not_let_logs_in_gets_none(
    client: S3Client, bucket: str, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    client.create_bucket(Bucket="closed")
    switch_on(client, bucket, "closed")
    client.put_object(Bucket=bucket, Key="a")
    with caplog.at_level(logging.WARNING, "s3fixture"):
        app.clock.let_pass(60)
        app.background.clock_changed()
    assert "Contents" not in client.list_objects_v2(Bucket="closed")
    assert "neither its policy nor its ACL lets logging.s3.amazonaws.com write there" in caplog.text


def test_a_locked_target_is_accepted_and_gets_no_logs(
    client: S3Client, bucket: str, target: str, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    versioning: Any = {"Status": "Enabled"}
    client.put_bucket_versioning(Bucket=target, VersioningConfiguration=versioning)
    lock: Any = {"ObjectLockEnabled": "Enabled"}
    client.put_object_lock_configuration(Bucket=target, ObjectLockConfiguration=lock)
    switch_on(client, bucket, target)
    with caplog.at_level(logging.WARNING, "s3fixture"):
        assert log() == []
    reason = "S3 delivers no access logs to a bucket with Object Lock"
    assert f"the access log of {bucket} was not written to {target}: {reason}" in caplog.text


def test_a_target_whose_requesters_pay_is_accepted_and_gets_no_logs(
    client: S3Client, bucket: str, target: str, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    def pays(payer: Any) -> None:
        client.put_bucket_request_payment(Bucket=target, RequestPaymentConfiguration={"Payer": payer})

    pays("Requester")
    switch_on(client, bucket, target)
    with caplog.at_level(logging.WARNING, "s3fixture"):
        assert log() == []
    assert f"not written to {target}: S3 delivers no access logs to a Requester Pays bucket" in caplog.text
    pays("BucketOwner")
    client.put_object(Bucket=bucket, Key="a")
    assert [line["key"] for line in log()] == ["a"]


def test_an_acl_may_let_logs_in(client: S3Client, bucket: str, target: str, log: Log) -> None:
    client.delete_bucket_policy(Bucket=target)
    client.put_bucket_ownership_controls(
        Bucket=target, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    switch_on(client, bucket, target)
    client.put_object(Bucket=bucket, Key="a")
    assert log() == []
    canned: Any = "log-delivery-write"  # boto3's types do not know it
    client.put_bucket_acl(Bucket=target, ACL=canned)
    client.put_object(Bucket=bucket, Key="b")
    assert [line["key"] for line in log()] == ["b"]


def test_a_bucket_without_a_log_adds_nothing(client: S3Client, bucket: str, target: str, log: Log) -> None:
    switch_on(client, bucket, target)
    client.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    client.put_object(Bucket=bucket, Key="a")
    assert log() == []


def test_writing_a_log_is_an_event_of_the_target(
    client: S3Client, bucket: str, target: str, log: Log, app: App
) -> None:
    from s3fixture.service.event_watchers import watch

    watcher = watch(app.background, target, ["s3:ObjectCreated:*"], "", "")
    switch_on(client, bucket, target)
    log()
    (record,) = app.background.destinations.watchers.records(watcher, 1, 0)
    assert record["userIdentity"] == {"principalId": "s3.amazonaws.com"}
