"""A data folder whose disk becomes read-only, full or bad while the server runs."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from service_helpers import refused

from s3fixture import serve

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SMALL, LARGE = b"small", os.urandom(300_000)
CHANGES, SYNCS = 1, 2  # what fails; see failing_disk.c
PROGRAM = """
import logging, sys
from s3fixture import serve
logging.basicConfig(format="%(message)s")
with serve(data_dir=sys.argv[1], buckets=["bucket"]) as endpoint:
    print(endpoint.url, endpoint.access_key, endpoint.secret_key, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if not sys.platform.startswith("linux") or compiler is None:
        pytest.skip("what lets the disk fail is C, and for Linux")
    library = tmp_path_factory.mktemp("failing") / "failing_disk.so"
    flags = ["-shared", "-fPIC", "-O1", "-o", str(library), str(Path(__file__).with_name("failing_disk.c"))]
    subprocess.run([compiler, *flags, "-ldl"], check=True)
    return library


class Disk:
    """A data folder with a server, and what the server says in its log."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.data, self._control, self._log = folder / "data", folder / "control", folder / "log"
        self._control.write_bytes(bytes(2))
        environ = {
            **os.environ,
            "LD_PRELOAD": str(library),
            "FAILING_ROOT": str(self.data),
            "FAILING_CONTROL": str(self._control),
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(self.data)],
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        url, key, secret = self._process.stdout.readline().split()
        self.client: S3Client = boto3.session.Session().client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )

    @contextmanager
    def failing(self, number: int, kind: int) -> Iterator[None]:
        """Meanwhile all operations of a kind fail with this error number."""
        for state in (bytes([number, kind]), bytes(2)):
            with self._control.open("r+b") as control:
                control.write(state)
            if state[0]:
                yield

    def stop(self) -> list[str]:
        """The lines of its log."""
        self.client.close()
        self._process.communicate()
        assert self._process.returncode == 0
        return self._log.read_text().splitlines()


def writes(client: S3Client, upload: dict[str, Any], part: Any) -> Iterator[Callable[[], object]]:
    """One of each kind; all of them change what `stored` looks at."""
    yield lambda: client.put_object(Bucket="bucket", Key="new", Body=SMALL)
    yield lambda: client.put_object(Bucket="bucket", Key="new", Body=LARGE)
    yield lambda: client.put_object(Bucket="bucket", Key="small", Body=b"another")
    yield lambda: client.copy_object(Bucket="bucket", Key="new", CopySource="bucket/large")
    yield lambda: client.delete_object(Bucket="bucket", Key="large")
    yield lambda: client.create_bucket(Bucket="other")
    yield lambda: client.upload_part(**upload, PartNumber=2, Body=LARGE)
    yield lambda: client.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})


def stored(client: S3Client) -> dict[str, bytes]:
    assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["bucket"]
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket="bucket")["Contents"]]
    return {key: client.get_object(Bucket="bucket", Key=key)["Body"].read() for key in keys}


@pytest.mark.parametrize("kind", [CHANGES, SYNCS], ids=["changes", "syncs"])
@pytest.mark.parametrize("name", ["EROFS", "ENOSPC", "EIO"])
def test_a_disk_that_fails_loses_nothing_and_is_one_clear_line(
    tmp_path: Path, library: Path, name: str, kind: int
) -> None:
    """After a sync has failed nobody knows what is on the disk, so only a new start takes writes again."""
    disk = Disk(tmp_path, library)
    client, number = disk.client, getattr(errno, name)
    client.put_object(Bucket="bucket", Key="small", Body=SMALL)
    client.put_object(Bucket="bucket", Key="large", Body=LARGE)
    upload = {"Bucket": "bucket", "Key": "parts"}
    upload["UploadId"] = client.create_multipart_upload(**upload)["UploadId"]  # type: ignore[arg-type]
    etag = client.upload_part(**upload, PartNumber=1, Body=LARGE)["ETag"]  # type: ignore[arg-type]
    before = {"small": SMALL, "large": LARGE}
    full = name == "ENOSPC"
    with disk.failing(number, kind):
        for count, write in enumerate(writes(client, upload, {"PartNumber": 1, "ETag": etag}), 1):
            expected = ("XMinioStorageFull", 507) if full and kind == CHANGES else ("InternalError", 500)
            if full and kind == SYNCS and count in (2, 7):  # the file of a body
                expected = ("XMinioStorageFull", 507)
            with refused(*expected):
                write()
            if kind == CHANGES:
                assert stored(client) == before
        assert client.get_object(Bucket="bucket", Key="large")["Body"].read() == LARGE
    if kind == CHANGES:
        client.put_object(Bucket="bucket", Key="again", Body=LARGE)
        client.complete_multipart_upload(
            **upload,  # type: ignore[arg-type]
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]},
        )
        before |= {"again": LARGE, "parts": LARGE}
        assert stored(client) == before
    lines = disk.stop()
    assert not [line for line in lines if line.startswith(("Traceback", " "))]
    assert len(lines) == {CHANGES: 0 if full else 8, SYNCS: 6 if full else 8}[kind]
    words = ("cannot be written", "cannot be read or written", "could not keep what was written")
    assert all(any(word in line for word in words) and "disk" in line for line in lines)
    with serve(data_dir=disk.data) as endpoint:
        client = endpoint.client()
        now = (
            stored(client)
            if kind == CHANGES
            else {key: client.get_object(Bucket="bucket", Key=key)["Body"].read() for key in before}
        )
        assert now == before
        client.put_object(Bucket="bucket", Key="next", Body=LARGE)
