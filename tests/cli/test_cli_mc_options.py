"""Options and names that people know from mc."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from command_line import PATIENCE, CommandLine, posix_only, until

from s3fixture.backends.endpoint import Endpoint
from s3fixture.cli.properties import parse_properties
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.emulator import ThreadEndpoint

MIB = 1024 * 1024
ATTR = "Cache-Control=no-cache;owner=me;X-Amz-Meta-x=a=b"


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    client.create_bucket(Bucket="data")
    for key in ("old/a", "old/b.tmp", "c"):
        client.put_object(
            Bucket="data",
            Key=key,
            Body=key.encode() * 3,
            Metadata={"k": "v"},
            Tagging="t=1",
            ContentType="x/y",
        )
    (mc.folder / "f.txt").write_text("file")
    return mc


def keys(client: S3Client, bucket: str = "data") -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def tags(client: S3Client, key: str) -> dict[str, str]:
    found = client.get_object_tagging(Bucket="data", Key=key)["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_attributes_tags_and_storage_class_of_uploads(filled: CommandLine, client: S3Client) -> None:
    wanted = ("--attr", ATTR, "--tags", "a=1&b=x y", "--sc", "STANDARD_IA")
    filled("cp", *wanted, "f.txt", "s3://data/up")
    filled("pipe", *wanted, "s3://data/piped.txt", stdin="text")
    for key in ("up", "piped.txt"):
        head = client.head_object(Bucket="data", Key=key)
        assert (head["CacheControl"], head["ContentType"]) == ("no-cache", "text/plain")
        assert (head["Metadata"], head["StorageClass"]) == ({"owner": "me", "x": "a=b"}, "STANDARD_IA")
        assert tags(client, key) == {"a": "1", "b": "x y"}


@pytest.mark.parametrize("size", [10, 70 * MIB], ids=["small", "in parts"])
def test_a_copy_keeps_what_is_not_changed(filled: CommandLine, client: S3Client, size: int) -> None:
    client.put_object(
        Bucket="data", Key="a", Body=os.urandom(size), Metadata={"k": "v"}, Tagging="t=1", ContentType="x/y"
    )
    filled("cp", "--attr", "owner=me;Content-Language=de", "s3://data/a", "s3://data/b")
    head = client.head_object(Bucket="data", Key="b")
    assert (head["ContentType"], head["ContentLanguage"]) == ("x/y", "de")
    assert (head["Metadata"], tags(client, "b")) == ({"k": "v", "owner": "me"}, {"t": "1"})
    filled("cp", "--tags", "n=2", "s3://data/b", "s3://data/c")
    head = client.head_object(Bucket="data", Key="c")
    assert (head["ContentType"], head["Metadata"]) == ("x/y", {"k": "v", "owner": "me"})
    assert tags(client, "c") == {"n": "2"}


def test_attributes_of_a_copy_to_another_server(
    filled: CommandLine, client: S3Client, server: Endpoint
) -> None:
    address = server.url.partition("://")[2].replace("127.0.0.1", "localhost")
    filled.environ["MC_HOST_work"] = f"http://{server.access_key}:{server.secret_key}@{address}"
    filled("cp", "--attr", ATTR, "--tags", "n=2", "s3://data/c", "work/data/new")
    head = client.head_object(Bucket="data", Key="new")
    assert (head["ContentType"], head["CacheControl"]) == ("x/y", "no-cache")
    assert head["Metadata"] == {"k": "v", "owner": "me", "x": "a=b"}
    assert tags(client, "new") == {"n": "2"}


@pytest.mark.parametrize("text", ["", "nothing", "=x", "a=1;", "a=1;;b=2"])
def test_attributes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(S3FixtureError, match="write NAME=VALUE, and a semicolon between two of them"):
        parse_properties(text, None, None)


def test_attributes_are_for_objects(filled: CommandLine) -> None:
    said = filled("cp", "--tags", "a=1", "s3://data/c", ".", code=2).stderr
    assert "--attr, --tags and --storage-class" in said
    assert "the target is local" in said


@pytest.fixture
def aged(filled: CommandLine, client: S3Client, server: ThreadEndpoint) -> CommandLine:
    """With objects of two days ago below old/, and one of now."""
    client.delete_object(Bucket="data", Key="c")
    server.clock.move(days=-2)
    for key in ("old/a", "old/b.tmp"):
        client.put_object(Bucket="data", Key=key, Body=b"x")
    server.clock.reset()
    client.put_object(Bucket="data", Key="c", Body=b"y")
    return filled


def test_only_what_is_so_old(aged: CommandLine, client: S3Client) -> None:
    assert aged("cp", "-r", "--newer-than", "1d", "s3://data/", ".").stdout == "s3://data/c -> c\n"
    assert len(aged("mirror", "--dry-run", "--older-than", "1d", "s3://data", "m").stdout.splitlines()) == 2
    aged("mv", "-r", "--older-than", "1d", "s3://data/", "s3://data/moved/")
    assert keys(client) == ["c", "moved/old/a", "moved/old/b.tmp"]
    aged("rm", "-r", "--force", "--older-than", "1d", "s3://data")
    assert keys(client) == ["c", "moved/old/a", "moved/old/b.tmp"]
    aged("rm", "-r", "--force", "--newer-than", "1d", "s3://data/moved")
    assert keys(client) == ["c"]
    assert "need --recursive or --versions" in aged("rm", "--older-than", "1d", "s3://data/c", code=2).stderr


def test_old_versions_are_removed(aged: CommandLine, client: S3Client, server: ThreadEndpoint) -> None:
    client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket="data", Key="old/a", Body=b"new")
    aged("rm", "-r", "--force", "--versions", "--older-than", "1d", "s3://data")
    versions = client.list_object_versions(Bucket="data")["Versions"]
    assert [(found["Key"], found["Size"]) for found in versions] == [("c", 1), ("old/a", 3)]


def test_a_mirror_leaves_out_names_on_both_sides(filled: CommandLine, client: S3Client) -> None:
    filled("mirror", "--exclude", "*.tmp", "--exclude", "c", "s3://data", "m")
    assert [path.name for path in (filled.folder / "m").rglob("*") if path.is_file()] == ["a"]
    (filled.folder / "m" / "mine.tmp").write_text("kept")
    (filled.folder / "m" / "extra").write_text("removed")
    filled("mirror", "--remove", "--exclude", "*.tmp", "s3://data", "m")
    assert sorted(path.name for path in (filled.folder / "m").rglob("*") if path.is_file()) == [
        "a",
        "c",
        "mine.tmp",
    ]


@posix_only
def test_a_mirror_goes_on(filled: CommandLine, client: S3Client) -> None:
    process = filled.start("mirror", "--watch", "s3://data", "m")
    until((filled.folder / "m" / "c").exists, "the first look")
    client.put_object(Bucket="data", Key="later", Body=b"x")
    until((filled.folder / "m" / "later").exists, "another look")
    client.put_object(Bucket="data", Key="later", Body=b"changed")
    assert process.stdout is not None
    assert any("differs" in line for line in process.stdout)
    client.put_object(Bucket="data", Key="last", Body=b"x")
    assert next(iter(process.stdout)) == "s3://data/last -> m/last\n"  # the difference is told once
    process.terminate()
    with process.stdout:
        rest = process.stdout.read()
    assert process.wait(PATIENCE) == 128 + 15
    assert "differs" not in rest
    assert "cannot be given together" in filled("mirror", "-w", "--dry-run", "s3://data", "m", code=2).stderr


def test_uploads_that_were_not_completed(filled: CommandLine, client: S3Client) -> None:
    for key in ("old/u", "other"):
        upload = client.create_multipart_upload(Bucket="data", Key=key)["UploadId"]
        client.upload_part(Bucket="data", Key=key, UploadId=upload, PartNumber=1, Body=b"x" * 1024)
    assert [line.split()[-1] for line in filled("ls", "-I", "s3://data").stdout.splitlines()] == [
        "old/u",
        "other",
    ]
    (row,) = map(json.loads, filled("ls", "--incomplete", "--json", "s3://data/old/").stdout.splitlines())
    assert (row["key"], row["size"]) == ("old/u", 1024)
    assert [line.split()[-1] for line in filled("ls", "-I").stdout.splitlines()] == [
        "data/old/u",
        "data/other",
    ]
    filled("rm", "-I", "-r", "--dry-run", "s3://data")
    assert filled("rm", "-I", "-r", "--force", "s3://data/old").stdout == (
        "Removed s3://data/old/u (its upload)\n"
    )
    filled("rm", "-I", "s3://data/other")
    assert not client.list_multipart_uploads(Bucket="data").get("Uploads")
    assert keys(client) == ["c", "old/a", "old/b.tmp"]


def test_a_listing_is_summed_up(filled: CommandLine) -> None:
    assert filled("ls", "-r", "--summarize", "s3://data").stdout.endswith(
        "\nTotal Size: 45 B\nTotal Objects: 3\n"
    )
    last = filled("ls", "-r", "--summarize", "--json", "s3://data/old").stdout.splitlines()[-1]
    assert json.loads(last) == {"status": "success", "totalObjects": 2, "totalSize": 42}


def test_a_part_of_an_object(filled: CommandLine, client: S3Client) -> None:
    client.put_object(Bucket="data", Key="a", Body=b"0123456789")
    assert filled("cat", "--offset", "7", "s3://data/a").stdout == "789"
    assert filled("cat", "--tail", "4", "s3://data/a").stdout == "6789"
    assert filled("cat", "--offset", "0", "s3://data/a").stdout == "0123456789"
    assert "InvalidRange" in filled.refused("cat", "--offset", "10", "s3://data/a")
    assert "choose one" in filled("cat", "--offset", "1", "--tail", "1", "s3://data/a", code=2).stderr


def test_all_objects_are_shown(filled: CommandLine) -> None:
    rows = map(json.loads, filled("stat", "-r", "--json", "s3://data/old", "s3://data/c").stdout.splitlines())
    assert [row["name"] for row in rows] == ["old/a", "old/b.tmp"]
    assert "exactly one" in filled("stat", "-r", "--version-id", "x", "s3://data", code=2).stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["share", "download", "minio/data/c"], "`s3fixture presign s3://BUCKET/KEY`"),
        (["ping", "minio"], "`s3fixture ready ALIAS` waits"),
        (
            ["ilm", "add", "--expiry-days", "1", "minio/data"],
            "there is no command 'add'; did you mean 'rule add'?",
        ),
        (["ilm", "list", "minio/data"], "there is no command 'list'; did you mean 'rule list'?"),
        (["sql", "minio/data/c"], "mc itself"),
        (["cp", "-a", "f.txt", "s3://data/"], "there is no option -a: leave it out"),
        (["ls", "--rewind", "7d"], "there is no option --rewind: `s3fixture ls --versions`"),
        (["ls", "--nothing"], "No such option"),
    ],
)
def test_words_of_mc_are_explained(s3: CommandLine, words: list[str], hint: str) -> None:
    said = s3(*words, code=2).stderr
    assert hint in said


def test_anonymous_is_another_name_of_policy(filled: CommandLine) -> None:
    filled("anonymous", "set", "download", "minio/data")
    assert filled("anonymous", "get", "minio/data").stdout.endswith("is download\n")
