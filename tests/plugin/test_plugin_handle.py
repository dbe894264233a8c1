"""The `s3` fixture: everything in one handle."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from s3fixture import S3, serve
from s3fixture.errors import S3FixtureError


def test_it_knows_its_server(s3: S3, s3_server: object, s3_bucket: str) -> None:
    assert s3.endpoint is s3_server
    assert s3.url.startswith("http://127.0.0.1:")
    assert s3.bucket == s3_bucket
    assert s3.environ["AWS_ENDPOINT_URL"] == s3.url
    assert s3.environ["AWS_ACCESS_KEY_ID"] == s3.access_key
    assert s3.environ["AWS_SECRET_ACCESS_KEY"] == s3.secret_key
    assert s3.environ["AWS_REGION"] == s3.region
    assert s3.resource.Bucket(s3.bucket).creation_date is not None


def test_put_get_and_keys_are_short_for_the_client(s3: S3) -> None:
    s3.put("b/text", "grün", ContentType="text/plain")
    s3.put("a", b"\0")
    s3.client.create_bucket(Bucket="other")
    s3.put("elsewhere", bucket="other")

    assert s3.get("b/text") == "grün".encode()
    assert s3.keys() == ["a", "b/text"]
    assert s3.keys("b/") == ["b/text"]
    assert s3.keys(bucket="other") == ["elsewhere"]
    assert s3.client.head_object(Bucket=s3.bucket, Key="b/text")["ContentType"] == "text/plain"


def test_keys_go_on_past_the_first_page(s3: S3) -> None:
    for number in range(1001):
        s3.put(f"{number:04}")

    assert s3.keys() == [f"{number:04}" for number in range(1001)]


def test_only_what_the_test_asks_is_recorded(s3: S3) -> None:
    s3.put("a", b"1")
    assert s3.requests == []

    s3.client.get_object(Bucket=s3.bucket, Key="a")

    assert [record.operation for record in s3.requests] == ["GetObject"]


def test_calls_are_asserted_in_sentences(s3: S3) -> None:
    s3.put("a")
    s3.client.get_object(Bucket=s3.bucket, Key="a")
    s3.client.get_object(Bucket=s3.bucket, Key="a")

    s3.assert_called("GetObject")
    s3.assert_called("GetObject", Bucket=s3.bucket, Key="a", status=200, times=2)
    s3.assert_not_called("PutObject")
    s3.assert_not_called("GetObject", Key="b")


def test_an_assertion_that_fails_says_what_was_asked_instead(s3: S3) -> None:
    with pytest.raises(ClientError):
        s3.client.head_object(Bucket=s3.bucket, Key="missing")

    with pytest.raises(AssertionError) as failure:
        s3.assert_called("HeadObject", Key="a", times=2)

    assert str(failure.value) == (
        "expected a call of HeadObject(Key='a') 2 times, but it was called 0 times; the server was asked:\n"
        f"  HeadObject {s3.bucket}/missing -> 404 NoSuchKey"
    )
    with pytest.raises(AssertionError, match=r"(?s)call of PutObject; the server was asked:.*HeadObject"):
        s3.assert_called("PutObject")


def test_a_misspelt_comparison_is_refused(s3: S3) -> None:
    with pytest.raises(TypeError, match="requests are not compared by 'bucket'; use one of Bucket, Key"):
        s3.assert_called("PutObject", bucket=s3.bucket)


def test_failures_happen_on_request(s3: S3) -> None:
    s3.fail("PutObject", code="AccessDenied", times=1, key="a")

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.client.put_object(Bucket=s3.bucket, Key="a", Body=b"")
    s3.client.put_object(Bucket=s3.bucket, Key="a", Body=b"")

    s3.assert_called("PutObject", error_code="AccessDenied", times=1)


def test_boto3_gets_over_a_few_slow_downs_by_itself(s3: S3) -> None:
    s3.fail("PutObject", times=2)

    s3.client.put_object(Bucket=s3.bucket, Key="a", Body=b"")

    s3.assert_called("PutObject", status=503, times=2)
    s3.assert_called("PutObject", status=200, times=1)


def test_the_clock_can_be_moved_past_the_end_of_a_presigned_url(s3: S3) -> None:
    s3.put("a", b"1")
    url = s3.client.generate_presigned_url("get_object", {"Bucket": s3.bucket, "Key": "a"}, ExpiresIn=60)
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"1"

    s3.clock.move(seconds=61)

    with pytest.raises(HTTPError, match="403") as refused:
        urllib.request.urlopen(url)
    refused.value.close()


@pytest.mark.s3(object_lock=True)
def test_the_clock_can_be_moved_past_the_end_of_a_retention(s3: S3) -> None:
    rule: Any = {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 7}}
    s3.client.put_object_lock_configuration(
        Bucket=s3.bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    version = s3.client.put_object(Bucket=s3.bucket, Key="audit.log", Body=b"1")["VersionId"]
    with pytest.raises(ClientError, match="protected by object lock"):
        s3.client.delete_object(Bucket=s3.bucket, Key="audit.log", VersionId=version)

    s3.clock.move(seconds=7 * 365 * 86_400)

    s3.client.delete_object(Bucket=s3.bucket, Key="audit.log", VersionId=version)


def test_the_clock_can_be_frozen(s3: S3) -> None:
    s3.clock.freeze()
    assert s3.clock.time() == s3.clock.time()
    s3.clock.reset()
    assert s3.clock.time() == pytest.approx(time.time(), abs=60)


def test_a_snapshot_can_be_restored_again_and_again(s3: S3) -> None:
    s3.put("a", b"1")
    before = s3.snapshot()
    for _ in range(2):
        s3.put("a", b"2")
        s3.put("b")

        s3.restore(before)

        assert s3.keys() == ["a"]
        assert s3.get("a") == b"1"


def test_snapshots_nest_and_end_with_their_blocks(s3: S3) -> None:
    s3.put("a", b"1")
    with s3.snapshot() as outer:
        s3.put("a", b"2")
        with s3.snapshot():
            s3.client.delete_object(Bucket=s3.bucket, Key="a")
            assert s3.keys() == []
        assert s3.get("a") == b"2"
        outer.restore()
        assert s3.get("a") == b"1"
        s3.put("b")
    assert s3.keys() == ["a"]

    with pytest.raises(S3FixtureError, match="is not there"):
        s3.restore(outer)


def test_a_snapshot_of_another_server_is_refused(s3: S3) -> None:
    with serve() as other, pytest.raises(S3FixtureError, match="of another server"):
        s3.restore(other.snapshot())


def test_a_diff_tells_what_was_made_changed_and_removed(s3: S3) -> None:
    s3.put("changed", b"before")
    s3.put("removed", b"gone")
    before = s3.snapshot()
    assert not s3.diff(before)

    s3.put("made", b"new")
    s3.put("changed", b"after")
    s3.client.delete_object(Bucket=s3.bucket, Key="removed")
    diff = s3.diff(before)

    assert [(change.key, change.size) for change in diff.made] == [("made", 3)]
    assert [(change.key, change.old_size, change.size) for change in diff.changed] == [("changed", 6, 5)]
    assert [(change.key, change.size) for change in diff.removed] == [("removed", 4)]
    etag = s3.client.head_object(Bucket=s3.bucket, Key="made")["ETag"]
    assert f'"{diff.made[0].etag}"' == etag
    assert str(diff) == (
        f"+ {s3.bucket}/made (3 bytes)\n~ {s3.bucket}/changed (6 -> 5 bytes)\n- {s3.bucket}/removed (4 bytes)"
    )


def test_a_diff_after_a_restore_to_an_older_state_is_refused(s3: S3) -> None:
    older = s3.snapshot()
    newer = s3.snapshot()
    s3.restore(older)

    with pytest.raises(S3FixtureError, match="an older one restored; take another one"):
        s3.diff(newer)


def test_a_bucket_holds_what_is_expected(s3: S3) -> None:
    s3.put("a.txt", b"text")
    s3.put("logs/1", b"one")
    s3.put("logs/2", b"two")

    s3.assert_bucket(s3.bucket, {"a.txt": b"text", "logs/*": ANY})
    s3.assert_bucket(s3.bucket, {"a.txt": "text", "logs/1": "one", "logs/*": "two"})


def test_a_bucket_that_holds_something_else_is_told_in_lines(s3: S3) -> None:
    s3.put("a.txt", b"text")
    s3.put("long", b"x" * 1000)
    s3.put("extra", b"")

    with pytest.raises(AssertionError) as failure:
        s3.assert_bucket(s3.bucket, {"a.txt": b"other", "long": b"", "missing/*": ANY})

    assert str(failure.value) == (
        f"the bucket {s3.bucket!r} does not hold what is expected:\n"
        "~ a.txt: b'text', not b'other'\n"
        "~ long: 1000 bytes, not 0\n"
        "- missing/*: there is no such object\n"
        "+ extra: not expected (0 bytes)"
    )


def test_a_bucket_that_is_not_there_holds_nothing_that_is_expected(s3: S3) -> None:
    with pytest.raises(AssertionError, match="there is no bucket 'nowhere'"):
        s3.assert_bucket("nowhere", {})


def test_an_expectation_without_with_is_an_error_of_the_test(run: Callable[..., pytest.RunResult]) -> None:
    result = run(
        """
def test_forgets(s3):
    s3.budget(ListObjectsV2=0)

def test_remembers(s3):
    with s3.expect("ListBuckets"):
        s3.client.list_buckets()
"""
    )

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*budget(ListObjectsV2=0) has checked nothing; write `with ...budget(*"])


def test_the_least_policy_is_that_of_the_tests_own_requests(s3: S3) -> None:
    s3.put("a")
    s3.client.get_object(Bucket=s3.bucket, Key="a")
    (statement,) = s3.least_policy()["Statement"]
    assert statement["Action"] == ["s3:GetObject"]
    assert statement["Resource"] == [f"arn:aws:s3:::{s3.bucket}/a"]
