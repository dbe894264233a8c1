"""Moving objects and files: up, down, and between buckets and servers, several at once, with s3transfer."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from botocore import exceptions
from s3transfer.manager import TransferConfig, TransferManager

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote
from s3fixture.cli.failures import details_of, explained
from s3fixture.cli.object_reader import ObjectReader
from s3fixture.cli.properties import Properties, carried, changes_headers, changes_tags, merged
from s3fixture.content_types import guess
from s3fixture.errors import S3FixtureError
from s3fixture.seeding.upload import Watcher

if TYPE_CHECKING:
    from s3transfer.futures import TransferFuture
    from s3transfer.subscribers import BaseSubscriber

    from s3fixture.cli.items import Item
    from s3fixture.cli.target_server import Servers
    from s3fixture.seeding import Progress

MIB = 1024 * 1024
PART_SIZE = 8 * MIB  # bytes; of uploads and downloads
COPY_PART_SIZE = 64 * MIB  # the server copies without sending bytes, so that parts may be large
# What makes every further transfer fail too.
_FATAL = (exceptions.ConnectionError, exceptions.HTTPClientError)
_FATAL_CODES = frozenset(
    {"NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed"}
)


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to bring to one place; `version` of the source, None: the latest.

    `properties` that the object gets, beside or instead of what the source has.
    """

    item: Item
    target: Remote | Path
    version: str | None = None
    properties: Properties = field(default_factory=dict)


class Transfers:
    """A context in which jobs are carried out; leaving it waits for them. `failed` counts those that failed.

    `finish` is the last step of a job, which fails when it raises; `report` is called for each job that is
    done. Raises when the rest would fail as well.
    """

    def __init__(
        self,
        servers: Servers,
        progress: Progress,
        report: Callable[[Job], None],
        finish: Callable[[Job], None] | None = None,
    ) -> None:
        self._servers = servers
        self._last_step = finish
        self._report = report
        self._watcher = Watcher(progress)
        self._managers: dict[tuple[str, int], TransferManager] = {}
        self._open = ExitStack()  # of the managers
        self._running: deque[tuple[Job, TransferFuture]] = deque()
        self.failed = 0
        self.done = 0

    def __enter__(self) -> Transfers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._open:  # the managers cancel what is under way when an exception passes them
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
            which = _version(job)
            return self._manager(source, PART_SIZE).download(
                source.bucket, source.key, str(target), which, [self._watcher]
            )
        if isinstance(source, Path):
            kind = guess(source.name)
            extra = merged({"ContentType": kind} if kind else {}, job.properties)
            return self._upload(str(source), target, extra, self._watcher)
        if self._servers.can_copy(source, target):
            return self._copy(job, source, target)
        reader = ObjectReader(self._servers.client(source), job.item, job.version, job.properties)
        return self._upload(reader, target, {}, self._watcher, reader)

    def _manager(self, place: Remote, part_size: int) -> TransferManager:
        """The one whose requests go to the server of that place."""
        which = (place.alias, part_size)
        if which not in self._managers:
            config = TransferConfig(multipart_threshold=part_size, multipart_chunksize=part_size)
            manager = TransferManager(self._servers.client(place), config)
            self._managers[which] = self._open.enter_context(manager)
        return self._managers[which]

    def _upload(
        self, source: str | ObjectReader, target: Remote, extra: dict[str, Any], *watchers: BaseSubscriber
    ) -> TransferFuture:
        body: Any = source  # the stubs do not know what s3transfer reads
        return self._manager(target, PART_SIZE).upload(body, target.bucket, target.key, extra, watchers)

    def _copy(self, job: Job, source: Remote, target: Remote) -> TransferFuture:
        place: Any = {"Bucket": source.bucket, "Key": source.key, **_version(job)}
        extra: dict[str, Any] = {"CopySourceIfMatch": job.item.etag} if job.item.etag else {}
        extra |= job.properties
        if changes_headers(job.properties) or job.item.size >= COPY_PART_SIZE:
            head = self._servers.client(source).head_object(**place)
            extra |= merged(carried(head), job.properties)
        if changes_headers(job.properties):
            extra["MetadataDirective"] = "REPLACE"
        if changes_tags(job.properties):
            extra["TaggingDirective"] = "REPLACE"
        return self._manager(target, COPY_PART_SIZE).copy(
            place, target.bucket, target.key, extra, [self._watcher]
        )

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
            return
        if isinstance(source, Path) or job.item.size < COPY_PART_SIZE or changes_tags(job.properties):
            return
        if not self._servers.can_copy(source, target):
            return
        tags: Any = self._servers.client(source).get_object_tagging(
            Bucket=source.bucket, Key=source.key, **_version(job)
        )["TagSet"]
        if tags:
            self._servers.client(target).put_object_tagging(
                Bucket=target.bucket, Key=target.key, Tagging={"TagSet": tags}
            )

    def _note(self, job: Job, error: Exception) -> None:
        """Print the error of one job and go on, unless all others would meet the same."""
        if isinstance(error, _FATAL):
            raise error
        if isinstance(error, exceptions.ClientError) and error.response["Error"].get("Code") in _FATAL_CODES:
            raise error
        if isinstance(error, FileNotFoundError) and isinstance(job.item.place, Path):
            raise S3FixtureError(
                f"{job.item.place} was removed while it was copied; the copy was stopped"
            ) from error
        self.failed += 1
        source, target = output.printable(str(job.item.place)), output.printable(str(job.target))
        text = explained(error)
        text = text if text.startswith((f"{source}: ", f"{target}: ")) else f"{source}: {text}"
        output.print_error(text, {"source": source, "target": target, **details_of(error)})


def _version(job: Job) -> Any:
    """For calls of boto3."""
    return {"VersionId": job.version} if job.version else {}
