"""`find`, `tree` and `head`."""

from __future__ import annotations

import json
import sys
import urllib.request
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine

from s3fixture.backends.endpoint import Endpoint
from s3fixture.sizes import parse_size

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    for bucket in ("data", "empty"):
        client.create_bucket(Bucket=bucket)
    for key, size in (("a.txt", 5), ("dir/b.csv", 1500), ("dir/sub/c.txt", 0), ("directory/d", 20_000)):
        client.put_object(Bucket="data", Key=key, Body=b"x" * size)
    return mc


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["a.txt", "dir/b.csv", "dir/sub/c.txt", "directory/d"]),
        (["data"], ["a.txt", "dir/b.csv", "dir/sub/c.txt", "directory/d"]),
        (["minio/data/dir"], ["dir/b.csv", "dir/sub/c.txt"]),
        (["empty"], []),
        (["data", "--name", "*.txt"], ["a.txt", "dir/sub/c.txt"]),
        (["data", "--name", "?.[ct]*"], ["a.txt", "dir/b.csv", "dir/sub/c.txt"]),
        (["data", "--name", "*.TXT"], []),
        (["data", "--path", "dir/*"], ["dir/b.csv", "dir/sub/c.txt"]),
        (["data", "--path", "*/sub/*"], ["dir/sub/c.txt"]),
        (["data", "--ignore", "dir*"], ["a.txt"]),
        (["data", "--regex", "(?i)\\.(TXT|csv)$"], ["a.txt", "dir/b.csv", "dir/sub/c.txt"]),
        (["data/dir", "--regex", "^sub/"], ["dir/sub/c.txt"]),
        (["data", "--larger", "1500"], ["directory/d"]),
        (["data", "--larger", "1.4KB", "--smaller", "19KiB"], ["dir/b.csv"]),
        (["data", "--smaller", "5"], ["dir/sub/c.txt"]),
        (["data", "--maxdepth", "1"], ["a.txt"]),
        (["data", "--maxdepth", "2", "--name", "*.*"], ["a.txt", "dir/b.csv"]),
        (["data", "--newer-than", "1h"], ["a.txt", "dir/b.csv", "dir/sub/c.txt", "directory/d"]),
        (["data", "--older-than", "1h"], []),
    ],
)
def test_objects_are_found(filled: CommandLine, arguments: list[str], expected: list[str]) -> None:
    assert filled("find", *arguments).stdout.splitlines() == [f"s3://data/{key}" for key in expected]


def test_old_objects_are_found(filled: CommandLine, client: S3Client, server: Endpoint) -> None:
    server.clock.move(-3 * 86400)
    client.put_object(Bucket="empty", Key="old", Body=b"")
    assert filled("find", "--older-than", "2d12h").stdout == "s3://empty/old\n"
    assert "old" not in filled("find", "--newer-than", "2d").stdout


def test_what_is_found_is_told_as_json(filled: CommandLine) -> None:
    (line,) = filled("find", "--json", "data", "--name", "b.csv").stdout.splitlines()
    found = json.loads(line)
    assert found.pop("lastModified").endswith("Z")
    assert found.pop("etag")
    assert found == {"status": "success", "bucket": "data", "key": "dir/b.csv", "size": 1500}


def test_find_refuses_what_it_cannot_read(filled: CommandLine) -> None:
    assert "--larger 'huge' is not a size" in filled.refused("find", "--larger", "huge")
    assert "--older-than 'ages' is not a time" in filled.refused("find", "--older-than", "ages")
    assert "NoSuchBucket" in filled.refused("find", "missing")
    assert "--regex '(' is not a regular expression: missing )" in filled.refused("find", "--regex", "(")
    assert "--exec '\"' is not a command" in filled.refused("find", "--exec", '"')
    assert "'/no/such' cannot be run: " in filled.refused("find", "data", "--exec", "/no/such {}")
    assert "choose one" in filled("find", "--json", "--print", "x", code=2).stderr


def test_what_is_found_is_printed_as_asked_for(filled: CommandLine, client: S3Client) -> None:
    client.put_object(Bucket="empty", Key="a {size}/b", Body=b"123")
    said = filled("find", "empty", "--print", "{}|{base}|{dir}|{size}|{version}|{other}|{time}|{url}").stdout
    *parts, time, link = said.rstrip().split("|")
    assert parts == ["s3://empty/a {size}/b", "b", "s3://empty/a {size}", "3", "", "{other}"]
    assert datetime.fromisoformat(time.replace("Z", "+00:00"))
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"123"


def test_a_command_is_run_for_each_with_the_key_as_one_word(filled: CommandLine, client: S3Client) -> None:
    client.put_object(Bucket="empty", Key="two words; $(false)", Body=b"")
    show = f'"{sys.executable}" -c "import sys; print(sys.argv[1:])" got {{}} {{base}}'
    said = filled("find", "empty", "--exec", show).stdout
    assert said == "['got', 's3://empty/two words; $(false)', 'two words; $(false)']\n"
    done = filled("find", "data", "--name", "*.txt", "--exec", "false", code=1)
    assert done.stderr.splitlines() == [
        f"s3fixture: s3://data/{key}: 'false' ended with exit code 1" for key in ("a.txt", "dir/sub/c.txt")
    ]


