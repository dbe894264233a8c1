"""`retention` and `legalhold`."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from command_line import CommandLine

from s3fixture.backends.endpoint import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    """Two versions of a/k and one of a/l, and one of ab, which is not in the folder a."""
    mc("mb", "--with-lock", "data")
    for key in ("a/k", "a/k", "a/l", "ab"):
        client.put_object(Bucket="data", Key=key, Body=b"x")
    client.create_bucket(Bucket="open")
    client.put_object(Bucket="open", Key="k", Body=b"x")
    return mc


def version_ids(client: S3Client, key: str) -> list[str]:
    """The newest first."""
    found = client.list_object_versions(Bucket="data", Prefix=key)["Versions"]
    return [version["VersionId"] for version in found if version["Key"] == key]


def modes(client: S3Client) -> dict[tuple[str, int], str]:
    """Key and number of the version, from the newest -> its mode."""
    found = {}
    for key in ("a/k", "a/l", "ab"):
        for number, version in enumerate(version_ids(client, key)):
            head: Any = client.head_object(Bucket="data", Key=key, VersionId=version)
            if "ObjectLockMode" in head:
                found[key, number] = head["ObjectLockMode"]
    return found


def test_the_retention_of_one_object(filled: CommandLine, client: S3Client) -> None:
    assert filled("retention", "info", "minio/data/a/k").stdout.split() == ["none", "s3://data/a/k"]
    said = filled("retention", "set", "governance", "30d", "minio/data/a/k").stdout
    assert said.startswith("GOVERNANCE  until 20")
    assert modes(client) == {("a/k", 0): "GOVERNANCE"}
    found = json.loads(filled("retention", "info", "--json", "data/a/k").stdout)
    until = datetime.fromisoformat(found.pop("until").replace("Z", "+00:00"))
    assert timedelta(days=29) < until - datetime.now(timezone.utc) <= timedelta(days=30)
    assert found == {
        "status": "success",
        "operation": "info",
        "bucket": "data",
        "key": "a/k",
        "mode": "GOVERNANCE",
    }
    assert "AccessDenied" in filled.refused("retention", "set", "governance", "1d", "data/a/k")
    filled("retention", "set", "governance", "1d", "--bypass", "data/a/k")
    filled("retention", "clear", "data/a/k")
    assert modes(client) == {}


def test_the_retention_of_a_version(filled: CommandLine, client: S3Client) -> None:
    old = version_ids(client, "a/k")[1]
    filled("retention", "set", "GOVERNANCE", "1y", "data/a/k", "--vid", old)
    assert modes(client) == {("a/k", 1): "GOVERNANCE"}
    assert (
        f"s3://data/a/k (version {old})"
        in filled("retention", "info", "data/a/k", "--version-id", old).stdout
    )
    filled("retention", "clear", "data/a/k", "--version-id", old)
    assert modes(client) == {}


def test_the_retention_of_a_folder(filled: CommandLine, client: S3Client) -> None:
    filled("retention", "set", "governance", "30d", "data/a", "--recursive")
    assert modes(client) == {("a/k", 0): "GOVERNANCE", ("a/l", 0): "GOVERNANCE"}
    filled("retention", "set", "governance", "30d", "data", "-r", "--versions")
    assert len(modes(client)) == 4
    lines = filled("retention", "info", "data/a", "-r", "--versions").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["GOVERNANCE"] * 3
    assert len({line.index("s3://") for line in lines}) == 1
    filled("retention", "clear", "data/a", "-r", "--versions")
    assert modes(client) == {("ab", 0): "GOVERNANCE"}


def test_what_was_there_at_a_time(filled: CommandLine, client: S3Client, server: Endpoint) -> None:
    server.clock.move(-10 * 86400)
    client.put_object(Bucket="data", Key="b", Body=b"old")
    old = client.list_object_versions(Bucket="data", Prefix="b")["Versions"][0]["VersionId"]
    server.clock.move(10 * 86400)
    client.put_object(Bucket="data", Key="b", Body=b"new")
    lines = filled("retention", "info", "data", "-r", "--rewind", "2d").stdout.splitlines()
    assert [line.split()[1:] for line in lines] == [["s3://data/b", "(version", f"{old})"]]
    assert "there is no such object" in filled.refused(
        "retention", "info", "data", "-r", "--rewind", "2020-01-01"
    )


def test_the_default_of_a_bucket(filled: CommandLine, client: S3Client) -> None:
    said = filled("retention", "info", "--default", "data").stdout
    assert said == "Default retention of s3://data is none\n"
    said = filled("retention", "set", "--default", "governance", "1d", "data").stdout
    assert said == "Default retention of s3://data is GOVERNANCE for 1 day\n"
    client.put_object(Bucket="data", Key="new", Body=b"")
    assert client.head_object(Bucket="data", Key="new")["ObjectLockMode"] == "GOVERNANCE"
    filled("retention", "set", "--default", "compliance", "2y", "data")
    found = json.loads(filled("retention", "info", "--default", "--json", "minio/data/").stdout)
    assert (found["mode"], found["validity"]) == ("COMPLIANCE", "2YEARS")
    filled("retention", "clear", "--default", "data")
    assert json.loads(filled("retention", "info", "--default", "--json", "data").stdout)["mode"] is None


def test_compliance_stays(filled: CommandLine) -> None:
    filled("retention", "set", "compliance", "1d", "data/ab")
    assert "AccessDenied" in filled.refused("retention", "clear", "data/ab")
    # Where there are several, the others are done.
    done = filled("retention", "clear", "data", "-r", code=1)
    assert done.stderr.count("AccessDenied") == 1
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["s3://data/a/k", "s3://data/a/l"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["set", "governance", "30", "data/ab"], "'30' is not how long to keep something"),
        (["set", "governance", "0d", "data/ab"], "'0d' is not how long"),
        (["set", "governance", "99999999999999999999d", "data/ab"], "is not how long"),
        (["set", "governance", "٣d", "data/ab"], "is not how long"),
        (["info", "data/a"], "NoSuchKey"),
        (["info", "data/a/"], "is a folder or bucket; add --recursive"),
        (["info", "data"], "is a folder or bucket; add --recursive"),
        (["info", "data/missing", "-r", "--versions"], "there is no such object"),
        (["info", "--default", "open"], "s3://open has no object lock; make a bucket that has"),
        (["info", "open/k"], "InvalidRequest"),
        (["info", "data", "-r", "--rewind", "soon"], "--rewind 'soon' is not a time"),
    ],
)
def test_what_is_wrong_is_said(filled: CommandLine, arguments: list[str], message: str) -> None:
    assert message in filled.refused("retention", *arguments)


def test_options_that_do_not_fit_are_refused(filled: CommandLine) -> None:
    said = filled("retention", "info", "--default", "--versions", "data", code=2).stderr
    assert "--default applies to a bucket" in said
    said = filled("legalhold", "info", "--vid", "x", "--versions", "data/ab", code=2).stderr
    assert "--version-id names one version" in said


def test_legal_holds(filled: CommandLine, client: S3Client) -> None:
    assert filled("legalhold", "info", "data/ab").stdout == "OFF  s3://data/ab\n"
    assert filled("legalhold", "set", "data/ab").stdout == "Legal hold of s3://data/ab is ON\n"
    assert filled("legalhold", "info", "data/ab").stdout == "ON   s3://data/ab\n"
    assert client.head_object(Bucket="data", Key="ab")["ObjectLockLegalHoldStatus"] == "ON"
    filled("legalhold", "set", "data/a", "-r", "--versions")
    lines = filled("legalhold", "info", "data", "-r", "--versions").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["ON"] * 4
    filled("legalhold", "clear", "data", "-r", "--versions")
    found = [
        json.loads(line)["legalhold"]
        for line in filled("legalhold", "info", "--json", "data", "-r", "--versions").stdout.splitlines()
    ]
    assert found == ["OFF"] * 4
    assert "InvalidRequest" in filled.refused("legalhold", "set", "open/k")
    assert "did you mean 'info'?" in filled("legalhold", "inf", "data/ab", code=2).stderr
