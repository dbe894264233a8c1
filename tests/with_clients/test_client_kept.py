"""Libraries that keep a client of their own: none goes on with the server of an earlier test, or with AWS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from s3fixture import serve
from s3fixture.environment import applied


@pytest.fixture(autouse=True)
def _no_temporary_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """cloudpathlib makes one for each client otherwise, and leaves it to the garbage collector."""
    monkeypatch.setenv("CLOUDPATHLIB_LOCAL_CACHE_DIR", str(tmp_path))


def write_by_boto3(bucket: str, key: str, text: str) -> None:
    boto3 = pytest.importorskip("boto3")
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())


def write_by_cloudpathlib(bucket: str, key: str, text: str) -> None:
    cloudpathlib = pytest.importorskip("cloudpathlib")
    cloudpathlib.S3Path(f"s3://{bucket}/{key}").write_text(text)


def write_by_s3path(bucket: str, key: str, text: str) -> None:
    s3path = pytest.importorskip("s3path")
    s3path.S3Path(f"/{bucket}/{key}").write_text(text)


def write_by_s3fs(bucket: str, key: str, text: str) -> None:
    s3fs = pytest.importorskip("s3fs")
    s3fs.S3FileSystem().pipe_file(f"{bucket}/{key}", text.encode())


@pytest.mark.parametrize("write", [write_by_boto3, write_by_cloudpathlib, write_by_s3path, write_by_s3fs])
def test_each_server_gets_what_is_written_in_its_environment(write: Callable[[str, str, str], None]) -> None:
    for number in range(2):
        with serve(buckets=["data"], access_key=f"key{number}") as endpoint:
            with applied(endpoint.environ()):
                write("data", "a", str(number))
            assert endpoint.get("a", bucket="data") == str(number).encode()


def test_a_default_client_of_ones_own_is_there_again_afterwards() -> None:
    cloudpathlib = pytest.importorskip("cloudpathlib")
    with serve(buckets=["data"]) as endpoint, serve(buckets=["data"], access_key="another") as another:
        with applied(another.environ()):
            own = cloudpathlib.S3Client()
            own.set_as_default_client()
            with applied(endpoint.environ()):
                write_by_cloudpathlib("data", "a", "inside")
            assert cloudpathlib.S3Client.get_default_client() is own
            write_by_cloudpathlib("data", "a", "outside")

        assert endpoint.get("a", bucket="data") == b"inside"
        assert another.get("a", bucket="data") == b"outside"
