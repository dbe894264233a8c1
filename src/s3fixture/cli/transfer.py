"""Moving objects and files: up, down, and from bucket to bucket, several at once, with s3transfer."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from botocore import exceptions
from s3transfer.manager import TransferConfig, TransferManager

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote
from s3fixture.cli.failures import details_of, explained
from s3fixture.content_types import guess
from s3fixture.errors import S3FixtureError
from s3fixture.seeding.upload import Watcher

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from s3transfer.futures import TransferFuture

    from s3fixture.cli.items import Item
    from s3fixture.seeding import Progress

MIB = 1024 * 1024
PART_SIZE = 8 * MIB  # bytes; of uploads and downloads
COPY_PART_SIZE = 64 * MIB  # the server copies without sending bytes, so that parts may be large
# What makes every further transfer fail too.
_FATAL = (exceptions.ConnectionError, exceptions.HTTPClientError)
_FATAL_CODES = frozenset(
    {"NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed"}
)
# Headers of an object that a copy in parts must be told; a copy in one request takes them by itself.
_CARRIED = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Metadata",
)


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to bring to one place; `version` of the source, None: the latest."""

    item: Item
    target: Remote | Path
    version: str | None = None


class Transfers:
    """A context in which jobs are carried out; leaving it waits for them. `failed` counts those that failed.

    `finish` is the last step of a job, which fails when it raises; `report` is called for each job that is
    done. Raises when the rest would fail as well.
    """

    def __init__(
        self,
        client: S3Client,
        progress: Progress,
        report: Callable[[Job], None],
        finish: Callable[[Job], None] | None = None,
    ) -> None:
        self._client = client
        self._last_step = finish
        self._report = report
        self._watcher = Watcher(progress)
        self._loads = TransferManager(
            client, TransferConfig(multipart_threshold=PART_SIZE, multipart_chunksize=PART_SIZE)
        )
        self._copies = TransferManager(
            client, TransferConfig(multipart_threshold=COPY_PART_SIZE, multipart_chunksize=COPY_PART_SIZE)
        )
        self._running: deque[tuple[Job, TransferFuture]] = deque()
        self.failed = 0
        self.done = 0

    def __enter__(self) -> Transfers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._loads, self._copies:  # which cancel what is under way when an exception passes them
            if error is not None:
                raise error
            while self._running:
                self._reap()

    def add(self, job: Job) -> None:
        """Start a job, or have it wait for its turn."""
        while self._running and self._running[0][1].done():
            self._reap()
        try:
            self._running.append((job, self._start(job)))
        except Exception as error:
            self._note(job, error)

    def _start(self, job: Job) -> TransferFuture:
        source, target = job.item.place, job.target
        if isinstance(target, Path):
            assert isinstance(source, Remote)
            target.parent.mkdir(parents=True, exist_ok=True)
            which = {"VersionId": job.version} if job.version else {}
            return self._loads.download(source.bucket, source.key, str(target), which, [self._watcher])
        if isinstance(source, Path):
            kind = guess(source.name)
            extra = {"ContentType": kind} if kind else {}
            return self._loads.upload(str(source), target.bucket, target.key, extra, [self._watcher])
        return self._copy(job, source, target)

    def _copy(self, job: Job, source: Remote, target: Remote) -> TransferFuture:
        which = {"VersionId": job.version} if job.version else {}
        place: Any = {"Bucket": source.bucket, "Key": source.key, **which}
        extra: dict[str, Any] = {"CopySourceIfMatch": job.item.etag} if job.item.etag else {}
        if job.item.size >= COPY_PART_SIZE:
            head: Any = self._client.head_object(**place)
            extra |= {name: head[name] for name in _CARRIED if head.get(name)}
        return self._copies.copy(place, target.bucket, target.key, extra, [self._watcher])

    def _reap(self) -> None:
        job, future = self._running.popleft()
        try:
            future.result()
            self._finish(job)
            if self._last_step:
                self._last_step(job)
        except Exception as error:
            self._note(job, error)
            return
        self.done += 1
        self._report(job)

    def _finish(self, job: Job) -> None:
        """What s3transfer does not do by itself."""
        source, target = job.item.place, job.target
        if isinstance(target, Path):  # so that the next mirror sees that nothing changed
            os.utime(target, (job.item.modified, job.item.modified))
        elif isinstance(source, Remote) and job.item.size >= COPY_PART_SIZE:
            which: Any = {"VersionId": job.version} if job.version else {}
            tags: Any = self._client.get_object_tagging(Bucket=source.bucket, Key=source.key, **which)[
                "TagSet"
            ]
            if tags:
                self._client.put_object_tagging(
                    Bucket=target.bucket, Key=target.key, Tagging={"TagSet": tags}
                )

    def _note(self, job: Job, error: Exception) -> None:
        """ErrorFactory of one job and go on, unless all others would meet the same."""
        if isinstance(error, _FATAL):
            raise error
        if isinstance(error, exceptions.ClientError) and error.response["Error"].get("Code") in _FATAL_CODES:
            raise error
        if isinstance(error, FileNotFoundError) and isinstance(job.item.place, Path):
            raise S3FixtureError(
                f"{job.item.place} was removed while it was copied; the copy was stopped"
            ) from error
        self.failed += 1
        place, text = output.printable(str(job.item.place)), explained(error)
        text = text if text.startswith(place) else f"{place}: {text}"
        output.print_error(
            text, {"source": place, "target": output.printable(str(job.target)), **details_of(error)}
        )
