"""Watching requests as they happen."""

from __future__ import annotations

import io
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from console_visitor import Box, Visitor

from s3fixture.app import App, RequestLog
from s3fixture.console.console_server import start_console
from s3fixture.console.feed import Feed
from s3fixture.records import RequestRecord
from s3fixture.settings import Settings
from s3fixture.wire.request import Request


def record(request_id: str = "id") -> RequestRecord:
    return RequestRecord(
        0.0, "GetObject", "GET", "b", "k", 200, "", "", 0.001, 0, 1, "key", "::1", "agent", request_id, {}
    )


def events(visitor: Visitor, last: str = "") -> Iterator[dict[str, Any]]:
    answer = visitor.http.get("/api/watch", headers={"Last-Event-ID": last} if last else {})
    assert answer.content_type == "text/event-stream"
    try:
        for piece in answer.response:
            text = piece.decode() if isinstance(piece, bytes) else piece
            yield from (json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: "))
    finally:
        answer.close()


def first(stream: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(stream)["requests"]
    return found


def test_requests_appear_as_they_happen(visitor: Visitor, box: Box) -> None:
    box.s3.list_buckets()
    stream = events(visitor)
    assert [entry["operation"] for entry in first(stream)] == ["ListBuckets"]
    box.s3.put_object(Bucket="data", Key="k", Body=b"12345", Metadata={"a": "b"}, ContentType="text/csv")
    (entry,) = first(stream)
    assert set(entry) == {*RequestRecord._fields, "xml", "who"}
    assert (entry["metadata"], entry["headers"]["content-type"]) == ({"a": "b"}, "text/csv")
    assert (entry["query"], entry["version_id"], entry["attempt"]) == ({}, "", 1)
    assert entry["invocation_id"]
    assert (entry["operation"], entry["bucket"], entry["key"], entry["status"], entry["bytes_in"]) == (
        "PutObject",
        "data",
        "k",
        200,
        5,
    )


def test_an_error_comes_with_the_document_that_the_client_got(visitor: Visitor, box: Box) -> None:
    with pytest.raises(ClientError):
        box.s3.get_object(Bucket="data", Key="none & nothing")
    wrong = boto3.session.Session().client(
        "s3",
        endpoint_url=box.api_url,
        region_name="us-east-1",
        aws_access_key_id="minioadmin",
        aws_secret_access_key="wrongwrong",
    )
    with pytest.raises(ClientError):
        wrong.list_buckets()
    missing, mismatch = first(events(visitor))
    assert "<Code>NoSuchKey</Code>" in missing["xml"]
    assert "<Key>none &amp; nothing</Key>" in missing["xml"]
    assert "<StringToSign>AWS4-HMAC-SHA256" in mismatch["xml"]


def test_who_comes_again_gets_only_what_is_new(visitor: Visitor, box: Box) -> None:
    box.s3.list_buckets()
    (entry,) = first(events(visitor))
    box.s3.head_bucket(Bucket="data")
    assert [entry["operation"] for entry in first(events(visitor, entry["request_id"]))] == ["HeadBucket"]


def test_others_see_their_own_requests_and_those_to_their_buckets(
    visitor: Visitor, other: Visitor, box: Box
) -> None:
    other.ask("POST", "/api/buckets", {"name": "others"})
    box.s3.list_buckets()
    with pytest.raises(ClientError):
        box.s3.list_objects_v2(Bucket="others")
    assert [entry["operation"] for entry in first(events(visitor))] == ["ListBuckets", "ListObjectsV2"]
    assert [entry["operation"] for entry in first(events(other))] == ["ListObjectsV2"]


def test_a_buckets_new_owner_does_not_see_what_was_asked_of_its_former_one(other: Visitor, box: Box) -> None:
    box.s3.create_bucket(Bucket="passed-on")
    box.s3.put_object(Bucket="passed-on", Key="secret-plans", Body=b"")
    box.s3.delete_object(Bucket="passed-on", Key="secret-plans")
    box.s3.delete_bucket(Bucket="passed-on")
    assert other.ask("POST", "/api/buckets", {"name": "passed-on"}).status_code == 201
    with pytest.raises(ClientError):
        box.s3.list_objects_v2(Bucket="passed-on")
    assert [entry["operation"] for entry in first(events(other))] == ["ListObjectsV2"]


def test_a_stream_ends_when_its_viewer_logs_out(visitor: Visitor, box: Box) -> None:
    box.s3.list_buckets()
    stream = events(visitor)
    first(stream)
    visitor.http.post("/logout", data={"csrf": visitor.csrf})
    box.s3.list_buckets()
    assert list(stream) == []


def test_the_log_is_observed_only_while_somebody_watches() -> None:
    log = RequestLog()
    feed = Feed(log)
    assert log._observers == {}
    viewers = [feed.watch("a"), feed.watch("b")]
    assert len(log._observers) == 1
    for viewer in viewers:
        assert viewer is not None
        viewer.close()
        viewer.close()
    assert log._observers == {}


def test_a_slow_viewer_loses_the_oldest_and_hears_how_many() -> None:
    log = RequestLog()
    feed = Feed(log)
    viewer = feed.watch("a")
    assert viewer is not None
    batches = iter(viewer)
    next(batches)
    for number in range(2500):
        log.add(record(str(number)), Request("GET", "/b/k", {}, io.BytesIO()), "", time.perf_counter())
    batch = next(batches)
    assert (len(batch.records), batch.lost, batch.records[-1].request_id) == (2000, 500, "2499")


def test_viewers_are_bounded() -> None:
    feed = Feed(RequestLog())
    viewers = [feed.watch(f"person {number // 10}") for number in range(31)]
    assert viewers[-1] is None
    assert None not in viewers[:-1]
    feed = Feed(RequestLog())
    assert None not in [feed.watch("a") for _ in range(10)]
    assert feed.watch("a") is None
    assert feed.watch("b")


def test_stopping_the_console_ends_the_streams_at_once() -> None:
    app = App(Settings())
    served = start_console(app, api_url="http://127.0.0.1:9", host="127.0.0.1", port=0)
    keys = b"access_key=minioadmin&secret_key=minioadmin123"
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    opener.open(f"{served.url}/login", keys).close()
    with opener.open(f"{served.url}/api/watch", timeout=20) as stream:
        assert stream.readline() == b"retry: 1000\n"
        stopping = threading.Thread(target=served.stop)
        stopping.start()
        stream.read()
        stopping.join(10)
        assert not stopping.is_alive()
    app.close()


def test_usage_is_counted_per_owner(visitor: Visitor, other: Visitor, box: Box) -> None:
    before = visitor.get("/api/usage").json
    assert before is not None
    box.s3.put_object(Bucket="empty", Key="k", Body=b"x" * 1000)
    after = visitor.get("/api/usage").json
    assert after is not None
    assert after["samples"][-1][1] - before["samples"][-1][1] == 1
    assert after["samples"][-1][2] - before["samples"][-1][2] == 1000
    others = other.get("/api/usage").json
    assert others is not None
    assert others["samples"][-1][1:] == [0, 0]


def test_users_see_their_own_requests_only(visitor: Visitor, reader: Visitor, box: Box) -> None:
    box.s3.list_objects_v2(Bucket="empty")
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=box.api_url,
        region_name="us-east-1",
        aws_access_key_id="readerkey",
        aws_secret_access_key="readersecret",
    )
    client.list_objects_v2(Bucket="empty")
    seen = first(events(reader))
    assert [(entry["operation"], entry["access_key"]) for entry in seen] == [("ListObjectsV2", "readerkey")]
    assert reader.get("/api/usage").json == {"every": 5.0, "samples": []}
    assert "Stored in your buckets" not in reader.get("/watch").text
    assert "Stored in your buckets" in visitor.get("/watch").text
