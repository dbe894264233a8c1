"""`mv`: nothing is lost, whatever happens in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine

from s3fixture.backends.endpoint import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    client.create_bucket(Bucket="data")
    for key in ("top.txt", "dir/a", "dir/sub/b", "directory/c"):
        client.put_object(Bucket="data", Key=key, Body=key.encode(), Metadata={"from": key})
    for name in ("one.txt", "tree/a.json", "tree/sub/b"):
        path = mc.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return mc


def keys(client: S3Client, prefix: str = "") -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket="data", Prefix=prefix).get("Contents", [])]


def body(client: S3Client, key: str) -> bytes:
    return client.get_object(Bucket="data", Key=key)["Body"].read()


ALL = ["dir/a", "dir/sub/b", "directory/c", "top.txt"]


def test_an_object_is_renamed_with_what_belongs_to_it(filled: CommandLine, client: S3Client) -> None:
    assert filled("mv", "s3://data/top.txt", "s3://data/new/name").stdout == (
        "s3://data/top.txt -> s3://data/new/name\n"
    )
    assert keys(client) == ["dir/a", "dir/sub/b", "directory/c", "new/name"]
    assert client.head_object(Bucket="data", Key="new/name")["Metadata"] == {"from": "top.txt"}


def test_a_folder_is_renamed_and_no_more_than_that(filled: CommandLine, client: S3Client) -> None:
    filled("mv", "-r", "s3://data/dir/", "s3://data/moved/")
    assert keys(client) == ["directory/c", "moved/a", "moved/sub/b", "top.txt"]


def test_files_go_up_and_are_gone_here(filled: CommandLine, client: S3Client) -> None:
    filled("mv", "one.txt", "s3://data/up/")
    filled("mv", "-r", "tree", "s3://data/up/")
    assert keys(client, "up/") == ["up/one.txt", "up/tree/a.json", "up/tree/sub/b"]
    assert list(filled.folder.iterdir()) == []


def test_a_folder_whose_contents_are_moved_stays(filled: CommandLine, client: S3Client) -> None:
    filled("mv", "-r", "tree/", "s3://data/up/")
    assert keys(client, "up/") == ["up/a.json", "up/sub/b"]
    assert list((filled.folder / "tree").iterdir()) == []


def test_objects_come_down_and_are_gone_there(filled: CommandLine, client: S3Client) -> None:
    filled("mv", "-r", "s3://data/dir", "s3://data/directory", "down/")
    assert (filled.folder / "down/dir/sub/b").read_text() == "dir/sub/b"
    assert keys(client) == ["top.txt"]


def test_each_is_told_as_json(filled: CommandLine) -> None:
    found = json.loads(filled("mv", "--json", "s3://data/top.txt", "s3://data/b").stdout)
    assert found == {"status": "success", "source": "s3://data/top.txt", "target": "s3://data/b", "size": 7}
    assert filled("mv", "--quiet", "s3://data/b", "s3://data/c").stdout == ""


def test_a_moved_version_leaves_a_delete_marker(filled: CommandLine, client: S3Client) -> None:
    client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    filled("mv", "s3://data/top.txt", "s3://data/b")
    found = client.list_object_versions(Bucket="data", Prefix="top.txt")
    assert (len(found["Versions"]), len(found["DeleteMarkers"])) == (1, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["s3://data/top.txt", "s3://data/top.txt"],  # onto itself
        ["s3://data/top.txt", "s3://data/"],
        ["-r", "s3://data/dir/", "s3://data/dir/"],
        [
            "s3://data/dir/a",
            "s3://data/top.txt",
            "s3://other/a/top.txt",
            "s3://data/in/",
        ],  # twice the same name
    ],
)
def test_nothing_is_moved_onto_what_is_moved(
    filled: CommandLine, client: S3Client, arguments: list[str]
) -> None:
    client.create_bucket(Bucket="other")
    client.put_object(Bucket="other", Key="a/top.txt", Body=b"another")
    before = keys(client)
    assert "nothing was moved" in filled.refused("mv", *arguments)
    assert keys(client) == before
    assert body(client, "top.txt") == b"top.txt"


def test_a_chain_of_names_is_not_moved(filled: CommandLine, client: S3Client) -> None:
    client.put_object(Bucket="data", Key="dir/dir/a", Body=b"inner")
    assert "nothing was moved" in filled.refused("mv", "-r", "s3://data/dir/", "s3://data/dir/dir/")
    assert (body(client, "dir/a"), body(client, "dir/dir/a")) == (b"dir/a", b"inner")


def test_what_could_not_be_brought_stays(filled: CommandLine, client: S3Client) -> None:
    client.put_object(Bucket="data", Key="dir/sub/../evil", Body=b"x")
    said = filled("mv", "-r", "s3://data/dir", "down", code=1).stderr
    assert "dotted parts" in said
    assert keys(client, "dir/") == ["dir/sub/../evil"]
    assert filled.refused("mv", "s3://data/top.txt", "s3://missing/x").startswith("s3fixture: s3://")
    assert filled.refused("mv", "s3://data/gone", "s3://data/x")
    assert body(client, "top.txt") == b"top.txt"


def test_an_object_that_was_replaced_meanwhile_stays(
    filled: CommandLine, client: S3Client, server: Endpoint
) -> None:
    server.fail("DeleteObject", "PreconditionFailed", times=1)
    said = filled.refused("mv", "s3://data/top.txt", "s3://data/b")
    assert "s3://data/top.txt has changed since it was copied; it stays" in said
    assert keys(client) == ["b", *ALL]


def test_only_the_object_that_was_copied_is_removed(
    filled: CommandLine, client: S3Client, server: Endpoint
) -> None:
    filled("mv", "s3://data/top.txt", "s3://data/b")
    (record,) = [record for record in server.requests if record.operation == "DeleteObject"]
    assert record.key == "top.txt"


def test_linked_folders_are_not_emptied(filled: CommandLine, client: S3Client, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    (filled.folder / "tree" / "link").symlink_to(outside)
    filled("mv", "-r", "tree", "s3://data/up/")
    assert keys(client, "up/") == ["up/tree/a.json", "up/tree/sub/b"]
    assert (outside / "precious").exists()


def test_two_local_places_are_for_the_systems_own(filled: CommandLine) -> None:
    assert "use your system's mv" in filled.refused("mv", "one.txt", "two.txt")
    assert (filled.folder / "one.txt").exists()
