"""A request that was under way when a rollback came does not write into what follows."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from s3fixture import serve
from s3fixture.backends.emulator import EmulatorEndpoint, ThreadEndpoint

BODY = b"half" * 50_000  # a small body is waited for before its request begins


@pytest.fixture(scope="module", params=["thread", "process"])
def endpoint(request: pytest.FixtureRequest) -> Iterator[EmulatorEndpoint]:
    with serve(emulator=request.param, buckets=["data"]) as endpoint:
        assert isinstance(endpoint, EmulatorEndpoint)
        yield endpoint


def half_sent_put(endpoint: EmulatorEndpoint, key: str) -> HTTPConnection:
    """A PUT whose head and first half have been sent."""
    url = f"{endpoint.url}/data/{key}"
    headers = {"x-amz-content-sha256": hashlib.sha256(BODY).hexdigest(), "Content-Length": str(len(BODY))}
    request = AWSRequest("PUT", url, headers=headers)
    SigV4Auth(Credentials(endpoint.access_key, endpoint.secret_key), "s3", endpoint.region).add_auth(request)
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.putrequest("PUT", parts.path)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    connection.endheaders(BODY[: len(BODY) // 2])
    return connection


def keys(endpoint: EmulatorEndpoint) -> list[str]:
    answer = endpoint.setup_client.list_objects_v2(Bucket="data")
    return [item["Key"] for item in answer.get("Contents", ())]


def wait_for_write(endpoint: EmulatorEndpoint, before: int) -> None:
    done = threading.Event()
    while endpoint.control.writes() == before:
        done.wait(0.01)


def test_an_upload_under_way_is_refused_when_its_body_comes_after_the_rollback(
    endpoint: EmulatorEndpoint,
) -> None:
    token = endpoint.control.begin()
    before = endpoint.control.writes()
    connection = half_sent_put(endpoint, "late")
    wait_for_write(endpoint, before)

    endpoint.control.finish(token)
    connection.send(BODY[len(BODY) // 2 :])
    answer = connection.getresponse()
    text = answer.read()
    connection.close()

    assert answer.status == 400
    assert b"its test has ended" in text
    assert keys(endpoint) == []


def test_an_upload_that_outlives_its_test_is_named_and_leaves_nothing(endpoint: EmulatorEndpoint) -> None:
    token = endpoint.control.begin()
    before = endpoint.control.writes()
    connection = half_sent_put(endpoint, "stuck")
    wait_for_write(endpoint, before)

    late = endpoint.control.finish(token)  # would run into the time limit of this test
    connection.send(BODY[len(BODY) // 2 :])
    answer = connection.getresponse()
    answer.read()
    connection.close()

    assert late.late_requests == ["PutObject s3://data/stuck"]
    assert keys(endpoint) == []
    assert [record.key for record in endpoint.control.requests()] == [""]  # of the listing


def test_a_test_whose_requests_have_ended_is_finished_without_waiting(endpoint: EmulatorEndpoint) -> None:
    token = endpoint.control.begin()
    endpoint.setup_client.put_object(Bucket="data", Key="a", Body=BODY)

    assert endpoint.control.finish(token) == ([], [])


@pytest.mark.parametrize("operation", ["PutObject", "ListObjectsV2"])
def test_a_request_that_a_fault_delays_goes_on_when_its_test_ends(operation: str) -> None:
    with serve(buckets=["data"]) as endpoint:
        assert isinstance(endpoint, ThreadEndpoint)
        token = endpoint.control.begin()
        endpoint.delay(operation, 600)
        client = endpoint.client()
        ask: Any = {
            "PutObject": lambda: client.put_object(Bucket="data", Key="delayed", Body=BODY),
            "ListObjectsV2": lambda: client.list_objects_v2(Bucket="data"),
        }[operation]
        thread = threading.Thread(target=ask)
        thread.start()
        while endpoint.app.faults:  # until it was taken
            threading.Event().wait(0.01)

        late = endpoint.control.finish(token)
        thread.join()

        assert late.late_requests == []
        assert keys(endpoint) == []


def test_a_change_that_takes_longer_than_we_wait_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, it was waited for ten seconds and then written into the next test."""
    with serve(buckets=["data"]) as endpoint:
        assert isinstance(endpoint, ThreadEndpoint)
        came, go_on = threading.Event(), threading.Event()
        spool = endpoint.app.store.spool

        def slow_spool(*arguments: Any) -> Any:
            came.set()
            go_on.wait()
            return spool(*arguments)

        monkeypatch.setattr(endpoint.app.store, "spool", slow_spool)
        token = endpoint.control.begin()
        refused: list[str] = []

        def write() -> None:
            client = endpoint.client()
            with pytest.raises(client.exceptions.ClientError) as error:
                client.put_object(Bucket="data", Key="slow", Body=BODY)
            refused.append(error.value.response["Error"]["Code"])

        thread = threading.Thread(target=write)
        thread.start()
        came.wait()

        late = endpoint.control.finish(token)
        monkeypatch.undo()
        endpoint.setup_client.put_object(Bucket="data", Key="of the next test", Body=BODY)
        go_on.set()
        thread.join()

        assert late.late_requests == ["PutObject s3://data/slow"]
        assert refused == ["InvalidRequest"]
        assert keys(endpoint) == ["of the next test"]


def test_writes_in_full_swing_leave_nothing_behind(endpoint: EmulatorEndpoint) -> None:
    over = threading.Event()
    refused: list[Any] = []

    def write(number: int) -> None:
        client = endpoint.client()
        count = 0
        while not over.is_set():
            count += 1
            try:
                client.put_object(Bucket="data", Key=f"{number}/{count}", Body=b"x" * 3000)
            except client.exceptions.ClientError as error:
                refused.append(error.response["Error"]["Code"])

    token = endpoint.control.snapshot()
    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    before = endpoint.control.writes()
    for _ in range(20):
        while endpoint.control.writes() < before + 10:
            over.wait(0.001)
        before = endpoint.control.writes()
        endpoint.control.rollback(token)
    over.set()
    for thread in threads:
        thread.join()
    endpoint.control.rollback(token)

    assert keys(endpoint) == []
    assert set(refused) <= {"InvalidRequest"}
