"""What a test does with a server: the same on the fixture `s3` and on what `s3fixture.serve` gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.control import Control
    from s3fixture.backends.watched_events import WatchedEvents
    from s3fixture.records import RequestRecord

SETUP_USER_AGENT = "s3fixture-setup"  # marks the requests of fixtures and seeds in the request log

# What assertions compare -> how the record of a request calls it.
_COMPARED: Mapping[str, str] = {
    "Bucket": "bucket",
    "Key": "key",
    "status": "status",
    "error_code": "error_code",
    "access_key": "access_key",
}


class ServerHandle(ABC):
    """One server in the hands of a test. What only the emulator can do raises S3FixtureError elsewhere."""

    @property
    @abstractmethod
    def control(self) -> Control:
        """The server's control surface. S3FixtureError where the backend has none."""

    @property
    @abstractmethod
    def setup_client(self) -> S3Client:
        """A client whose requests do not show in `requests`."""

    def _bucket_or(self, bucket: str | None) -> str:
        """The bucket that is meant when none is named."""
        if bucket is None:
            raise TypeError("name the bucket: bucket=...")
        return bucket

    # --- objects; none of this shows in `requests`

    def put(self, key: str, body: bytes | str = b"", *, bucket: str | None = None, **kwargs: Any) -> None:
        """Store an object; `kwargs` are those of boto3's put_object."""
        data = body.encode() if isinstance(body, str) else body
        self.setup_client.put_object(Bucket=self._bucket_or(bucket), Key=key, Body=data, **kwargs)

    def get(self, key: str, *, bucket: str | None = None) -> bytes:
        """The bytes of an object."""
        answer = self.setup_client.get_object(Bucket=self._bucket_or(bucket), Key=key)
        return answer["Body"].read()

    def keys(self, prefix: str = "", *, bucket: str | None = None) -> list[str]:
        """The keys in a bucket, in S3's order."""
        pages = self.setup_client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket_or(bucket), Prefix=prefix
        )
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    # --- what was asked of the server

    @property
    def requests(self) -> list[RequestRecord]:
        """The requests of this test, oldest first, without those of fixtures; at most the last 1,000."""
        return [record for record in self.control.requests() if SETUP_USER_AGENT not in record.user_agent]

    def assert_called(self, operation: str, *, times: int | None = None, **expected: Any) -> None:
        """Fail unless `operation` was asked for, `times` times when given.

        Only requests count that are as `expected`: Bucket=, Key=, status=, error_code=, access_key=.
        """
        __tracebackhide__ = True
        count = len(self._matching(operation, expected))
        if count == times or (times is None and count):
            return
        wanted = "" if times is None else f" {_times(times)}, but it was called {_times(count)}"
        found = "\n".join(f"  {_described(record)}" for record in self.requests) or "  nothing"
        raise AssertionError(
            f"expected a call of {_sentence(operation, expected)}{wanted}; the server was asked:\n{found}"
        )

    def assert_not_called(self, operation: str, **expected: Any) -> None:
        """Fail when `operation` was asked for, as `expected`."""
        __tracebackhide__ = True
        self.assert_called(operation, times=0, **expected)

    def _matching(self, operation: str, expected: Mapping[str, Any]) -> list[RequestRecord]:
        unknown = expected.keys() - _COMPARED.keys()
        if unknown:
            raise TypeError(f"requests are not recorded by {min(unknown)!r}, but by {', '.join(_COMPARED)}")
        return [
            record
            for record in self.requests
            if record.operation == operation
            and all(getattr(record, _COMPARED[name]) == value for name, value in expected.items())
        ]

    # --- events

    @contextmanager
    def events(
        self, bucket: str | None = None, *events: str, prefix: str = "", suffix: str = ""
    ) -> Iterator[WatchedEvents]:
        """`with s3.events("b") as events:` what code that is notified of the bucket's events would get.

        `events` such as "s3:ObjectCreated:*" narrow it, all events without; so do `prefix` and `suffix` of
        the key. The bucket needs no notification configuration.
        """
        from s3fixture.backends.watched_events import WatchedEvents  # imported when used, for a quick start

        name, control = self._bucket_or(bucket), self.control
        watcher = control.watch_events(name, list(events or ("s3:*",)), prefix, suffix)
        try:
            yield WatchedEvents(control, watcher)
        finally:
            control.unwatch_events(name, watcher)

    # --- faults, state and time

    def fail(
        self,
        operation: str = "*",
        code: str = "SlowDown",
        *,
        times: int = 1,
        bucket: str | None = None,
        key: str | None = None,
        delay: float = 0.0,
    ) -> None:
        """Let the next `times` requests for `operation` fail with S3's error `code`.

        `bucket` and `key` narrow it. With `code=""` they succeed, `delay` seconds late. boto3 tries again
        by itself after SlowDown and the like: more `times` than it has attempts are seen by its caller.
        """
        self.control.fail(operation, code, times=times, bucket=bucket, key=key, delay=delay)

    def snapshot(self) -> int:
        """Remember the state of all buckets, for `restore`."""
        return self.control.snapshot()

    def restore(self, snapshot: int) -> None:
        """Back to that state; the snapshot stays valid, those taken after it are gone."""
        self.control.rollback(snapshot)

    @cached_property
    def clock(self) -> ServerClock:
        """The server's clock."""
        return ServerClock(self)


class ServerClock:
    """The server's clock; in tests it shows the wall clock's time again in the next one."""

    def __init__(self, server: ServerHandle) -> None:
        self._server = server

    def move(self, seconds: float = 0.0, *, days: float = 0.0) -> None:
        """Let time pass, or a negative number of seconds and days go back.

        Links expire, retentions end, and lifecycle rules have been carried out when this returns. What
        clients sign stays good, though their own clocks stand where they are.
        """
        self._server.control.let_time_pass(seconds + days * 86_400)

    def freeze(self) -> None:
        """Stop it; `move` still works."""
        self._server.control.freeze_clock()

    def reset(self) -> None:
        """Back to the wall clock."""
        self._server.control.reset_clock()

    def time(self) -> float:
        """What it shows, in seconds since the epoch."""
        return self._server.control.time()


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _sentence(operation: str, expected: Mapping[str, Any]) -> str:
    arguments = ", ".join(f"{name}={value!r}" for name, value in expected.items())
    return f"{operation}({arguments})" if arguments else operation


def _described(record: RequestRecord) -> str:
    place = "/".join(part for part in (record.bucket, record.key) if part)
    error = f" {record.error_code}" if record.error_code else ""
    return f"{record.operation or record.method} {place} -> {record.status}{error}"
