"""Names come from whoever sends requests: none of them reaches a terminal as a command to it."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from command_line import CommandLine

from s3fixture.backends import start
from s3fixture.cli import output
from s3fixture.cli.server_log import LOGGER, log_requests, logged
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Colours in the old and the new way, the title of the window, the direction of writing, lines of one's own.
EVIL = "a\x1b[31m\x9b31m\x1b]0;title\x07\u202eb\u2028c\nd"


def assert_tame(text: str) -> None:
    assert [character for character in text if not (character.isprintable() or character == "\n")] == []


@pytest.mark.parametrize("level", [logging.INFO, logging.ERROR])
def test_a_record_in_the_log_is_one_line(tmp_path: Path, level: int) -> None:
    with logged(tmp_path / "log", printed=False):
        LOGGER.log(level, "PUT /bucket/%s 200", EVIL)
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert_tame(text)
    assert text.count("\n") == 1


def test_a_request_is_one_line_in_each_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with start("emulator", Settings()) as endpoint, logged(tmp_path / "log", printed=True) as logs:
        log_requests(endpoint, logs)
        endpoint.client().create_bucket(Bucket="bucket")
        with pytest.raises(ClientError):
            endpoint.client().get_object(Bucket="bucket", Key=EVIL)
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert_tame(text)
    made, refused = text.splitlines()
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(time + r" 200 - CreateBucket \d+\.\dms minioadmin Boto3/\S+ PUT /bucket", made)
    assert re.fullmatch(
        time + r" 404 NoSuchKey GetObject \d+\.\dms minioadmin Boto3/\S+ GET /bucket/a.*b.*", refused
    )
    assert capsys.readouterr().out == text


def test_a_request_that_ends_after_the_log_is_not_logged(tmp_path: Path) -> None:
    with logged(tmp_path / "log", printed=False) as (log,):
        log.write("in time\n")
    log.write("too late\n")
    assert (tmp_path / "log").read_text(encoding="utf-8") == "in time\n"


def test_a_line_of_json_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"key": EVIL, "size": 1, EVIL: "\U000e0001 é"}
    output.say_json(document)
    text = capsys.readouterr().out
    assert_tame(text)
    assert text.count("\n") == 1
    assert json.loads(text) == document
    assert "é" in text


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_error(f"{EVIL} is not there")
    text = capsys.readouterr().err
    assert_tame(text)
    assert text.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        *(["ls", "s3://bucket"], ["ls", "--json", "s3://bucket"], ["tree", "s3://bucket"]),
        *(["find", "s3://bucket"], ["du", "s3://bucket"], ["stat", "s3://bucket/k"]),
        *(["stat", "--json", "s3://bucket/k"], ["tag", "list", "s3://bucket/k"]),
        *(["cp", "-r", "s3://bucket", "out"], ["mirror", "s3://bucket", "out"]),
        ["rm", "-r", "--force", "--json", "s3://bucket"],
    ],
    ids=" ".join,
)
def test_what_commands_print_of_objects_is_tame(
    mc: CommandLine, client: S3Client, command: list[str]
) -> None:
    name = EVIL.replace("\n", "")
    client.create_bucket(Bucket="bucket")
    client.put_object(Bucket="bucket", Key=f"{name}/{name}", Body=b"x")
    more: Any = {"Metadata": {"m": "=?utf-8?B?G1szMW0KYg==?="}, "Tagging": "t=%E2%80%A8"}
    client.put_object(Bucket="bucket", Key="k", Body=b"x", ContentType="text/\x9b31m", **more)
    done = mc(*command, code=None)
    assert_tame(done.stdout)
    assert_tame(done.stderr)
