"""smart_open: files in S3 as a stream of their own."""

from __future__ import annotations

import os
from typing import Any

import pytest

from s3fixture import S3

smart_open = pytest.importorskip("smart_open")
MIB = 1024 * 1024


def opened(s3: S3, key: str, mode: str, **options: Any) -> Any:
    return smart_open.open(f"s3://{s3.bucket}/{key}", mode, transport_params={"client": s3.client, **options})


def test_a_large_file_goes_up_in_parts(s3: S3) -> None:
    data = os.urandom(11 * MIB)
    with opened(s3, "large", "wb", min_part_size=5 * MIB) as file:
        for start in range(0, len(data), MIB):
            file.write(data[start : start + MIB])

    assert s3.get("large") == data
    with opened(s3, "large", "rb") as file:
        file.seek(-7, os.SEEK_END)
        assert file.read() == data[-7:]


@pytest.mark.parametrize("key", ["lines.txt", "lines.txt.gz"])
def test_lines_are_written_and_read(s3: S3, key: str) -> None:
    with opened(s3, key, "w") as file:
        file.writelines(f"line {number}\n" for number in range(1000))

    with opened(s3, key, "r") as file:
        assert sum(1 for _ in file) == 1000


def test_an_empty_file_is_an_object_too(s3: S3) -> None:
    with opened(s3, "empty", "wb"):
        pass
    assert s3.get("empty") == b""


def test_an_upload_that_fails_leaves_nothing(s3: S3) -> None:
    def upload() -> None:
        with opened(s3, "broken", "wb", min_part_size=5 * MIB) as file:
            file.write(b"x" * 6 * MIB)
            raise KeyError("the writer fails")

    with pytest.raises(KeyError):
        upload()

    assert s3.keys() == []
    assert "Uploads" not in s3.client.list_multipart_uploads(Bucket=s3.bucket)


def test_what_is_not_there_is_an_os_error(s3: S3) -> None:
    with pytest.raises(OSError, match="NoSuchKey"):
        opened(s3, "missing", "rb").read()
