"""Expectations of the requests within a block, the same in a thread and in a process of its own."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from mypy_boto3_s3 import S3Client

from s3fixture import Endpoint, S3FixtureError, serve


@pytest.fixture(scope="module", params=["thread", "process"])
def server(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    with serve(emulator=request.param, buckets=["data"]) as endpoint:
        endpoint.put("a", b"12345", bucket="data")
        yield endpoint


@pytest.fixture
def client(server: Endpoint) -> S3Client:
    return server.client()


def failing(message: str) -> AbstractContextManager[Any]:
    return pytest.raises(AssertionError, match=re.escape(message))


def get(client: S3Client, times: int = 1) -> None:
    for _ in range(times):
        client.get_object(Bucket="data", Key="a")["Body"].read()


@pytest.mark.parametrize(
    ("numbers", "times"),
    [
        ({}, 1),
        ({}, 3),
        ({"exactly": 2}, 2),
        ({"exactly": 0}, 0),
        ({"at_most": 2}, 0),
        ({"at_most": 2}, 2),
        ({"at_least": 2}, 3),
        ({"at_least": 1, "at_most": 2}, 2),
    ],
)
def test_so_many_calls_are_fine(
    server: Endpoint, client: S3Client, numbers: dict[str, int], times: int
) -> None:
    get(client)  # before the block: it does not count
    with server.expect("GetObject", **numbers):
        client.list_objects_v2(Bucket="data")
        get(client, times)
    get(client, 3)  # after it: neither


@pytest.mark.parametrize(
    ("numbers", "times", "message"),
    [
        ({}, 0, "expected at least 1 call of GetObject, but saw 0; the server was asked:\n  nothing"),
        (
            {"exactly": 1},
            2,
            "expected 1 call of GetObject, but saw 2; the server was asked:\n  GetObject data/a -> 200",
        ),
        ({"exactly": 2}, 1, "expected 2 calls of GetObject, but saw 1"),
        ({"at_least": 2}, 1, "expected at least 2 calls of GetObject, but saw 1"),
        ({"at_most": 0}, 1, "expected 0 calls of GetObject, but saw 1"),
        ({"at_most": 1}, 2, "expected at most 1 call of GetObject, but saw 2"),
        ({"at_least": 2, "at_most": 3}, 4, "expected 2 to 3 calls of GetObject, but saw 4"),
    ],
)
def test_other_numbers_of_calls_fail_with_what_was_seen(
    server: Endpoint, client: S3Client, numbers: dict[str, int], times: int, message: str
) -> None:
    with failing(message), server.expect("GetObject", **numbers):
        get(client, times)


def test_calls_are_told_apart_by_what_is_expected_of_them(server: Endpoint, client: S3Client) -> None:
    with server.expect("GetObject", exactly=1, Key="a", status=200):
        get(client)
        with pytest.raises(client.exceptions.NoSuchKey):
            client.get_object(Bucket="data", Key="b")

    with failing("of GetObject(Key='b')"), server.expect("GetObject", Key="b"):
        get(client)


def test_the_order_is_that_of_the_named_operations(server: Endpoint, client: S3Client) -> None:
    def upload(parts: int) -> None:
        upload_id = client.create_multipart_upload(Bucket="data", Key="b")["UploadId"]
        for number in range(1, parts + 1):
            client.upload_part(Bucket="data", Key="b", UploadId=upload_id, PartNumber=number, Body=b"1")
            client.list_objects_v2(Bucket="data")  # in between, and not named
        client.abort_multipart_upload(Bucket="data", Key="b", UploadId=upload_id)

    expected = ["CreateMultipartUpload", "UploadPart", "AbortMultipartUpload"]
    with server.expect_order(expected):
        upload(1)
    with failing("UploadPart -> UploadPart -> AbortMultipartUpload"), server.expect_order(expected):
        upload(2)
    with failing("but it was none of them"), server.expect_order(expected):
        get(client)


def test_a_budget_holds_for_each_of_its_limits(server: Endpoint, client: S3Client) -> None:
    limits = {
        "requests": 2,
        "bytes_in": 3,
        "bytes_out": 10,
        "unsigned": 0,
        "ListObjectsV2": 0,
        "GetObject": 1,
    }
    with server.budget(**limits):
        get(client)
        client.put_object(
            Bucket="data", Key="c", Body=b"123", ChecksumSHA256="pmWkWSBCL51Bfkhn79xPuKBKHz//H6B+mY6G9/eieuM="
        )

    over = "over budget: requests 3 of 2, GetObject 3 of 1; the server was asked:"
    with failing(over), server.budget(**limits | {"bytes_out": 15}):
        get(client, 3)
    with failing("over budget: bytes_out 15 of 14"), server.budget(bytes_out=14):
        get(client, 3)
    with failing("over budget: unsigned 1 of 0"), server.budget(unsigned=0):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{server.url}/data/a")
        refused.value.close()


def test_an_error_within_a_block_is_not_hidden(server: Endpoint) -> None:
    with pytest.raises(KeyError), server.expect("GetObject"):
        raise KeyError("mine")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda s: s.expect("GetObjet"),
            S3FixtureError,
            "no operation 'GetObjet'; did you mean 'GetObject'?",
        ),
        (lambda s: s.expect_order(["GetObject", "PutObjet"]), S3FixtureError, "no operation 'PutObjet'"),
        (lambda s: s.expect_order("GetObject"), TypeError, "give a list of operations, not 'GetObject'"),
        (lambda s: s.budget(ListObject=0), S3FixtureError, "no operation 'ListObject'"),
        (lambda s: s.budget(byte_out=1), TypeError, "a budget has no 'byte_out'; did you mean 'bytes_out'?"),
        (
            lambda s: s.budget(calls=1),
            TypeError,
            "a budget has no 'calls'; give requests, bytes_in, bytes_out",
        ),
        (lambda s: s.budget(), TypeError, "a budget without limits checks nothing"),
        (lambda s: s.budget(requests=-1), ValueError, "requests=-1 is not a budget"),
        (
            lambda s: s.expect("GetObject", exactly=1, at_most=2),
            TypeError,
            "exactly= cannot be used with at_least=",
        ),
        (lambda s: s.expect("GetObject", at_least=3, at_most=2), ValueError, "at least 3 and at most 2"),
        (lambda s: s.expect("GetObject", key="a"), TypeError, "requests are not compared by 'key'"),
    ],
)
def test_a_mistake_is_told_at_once(server: Endpoint, call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call(server)


def test_more_requests_than_are_kept_are_told() -> None:
    with serve(buckets=["data"]) as server:
        client = server.client()
        client.list_buckets()
        too_many = pytest.raises(S3FixtureError, match="its block made more than the 1000 requests")
        with too_many, server.expect("ListBuckets", at_most=10):
            for _ in range(1000):
                client.list_buckets()


def test_an_expectation_that_no_block_has_entered_is_told_when_the_server_stops() -> None:
    with (
        pytest.raises(
            S3FixtureError, match=re.escape("expect('GetObject') has checked nothing; write `with ")
        ),
        serve() as server,
    ):
        server.expect("GetObject")
