"""`logs`: what was asked of the server of a project, and what was refused."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from command_line import PATIENCE, CommandLine, until

from s3fixture.cli.log_lines import parse_line


@pytest.fixture
def asked(s3: CommandLine) -> CommandLine:
    """A server that was asked for two things, one of which it has not."""
    client = s3.up("--bucket", "data").client()
    client.put_object(Bucket="data", Key="a b", Body=b"x")
    with pytest.raises(ClientError):
        client.get_object(Bucket="data", Key="none: 1 ms")
    return s3


def test_a_line_says_when_who_and_what(asked: CommandLine) -> None:
    made = next(line for line in asked("logs").stdout.splitlines() if "PutObject" in line)
    assert made.startswith(time.strftime("%Y-%m-%d "))
    assert " 200 - PutObject " in made
    assert " minioadmin Boto3/" in made
    assert made.endswith(" PUT /data/a b")


def test_only_what_was_refused(asked: CommandLine) -> None:
    (line,) = asked("logs", "--errors").stdout.splitlines()
    assert " 404 NoSuchKey GetObject " in line
    (document,) = map(json.loads, asked("logs", "--errors", "--json").stdout.splitlines())
    assert document.pop("milliseconds") >= 0
    assert document.pop("client").startswith("Boto3/")
    assert document.pop("time").startswith("20")
    assert document == {
        "status": 404,
        "code": "NoSuchKey",
        "operation": "GetObject",
        "accessKey": "minioadmin",
        "method": "GET",
        "place": "/data/none: 1 ms",
    }


def test_only_what_is_new(asked: CommandLine) -> None:
    log = asked.folder / ".s3fixture" / "s3fixture.log"
    log.write_text(f"2001-01-31 12:00:00 long ago\na traceback of then\n{log.read_text(encoding='utf-8')}")
    assert "long ago" in asked("logs").stdout
    said = asked("logs", "--since", "1h").stdout
    assert "PutObject" in said
    assert "ago" not in said
    assert "then" not in said  # what has no time is of the line before
    assert asked("logs", "--since", "1h", "--tail", "1").stdout == said.splitlines(keepends=True)[-1]
    first, second, *_ = map(json.loads, asked("logs", "--json").stdout.splitlines())
    assert (first["message"], second["message"]) == ("long ago", "a traceback of then")
    assert first["time"] == second["time"]
    assert "--since 'soon' is not a time" in asked.refused("logs", "--since", "soon")


def test_errors_are_followed(asked: CommandLine, tmp_path: Path) -> None:
    process = asked.start("logs", "--errors", "--follow", "--json")
    assert process.stdout is not None
    assert "NoSuchKey" in process.stdout.readline()
    with pytest.raises(ClientError):
        asked.client().delete_bucket(Bucket="missing")
    asked.client().list_buckets()
    assert json.loads(process.stdout.readline())["code"] == "NoSuchBucket"
    asked("down")
    until(lambda: process.poll() is not None, "it ends with the server")
    with process.stdout:
        assert process.stdout.read() == ""
    assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2026-01-31 12:00:00",
        "2026-01-31 12:00:00 ready at",
        "2026-13-31 12:00:00 200 - A 1ms b c GET /",
    ],
)
def test_other_lines_are_no_requests(text: str) -> None:
    assert parse_line(text).fields == {}
    assert not parse_line(text).is_error
