"""`undo`: the last changes of objects are taken back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    """a/k: put 1, removed, put 2, removed, all within a second; a/l: put 1, put 2; ab: put 1, removed."""
    client.create_bucket(Bucket="data")
    client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    for key, text in (("a/k", "1-2-"), ("a/l", "12"), ("ab", "1-")):
        for change in text:
            if change == "-":
                client.delete_object(Bucket="data", Key=key)
            else:
                client.put_object(Bucket="data", Key=key, Body=change.encode())
    return mc


def contents(client: S3Client) -> dict[str, str]:
    keys = [each["Key"] for each in client.list_objects_v2(Bucket="data").get("Contents", [])]
    return {key: client.get_object(Bucket="data", Key=key)["Body"].read().decode() for key in keys}


def test_changes_are_taken_back_in_their_order(filled: CommandLine, client: S3Client) -> None:
    said = filled("undo", "minio/data/a/k").stdout
    assert said.startswith("Took back the removal of s3://data/a/k (version ")
    assert contents(client) == {"a/k": "2", "a/l": "2"}
    lines = filled("undo", "data/a/k", "--last", 2).stdout.splitlines()
    assert [line.split()[3] for line in lines] == ["upload", "removal"]
    assert contents(client) == {"a/k": "1", "a/l": "2"}
    filled("undo", "data/a/k", "--last", 9)
    assert contents(client) == {"a/l": "2"}
    assert "there is no object with versions" in filled.refused("undo", "data/a/k")


def test_a_folder_is_taken_back(filled: CommandLine, client: S3Client) -> None:
    assert "add --force to confirm" in filled("undo", "data/a", "-r", code=2).stderr
    said = filled("undo", "data/a", "-r", "--dry-run", "--json").stdout
    rows = [json.loads(line) for line in said.splitlines()]
    assert [(row["key"], row["action"], row["dryRun"]) for row in rows] == [
        ("a/k", "DELETE", True),
        ("a/l", "PUT", True),
    ]
    assert contents(client) == {"a/l": "2"}
    filled("undo", "data/a", "-r", "--force")
    assert contents(client) == {"a/k": "2", "a/l": "1"}


def test_only_one_kind_of_changes(filled: CommandLine, client: S3Client) -> None:
    filled("undo", "data", "-r", "--force", "--action", "delete")
    assert contents(client) == {"a/k": "2", "a/l": "2", "ab": "1"}
    assert "whose last change was a removal" in filled.refused("undo", "data/ab", "--action", "DELETE")


def test_what_cannot_be_taken_back_is_said(filled: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="plain")
    client.put_object(Bucket="plain", Key="k", Body=b"")
    assert "s3://plain keeps no versions" in filled.refused("undo", "plain/k")
    assert client.head_object(Bucket="plain", Key="k")
    assert "is a folder or bucket; add --recursive" in filled.refused("undo", "data")
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    client.put_object(Bucket="locked", Key="k", Body=b"", ObjectLockLegalHoldStatus="ON")
    assert "AccessDenied" in filled.refused("undo", "locked/k")
