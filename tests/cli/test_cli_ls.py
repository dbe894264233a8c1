"""`ls` and `du`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from command_line import CommandLine

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    for bucket in ("data", "empty"):
        client.create_bucket(Bucket=bucket)
    for key, size in (("a.txt", 5), ("dir/b.bin", 1536), ("dir/sub/c", 0), ("directory/d", 20 * 1024)):
        client.put_object(Bucket="data", Key=key, Body=b"x" * size)
    return mc


def names(text: str) -> list[str]:
    return [line.split()[-1] for line in text.splitlines()]


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("arguments", [[], ["minio"], ["s3://"], ["minio/"]])
def test_buckets_are_listed(filled: CommandLine, arguments: list[str]) -> None:
    assert names(filled("ls", *arguments).stdout) == ["data/", "empty/"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("s3://data", ["a.txt", "dir/", "directory/"]),
        ("minio/data/", ["a.txt", "dir/", "directory/"]),
        ("data/dir", ["b.bin", "sub/"]),
        ("data/dir/", ["b.bin", "sub/"]),
        ("data/di", ["dir/", "directory/"]),
        ("data/dir/b.bin", ["b.bin"]),
        ("empty", []),
    ],
)
def test_one_level_is_listed(filled: CommandLine, target: str, expected: list[str]) -> None:
    assert names(filled("ls", target).stdout) == expected


def test_recursive_lists_everything_below(filled: CommandLine) -> None:
    assert names(filled("ls", "--recursive", "s3://data").stdout) == [
        "a.txt",
        "dir/b.bin",
        "dir/sub/c",
        "directory/d",
    ]
    assert names(filled("ls", "-r", "data/dir").stdout) == ["b.bin", "sub/c"]
    assert names(filled("ls", "-r").stdout)[0] == "data/a.txt"


def test_sizes_are_human_and_columns_line_up(filled: CommandLine) -> None:
    lines = filled("ls", "-r", "data").stdout.splitlines()
    assert [line.split()[3] for line in lines] == ["5B", "1.5KiB", "0B", "20KiB"]
    assert len({line.index("STANDARD") for line in lines}) == 1


def test_json_is_one_object_a_line(filled: CommandLine) -> None:
    folder, file = objects(filled("ls", "--json", "data/dir").stdout)[::-1]
    assert (folder["type"], folder["key"]) == ("folder", "sub/")
    assert (file["type"], file["key"], file["size"], file["status"]) == ("file", "b.bin", 1536, "success")
    assert file["lastModified"].endswith("Z")
    assert len(file["etag"]) == 32


def test_versions_and_delete_markers_are_listed(mc: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"22"):
        client.put_object(Bucket="data", Key="k", Body=body)
    client.delete_object(Bucket="data", Key="k")
    rows = objects(mc("ls", "--versions", "--json", "data").stdout)
    assert [(row["size"], row.get("isDeleteMarker", False), row["isLatest"]) for row in rows] == [
        (0, True, True),
        (2, False, False),
        (1, False, False),
    ]
    assert [line.split()[-2] for line in mc("ls", "--versions", "data").stdout.splitlines()] == [
        "DEL",
        "PUT",
        "PUT",
    ]
    assert mc("ls", "data").stdout == ""


def test_what_is_not_there_is_said(filled: CommandLine) -> None:
    assert "there is no such folder or object" in filled.refused("ls", "data/nothing")
    assert "NoSuchBucket" in filled.refused("ls", "missing")
    assert "is a local path" in filled.refused("ls", "./data")


def test_more_than_a_page_is_listed(mc: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    for number in range(1100):
        client.put_object(Bucket="data", Key=f"{number:05}", Body=b"x")
    assert len(mc("ls", "data").stdout.splitlines()) == 1100
    assert mc("du", "data").stdout.split()[0] == "1.1KiB"


def test_a_key_with_control_characters_plays_no_tricks(mc: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    client.put_object(Bucket="data", Key="evil\x1b[2J\nname", Body=b"")
    assert mc("ls", "data").stdout.endswith("evil\\x1b[2J\\nname\n")


def test_du_sums_up(filled: CommandLine) -> None:
    assert filled("du", "data").stdout.split() == ["22KiB", "4", "objects", "data"]
    assert filled("du", "data/dir").stdout.split() == ["1.5KiB", "2", "objects", "data/dir"]
    assert filled("du", "empty").stdout.split() == ["0B", "0", "objects", "empty"]
    assert filled("du").stdout.split() == ["22KiB", "4", "objects"]


def test_du_shows_folders_as_deep_as_asked(filled: CommandLine) -> None:
    two = ["data/dir", "data/directory", "data"]
    assert names(filled("du", "--depth", 2, "data").stdout) == two
    assert names(filled("du", "--recursive", "data").stdout) == ["data/dir/sub", *two]
    rows = objects(filled("du", "--json", "--depth", 2).stdout)
    assert [(row["prefix"], row["size"], row["objects"]) for row in rows] == [
        ("data", 5 + 1536 + 20 * 1024, 4),
        ("empty", 0, 0),
        ("", 5 + 1536 + 20 * 1024, 4),
    ]


def test_du_counts_versions_when_asked(mc: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    for _ in range(3):
        client.put_object(Bucket="data", Key="k", Body=b"12")
    assert mc("du", "data").stdout.split()[:3] == ["2B", "1", "object"]
    assert mc("du", "--versions", "data").stdout.split()[:3] == ["6B", "3", "versions"]
