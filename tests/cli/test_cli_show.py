"""`cat`, `stat` and `presign`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import urllib3
from command_line import PATIENCE, CommandLine

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    client.create_bucket(Bucket="data")
    client.put_object(
        Bucket="data",
        Key="a.csv",
        Body=b"x" * 2048,
        ContentType="text/csv",
        Metadata={"stage": "test"},
        Tagging="kind=table",
    )
    return mc


def fetch(url: str, data: bytes | None = None) -> bytes:
    answer = urllib3.request("GET" if data is None else "PUT", url, body=data)
    assert answer.status == 200, answer.data
    return answer.data


def test_cat_writes_bytes_as_they_are(mc: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    body = bytes(range(256)) * 8192
    client.put_object(Bucket="data", Key="a", Body=body)
    client.put_object(Bucket="data", Key="b", Body=b"end")
    done = subprocess.run(
        [sys.executable, "-m", "s3fixture", "cat", "s3://data/a", "minio/data/b"],
        cwd=mc.folder,
        env=mc.environ,
        capture_output=True,
        check=True,
    )
    assert done.stdout == body + b"end"


def test_cat_of_nothing_is_an_error(filled: CommandLine) -> None:
    done = filled("cat", "data/missing", code=1)
    assert done.stdout == ""
    assert "NoSuchKey" in done.stderr
    assert "names no object" in filled.refused("cat", "data")


def test_cat_to_a_reader_that_leaves_is_quiet(mc: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    client.put_object(Bucket="data", Key="a", Body=b"x" * 4_000_000)
    process = mc.start("cat", "data/a")
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(timeout=PATIENCE) == 1


def test_stat_shows_what_is_known_of_an_object(filled: CommandLine) -> None:
    text = filled("stat", "data/a.csv").stdout
    for part in ("2.0 KiB (2,048 bytes)", "Content-Type=text/csv", "X-Amz-Meta-stage=test", "kind=table"):
        assert part in text
    found = json.loads(filled("stat", "--json", "data/a.csv").stdout)
    assert (found["size"], found["metadata"]["Content-Type"], found["tags"]) == (
        2048,
        "text/csv",
        {"kind": "table"},
    )


def test_stat_shows_what_is_known_of_a_bucket(filled: CommandLine) -> None:
    filled("policy", "set", "download", "data")
    found = json.loads(filled("stat", "--json", "data").stdout)
    assert (found["name"], found["type"], found["anonymous"]) == ("data", "bucket", "download")
    assert "look at `s3fixture ls`" in filled.refused("stat", "data/missing")
    assert "look at `s3fixture ls`" in filled.refused("stat", "missing")


def test_presigned_urls_work(filled: CommandLine, client: S3Client) -> None:
    assert fetch(filled("presign", "data/a.csv").stdout.strip()) == b"x" * 2048
    fetch(filled("presign", "--put", "data/new", "--expires", "1h30m").stdout.strip(), b"new")
    assert client.get_object(Bucket="data", Key="new")["Body"].read() == b"new"
    assert "X-Amz-Expires=5400" in filled("presign", "--put", "data/new", "--expires", "1h30m").stdout


@pytest.mark.parametrize("time", ["8d", "0s", "soon", "-1h", "1.5h"])
def test_presign_refuses_other_times(filled: CommandLine, time: str) -> None:
    assert "--expires" in filled.refused("presign", "data/a.csv", f"--expires={time}")
