"""Faults: which requests they happen to, how often, and what a client sees of each kind."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    FlexibleChecksumError,
    ResponseStreamingError,
)
from mypy_boto3_s3 import S3Client

from s3fixture import Endpoint, S3FixtureError, serve

ONCE = Config(retries={"total_max_attempts": 1})
BODY = bytes(range(256)) * 1000


@pytest.fixture(scope="module", params=["thread", "process"])
def endpoint(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    with serve(emulator=request.param, buckets=["data", "other"]) as endpoint:
        endpoint.put("body", BODY, bucket="data")
        endpoint.put("small", b"small", bucket="data")
        yield endpoint


@pytest.fixture(autouse=True)
def _fresh(endpoint: Endpoint) -> Iterator[None]:
    token = endpoint.control.begin()
    yield
    endpoint.control.finish(token)


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[S3Client]:
    client = endpoint.client(config=ONCE)
    yield client
    client.close()


def outcome(client: S3Client, key: str = "a", bucket: str = "data") -> str:
    """The code of the error, "" without."""
    try:
        client.put_object(Bucket=bucket, Key=key, Body=b"")
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


@pytest.mark.parametrize(
    ("which", "outcomes"),
    [
        ({}, "x...."),
        ({"times": 2}, "xx..."),
        ({"times": None}, "xxxxx"),
        ({"skip": 2}, "..x.."),
        ({"every": 2, "times": None}, ".x.x."),
        ({"every": 2, "skip": 1}, "..x.."),
    ],
)
def test_how_often_a_fault_happens(endpoint: Endpoint, client: S3Client, which: Any, outcomes: str) -> None:
    fault = endpoint.fail("PutObject", **which)

    assert "".join("x" if outcome(client) else "." for _ in outcomes) == outcomes
    assert fault.times == outcomes.count("x")


def test_chance_is_the_same_each_time_for_the_same_seed(endpoint: Endpoint, client: S3Client) -> None:
    def draw(seed: int) -> list[str]:
        with endpoint.fail("PutObject", times=None, probability=0.5, seed=seed):
            return [outcome(client) for _ in range(20)]

    first = draw(1)

    assert {"", "SlowDown"} == set(first)
    assert draw(1) == first
    assert draw(2) != first


@pytest.mark.parametrize(
    ("which", "bucket", "key", "happens"),
    [
        ({"bucket": "data"}, "data", "a", True),
        ({"bucket": "data"}, "other", "a", False),
        ({"bucket": "d*"}, "data", "a", True),
        ({"key": "dir/*"}, "data", "dir/a", True),
        ({"key": "dir/*"}, "data", "a", False),
        ({"key": "a?"}, "data", "ab", True),
        ({"key": "a?"}, "data", "a", False),
        ({"key": "[a]"}, "data", "[a]", True),
    ],
)
def test_where_a_fault_happens(
    endpoint: Endpoint, client: S3Client, which: Any, bucket: str, key: str, happens: bool
) -> None:
    endpoint.fail("PutObject", **which)

    assert bool(outcome(client, key, bucket)) == happens


def test_the_first_fault_for_a_request_is_used_up_first(endpoint: Endpoint, client: S3Client) -> None:
    endpoint.fail("*", "InternalError")
    endpoint.fail("PutObject", "AccessDenied")

    assert [outcome(client) for _ in range(3)] == ["InternalError", "AccessDenied", ""]


@pytest.mark.parametrize("code", ["ExpiredToken", "RequestTimeTooSkewed", "InternalError", "SlowDown"])
def test_an_error_is_answered_and_nothing_is_done(endpoint: Endpoint, client: S3Client, code: str) -> None:
    endpoint.fail("PutObject", code)

    assert outcome(client) == code
    assert "a" not in endpoint.keys(bucket="data")


def test_an_error_after_the_write_leaves_the_object(endpoint: Endpoint, client: S3Client) -> None:
    endpoint.fail("PutObject", "InternalError", after_write=True)

    assert outcome(client) == "InternalError"
    assert "a" in endpoint.keys(bucket="data")


def test_a_copy_fails_under_status_200(endpoint: Endpoint, client: S3Client) -> None:
    endpoint.fail("CopyObject", "InternalError", in_200=True)

    with pytest.raises(ClientError) as error:
        client.copy_object(Bucket="data", Key="copy", CopySource="data/small")

    assert error.value.response["Error"]["Code"] == "InternalError"
    [record] = endpoint.requests
    assert (record.operation, record.status) == ("CopyObject", 200)
    assert "copy" not in endpoint.keys(bucket="data")


def test_a_completion_that_fails_under_status_200_leaves_the_upload(
    endpoint: Endpoint, client: S3Client
) -> None:
    begun = client.create_multipart_upload(Bucket="data", Key="large")
    upload = client.upload_part(
        Bucket="data", Key="large", UploadId=begun["UploadId"], PartNumber=1, Body=b"part"
    )

    def complete() -> object:
        return client.complete_multipart_upload(
            Bucket="data",
            Key="large",
            UploadId=begun["UploadId"],
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": upload["ETag"]}]},
        )

    endpoint.fail("CompleteMultipartUpload", "InternalError", in_200=True)

    with pytest.raises(ClientError, match="InternalError"):
        complete()
    assert "large" not in endpoint.keys(bucket="data")

    complete()
    assert endpoint.get("large", bucket="data") == b"part"


def test_an_answer_comes_late(endpoint: Endpoint, client: S3Client) -> None:
    endpoint.delay("GetObject", 0.2)

    before = time.monotonic()
    client.get_object(Bucket="data", Key="small")["Body"].read()

    assert time.monotonic() - before >= 0.2


@pytest.mark.parametrize("direction", ["down", "up"])
def test_bodies_come_slowly(endpoint: Endpoint, client: S3Client, direction: str) -> None:
    endpoint.slow_down(bytes_per_second=len(BODY) * 4)

    before = time.monotonic()
    if direction == "down":
        assert client.get_object(Bucket="data", Key="body")["Body"].read() == BODY
    else:
        client.put_object(Bucket="data", Key="up", Body=BODY)

    assert time.monotonic() - before >= 0.2


@pytest.mark.parametrize("after_bytes", [0, 1000])
def test_a_connection_is_reset_within_the_request(
    endpoint: Endpoint, client: S3Client, after_bytes: int
) -> None:
    endpoint.reset("PutObject", after_bytes=after_bytes)

    with pytest.raises((ConnectionClosedError, ConnectionResetError)):
        client.put_object(Bucket="data", Key="a", Body=BODY)

    assert "a" not in endpoint.keys(bucket="data")
    [record] = endpoint.requests
    assert (record.operation, record.status) == ("PutObject", 0)


def test_a_connection_is_reset_before_the_answer_and_the_write_was_done(
    endpoint: Endpoint, client: S3Client
) -> None:
    endpoint.reset("PutObject", within="answer")

    with pytest.raises(ConnectionClosedError):
        client.put_object(Bucket="data", Key="a", Body=b"1")

    assert endpoint.get("a", bucket="data") == b"1"


@pytest.mark.parametrize("key", ["body", "small"])
def test_a_connection_is_reset_within_the_answer(endpoint: Endpoint, client: S3Client, key: str) -> None:
    endpoint.reset("GetObject", within="answer", after_bytes=3)

    with pytest.raises((ResponseStreamingError, ConnectionClosedError)):
        client.get_object(Bucket="data", Key=key)["Body"].read()


@pytest.mark.parametrize("key", ["body", "small"])
def test_an_answer_ends_too_early(endpoint: Endpoint, client: S3Client, key: str) -> None:
    endpoint.truncate("GetObject", after_bytes=3)

    answer = client.get_object(Bucket="data", Key=key)

    assert answer["ContentLength"] in (len(BODY), 5)
    with pytest.raises(ResponseStreamingError):
        answer["Body"].read()


@pytest.mark.parametrize(("key", "at"), [("body", 0), ("body", 200_000), ("small", 4)])
def test_a_wrong_byte_does_not_fit_the_checksum(
    endpoint: Endpoint, client: S3Client, key: str, at: int
) -> None:
    endpoint.corrupt("GetObject", at_byte=at)

    with pytest.raises(FlexibleChecksumError):
        client.get_object(Bucket="data", Key=key)["Body"].read()
    assert len(client.get_object(Bucket="data", Key=key)["Body"].read()) in (len(BODY), 5)


def test_boto3_gets_over_what_it_retries(endpoint: Endpoint) -> None:
    client = endpoint.client(config=Config(retries={"mode": "standard", "max_attempts": 3}))
    endpoint.reset("PutObject")
    endpoint.fail("PutObject", "InternalError", after_write=True)

    client.put_object(Bucket="data", Key="a", Body=b"1")

    assert [record.status for record in endpoint.requests] == [0, 500, 200]


def test_a_fault_ends_with_its_block(endpoint: Endpoint, client: S3Client) -> None:
    with endpoint.fail("PutObject", times=None) as fault:
        assert outcome(client) == "SlowDown"
        assert fault.times == 1

    assert outcome(client) == ""


def test_a_fault_that_did_not_happen_in_its_block_is_told(endpoint: Endpoint) -> None:
    with (
        pytest.raises(AssertionError, match=r"error\(operation='PutObject', code='SlowDown'\) has not"),
        endpoint.fail("PutObject"),
    ):
        pass
    with endpoint.fail("PutObject", optional=True):
        pass


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s3: s3.fail("PutObjet"), "S3 has no operation 'PutObjet'; did you mean 'PutObject'?"),
        (lambda s3: s3.fail("put_object"), "S3 has no operation 'put_object'; did you mean 'PutObject'?"),
        (lambda s3: s3.fail("GetObject", "SlowDow"), "S3 has no error 'SlowDow'; did you mean 'SlowDown'?"),
        (lambda s3: s3.fail("GetObject", times=0), "times of a fault must be 1 or more, not 0"),
        (lambda s3: s3.fail("GetObject", every=0), "every of a fault must be 1 or more, not 0"),
        (lambda s3: s3.fail("GetObject", probability=2), r"must be more than 0 and at most 1, not 2"),
        (
            lambda s3: s3.fail("GetObject", in_200=True),
            "only CompleteMultipartUpload, .* not 'GetO",
        ),
        (lambda s3: s3.slow_down(bytes_per_second=0), "the bandwidth must be 1 byte a second or more, not 0"),
        *(
            (lambda s3, seconds=seconds: s3.delay(seconds=seconds), "the delay of a fault must be at most")
            for seconds in (1e308, float("inf"), float("nan"))
        ),
        (lambda s3: s3.fail("GetObject", times="2"), "times of a fault must be a whole number, not '2'"),
        (lambda s3: s3.fail("GetObject", times=True), "times of a fault must be a whole number, not True"),
        (lambda s3: s3.fail("GetObject", every=None), "every of a fault must be a whole number, not None"),
        (lambda s3: s3.fail("GetObject", key=5), "key of a fault must be text, not 5"),
        (lambda s3: s3.fail(None), "operation of a fault must be text, not None"),
        (lambda s3: s3.fail("GetObject", None), "code of a fault must be text, not None"),
        (lambda s3: s3.fail("GetObject", optional=1), "optional of a fault must be True or False, not 1"),
        (lambda s3: s3.delay(seconds="1"), "delay of a fault must be a number, not '1'"),
        (lambda s3: s3.assert_not_called("PutObjet"), "did you mean 'PutObject'?"),
        (lambda s3: s3.assert_called("ListObjectsV3"), "did you mean 'ListObjectsV2'?"),
        (lambda s3: s3.control.remove_fault(999), "there is no such fault any more"),
    ],
)
def test_what_cannot_happen_is_refused(endpoint: Endpoint, call: Any, message: str) -> None:
    with pytest.raises(S3FixtureError, match=message):
        call(endpoint)


def test_an_error_is_after_the_write_or_under_status_200(endpoint: Endpoint) -> None:
    with pytest.raises(TypeError, match="after_write= and in_200= exclude each other; leave out one"):
        endpoint.fail("CopyObject", after_write=True, in_200=True)


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ({"tmes": 2}, "faults have no keyword 'tmes'; did you mean 'times'?"),
        ({"effect": "delay"}, "faults have no keyword 'effect'; they take bucket, key, times, every, skip"),
    ],
)
def test_a_keyword_that_faults_do_not_have_is_refused(endpoint: Endpoint, which: Any, message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        endpoint.fail("PutObject", **which)
