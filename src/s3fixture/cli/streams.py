"""Objects from standard input, and to standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from s3transfer.manager import TransferConfig, TransferManager

from s3fixture.cli.addresses import Remote
from s3fixture.cli.transfer import PART_SIZE
from s3fixture.content_types import guess

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.seeding.progress import Progress

_CHUNK = 1024 * 1024  # bytes


class _Counted:
    """Standard input, with what was read of it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = sys.stdin.buffer.read(size)
        self.size += len(data)
        self._progress.advance(len(data))
        return data


def read_in(client: S3Client, place: Remote, progress: Progress) -> int:
    """Make an object of standard input, in parts when it is long; the number of bytes."""
    kind = guess(place.name)
    extra = {"ContentType": kind} if kind else {}
    source = _Counted(progress)
    progress.begin("uploading", 0)  # nobody knows how much it will be
    try:
        with TransferManager(
            client, TransferConfig(multipart_threshold=PART_SIZE, multipart_chunksize=PART_SIZE)
        ) as manager:
            body: Any = source
            manager.upload(body, place.bucket, place.key, extra).result()
    finally:
        progress.end()
    return source.size


def write_out(client: S3Client, place: Remote, version: str | None = None) -> None:
    """Write an object to standard output, as it arrives."""
    which: Any = {"VersionId": version} if version else {}
    body = client.get_object(Bucket=place.bucket, Key=place.key, **which)["Body"]
    for chunk in body.iter_chunks(_CHUNK):
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
