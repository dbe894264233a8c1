"""MinIO's way to listen to events, as `mc watch` and minio-py ask for it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from service_helpers import MAIN_KEYS, Reply, Signer, send, sign, signed

from s3fixture.backends import start
from s3fixture.backends.emulator import ThreadEndpoint
from s3fixture.service.event_listeners import MOST
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MC = {"User-Agent": "MinIO (linux; amd64) minio-go/v7.0.88 mc/DEVELOPMENT.GOGET"}
OTHER = ("otheraccesskey", "othersecretkey")
ALL = "events=s3%3AObjectCreated%3A%2A&events=s3%3AObjectRemoved%3A%2A&ping=1&prefix=&suffix="
Listen = Callable[..., "Stream"]


class AsSent(S3SigV4Auth):
    """Signs as minio-go does: several values of one name are not sorted."""

    def _canonical_query_string_url(self, parts: Any) -> str:
        return str(parts.query)  # ours is sorted by name, and encoded


class Stream:
    """A stream of lines that are JSON, without the signs of life."""

    def __init__(self, url: str, target: str, headers: Mapping[str, str]) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        self._connection.request("GET", target, headers=dict(headers))
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, self._answer.read()
        assert self._answer.headers["Content-Type"] == "text/event-stream"

    def lines(self) -> Iterator[Any]:
        for line in self._answer:
            yield json.loads(line)

    def records(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        lines = self.lines()
        while len(found) < count:
            found += next(lines)["Records"] or []
        return found

    def close(self) -> None:
        self._answer.close()
        self._connection.close()


@pytest.fixture
def server() -> Iterator[ThreadEndpoint]:
    identity = ":".join(("other", *OTHER))
    with start("emulator", Settings(identities=(identity,))) as endpoint:
        assert isinstance(endpoint, ThreadEndpoint)
        yield endpoint


@pytest.fixture
def listened(server: ThreadEndpoint) -> S3Client:
    """A client, and the bucket `bucket`."""
    client = boto3.session.Session(*MAIN_KEYS).client(
        "s3",
        endpoint_url=server.url,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket="bucket")
    return client


@pytest.fixture
def listen(server: ThreadEndpoint) -> Iterator[Listen]:
    streams: list[Stream] = []

    def begin(target: str = f"/bucket?{ALL}") -> Stream:
        streams.append(Stream(server.url, target, sign(server.url, "GET", target, headers=MC)))
        return streams[-1]

    yield begin
    for stream in streams:
        stream.close()


def test_each_event_is_a_line(listened: S3Client, listen: Listen) -> None:
    stream = listen()
    listened.put_object(Bucket="bucket", Key="in/ä b", Body=b"1,2")
    listened.delete_object(Bucket="bucket", Key="in/ä b")
    created, removed = stream.records(2)
    assert (created["eventName"], removed["eventName"]) == ("s3:ObjectCreated:Put", "s3:ObjectRemoved:Delete")
    assert created["source"] == {"host": "127.0.0.1"}
    assert created["s3"]["bucket"]["name"] == "bucket"
    assert created["s3"]["object"]["key"] == "in/%C3%A4+b"
    assert created["s3"]["object"]["size"] == 3


def test_only_what_is_wanted_is_told(listened: S3Client, listen: Listen) -> None:
    stream = listen("/bucket?events=s3%3AObjectCreated%3ACopy&ping=1&prefix=in%2F&suffix=.csv")
    listened.create_bucket(Bucket="another")
    listened.put_object(Bucket="bucket", Key="in/put.csv", Body=b"")
    for bucket, key in [
        ("another", "in/a.csv"),
        ("bucket", "b.csv"),
        ("bucket", "in/c"),
        ("bucket", "in/d.csv"),
    ]:
        listened.copy_object(Bucket=bucket, Key=key, CopySource="bucket/in/put.csv")
    (record,) = stream.records(1)
    assert record["s3"]["object"]["key"] == "in/d.csv"


def test_all_buckets_are_listened_to_at_once(listened: S3Client, listen: Listen) -> None:
    stream = listen(f"/?{ALL}")
    listened.create_bucket(Bucket="another")
    for bucket in ("bucket", "another"):
        listened.put_object(Bucket=bucket, Key="k", Body=b"")
    assert [record["s3"]["bucket"]["name"] for record in stream.records(2)] == ["bucket", "another"]


def test_what_rules_remove_is_told(listened: S3Client, listen: Listen, server: ThreadEndpoint) -> None:
    listened.put_object(Bucket="bucket", Key="k", Body=b"")
    rule: Any = {"ID": "r", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    listened.put_bucket_lifecycle_configuration(Bucket="bucket", LifecycleConfiguration={"Rules": [rule]})
    stream = listen("/bucket?events=s3%3ALifecycleExpiration%3A%2A&ping=1")
    server.control.let_time_pass(3 * 86_400)
    (record,) = stream.records(1)
    assert record["eventName"] == "s3:LifecycleExpiration:Delete"


def test_values_are_signed_sorted_or_as_they_are_sent(listened: S3Client, server: ThreadEndpoint) -> None:
    """AWS sorts them, minio-py too; minio-go does not."""
    unsorted = f"/bucket?events=s3%3AObjectRemoved%3A%2A&events={quote('s3:ObjectCreated:*', safe='')}&ping=1"
    request = AWSRequest("GET", server.url + unsorted, headers=MC)
    AsSent(Credentials(*MAIN_KEYS), "s3", "us-east-1").add_auth(request)
    for headers in (dict(request.headers), sign(server.url, "GET", unsorted, headers=MC)):
        with closing(Stream(server.url, unsorted, headers)) as stream:
            listened.put_object(Bucket="bucket", Key="k", Body=b"")
            assert len(stream.records(1)) == 1
    headers = dict(request.headers)
    headers["Authorization"] = headers["Authorization"][:-4] + "0000"
    assert send(server.url, "GET", unsorted, headers=headers).code == "SignatureDoesNotMatch"


def test_a_silent_stream_shows_that_it_lives(listened: S3Client, listen: Listen) -> None:
    lines = listen().lines()
    assert next(lines) == {"Records": None}
    began = time.monotonic()
    assert next(lines) == {"Records": None}
    assert 0.5 < time.monotonic() - began < 8


def ask(server: ThreadEndpoint, query: str, *, bucket: str = "bucket", **options: Any) -> Reply:
    return signed(server.url, "GET", f"/{bucket}?{query}", headers=MC, **options)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("events=ObjectCreated", "not supported for notifications"),
        ("events=", "not supported for notifications"),
        ("&".join(["events=s3%3AObjectCreated%3A%2A"] * 101), "not supported for notifications"),
        (f"{ALL}&prefix=a", "more than one prefix rule"),
        (f"{ALL}&suffix=a", "more than one suffix rule"),
        (f"events=s3%3AObjectCreated%3A%2A&prefix={'a' * 1025}", "cannot exceed 1024"),
        (f"events=s3%3AObjectCreated%3A%2A&suffix={'%C3%A4' * 513}", "cannot exceed 1024"),
        ("events=s3%3AObjectCreated%3A%2A&ping=0", "ping must be a number of seconds"),
        ("events=s3%3AObjectCreated%3A%2A&ping=-1", "ping must be a number of seconds"),
        ("events=s3%3AObjectCreated%3A%2A&ping=99999999999999999999", "ping must be a number of seconds"),
    ],
)
def test_what_cannot_be_listened_to(
    listened: S3Client, server: ThreadEndpoint, query: str, message: str
) -> None:
    reply = ask(server, query)
    assert (reply.status, reply.code) == (400, "InvalidArgument")
    assert message in reply.field("Message")
    assert not server.app.background.listeners


def test_who_may_not_listen(listened: S3Client, server: ThreadEndpoint) -> None:
    assert ask(server, ALL, keys=OTHER).code == "AccessDenied"
    assert ask(server, ALL, bucket="", keys=OTHER).code == "AccessDenied"
    assert ask(server, ALL, keys=(MAIN_KEYS[0], "wrongsecret")).code == "SignatureDoesNotMatch"
    for bucket in ("bucket", ""):
        assert send(server.url, "GET", f"/{bucket}?{ALL}", headers=MC).code == "AccessDenied"
    assert ask(server, ALL, bucket="no-such-bucket").code == "NoSuchBucket"
    assert not server.app.background.listeners


@pytest.mark.parametrize("way", ["policy", "bucket"])
def test_a_stream_ends_with_the_permission_to_listen(
    listened: S3Client, server: ThreadEndpoint, way: str
) -> None:
    """MinIO asks once; but what happens in a bucket is nobody's business after the permission has gone."""
    listener = server.app.identities.by_name("other")
    assert listener is not None
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": listener.account_id},
        "Action": "s3:GetBucketNotification",
        "Resource": "arn:aws:s3:::bucket",
    }
    policy = {"Version": "2012-10-17", "Statement": statement}
    listened.put_bucket_policy(Bucket="bucket", Policy=json.dumps(policy))
    target = f"/bucket?{ALL}"
    headers = sign(server.url, "GET", target, headers=MC, signer=Signer(OTHER, "us-east-1", None))
    with closing(Stream(server.url, target, headers)) as stream:
        listened.put_object(Bucket="bucket", Key="seen", Body=b"")
        assert stream.records(1)[0]["s3"]["object"]["key"] == "seen"
        if way == "policy":
            listened.delete_bucket_policy(Bucket="bucket")
        else:
            listened.delete_object(Bucket="bucket", Key="seen")
            listened.delete_bucket(Bucket="bucket")
            listened.create_bucket(Bucket="bucket")
        listened.put_object(Bucket="bucket", Key="secret", Body=b"")
        for line in stream.lines():
            assert [
                record for record in line["Records"] or [] if record["s3"]["object"]["key"] == "secret"
            ] == []


