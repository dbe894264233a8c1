"""`mock_s3`, as people use it who come from moto."""

from __future__ import annotations

import asyncio
import os
import socket
import unittest
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from s3fixture import S3FixtureError, mock_s3


def buckets() -> list[str]:
    return [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]


@mock_s3
def make_bucket(name: str) -> list[str]:
    """Make a bucket and tell all that are there."""
    boto3.client("s3").create_bucket(Bucket=name)
    return buckets()


def test_each_call_of_a_function_has_a_server_of_its_own() -> None:
    assert make_bucket("first") == ["first"]
    assert make_bucket("second") == ["second"]
    assert make_bucket.__name__ == "make_bucket"


def test_the_environment_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    before = dict(os.environ)
    with mock_s3() as endpoint:
        assert os.environ["AWS_ENDPOINT_URL_S3"] == endpoint.url
        assert os.environ["AWS_ACCESS_KEY_ID"] != "mine"
    assert dict(os.environ) == before


def test_an_error_passes_and_ends_the_server() -> None:
    with pytest.raises(ZeroDivisionError), mock_s3() as endpoint:
        raise ZeroDivisionError
    address = urlsplit(endpoint.url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port or 0))


def test_buckets_seeds_and_settings_are_those_of_serve() -> None:
    with mock_s3(buckets=["data"], region="eu-west-1"):
        client = boto3.client("s3")
        assert client.meta.region_name == "eu-west-1"
        assert buckets() == ["data"]
    with pytest.raises(S3FixtureError, match="no_such_setting"):
        mock_s3(no_such_setting=1).__enter__()  # type: ignore[call-overload]  # what is tested


def test_one_within_another_is_another_server() -> None:
    mock = mock_s3()
    with mock as outer:
        outer.client().create_bucket(Bucket="outer")
        with mock as inner:
            assert inner.url != outer.url
            assert buckets() == []
        assert buckets() == ["outer"]


def test_an_asynchronous_function() -> None:
    @mock_s3(buckets=["data"])
    async def job(name: str) -> list[str]:
        await asyncio.sleep(0)
        boto3.client("s3").create_bucket(Bucket=name)
        return buckets()

    assert asyncio.run(job("more")) == ["data", "more"]


@mock_s3(buckets=["data"])
class UnittestTests(unittest.TestCase):
    def setUp(self) -> None:
        self.client = boto3.client("s3")
        self.client.put_object(Bucket="data", Key="prepared")

    def test_the_first(self) -> None:
        self.client.put_object(Bucket="data", Key="first")
        self.check("first")

    def test_the_second(self) -> None:
        self.check()

    def check(self, *more: str) -> None:
        found = self.client.list_objects_v2(Bucket="data")["Contents"]
        assert [entry["Key"] for entry in found] == [*more, "prepared"]


@mock_s3
class TestPlainClass:
    def test_the_first(self, tmp_path: object) -> None:
        assert tmp_path
        boto3.client("s3").create_bucket(Bucket="first")

    def test_the_second(self) -> None:
        assert buckets() == []


@mock_s3(buckets=["data"])
class TestOtherAttributes:
    class test_data(dict[str, str]):  # noqa: N801 - callable, and no test
        __test__ = False

    @staticmethod
    def test_static() -> None:
        assert buckets() == ["data"]

    @classmethod
    def test_of_the_class(cls) -> None:
        assert buckets() == ["data"]
        assert cls.test_data() == {}


def test_what_cannot_be_decorated_says_what_to_do() -> None:
    def fixture() -> Iterator[None]:
        yield

    class TestPrepared:
        def setup_method(self) -> None:
            """It would run before the server is there."""

        def test_it(self) -> None:
            """Never called."""

    decorate: Any = mock_s3
    with pytest.raises(TypeError, match=r"write `with mock_s3\(\):` in it"):
        decorate(fixture)
    with pytest.raises(TypeError, match="usefixtures"):
        decorate(TestPrepared)
    with pytest.raises(TypeError, match=r"decorate 'data'; for a bucket, write mock_s3\(buckets=...\)"):
        decorate("data")