def test_versions_are_found(filled: CommandLine, client: S3Client) -> None:
    client.put_bucket_versioning(Bucket="empty", VersioningConfiguration={"Status": "Enabled"})
    ids = [client.put_object(Bucket="empty", Key="k", Body=b"x" * size)["VersionId"] for size in (1, 2)]
    client.delete_object(Bucket="empty", Key="k")
    assert filled("find", "empty").stdout == ""
    found = [json.loads(line) for line in filled("find", "empty", "--versions", "--json").stdout.splitlines()]
    assert [(each["versionId"], each["size"]) for each in found] == [(ids[1], 2), (ids[0], 1)]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("512", 512),
        ("10MB", 10_000_000),
        ("1.5MiB", 1_572_864),
        ("2k", 2000),
        ("2 KiB", 2048),
        ("7B", 7),
        ("1iB", None),
        ("-1", None),
        ("", None),
        ("1.", None),
        ("٣", None),
    ],
)
def test_sizes_are_read(text: str, size: int | None) -> None:
    assert parse_size(text) == size


TREE = """\
s3://data/
├─ dir
│  └─ sub
└─ directory
"""
TREE_WITH_FILES = """\
s3://data/
├─ a.txt
├─ dir
│  ├─ b.csv
│  └─ sub
│     └─ c.txt
└─ directory
   └─ d
"""


def test_a_tree_is_drawn(filled: CommandLine, client: S3Client) -> None:
    assert filled("tree", "data").stdout.replace("s3://data\n", "s3://data/\n") == TREE
    assert filled("tree", "-f", "data").stdout.replace("s3://data\n", "s3://data/\n") == TREE_WITH_FILES
    assert filled("tree", "--files", "data/dir").stdout == ("s3://data/dir/\n├─ b.csv\n└─ sub\n   └─ c.txt\n")
    assert filled("tree", "--depth", 1).stdout == "s3://\n├─ data\n└─ empty\n"
    client.put_object(Bucket="empty", Key="folder/", Body=b"")  # what a console makes
    assert filled("tree", "-f", "empty/folder").stdout == "s3://empty/folder/\n"


def test_a_deep_tree_has_no_end_of_the_stack(filled: CommandLine, client: S3Client) -> None:
    client.put_object(Bucket="empty", Key="a/" * 500 + "k", Body=b"")
    assert len(filled("tree", "-f", "empty").stdout.splitlines()) == 502


def test_a_tree_as_json(filled: CommandLine) -> None:
    rows = [json.loads(line) for line in filled("tree", "--json", "-f", "data/dir").stdout.splitlines()]
    assert [(row["type"], row["key"], row["depth"]) for row in rows] == [
        ("file", "dir/b.csv", 1),
        ("folder", "dir/sub/", 1),
        ("file", "dir/sub/c.txt", 2),
    ]


def test_a_folder_that_is_not_there_has_no_tree(filled: CommandLine) -> None:
    assert "there is no such folder" in filled.refused("tree", "data/missing")
    assert "NoSuchBucket" in filled.refused("tree", "missing")


LINES = "".join(f"line {number}\n" for number in range(1, 30_001))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], LINES[:71]),
        (["-n", "2"], "line 1\nline 2\n"),
        (["-n", "0"], ""),
        (["-n", "30000"], LINES),
        (["--lines", "99999"], LINES),
        (["-c", "8"], "line 1\nl"),
        (["--bytes", "0"], ""),
        (["--bytes", "100000"], LINES[:100_000]),
    ],
)
def test_the_beginning_is_written(
    filled: CommandLine, client: S3Client, arguments: list[str], expected: str
) -> None:
    client.put_object(Bucket="data", Key="log", Body=LINES.encode())
    assert filled("head", *arguments, "s3://data/log").stdout == expected


def test_no_more_is_fetched_than_is_written(filled: CommandLine, client: S3Client, server: Endpoint) -> None:
    client.put_object(Bucket="data", Key="large", Body=b"x\n" * 40_000_000)
    assert filled("head", "-n", 1, "data/large", "data/a.txt", "data/dir/sub/c.txt").stdout == "x\nxxxxx"
    assert server.requests[-1].operation == "GetObject"


def test_the_beginning_of_a_version(filled: CommandLine, client: S3Client) -> None:
    client.put_bucket_versioning(Bucket="empty", VersioningConfiguration={"Status": "Enabled"})
    first = client.put_object(Bucket="empty", Key="k", Body=b"old\n")["VersionId"]
    client.put_object(Bucket="empty", Key="k", Body=b"new\n")
    assert filled("head", "--version-id", first, "empty/k").stdout == "old\n"
    assert "NoSuchKey" in filled.refused("head", "data/missing")
