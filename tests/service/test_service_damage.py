"""Bodies that were damaged: an error instead of half an answer, and one line in the log."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.config import Config
from service_helpers import MIB, complete, put_parts, refused

from s3fixture import serve

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LARGE = os.urandom(MIB)
ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def damaged(folder: Path) -> Iterator[S3Client]:
    with serve(data_dir=folder, buckets=["bucket"]) as endpoint:
        yield endpoint.client(config=ONCE)


def bodies(folder: Path) -> list[Path]:
    return sorted(folder.glob("blobs/??/*"), key=lambda path: path.stat().st_mtime_ns)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


@pytest.mark.parametrize("harm", [Path.unlink, cut])
def test_a_body_that_is_not_whole_is_an_error_before_the_head(
    damaged: S3Client, folder: Path, harm: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    damaged.put_object(Bucket="bucket", Key="key", Body=LARGE)
    [path] = bodies(folder)
    harm(path)
    with caplog.at_level(logging.ERROR, "s3fixture"):
        with refused("InternalError", 500):
            damaged.get_object(Bucket="bucket", Key="key")
        with refused("InternalError", 500):
            damaged.get_object(Bucket="bucket", Key="key", Range="bytes=0-9")
    assert len(caplog.records) == 2
    for record in caplog.records:
        assert str(path) in record.getMessage()
        assert "GET /bucket/key failed: the body " in record.getMessage()
        assert record.exc_info is None
    damaged.put_object(Bucket="bucket", Key="key", Body=b"new")
    assert damaged.get_object(Bucket="bucket", Key="key")["Body"].read() == b"new"


def test_the_last_part_is_missed_before_the_first_is_sent(damaged: S3Client, folder: Path) -> None:
    upload = put_parts(damaged, "bucket", "key", [os.urandom(5 * MIB), LARGE])
    complete(damaged, "bucket", "key", upload)
    first, last = bodies(folder)
    last.unlink()
    with refused("InternalError", 500):
        damaged.get_object(Bucket="bucket", Key="key")
    answer = damaged.get_object(Bucket="bucket", Key="key", Range="bytes=10-19")
    assert answer["Body"].read() == first.read_bytes()[10:20]
