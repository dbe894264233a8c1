"""What can be done to an emulator, the same in a thread and in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from mypy_boto3_s3 import S3Client

from s3fixture import S3FixtureError, Settings
from s3fixture.app import App
from s3fixture.backends import start
from s3fixture.backends.control import Control
from s3fixture.backends.emulator import EmulatorEndpoint, ThreadEndpoint
from s3fixture.backends.running_requests import RunningRequests
from s3fixture.records import RequestRecord

ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="module", params=["thread", "process"])
def running(request: pytest.FixtureRequest) -> Iterator[EmulatorEndpoint]:
    with start("emulator", Settings(), emulator=request.param) as endpoint:
        assert isinstance(endpoint, EmulatorEndpoint)
        endpoint.client().create_bucket(Bucket="data")
        yield endpoint


@pytest.fixture
def endpoint(running: EmulatorEndpoint) -> Iterator[EmulatorEndpoint]:
    token = running.control.begin()
    yield running
    running.control.finish(token)


@pytest.fixture
def client(endpoint: EmulatorEndpoint) -> S3Client:
    return endpoint.client(config=ONCE)


def keys(client: S3Client) -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket="data").get("Contents", ())]


def test_a_rollback_undoes_what_came_after_the_snapshot(endpoint: EmulatorEndpoint, client: S3Client) -> None:
    client.put_object(Bucket="data", Key="kept", Body=b"1")
    token = endpoint.control.snapshot()
    for _ in range(2):
        client.put_object(Bucket="data", Key="kept", Body=b"changed")
        client.put_object(Bucket="data", Key="gone", Body=b"2")
        client.create_bucket(Bucket="gone")

        endpoint.control.rollback(token)

        assert keys(client) == ["kept"]
        assert client.get_object(Bucket="data", Key="kept")["Body"].read() == b"1"
        assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["data"]


def test_snapshots_nest(endpoint: EmulatorEndpoint, client: S3Client) -> None:
    outer = endpoint.control.snapshot()
    client.put_object(Bucket="data", Key="a", Body=b"1")
    inner = endpoint.control.snapshot()
    client.put_object(Bucket="data", Key="b", Body=b"2")

    endpoint.control.rollback(inner)
    assert keys(client) == ["a"]
    endpoint.control.rollback(outer)
    assert keys(client) == []


def test_a_snapshot_that_is_gone_is_refused_with_a_reason(endpoint: EmulatorEndpoint) -> None:
    token = endpoint.control.snapshot()
    endpoint.control.release(token)

    with pytest.raises(S3FixtureError):
        endpoint.control.rollback(token)


def test_what_was_public_before_a_rollback_is_private_after_it(
    endpoint: EmulatorEndpoint, client: S3Client
) -> None:
    from urllib.error import HTTPError
    from urllib.request import urlopen

    client.put_object(Bucket="data", Key="a", Body=b"1")
    token = endpoint.control.snapshot()
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
        '"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}]}'
    )
    client.delete_public_access_block(Bucket="data")
    client.put_bucket_policy(Bucket="data", Policy=policy)
    with urlopen(f"{endpoint.url}/data/a") as answer:
        assert answer.read() == b"1"

    endpoint.control.rollback(token)

    with pytest.raises(HTTPError, match="403") as refused:
        urlopen(f"{endpoint.url}/data/a")
    refused.value.close()


def test_the_clock_moves_for_the_server_alone(endpoint: EmulatorEndpoint, client: S3Client) -> None:
    endpoint.control.skew_clock(3600)

    with pytest.raises(ClientError, match="RequestTimeTooSkewed"):
        client.put_object(Bucket="data", Key="late", Body=b"")
    assert endpoint.control.time() == pytest.approx(time.time() + 3600, abs=60)


def test_time_passes_for_the_clients_too(endpoint: EmulatorEndpoint, client: S3Client) -> None:
    endpoint.control.let_time_pass(3600)

    client.put_object(Bucket="data", Key="late", Body=b"")
    assert endpoint.control.time() == pytest.approx(time.time() + 3600, abs=60)
    modified = client.head_object(Bucket="data", Key="late")["LastModified"]
    assert modified.timestamp() == pytest.approx(time.time() + 3600, abs=60)
    endpoint.control.reset_clock()
    assert endpoint.control.time() == pytest.approx(time.time(), abs=60)


def test_time_passes_by_a_timedelta_and_until_a_moment(endpoint: EmulatorEndpoint, client: S3Client) -> None:
    endpoint.clock.move(timedelta(hours=2), days=1)
    assert endpoint.clock.time() == pytest.approx(time.time() + 26 * 3600, abs=60)

    endpoint.clock.at(datetime(2031, 5, 4, 12, tzinfo=timezone(timedelta(hours=2))))
    client.put_object(Bucket="data", Key="late", Body=b"")
    modified = client.head_object(Bucket="data", Key="late")["LastModified"]
    assert timedelta(0) <= modified - datetime(2031, 5, 4, 10, tzinfo=timezone.utc) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        (datetime(2031, 5, 4), "has no time zone; write datetime"),
        (datetime(9999, 1, 1, tzinfo=timezone.utc), "it goes from 1970 to the year 8999"),
        (datetime.min.replace(tzinfo=timezone.utc), "it goes from 1970 to the year 8999"),
    ],
)
def test_a_moment_that_no_clock_can_show_is_refused(
    endpoint: EmulatorEndpoint, moment: datetime, message: str
) -> None:
    with pytest.raises(S3FixtureError, match=message):
        endpoint.clock.at(moment)

    assert endpoint.clock.time() == pytest.approx(time.time(), abs=60)


def test_a_timedelta_that_is_too_long_is_refused(endpoint: EmulatorEndpoint) -> None:
    with pytest.raises(S3FixtureError, match="it goes from 1970 to the year 8999"):
        endpoint.clock.move(timedelta.max)


def test_what_is_no_time_is_told(endpoint: EmulatorEndpoint) -> None:
    text: Any = "31d"
    with pytest.raises(TypeError, match="move takes seconds, a timedelta or days=, not '31d'"):
        endpoint.clock.move(text)
    with pytest.raises(TypeError, match="at takes a datetime, not '31d'"):
        endpoint.clock.at(text)


def test_a_frozen_clock_stands_still(endpoint: EmulatorEndpoint) -> None:
    endpoint.control.freeze_clock()
    endpoint.control.skew_clock(10)

    assert endpoint.control.time() == endpoint.control.time()


def test_a_fault_strikes_as_often_as_asked_and_where_asked(
    endpoint: EmulatorEndpoint, client: S3Client
) -> None:
    endpoint.fail("PutObject", times=2, bucket="data", key="a")
    for _ in range(2):
        with pytest.raises(ClientError, match="SlowDown"):
            client.put_object(Bucket="data", Key="a", Body=b"")
    client.put_object(Bucket="data", Key="a", Body=b"")
    client.put_object(Bucket="data", Key="b", Body=b"")


def test_a_fault_that_s3_does_not_know_is_refused(endpoint: EmulatorEndpoint) -> None:
    with pytest.raises(S3FixtureError, match="'NoSuchError'"):
        endpoint.fail("PutObject", "NoSuchError")


def test_requests_are_recorded(endpoint: EmulatorEndpoint, client: S3Client) -> None:
    client.put_object(Bucket="data", Key="a b", Body=b"123")
    with pytest.raises(ClientError):
        client.head_object(Bucket="data", Key="missing")

    put, head = endpoint.control.requests()

    assert (put.operation, put.bucket, put.key, put.status) == ("PutObject", "data", "a b", 200)
    assert (head.operation, head.status, head.error_code) == ("HeadObject", 404, "NoSuchKey")


def test_finish_forgets_faults_clock_and_requests_too(running: EmulatorEndpoint) -> None:
    client = running.client(config=ONCE)
    token = running.control.begin()
    running.control.skew_clock(3600)
    running.fail("*", "InternalError", times=100)

    running.control.finish(token)

    assert running.control.requests() == []
    client.list_buckets()


@pytest.mark.parametrize("emulator", ["thread", "process"])
def test_a_taken_port_is_one_clear_line(emulator: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(S3FixtureError, match=f"port {port} .*already in use"):
            start("emulator", Settings(port=port), emulator=emulator)


def test_unknown_names_are_refused_with_those_that_there_are() -> None:
    with pytest.raises(S3FixtureError, match="no backend 'minio'; choose one of emulator, container"):
        start("minio", Settings())
    with pytest.raises(S3FixtureError, match="no emulator 'fork'; choose one of thread, process"):
        start("emulator", Settings(), emulator="fork")


FORKING = """
import os
from urllib.request import urlopen
from s3fixture import serve

