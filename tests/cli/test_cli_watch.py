"""`watch`: events as they happen, asked for as MinIO's clients do."""

from __future__ import annotations

import json
import selectors
import signal
import subprocess
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING

import pytest
from command_line import PATIENCE, CommandLine, posix_only, until

from s3fixture.backends.endpoint import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Watch = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def bucket(mc: CommandLine, client: S3Client) -> CommandLine:
    for name in ("data", "other"):
        client.create_bucket(Bucket=name)
    return mc


@pytest.fixture
def watch(bucket: CommandLine) -> Iterator[Watch]:
    """Begins to watch; ended after the test."""
    started = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        started.append(bucket.start("watch", *arguments))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def output_of(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout
    return process.stdout


def put_until_seen(client: S3Client, process: subprocess.Popen[str], bucket: str, key: str) -> str:
    """The first line; from outside it cannot be seen when the server begins to listen."""
    with selectors.DefaultSelector() as selector:
        selector.register(output_of(process), selectors.EVENT_READ)
        until(
            lambda: client.put_object(Bucket=bucket, Key=key, Body=b"123") and selector.select(0.3),
            "an event is printed",
        )
    return output_of(process).readline()


@posix_only
@pytest.mark.parametrize("defaults", ["aws", "minio"])
def test_events_of_a_folder_are_printed(watch: Watch, client: S3Client) -> None:
    watching = watch("s3://data/in", "--suffix", ".csv", "--events", "put,delete")
    line = put_until_seen(client, watching, "data", "in/a b.csv")
    assert line.split(maxsplit=1)[1] == "ObjectCreated:Put s3://data/in/a b.csv 3 B\n"
    client.put_object(Bucket="data", Key="in/a.txt", Body=b"")
    client.put_object(Bucket="data", Key="inside.csv", Body=b"")
    client.put_object(Bucket="other", Key="in/a.csv", Body=b"")
    client.delete_object(Bucket="data", Key="in/last.csv")
    while "in/a b.csv" in line:  # put more than once
        line = output_of(watching).readline()
    assert line.split(maxsplit=1)[1] == "ObjectRemoved:Delete s3://data/in/last.csv\n"
    watching.send_signal(signal.SIGINT)
    assert watching.wait(PATIENCE) == 130


@posix_only
def test_events_of_all_buckets_are_printed_as_json(watch: Watch, client: S3Client) -> None:
    watching = watch("minio", "--json")
    record = json.loads(put_until_seen(client, watching, "other", "k"))
    assert (record["eventName"], record["s3"]["bucket"]["name"]) == ("s3:ObjectCreated:Put", "other")


def test_what_is_wrong_is_said(bucket: CommandLine) -> None:
    assert "s3://missing: NoSuchBucket" in bucket.refused("watch", "missing")
    assert "'putt' is not an event" in bucket.refused("watch", "data", "--events", "putt")
    bucket.environ["AWS_ACCESS_KEY_ID"] = "nobody"
    assert "s3://data: InvalidAccessKeyId" in bucket.refused("watch", "data")
    bucket.environ["AWS_ENDPOINT_URL_S3"] = "http://127.0.0.1:9"
    assert "is the server running?" in bucket.refused("watch", "data")


@posix_only
def test_the_end_of_the_server_ends_it(watch: Watch, client: S3Client, server: Endpoint) -> None:
    watching = watch("data")
    put_until_seen(client, watching, "data", "k")
    server.stop()
    assert watching.wait(PATIENCE) == 1
    assert output_of(watching).read().splitlines()[-1].startswith(f"s3fixture: {server.url} ")
