"""Completion in the shell, and listings without boto3."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import PATIENCE, CommandLine, posix_only

from s3fixture.backends.endpoint import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def filled(mc: CommandLine, client: S3Client) -> CommandLine:
    for bucket in ("data", "database", "other"):
        client.create_bucket(Bucket=bucket)
    for key in ("in/a.csv", "in/b c+ü.csv", "index", "out"):
        client.put_object(Bucket="data", Key=key, Body=b"x")
    return mc


def completed(s3: CommandLine, *words: str) -> list[str]:
    """What the last word may become, as bash hears it."""
    asked = {
        "_S3FIXTURE_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("s3fixture", *words)),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from s3fixture.cli import main; sys.exit(main())"],
        env={**s3.environ, **asked},
        cwd=s3.folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stderr == ""
    return [line.removeprefix("plain,") for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["wat"], ["watch"]),
        (["retention", "cl"], ["clear"]),
        (["ilm", "rule", "ex"], ["export"]),
        (["find", "--reg"], ["--regex"]),
        (["ls", "minio/dat"], ["minio/data/", "minio/database/"]),
        (["ls", "dat"], ["data/", "database/"]),
        (["ls", "s3", ":", "//o"], ["//other/"]),  # bash breaks words at colons
        (["ilm", "rule", "ls", "s3://o"], ["s3://other/"]),
        (["cp", "minio/data/in"], ["minio/data/in/", "minio/data/index"]),
        (["cat", "data/in/"], ["data/in/a.csv", r"data/in/b\ c+ü.csv"]),
        (["cp", "ju"], ["file,ju"]),
        (["cat", "missing/"], []),
        (["up", "dat"], []),
    ],
)
def test_words_are_completed(filled: CommandLine, words: list[str], expected: list[str]) -> None:
    assert completed(filled, *words) == expected


def test_aliases_are_completed(filled: CommandLine, server: Endpoint) -> None:
    keys = f"{server.access_key}:{server.secret_key}"
    filled.environ["MC_HOST_database"] = f"http://{keys}@{server.url.partition('://')[2]}"
    assert completed(filled, "ls", "databa") == ["database/"]
    assert completed(filled, "cp", "databa") == ["database/"]
    assert completed(filled, "cp", "mi") == ["minio/"]
    assert completed(filled, "cp", "database/da") == ["database/data/", "database/database/"]
    assert completed(filled, "cat", "database/data/in") == ["database/data/in/", "database/data/index"]


def test_profiles_are_completed(filled: CommandLine, server: Endpoint) -> None:
    folder = Path(filled.environ["HOME"]) / ".aws"
    folder.mkdir()
    (folder / "config").write_text(
        f"[profile lab]\nendpoint_url = {server.url}\naws_access_key_id = {server.access_key}\n"
        f"aws_secret_access_key = {server.secret_key}\n[profile late]\n"
    )
    assert completed(filled, "ls", "--profile", "la") == ["lab", "late"]
    assert completed(filled, "cp", "la") == ["lab/"]  # the other one has no endpoint
    assert completed(filled, "cp", "lab/dat") == ["lab/data/", "lab/database/"]
    filled.environ["MC_HOST_bad"] = "nonsense"
    assert completed(filled, "cp", "la") == ["lab/"]


def test_nothing_is_said_where_no_server_answers(s3: CommandLine) -> None:
    assert completed(s3, "ls", "minio/") == []
    s3.environ["AWS_ENDPOINT_URL_S3"] = "http://127.0.0.1:9"
    assert completed(s3, "ls", "minio/") == []


@posix_only
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_reads_the_script(s3: CommandLine) -> None:
    s3.environ["_S3FIXTURE_COMPLETE"] = "bash_source"
    script = subprocess.run(
        [sys.executable, "-c", "import sys; from s3fixture.cli import main; sys.exit(main())"],
        env=s3.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    ).stdout
    assert "compopt -o nospace" in script
    assert "read -r type value" in script
    subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=PATIENCE)


@posix_only
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    "key", ["two words", "$(touch hacked)", "`touch hacked`", "a;b&c|d", "'\"\\", "*?[x]~#!{}<>"]
)
def test_bash_puts_a_key_into_the_line_as_one_word(filled: CommandLine, client: S3Client, key: str) -> None:
    client.put_object(Bucket="other", Key=key, Body=b"")
    program = filled.folder / "s3fixture"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m s3fixture "$@"\n')
    program.chmod(0o755)
    filled.environ["PATH"] = f"{filled.folder}{os.pathsep}{filled.environ['PATH']}"
    script = """\
compopt() { :; }
eval "$(_S3FIXTURE_COMPLETE=bash_source s3fixture)"
COMP_WORDS=(s3fixture cat other/) COMP_CWORD=2
_s3fixture_completion s3fixture
eval "set -- ${COMPREPLY[0]}"
printf '%s\\n' "$@"
"""
    done = subprocess.run(
        ["bash", "-c", script],
        env=filled.environ,
        cwd=filled.folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout == f"other/{key}\n"
    assert not (filled.folder / "hacked").exists()


def test_pages_of_a_listing_follow_one_another(filled: CommandLine, client: S3Client) -> None:
    client.put_bucket_versioning(Bucket="other", VersioningConfiguration={"Status": "Enabled"})
    keys = [f"{number:04} +%ü" for number in range(1005)]
    for key in keys:
        client.put_object(Bucket="other", Key=key, Body=b"")
    assert [line[-9:].strip() for line in filled("ls", "other").stdout.splitlines()] == keys
    assert len(filled("ls", "--versions", "other").stdout.splitlines()) == 1005


def test_a_listing_does_not_wait_for_boto3(filled: CommandLine) -> None:
    program = (
        "import sys; from s3fixture.cli import main; code = main(['ls', 'data']);"
        "sys.exit(code or 'botocore' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=filled.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "index" in done.stdout


def test_a_completion_waits_for_no_module_that_takes_long(filled: CommandLine) -> None:
    asked = {
        "_S3FIXTURE_COMPLETE": "bash_complete",
        "COMP_WORDS": "s3fixture cat data/in",
        "COMP_CWORD": "2",
    }
    program = (
        "import atexit, sys; from s3fixture.cli import main;"  # which ends the process
        "slow = {'botocore', 'email', 'http.client', 'ssl', 's3fixture.settings', 's3fixture.backends'};"
        "atexit.register(lambda: print(sorted(slow & sys.modules.keys()))); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**filled.environ, **asked},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout.splitlines()[-3:] == ["plain,data/in/", "plain,data/index", "[]"]


def test_what_is_refused_once_is_asked_for_again(filled: CommandLine, server: Endpoint) -> None:
    server.fail("ListObjectsV2", times=2)
    assert "index" in filled("ls", "data").stdout
    assert [record.status for record in server.requests if record.operation == "ListObjectsV2"][-1] == 200
