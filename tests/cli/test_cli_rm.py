"""`rm`: what was asked, and never more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEYS = ["a", "a.txt", "a/1", "a/b/2", "ab/3", "z"]


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    client.create_bucket(Bucket="data")
    for key in KEYS:
        client.put_object(Bucket="data", Key=key, Body=b"x")
    return mc


def left(client: S3Client) -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket="data").get("Contents", [])]


def test_objects_are_removed(filled: CommandLine, client: S3Client) -> None:
    assert filled("rm", "s3://data/a", "minio/data/z").stdout == "Removed s3://data/a\nRemoved s3://data/z\n"
    assert left(client) == ["a.txt", "a/1", "a/b/2", "ab/3"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("data/a/", ["a", "a.txt", "ab/3", "z"]),
        ("data/a", ["a.txt", "ab/3", "z"]),
        ("data/a/b", ["a", "a.txt", "a/1", "ab/3", "z"]),
    ],
)
def test_a_folder_is_not_what_merely_begins_like_it(
    filled: CommandLine, client: S3Client, target: str, expected: list[str]
) -> None:
    filled("rm", "--recursive", "--force", target)
    assert left(client) == expected


def test_a_whole_bucket_is_emptied_and_stays(filled: CommandLine, client: S3Client) -> None:
    filled("rm", "-r", "--force", "minio/data")
    assert left(client) == []


def test_many_objects_are_removed_in_batches(mc: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    for number in range(1050):
        client.put_object(Bucket="data", Key=f"k{number}", Body=b"")
    assert len(mc("rm", "-r", "--force", "data").stdout.splitlines()) == 1050
    assert left(client) == []


def test_much_is_removed_only_with_force(filled: CommandLine, client: S3Client) -> None:
    for arguments in (["--recursive"], ["--versions"]):
        assert "add --force" in filled("rm", *arguments, "data/a", code=2).stderr
    assert "names no bucket" in filled.refused("rm", "-r", "--force", "minio")
    assert "names no object" in filled.refused("rm", "data")
    assert left(client) == KEYS


def test_a_dry_run_removes_nothing(filled: CommandLine, client: S3Client) -> None:
    said = filled("rm", "-r", "--dry-run", "data/a").stdout
    assert said.splitlines() == [
        "Would remove s3://data/a",
        "Would remove s3://data/a/1",
        "Would remove s3://data/a/b/2",
    ]
    assert left(client) == KEYS


def test_what_is_not_there_is_an_error_unless_forced(filled: CommandLine) -> None:
    assert "there is no such object" in filled.refused("rm", "data/nothing")
    filled("rm", "--force", "data/nothing")
    assert "NoSuchBucket" in filled.refused("rm", "-r", "--force", "missing")


def test_a_removed_object_can_come_back_until_its_versions_are_removed(
    mc: CommandLine, client: S3Client
) -> None:
    client.create_bucket(Bucket="data")
    client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    for key in ("k", "kk"):
        client.put_object(Bucket="data", Key=key, Body=b"x")
    mc("rm", "data/k")
    assert left(client) == ["kk"]
    rows = [json.loads(line) for line in mc("ls", "--versions", "--json", "data/k").stdout.splitlines()]
    marker = next(row["versionId"] for row in rows if row.get("isDeleteMarker"))
    mc("rm", "--version-id", marker, "data/k")
    assert left(client) == ["k", "kk"]
    mc("rm", "--versions", "--force", "data/k")
    assert [item["Key"] for item in client.list_object_versions(Bucket="data")["Versions"]] == ["kk"]


def test_json_is_one_object_a_line(filled: CommandLine) -> None:
    rows = [
        json.loads(line) for line in filled("rm", "--json", "-r", "--force", "data/a").stdout.splitlines()
    ]
    assert [(row["bucket"], row["key"]) for row in rows] == [
        ("data", "a"),
        ("data", "a/1"),
        ("data", "a/b/2"),
    ]
