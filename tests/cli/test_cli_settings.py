"""`diff`, `tag`, `version` and `pipe`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    for bucket in ("data", "other"):
        client.create_bucket(Bucket=bucket)
    for bucket, key, body in (
        ("data", "same", b"1"),
        ("data", "sub/changed", b"1"),
        ("data", "first", b"1"),
        ("other", "same", b"1"),
        ("other", "sub/changed", b"2"),
        ("other", "second", b"1"),
    ):
        client.put_object(Bucket=bucket, Key=key, Body=body)
    return mc


def test_differences_are_told(filled: CommandLine) -> None:
    assert filled("diff", "data", "s3://other", code=1).stderr  # `data` is a local path where both can stand
    assert filled("diff", "s3://data", "s3://other", code=1).stdout == "< first\n> second\n! sub/changed\n"
    assert filled("diff", "s3://data", "s3://data").stdout == ""
    rows = [
        json.loads(line)
        for line in filled("diff", "--json", "minio/data", "minio/other", code=1).stdout.splitlines()
    ]
    assert [(row["diff"], row["name"]) for row in rows] == [
        ("only-in-first", "first"),
        ("only-in-second", "second"),
        ("differs", "sub/changed"),
    ]


def test_a_local_folder_is_compared_too(filled: CommandLine, client: S3Client) -> None:
    filled("cp", "-r", "s3://data/", "here/")
    assert filled("diff", "s3://data", "here").stdout == ""
    (filled.folder / "here" / "first").write_text("2")
    client.put_object(Bucket="data", Key="a/../b", Body=b"")
    assert filled("diff", "s3://data", "here", code=1).stdout == "< a/../b\n! first\n"
    assert filled("diff", "here", "s3://data/sub", code=1).stdout == (
        "> changed\n< first\n< same\n< sub/changed\n"
    )


def test_what_cannot_be_compared_is_refused(filled: CommandLine) -> None:
    assert "there is no such folder or bucket" in filled.refused("diff", "s3://data", "s3://missing")
    assert "use your system's diff" in filled.refused("diff", "a", "b")
    assert "names no bucket" in filled.refused("diff", "s3://", "s3://data")


@pytest.mark.parametrize("target", ["s3://data", "s3://data/same"])
def test_tags_are_set_shown_and_removed(filled: CommandLine, target: str) -> None:
    assert filled("tag", "list", target).stdout == ""
    filled("tag", "set", target, "team=ml", "note=a = b")
    assert filled("tag", "list", target).stdout.splitlines() == ["team=ml", "note=a = b"]
    filled("tag", "set", target, "a=1&b=2")
    found = json.loads(filled("tag", "list", "--json", target).stdout)
    assert found == {
        "status": "success",
        "operation": "list",
        "resource": target,
        "tags": {"a": "1", "b": "2"},
    }
    filled("tag", "remove", target)
    assert filled("tag", "list", target).stdout == ""


def test_tags_of_a_version(filled: CommandLine, client: S3Client) -> None:
    client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    first = client.put_object(Bucket="data", Key="k", Body=b"1")["VersionId"]
    client.put_object(Bucket="data", Key="k", Body=b"2")
    filled("tag", "set", "s3://data/k", "a=1", "--version-id", first)
    assert filled("tag", "list", "s3://data/k").stdout == ""
    assert filled("tag", "list", "s3://data/k", "--version-id", first).stdout == "a=1\n"


def test_tags_that_are_none_are_refused(filled: CommandLine) -> None:
    assert "'team' is not a tag; write it as KEY=VALUE" in filled.refused("tag", "set", "s3://data", "team")
    assert "given twice" in filled.refused("tag", "set", "s3://data", "a=1", "a=2")
    assert "InvalidTag" in filled.refused("tag", "set", "s3://data/same", "aws:x=1")
    assert "NoSuchKey" in filled.refused("tag", "list", "s3://data/missing")
    filled("tag", "list", "s3://data", "--version-id", "x", code=2)


def test_versioning_is_shown_and_set(filled: CommandLine, client: S3Client) -> None:
    assert filled("version", "info", "s3://data").stdout == "Versioning of s3://data was never enabled\n"
    assert filled("version", "enable", "s3://data").stdout == "Versioning of s3://data is Enabled\n"
    assert client.get_bucket_versioning(Bucket="data")["Status"] == "Enabled"
    filled("version", "suspend", "s3://data")
    found = json.loads(filled("version", "info", "--json", "s3://data").stdout)
    assert found["versioning"] == "Suspended"
    assert "is more than a bucket" in filled.refused("version", "enable", "s3://data/same")


def test_standard_input_becomes_an_object(filled: CommandLine, client: S3Client) -> None:
    assert filled("pipe", "s3://data/new.txt", stdin="hello").stdout == "- -> s3://data/new.txt\n"
    found = client.get_object(Bucket="data", Key="new.txt")
    assert (found["Body"].read(), found["ContentType"]) == (b"hello", "text/plain")
    assert filled("pipe", "--quiet", "s3://data/q", stdin="").stdout == ""
    assert "add a name for the object" in filled.refused("pipe", "s3://data/folder/")
