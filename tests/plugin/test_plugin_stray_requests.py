"""What a test leaves running reaches no other test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]


@pytest.fixture(autouse=True, params=["thread", "process"])
def emulator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3FIXTURE_EMULATOR", request.param)


def test_a_thread_that_a_test_forgot_cannot_write_into_the_next(run: Run) -> None:
    result = run(
        """
import threading

errors = []
stop = threading.Event()
refused = threading.Event()

def write(client, bucket):
    while not stop.is_set():
        try:
            client.put_object(Bucket=bucket, Key="stray", Body=b"x" * 1000)
        except Exception as error:
            errors.append(str(error))
            if "has ended" in str(error):
                refused.set()
                return

def test_forgets(s3_client):
    s3_client.create_bucket(Bucket="own")
    threading.Thread(target=write, args=(s3_client, "own")).start()

def test_after(s3_client):
    try:
        assert refused.wait(20)
        assert s3_client.list_buckets()["Buckets"] == []
    finally:
        stop.set()
"""
    )

    result.assert_outcomes(passed=2)


def test_a_test_whose_request_outlives_it_fails_and_names_it(run: Run) -> None:
    result = run(
        """
import socket

half = []
HALF = b"x" * 100_000  # a small body is waited for before its request begins

def test_leaves_an_upload_under_way(s3):
    url = s3.client.generate_presigned_url("put_object", {"Bucket": s3.bucket, "Key": "late"})
    host, _, path = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    connection = socket.create_connection((name, int(port)))
    head = f"PUT /{path} HTTP/1.1\\r\\nHost: {host}\\r\\nContent-Length: 200000\\r\\n\\r\\n"
    connection.sendall(head.encode() + HALF)
    half.append(connection)
    while s3.control.writes() < 2:  # the bucket, and this one
        pass

def test_after(s3):
    half[0].sendall(HALF)
    assert b" 400 " in half[0].recv(1000)
    half[0].close()
    assert s3.client.list_buckets()["Buckets"] == []
    assert [record.operation for record in s3.requests] == ["ListBuckets"]
"""
    )

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*still running when it ended: PutObject s3://*/late. *"])
