"""`clean`: what killed test runs left in a store that others use too."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine, posix_only

from s3fixture.backends.emulator import EmulatorEndpoint
from s3fixture.backends.runs import new_run

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint

HOUR = 3600.0
# Names that somebody thought of, or nearly ours: the last has wrong check digits.
THEIRS = ["backups", "s3fx", "s3fx-2024", "s3fx-6923bd1a5e0c-gw0-data", "s3fx-6923bd1a5e0c9f-main-test"]


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> str:
    """The prefix of a run that began 30 hours ago."""
    now = time.time()
    with monkeypatch.context() as past:
        past.setattr(time, "time", lambda: now - 30 * HOUR)
        return new_run().prefix


def buckets(client: S3Client) -> list[str]:
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]


def test_only_old_buckets_of_test_runs_are_removed(mc: CommandLine, client: S3Client, old: str) -> None:
    young = f"{new_run().prefix}test-it"
    for name in (*THEIRS, young, f"{old}test-it"):
        client.create_bucket(Bucket=name)
        client.put_object(Bucket=name, Key="k", Body=b"1")

    assert mc("clean").stdout == f"Removed s3://{old}test-it\n"

    assert buckets(client) == sorted([*THEIRS, young])
    for name in THEIRS:
        assert client.get_object(Bucket=name, Key="k")["Body"].read() == b"1"
    assert mc("clean").stdout == "no bucket of a test run that began more than 24 hours ago\n"


def test_versions_and_unfinished_uploads_go_too(mc: CommandLine, client: S3Client, old: str) -> None:
    client.create_bucket(Bucket=f"{old}a")
    client.put_bucket_versioning(Bucket=f"{old}a", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        client.put_object(Bucket=f"{old}a", Key="k", Body=body)
    client.delete_object(Bucket=f"{old}a", Key="k")
    client.create_multipart_upload(Bucket=f"{old}a", Key="half")

    mc("clean")

    assert buckets(client) == []


def test_the_age_can_be_chosen(mc: CommandLine, client: S3Client, old: str) -> None:
    young = f"{new_run().prefix}b"
    for name in (f"{old}a", young):
        client.create_bucket(Bucket=name)

    mc("clean", "--older-than", 31)
    assert buckets(client) == sorted([f"{old}a", young])
    mc("clean", "--older-than", 29.5)
    assert buckets(client) == [young]
    mc("clean", "--older-than", 0)
    assert buckets(client) == []


@pytest.mark.parametrize("age", ["-1", "nan", "old"])
def test_an_age_that_is_none_removes_nothing(mc: CommandLine, client: S3Client, old: str, age: str) -> None:
    client.create_bucket(Bucket=f"{old}a")
    assert age in mc("clean", "--older-than", age, code=2).stderr
    assert buckets(client) == [f"{old}a"]


def test_a_dry_run_only_names_them(mc: CommandLine, client: S3Client, old: str) -> None:
    client.create_bucket(Bucket=f"{old}a")
    assert mc("clean", "--dry-run").stdout == f"Would remove s3://{old}a\n"
    assert buckets(client) == [f"{old}a"]


def test_scripts_get_json(mc: CommandLine, client: S3Client, old: str) -> None:
    assert mc("clean", "--json").stdout == ""
    client.create_bucket(Bucket=f"{old}a")
    for options, dry in ((["--dry-run"], True), ([], False)):
        (line,) = mc("clean", "--json", *options).stdout.splitlines()
        assert json.loads(line) == {"status": "success", "bucket": f"{old}a", "hours": 30.0, "dryRun": dry}


def test_a_bucket_that_cannot_be_removed_is_said_and_the_others_go(
    mc: CommandLine, server: Endpoint, client: S3Client, old: str
) -> None:
    for name in (f"{old}a", f"{old}b"):
        client.create_bucket(Bucket=name)
    assert isinstance(server, EmulatorEndpoint)
    server.fail("DeleteBucket", code="AccessDenied", times=1, bucket=f"{old}a")

    done = mc("clean", code=1)

    assert f"the bucket '{old}a' could not be removed" in done.stderr
    assert buckets(client) == [f"{old}a"]


@posix_only
def test_what_a_killed_test_run_left_is_removed(mc: CommandLine, client: S3Client, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import os, signal\ndef test_it(s3_bucket): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    options = ("--s3-backend=external", f"--s3-endpoint-url={mc.environ['AWS_ENDPOINT_URL_S3']}")
    done = subprocess.run(
        (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options),
        cwd=tmp_path,
        env={**os.environ, **mc.environ},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    (left,) = buckets(client)

    assert mc("clean", "--older-than", 0).stdout == f"Removed s3://{left}\n"
    assert buckets(client) == []