def test_to_other_clients_it_is_a_listing(listened: S3Client, server: ThreadEndpoint) -> None:
    """S3 does not know the parameter, and leaves it alone."""
    reply = signed(server.url, "GET", f"/bucket?{ALL}", headers={"User-Agent": "Boto3/1.40"})
    assert reply.status == 200
    assert b"<ListBucketResult" in reply.body


def test_there_are_only_so_many(listened: S3Client, server: ThreadEndpoint, listen: Listen) -> None:
    for _ in range(MOST):
        listen()
    reply = ask(server, ALL)
    assert (reply.status, reply.code) == (503, "SlowDown")


def test_who_is_gone_is_forgotten(listened: S3Client, server: ThreadEndpoint, listen: Listen) -> None:
    listen().close()
    deadline = time.monotonic() + 20
    while server.app.background.listeners and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not server.app.background.listeners


@pytest.mark.parametrize("ending", ["test", "server"])
def test_a_stream_ends_with_its_test_and_with_the_server(
    listened: S3Client, server: ThreadEndpoint, listen: Listen, ending: str
) -> None:
    stream = listen("/bucket?events=s3%3AObjectCreated%3A%2A&ping=3600")
    began = time.monotonic()
    if ending == "test":
        server.control.reset()
    else:
        server.stop()
    assert [line for line in stream.lines() if line["Records"]] == []
    assert time.monotonic() - began < 5
