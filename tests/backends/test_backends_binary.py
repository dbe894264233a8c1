"""`backend="binary"`: programs of other makers, run for a test session and gone with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

import s3fixture
from s3fixture import S3FixtureError
from s3fixture.backends import binary
from s3fixture.backends.binary import BinaryEndpoint
from s3fixture.backends.programs import PROGRAMS as KNOWN

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PROGRAMS = ["s3fixture", "moto_server", "rclone", "versitygw", "minio"]
TOMORROW = datetime.now(timezone.utc) + timedelta(days=1)


def serve(program: str, **settings: Any) -> BinaryEndpoint:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not on PATH")
    endpoint = s3fixture.serve(backend="binary", binary=program, **settings)
    assert isinstance(endpoint, BinaryEndpoint)
    return endpoint


@pytest.fixture(autouse=True)
def _programs_of_this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_test_leaves_the_server_as_it_was(program: str) -> None:
    with serve(program, buckets=["data"]) as server:
        client = server.client()
        client.put_object(Bucket="data", Key="kept", Body=b"1")

        with server.isolated():
            client.create_bucket(Bucket="another")
            client.put_object(Bucket="another", Key="k", Body=b"2")
            upload = client.create_multipart_upload(Bucket="another", Key="half")["UploadId"]
            client.upload_part(Bucket="another", Key="half", UploadId=upload, PartNumber=1, Body=b"3")
            client.put_object(Bucket="data", Key="added", Body=b"3")

        assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["data"]
        assert [item["Key"] for item in client.list_objects_v2(Bucket="data")["Contents"]] == ["kept"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_versions_and_delete_markers_of_a_test_are_removed(program: str) -> None:
    with serve(program) as server:
        if "versioning" not in server.capabilities:
            pytest.skip(f"{program} has no versions")
        client = server.client()
        with server.isolated():
            client.create_bucket(Bucket="another")
            enabled = {"Status": "Enabled"}
            client.put_bucket_versioning(Bucket="another", VersioningConfiguration=enabled)  # type: ignore[arg-type]
            for body in (b"1", b"2"):
                client.put_object(Bucket="another", Key="k", Body=body)
            client.delete_object(Bucket="another", Key="k")

        assert client.list_buckets()["Buckets"] == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_objects_of_a_test_under_holds_and_governance_are_removed(program: str) -> None:
    with serve(program) as server:
        if "object-lock" not in server.capabilities:
            pytest.skip(f"{program} locks no objects")
        client = server.client()
        governance: Any = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": TOMORROW}
        hold: Any = {"ObjectLockLegalHoldStatus": "ON"}
        with server.isolated():
            client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
            for key, locks in {"held": hold, "governed": governance, "both": {**hold, **governance}}.items():
                version = client.put_object(Bucket="locked", Key=key, Body=b"1", **locks)["VersionId"]
                with pytest.raises(ClientError, match=r"AccessDenied|WORM protected"):  # MinIO's own words
                    client.delete_object(Bucket="locked", Key=key, VersionId=version)
                client.delete_object(Bucket="locked", Key=key)

        assert client.list_buckets()["Buckets"] == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_object_under_compliance_stays_and_that_is_said(program: str) -> None:
    with serve(program) as server:
        if "object-lock" not in server.capabilities:
            pytest.skip(f"{program} locks no objects")
        client = server.client()
        compliance: Any = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": TOMORROW}
        test = server.isolated()
        test.__enter__()
        client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        client.put_object(Bucket="locked", Key="k", Body=b"1", **compliance)
        with pytest.raises(S3FixtureError, match=r"'locked' could not be removed: .*compliance mode"):
            test.__exit__(None, None, None)


def test_what_a_test_destroyed_is_made_again_from_the_seed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "k").write_text("seeded")
    with serve("moto_server", seed=tmp_path) as server:
        client = server.client()
        with server.isolated():
            client.put_object(Bucket="data", Key="k", Body=b"changed")

        assert client.get_object(Bucket="data", Key="k")["Body"].read() == b"seeded"


def test_what_cannot_be_made_again_is_said() -> None:
    with serve("moto_server", buckets=["data"]) as server:
        client = server.client()
        client.put_object(Bucket="data", Key="k", Body=b"1")
        with pytest.raises(S3FixtureError, match="s3://data/k"), server.isolated():
            client.delete_object(Bucket="data", Key="k")


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(S3FixtureError, match="already in use; choose another with port="):
            serve("moto_server", port=taken.getsockname()[1])


def test_a_program_that_cannot_start_is_an_error_with_its_output(tmp_path: Path) -> None:
    program = tmp_path / "rclone"
    program.write_text("#!/bin/sh\necho cannot read /etc/server.conf\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(S3FixtureError, match=r"exit code 3; it said:\ncannot read /etc/server.conf"):
        serve(str(program))


def test_a_program_that_never_gets_ready_is_stopped_and_its_output_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = next(program for program in KNOWN if program.name == "rclone")
    monkeypatch.setattr(binary, "PROGRAMS", (replace(known, start_seconds=1.0),))
    program = tmp_path / "rclone"
    program.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/pid\necho looking for disks\nexec sleep 300\n")
    program.chmod(0o755)

    with pytest.raises(S3FixtureError, match=r"was not ready after 1 s: .*\n?.*looking for disks"):
        serve(str(program))

    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize(
    ("program", "message"),
    [("nginx", "not a known server program"), ("/nowhere/minio-1", "there is no program|minio")],
)
def test_a_program_that_is_not_there_is_one_line(
    program: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(S3FixtureError, match=message):
        s3fixture.serve(backend="binary", binary=program)


def test_a_killed_server_is_named_at_the_next_call() -> None:
    with serve("moto_server") as server:
        client = server.client()
        os.kill(server.pid, signal.SIGTERM)
        with pytest.raises(S3FixtureError, match=r"moto_server ended with exit code"):
            _ask_until_it_fails(client)


def test_a_server_ends_with_a_parent_that_is_killed() -> None:
    code = (
        "import os, s3fixture\n"
        "server = s3fixture.serve(backend='binary', binary='moto_server')\n"
        "print(server.url, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    if shutil.which("moto_server") is None:
        pytest.skip("moto_server is not on PATH")
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=False)
    port = int(done.stdout.strip().rpartition(":")[2])

    deadline = time.monotonic() + 20
    while _answers(port):
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.1)


def _ask_until_it_fails(client: S3Client) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        client.list_buckets()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