with serve(emulator=EMULATOR, buckets=["data"]) as server:
    server.client().put_object(Bucket="data", Key="k", Body=bytes(100_000))
    child = os.fork()
    if child == 0:
        server.stop()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert urlopen(f"{server.url}/minio/health/live").status == 200
    assert len(server.client().get_object(Bucket="data", Key="k")["Body"].read()) == 100_000
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.parametrize("emulator", ["thread", "process"])
def test_a_forked_child_does_not_stop_its_parents_server(emulator: str) -> None:
    program = FORKING.replace("EMULATOR", repr(emulator))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=False, timeout=60)
    assert done.returncode == 0


def test_a_failure_of_the_request_log_does_not_change_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    def fail(record: RequestRecord) -> None:
        raise RuntimeError("no room for a record")

    with start("emulator", Settings(), emulator="thread") as endpoint:
        assert isinstance(endpoint, ThreadEndpoint)
        endpoint.app.log.observe(fail)
        client = endpoint.client(config=ONCE)
        client.create_bucket(Bucket="data")
        client.put_object(Bucket="data", Key="k", Body=b"x")

        assert client.get_object(Bucket="data", Key="k")["Body"].read() == b"x"

    assert "GET data was answered, but not logged" in caplog.text


def test_permissions_are_recorded_only_while_a_test_runs(running: EmulatorEndpoint) -> None:
    control = running.control
    with pytest.raises(S3FixtureError, match="only while a test runs"):
        control.needs()
    token = control.begin()
    assert control.needs() == []
    control.finish(token)
    with pytest.raises(S3FixtureError, match="only while a test runs"):
        control.needs()


def test_a_snapshot_that_has_no_name_any_more_is_released_once_none_follows_it() -> None:
    with closing(App(Settings())) as app:
        control = Control(app, RunningRequests(app))
        for name in ("a", "b", "b"):
            control.name_snapshot(name)
        newest = app.store.newest_snapshot()
        control.forget_named("a")
        assert app.store.newest_snapshot() == newest
        control.forget_named("b")
        assert app.store.newest_snapshot() is None
