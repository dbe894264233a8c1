"""Objects from standard input, and to standard output."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

from s3transfer.manager import TransferConfig, TransferManager

from s3fixture.cli import output
from s3fixture.cli.addresses import STREAM, Remote
from s3fixture.cli.properties import Properties, merged
from s3fixture.cli.transfer import PART_SIZE
from s3fixture.content_types import guess

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.seeding.progress import Progress

_CHUNK = 1024 * 1024  # bytes
_SMALL_CHUNK = 64 * 1024  # bytes


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


def upload_input(
    client: S3Client, place: Remote, properties: Properties, *, quiet: bool, as_json: bool
) -> None:
    """Make an object of standard input, and say so."""
    size = _read_in(client, place, properties, output.progress(quiet=quiet))
    if as_json and not quiet:
        output.say_json({"status": "success", "source": STREAM, "target": str(place), "size": size})
    elif not quiet:
        output.say(f"{STREAM} -> {output.printable(str(place))}")


def _read_in(client: S3Client, place: Remote, properties: Properties, progress: Progress) -> int:
    """In parts when it is long; the number of bytes."""
    kind = guess(place.name)
    extra = merged({"ContentType": kind} if kind else {}, properties)
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


def write_out(client: S3Client, place: Remote, version: str | None = None, span: str = "") -> None:
    """Write an object to standard output, as it arrives; `span` as in the header Range."""
    which: Any = {"VersionId": version} if version else {}
    which |= {"Range": span} if span else {}
    body = client.get_object(Bucket=place.bucket, Key=place.key, **which)["Body"]
    for chunk in body.iter_chunks(_CHUNK):
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def write_beginning(
    client: S3Client, place: Remote, *, lines: int | None, size: int | None, version: str | None = None
) -> None:
    """Write so many lines or bytes of an object to standard output, and fetch little more than that."""
    which: Any = {"VersionId": version} if version else {}
    with closing(client.get_object(Bucket=place.bucket, Key=place.key, **which)["Body"]) as body:
        while lines != 0 and size != 0:
            chunk = body.read(_SMALL_CHUNK if size is None else min(size, _CHUNK))
            if not chunk:
                break
            if lines is not None:
                chunk, lines = _first_lines(chunk, lines)
            if size is not None:
                size -= len(chunk)
            sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def _first_lines(chunk: bytes, lines: int) -> tuple[bytes, int]:
    """What of the chunk is among so many lines, and how many are to come yet."""
    end = 0
    while lines:
        found = chunk.find(b"\n", end)
        if found < 0:
            return chunk, lines
        end, lines = found + 1, lines - 1
    return chunk[:end], 0
