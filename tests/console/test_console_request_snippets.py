"""Requests as lines that ask them again, which are really asked again here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from console_visitor import Box, Visitor

AWKWARD = 'it\'s a/ü + "quoted" $HOME `x`\u202e.txt'


def lines(visitor: Visitor, box: Box) -> dict[str, str]:
    """Of the last request."""
    record = box.app.log.entries()[-1]
    answer = visitor.get(f"/api/watch/{record.request_id}")
    assert answer.status_code == 200
    found: dict[str, str] = answer.json or {}
    return found


def run_curl(line: str, folder: Path) -> bytes:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    keys = {"AWS_ACCESS_KEY_ID": "minioadmin", "AWS_SECRET_ACCESS_KEY": "minioadmin123"}
    line = line.replace("curl", "curl --silent --show-error --fail-with-body", 1)
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**os.environ, **keys},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, (line, done.stdout, done.stderr)
    return done.stdout


def run_boto3(line: str, box: Box, folder: Path) -> Any:
    (folder / "BODY").touch()
    return eval(line.replace('"BODY"', repr(str(folder / "BODY"))), {"s3": box.s3})  # noqa: S307 - our own


@pytest.fixture
def body(tmp_path: Path) -> Path:
    (tmp_path / "BODY").write_bytes(b"the body")
    return tmp_path


@pytest.mark.filterwarnings("ignore:unclosed file")  # the line opens it, as people write it
def test_an_upload_is_asked_again(visitor: Visitor, box: Box, body: Path) -> None:
    box.s3.put_object(
        Bucket="data",
        Key=AWKWARD,
        Body=b"the body",
        ContentType="text/csv",
        Metadata={"author": "it's me"},
        Tagging="a=b&c=d",
    )
    found = lines(visitor, box)
    wanted = box.s3.head_object(Bucket="data", Key=AWKWARD)
    for again in (lambda: run_curl(found["curl"], body), lambda: run_boto3(found["boto3"], box, body)):
        box.s3.delete_object(Bucket="data", Key=AWKWARD)
        again()
        head = box.s3.head_object(Bucket="data", Key=AWKWARD)
        for name in ("ContentLength", "ContentType", "Metadata", "ETag", "TagCount"):
            assert head.get(name) == wanted.get(name), name


def test_a_listing_is_asked_again(visitor: Visitor, box: Box, body: Path) -> None:
    box.s3.list_objects_v2(Bucket="data", Prefix="model/", Delimiter="/", MaxKeys=2)
    found = lines(visitor, box)
    assert run_boto3(found["boto3"], box, body)["KeyCount"] == 2
    document = run_curl(found["curl"], body)
    assert b"<Key>model/MLmodel</Key>" in document
    assert b"<MaxKeys>2</MaxKeys>" in document


def test_a_range_and_a_copy_are_asked_again(visitor: Visitor, box: Box, body: Path) -> None:
    box.s3.get_object(Bucket="data", Key="iris.csv", Range="bytes=0-5")["Body"].read()
    found = lines(visitor, box)
    assert run_curl(found["curl"], body) == b"length"
    assert run_boto3(found["boto3"], box, body)["Body"].read() == b"length"
    box.s3.copy_object(Bucket="empty", Key="copy", CopySource={"Bucket": "data", "Key": "iris.csv"})
    found = lines(visitor, box)
    for again in (lambda: run_curl(found["curl"], body), lambda: run_boto3(found["boto3"], box, body)):
        box.s3.delete_object(Bucket="empty", Key="copy")
        again()
        assert box.s3.head_object(Bucket="empty", Key="copy")["ContentLength"] == 40


def test_a_refused_request_is_asked_again_with_keys(visitor: Visitor, box: Box, body: Path) -> None:
    with pytest.raises(ClientError):
        box.s3.head_object(Bucket="data", Key="none")
    found = lines(visitor, box)
    assert "--head" in found["curl"]
    assert "minioadmin123" not in str(found)
    with pytest.raises(ClientError, match="404"):
        run_boto3(found["boto3"], box, body)


def test_what_stood_in_a_document_is_left_to_the_reader(visitor: Visitor, box: Box) -> None:
    tags: Any = {"TagSet": [{"Key": "a", "Value": "b"}]}
    box.s3.put_object_tagging(Bucket="data", Key="iris.csv", Tagging=tags)
    line = lines(visitor, box)["boto3"]
    assert line.startswith('s3.put_object_tagging(Bucket="data", Key="iris.csv"')
    assert line.endswith("# add the members of its document")


def test_others_see_no_lines_of_requests_that_are_not_theirs(other: Visitor, box: Box) -> None:
    box.s3.list_buckets()
    record = box.app.log.entries()[-1]
    assert other.get(f"/api/watch/{record.request_id}").status_code == 404
    assert other.get("/api/watch/none").status_code == 404
