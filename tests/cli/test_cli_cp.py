"""`cp`: up, down and from bucket to bucket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import PATIENCE, CommandLine, posix_only

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MIB = 1024 * 1024


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    client.create_bucket(Bucket="data")
    for key in ("top.txt", "dir/a", "dir/sub/b", "directory/c"):
        client.put_object(Bucket="data", Key=key, Body=key.encode())
    for name in ("one.txt", "tree/a.json", "tree/sub/b"):
        path = mc.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return mc


def keys(client: S3Client, bucket: str = "data", prefix: str = "") -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("minio/data/", "one.txt"),
        ("s3://data", "one.txt"),
        ("s3://data/renamed", "renamed"),
        ("s3://data/new/", "new/one.txt"),
        ("s3://data/dir", "dir/one.txt"),
    ],
)
def test_a_file_goes_up(filled: CommandLine, client: S3Client, target: str, key: str) -> None:
    filled("cp", "one.txt", target)
    found = client.get_object(Bucket="data", Key=key)
    assert (found["Body"].read(), found["ContentType"]) == (b"one.txt", "text/plain")


@pytest.mark.parametrize(
    ("target", "path"), [("./", "top.txt"), (".", "top.txt"), ("x/y.txt", "x/y.txt"), ("new/", "new/top.txt")]
)
def test_an_object_comes_down(filled: CommandLine, target: str, path: str) -> None:
    assert filled("cp", "minio/data/top.txt", target).stdout.startswith("s3://data/top.txt -> ")
    assert (filled.folder / path).read_text() == "top.txt"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("tree", ["in/tree/a.json", "in/tree/sub/b"]),
        ("tree/", ["in/a.json", "in/sub/b"]),
        ("one.txt", ["in/one.txt"]),
    ],
)
def test_a_folder_goes_up_with_or_without_its_name(
    filled: CommandLine, client: S3Client, source: str, expected: list[str]
) -> None:
    filled("cp", "--recursive", source, "s3://data/in/")
    assert keys(client, prefix="in/") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("s3://data/dir", ["dir/a", "dir/sub/b"]),
        ("s3://data/dir/", ["a", "sub/b"]),
        ("s3://data", ["data/dir/a", "data/dir/sub/b", "data/directory/c", "data/top.txt"]),
        ("s3://data/", ["dir/a", "dir/sub/b", "directory/c", "top.txt"]),
    ],
)
def test_a_folder_comes_down_with_or_without_its_name(
    filled: CommandLine, source: str, expected: list[str]
) -> None:
    filled("cp", "-r", source, "into")
    assert files(filled.folder / "into") == expected


def test_objects_are_copied_by_the_server(filled: CommandLine, client: S3Client) -> None:
    client.put_object(
        Bucket="data", Key="top.txt", Body=b"x", ContentType="text/x", Metadata={"a": "b"}, Tagging="t=1"
    )
    client.create_bucket(Bucket="other")
    filled("cp", "s3://data/top.txt", "s3://other/")
    filled("cp", "-r", "s3://data/dir", "s3://other")
    assert keys(client, "other") == ["dir/a", "dir/sub/b", "top.txt"]
    head = client.head_object(Bucket="other", Key="top.txt")
    assert (head["ContentType"], head["Metadata"]) == ("text/x", {"a": "b"})
    assert client.get_object_tagging(Bucket="other", Key="top.txt")["TagSet"] == [{"Key": "t", "Value": "1"}]


def test_large_objects_are_copied_in_parts_with_all_that_belongs_to_them(
    filled: CommandLine, client: S3Client
) -> None:
    body = os.urandom(MIB) * 65
    client.put_object(
        Bucket="data", Key="large", Body=body, ContentType="text/x", Metadata={"a": "b"}, Tagging="t=1&u=%2B"
    )
    filled("cp", "s3://data/large", "s3://data/copy")
    found = client.get_object(Bucket="data", Key="copy")
    assert found["ETag"].endswith('-2"')
    assert (found["ContentType"], found["Metadata"]) == ("text/x", {"a": "b"})
    assert found["Body"].read() == body
    tags = client.get_object_tagging(Bucket="data", Key="copy")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"t": "1", "u": "+"}


def test_large_files_go_up_and_down_in_parts(filled: CommandLine, client: S3Client) -> None:
    body = os.urandom(MIB) * 20
    (filled.folder / "large").write_bytes(body)
    filled("cp", "large", "s3://data/large")
    assert client.head_object(Bucket="data", Key="large")["ETag"].endswith('-3"')
    filled("cp", "s3://data/large", "again")
    assert (filled.folder / "again").read_bytes() == body


def test_several_sources_go_into_a_folder(filled: CommandLine, client: S3Client) -> None:
    filled("cp", "one.txt", "tree/a.json", "s3://data/top.txt", "s3://data/in")
    assert keys(client, prefix="in/") == ["in/a.json", "in/one.txt", "in/top.txt"]
    assert "must be a folder" in filled.refused("cp", "s3://data/top.txt", "s3://data/dir/a", "nowhere")


def test_an_older_version_can_be_copied(filled: CommandLine, client: S3Client) -> None:
    client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    version = client.put_object(Bucket="data", Key="v", Body=b"old")["VersionId"]
    client.put_object(Bucket="data", Key="v", Body=b"new")
    filled("cp", "--version-id", version, "s3://data/v", "old.txt")
    assert (filled.folder / "old.txt").read_text() == "old"
    filled("cp", "--version-id", version, "s3://data/v", "s3://data/v")
    assert client.get_object(Bucket="data", Key="v")["Body"].read() == b"old"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["tree", "s3://data"], "tree is a folder; add --recursive"),
        (["s3://data/dir/", "."], "is a folder or bucket; add --recursive"),
        (["s3://data", "."], "is a folder or bucket; add --recursive"),
        (["missing", "s3://data"], "missing: there is no such file"),
        (["s3://data/missing", "."], "look at `s3fixture ls`"),
        (["-r", "s3://data/missing", "."], "there is no such folder"),
        (["one.txt", "two.txt"], "are both local"),
        (["one.txt", "minio"], "names no bucket to copy to"),
        (["one.txt", "s3://missing/"], "NoSuchBucket"),
        (["-r", "s3://data/dir", "one.txt"], "one.txt is a file"),
    ],
)
def test_what_cannot_be_copied_is_said(filled: CommandLine, arguments: list[str], complaint: str) -> None:
    before = files(filled.folder)
    assert complaint in filled.refused("cp", *arguments)
    assert files(filled.folder) == before


def test_keys_that_would_leave_the_folder_are_refused(filled: CommandLine, client: S3Client) -> None:
    for key in ("evil/a/../../escaped", "evil//etc/x", "evil/fine"):
        client.put_object(Bucket="data", Key=key, Body=b"x")
    done = filled("cp", "-r", "s3://data/evil/", "into", code=1)
    assert files(filled.folder / "into") == ["fine"]
    assert not (filled.folder / "escaped").exists()
    assert done.stderr.count("cannot be a file in into") == 2


def test_folder_marks_of_consoles_are_no_files(filled: CommandLine, client: S3Client) -> None:
    client.put_object(Bucket="data", Key="dir/", Body=b"")
    filled("cp", "-r", "s3://data/dir/", "into")
    assert files(filled.folder / "into") == ["a", "sub/b"]


def test_a_file_in_the_way_of_a_folder_is_said_and_the_rest_copied(
    filled: CommandLine, client: S3Client
) -> None:
    client.put_object(Bucket="data", Key="dir/a/below", Body=b"x")
    done = filled("cp", "-r", "s3://data/dir/", "into", code=1)
    complaint, summary = done.stderr.splitlines()
    assert complaint.startswith("s3fixture: s3://data/dir/a")
    assert summary.endswith(", 1 failure")
    assert "sub/b" in files(filled.folder / "into")


@posix_only
def test_a_file_that_may_not_be_read_is_said_and_the_rest_copied(
    filled: CommandLine, client: S3Client
) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (filled.folder / "tree" / "a.json").chmod(0)
    done = filled("cp", "-r", "tree/", "s3://data/in/", code=1)
    assert "Permission denied" in done.stderr
    assert keys(client, prefix="in/") == ["in/sub/b"]


def test_json_is_one_object_a_line(filled: CommandLine) -> None:
    rows = [
        json.loads(line)
        for line in filled("cp", "-r", "--json", "tree/", "s3://data/in/").stdout.splitlines()
    ]
    assert sorted((row["source"], row["target"], row["size"]) for row in rows) == [
        ("tree/a.json", "s3://data/in/a.json", 11),
        ("tree/sub/b", "s3://data/in/sub/b", 10),
    ]


def run_bytes(cli: CommandLine, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "s3fixture", *arguments],
        cwd=cli.folder,
        env=cli.environ,
        input=stdin,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize(
    "body", [b"", b"a\r\n\x00\xff", os.urandom(MIB) * 20], ids=["empty", "short", "parts"]
)
def test_streams_go_up_and_down(filled: CommandLine, client: S3Client, body: bytes) -> None:
    done = run_bytes(filled, "cp", "-", "s3://data/in/stream.json", stdin=body)
    assert (done.returncode, done.stdout) == (0, b"- -> s3://data/in/stream.json\n"), done.stderr
    found = client.get_object(Bucket="data", Key="in/stream.json")
    assert (found["Body"].read() == body, found["ContentType"]) == (True, "application/json")
    done = run_bytes(filled, "cp", "s3://data/in/stream.json", "-")
    assert (done.returncode, done.stdout == body, done.stderr) == (0, True, b"")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-", "-"], "copies one object; write"),
        (["-", "one.txt", "s3://data/x"], "copies one object; write"),
        (["-r", "s3://data/dir/", "-"], "--recursive"),
        (["--json", "s3://data/top.txt", "-"], "--json"),
        (["--version-id", "x", "-", "s3://data/x"], "--version-id"),
    ],
)
def test_what_does_not_go_with_a_stream_is_refused(
    filled: CommandLine, client: S3Client, arguments: list[str], complaint: str
) -> None:
    assert complaint in filled("cp", *arguments, code=2).stderr
    assert keys(client) == ["dir/a", "dir/sub/b", "directory/c", "top.txt"]


def test_a_stream_has_no_name_to_put_into_a_folder(filled: CommandLine) -> None:
    assert "is a folder; add a name" in filled.refused("cp", "-", "s3://data/dir/")


def test_a_quiet_copy_prints_errors_only(filled: CommandLine) -> None:
    done = filled("cp", "-q", "-r", "tree", "s3://data/")
    assert (done.stdout, done.stderr) == ("", "")
    assert "s3://missing/one.txt: NoSuchBucket" in filled.refused("cp", "-q", "one.txt", "s3://missing/")


def test_several_copies_are_summed_up(filled: CommandLine) -> None:
    done = filled("cp", "-r", "tree", "s3://data/")
    assert done.stderr.startswith("2 objects, 21 B in ")


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ("s3://data/dir/aa", "s3://data/dir/a"),
        ("s3://data/topp.txt", "s3://data/top.txt"),
        ("s3://dada/top.txt", "s3://data/top.txt"),
    ],
)
def test_an_error_names_the_object_and_one_that_is_called_alike(
    filled: CommandLine, source: str, meant: str
) -> None:
    line = filled.refused("cp", source, "there")
    assert line == f"s3fixture: {source}: 404: Not Found; did you mean {meant}?"


def test_errors_are_json_where_results_are(filled: CommandLine) -> None:
    done = filled("cp", "--json", "s3://data/missing-at-all", "there", code=1)
    error = json.loads(done.stderr)["error"]
    assert (error["code"], error["bucket"], error["key"]) == ("404", "data", "missing-at-all")
    done = filled("cp", "--json", "--version-id", "x", "-r", "s3://data/dir", "there", code=2)
    assert json.loads(done.stderr) == {
        "status": "error",
        "error": {"message": "--version-id needs exactly one object; name one"},
    }
    assert (
        json.loads(filled("ls", "--json", "s3://missing", code=1).stderr)["error"]["code"] == "NoSuchBucket"
    )
