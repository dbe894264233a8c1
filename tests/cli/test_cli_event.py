"""`event`: where the events of a bucket go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from command_line import CommandLine

from s3fixture.backends import start
from s3fixture.backends.endpoint import Endpoint
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ARN = "arn:minio:sqs::orders:webhook"


@pytest.fixture
def server() -> Iterator[Endpoint]:
    webhooks = ("orders=http://127.0.0.1:9/hook", "other=http://127.0.0.1:9/hook")
    with start("emulator", Settings(webhooks=webhooks)) as endpoint:
        yield endpoint


@pytest.fixture
def bucket(mc: CommandLine, client: S3Client) -> CommandLine:
    client.create_bucket(Bucket="data")
    return mc


def queues(client: S3Client) -> list[Any]:
    found: Any = client.get_bucket_notification_configuration(Bucket="data")
    return list(found.get("QueueConfigurations", []))


def test_a_destination_is_added_shown_and_removed(bucket: CommandLine, client: S3Client) -> None:
    bucket("event", "add", "minio/data", ARN)
    (rule,) = queues(client)
    assert (rule["QueueArn"], rule["Events"]) == (ARN, ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"])
    assert bucket("event", "ls", "data").stdout.splitlines() == [
        "ARN                            EVENTS                                 PREFIX  SUFFIX",
        f"{ARN}  s3:ObjectCreated:*,s3:ObjectRemoved:*",
    ]
    assert f"sends such events to {ARN} no more" in bucket("event", "rm", "data", ARN).stdout
    assert queues(client) == []
    assert bucket("event", "ls", "data").stdout == ""


def test_filters_and_other_destinations_are_told_apart(bucket: CommandLine, client: S3Client) -> None:
    bucket("event", "add", "data", ARN, "--event", "put", "--prefix", "in/", "--suffix", ".csv")
    bucket("event", "add", "data", ARN, "--event", "s3:ObjectTagging:*,delete")
    bucket("event", "add", "data", "arn:minio:sqs::other:webhook", "--event", "ilm")
    rows = [json.loads(line) for line in bucket("event", "list", "--json", "data", ARN).stdout.splitlines()]
    for row in rows:
        assert row.pop("id")
    assert rows == [
        {
            "status": "success",
            "arn": ARN,
            "event": ["s3:ObjectCreated:*"],
            "prefix": "in/",
            "suffix": ".csv",
        },
        {
            "status": "success",
            "arn": ARN,
            "event": ["s3:ObjectTagging:*", "s3:ObjectRemoved:*"],
            "prefix": "",
            "suffix": "",
        },
    ]
    said = bucket.refused("event", "rm", "data", ARN, "--event", "put", "--prefix", "out/")
    assert "sends no such events" in said
    bucket("event", "rm", "data", ARN, "--event", "put", "--prefix", "in/", "--suffix", ".csv")
    bucket("event", "remove", "data", ARN, "--event", "delete,s3:ObjectTagging:*")
    assert [rule["QueueArn"] for rule in queues(client)] == ["arn:minio:sqs::other:webhook"]
    assert bucket("event", "rm", "data", "--force").stdout == "s3://data sends no events any more\n"
    assert queues(client) == []


def test_what_is_there_is_not_added_again(bucket: CommandLine, client: S3Client) -> None:
    bucket("event", "add", "data", ARN)
    assert "sends these events to" in bucket.refused("event", "add", "data", ARN)
    bucket("event", "add", "data", ARN, "-p")
    assert len(queues(client)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add", "data", "orders"], "'orders' is not the ARN of a destination"),
        (["add", "data", "arn:aws:s3:::data:x"], "is not the ARN of a destination"),
        (["add", "data", "arn:minio:sqs::missing:webhook"], "InvalidArgument"),
        (["add", "data", ARN, "--event", "putt"], "'putt' is not an event; write put, delete,"),
        (["add", "data", ARN, "--event", "s3:Nothing"], "InvalidArgument"),
        (["rm", "data", ARN], "sends no such events"),
        (["ls", "dat"], "did you mean s3://data?"),
    ],
)
def test_what_is_wrong_is_said(bucket: CommandLine, arguments: list[str], message: str) -> None:
    assert message in bucket.refused("event", *arguments)


def test_all_destinations_want_force(bucket: CommandLine) -> None:
    assert "with --force" in bucket("event", "rm", "data", code=2).stderr
