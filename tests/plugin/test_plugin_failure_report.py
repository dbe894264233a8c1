"""What a session says about its backend, and what the report of a failed test shows."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

FAILS = """
def test_upload(s3):
    s3.fail("PutObject", code="SlowDown", times=2)
    s3.fail("DeleteObject", code="InternalError", bucket="other")
    s3.put("by-hand")  # the handle's own requests do not show
    s3.client.put_object(Bucket=s3.bucket, Key="a\\x07b", Body=b"123")
    assert s3.keys() == ["c"]
"""


@pytest.mark.parametrize("emulator", ["thread", "process"])
def test_it_shows_requests_changes_and_faults(run: Run, emulator: str) -> None:
    result = run(
        FAILS.replace('    s3.put("by-hand")', "    s3.client.list_buckets()"), f"--s3-emulator={emulator}"
    )

    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [
            r"-+ s3fixture -+",
            r"backend emulator at http://127\.0\.0\.1:\d+",
            r"requests:",
            r"  ListBuckets  -> 200 \(Boto3/[\d.]+\)",
            r"  PutObject test-upload-\w+/a\\x07b -> 503 SlowDown.* \(Boto3/[\d.]+\) x2",
            r"  PutObject test-upload-\w+/a\\x07b -> 200 \(Boto3/[\d.]+\)",
            r"changes since the test began:",
            r"  \+ test-upload-\w+$",
            r"  \+ test-upload-\w+/a\\x07b \(3 bytes\)",
            r"faults that are still set:",
            r"  error\(.*code='InternalError'.*\), injected 0 times",
        ],
        consecutive=False,
    )
    result.stdout.no_fnmatch_line("*PutObject*happened*")  # it is used up
    assert "AWS4-HMAC" not in result.stdout.str()


@pytest.mark.parametrize("key", ["testing", "FOOBARKEY"])
@pytest.mark.parametrize("token", ["", "testing"])
def test_it_says_whose_keys_are_those_of_moto(run: Run, key: str, token: str) -> None:
    result = run(
        f"""
import boto3

def test_with_the_wrong_keys(s3_env, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", {key!r})
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", {key!r})
    monkeypatch.setenv("AWS_SESSION_TOKEN", {token!r})
    client = boto3.client("s3")
    try:
        client.list_buckets()
    finally:
        client.close()
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  ListBuckets * -> 403 InvalidAccessKeyId: these keys are moto's: *"])
    result.stdout.no_fnmatch_line("E *moto's*")  # the answer is S3's


def test_it_has_no_secrets(run: Run) -> None:
    result = run(
        """
import boto3, pytest
from contextlib import closing

def test_with_wrong_keys(s3, s3_server):
    session = boto3.session.Session(s3_server.access_key, "wrongwrong", region_name="us-east-1")
    with closing(session.client("s3", endpoint_url=s3_server.url)) as client:
        with pytest.raises(client.exceptions.ClientError):
            client.put_object(
                Bucket=s3.bucket, Key="k", SSECustomerAlgorithm="AES256", SSECustomerKey="hush" * 8
            )
    assert s3.requests == []
"""
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *PutObject s3://*/k 403 SignatureDoesNotMatch *ms*", "*- s3fixture -*"])
    assert b64encode(b"hush" * 8).decode() not in result.stdout.str()
    assert "Credential=" not in result.stdout.str()


def test_it_is_bounded(run: Run) -> None:
    result = run(
        """
def test_many(s3):
    for number in range(30):
        s3.client.put_object(Bucket=s3.bucket, Key=f"{number:02}", Body=b"")
    assert False
"""
    )

    result.stdout.fnmatch_lines(
        ["requests, the last 10 of 30:", "  PutObject */20 *", "changes*, the first 20 of 31:"]
    )
    result.stdout.no_fnmatch_line("*PutObject */19 *")


def test_a_test_that_passes_or_uses_no_s3_has_none(run: Run) -> None:
    result = run(
        """
def test_passes(s3):
    s3.client.list_buckets()

def test_fails_by_itself():
    assert False
"""
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*- s3fixture -*")


def test_a_server_that_is_gone_does_not_hide_the_failure(run: Run) -> None:
    result = run(
        """
import os, signal

def test_kills(s3_server, s3_client):
    os.kill(s3_server.pid, signal.SIGKILL)
    assert "this one" == "is seen"
""",
        "--s3-emulator=process",
    )

    result.stdout.fnmatch_lines(
        ["*assert 'this one' == 'is seen'", "*the server at http* cannot be asked: *"]
    )


@pytest.mark.parametrize(
    ("arguments", "where"), [((), "in a thread"), (("--s3-emulator=process",), "in a process")]
)
def test_the_session_says_which_backend_its_tests_run_on(
    run: Run, arguments: tuple[str, ...], where: str
) -> None:
    result = run("def test_one(s3): pass\ndef test_two(): pass", *arguments)

    result.stdout.fnmatch_lines([f"s3fixture: 1 of 2 tests use S3, backend emulator {where}"])


def test_a_session_without_s3_says_nothing(run: Run) -> None:
    run("def test_two(): pass").stdout.no_fnmatch_line("s3fixture: *")


@pytest.mark.parametrize("call", ['s3.fail("PutObjet")', 's3.load("missing")', "s3.restore(other)"])
def test_a_misuse_is_shown_where_it_stands(run: Run, call: str) -> None:
    test = f"""
import s3fixture

def test_it(s3):
    with s3fixture.serve() as server:
        other = server.snapshot()
        {call}
"""
    short = run(test)
    short.assert_outcomes(failed=1)
    short.stdout.re_match_lines([rf">\s+{re.escape(call)}", "E .*S3FixtureError: .+"], consecutive=True)
    short.stdout.no_re_match_line(r".*server_handle\.py:\d+")

    run(test, "--full-trace").stdout.re_match_lines([r".*server_handle\.py:\d+"])
