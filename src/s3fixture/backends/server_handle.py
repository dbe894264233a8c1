"""What a test does with a server: the same on the fixture `s3` and on what `s3fixture.serve` gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from s3fixture.backends import expectations
from s3fixture.backends.expectations import Expectation, listed, matching, sentence
from s3fixture.backends.states import Diff, Snapshot, check_bucket
from s3fixture.errors import S3FixtureError, did_you_mean
from s3fixture.records import SETUP_USER_AGENT, Fault

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from typing_extensions import Unpack

    from s3fixture.backends.control import Control
    from s3fixture.backends.watched_events import WatchedEvents
    from s3fixture.records import RequestRecord


class ServerHandle(ABC):
    """One server, as a test uses it. What only the emulator can do raises S3FixtureError elsewhere."""

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
        return list(filter(_is_counted, self.control.requests()))

    def least_policy(self) -> dict[str, Any]:
        """The smallest policy of IAM under which this test's requests so far are allowed, as JSON's types.

        Several keys of a folder become `folder/*`. Requests of fixtures and refused ones do not count.
        Raises S3FixtureError outside a test.
        """
        from s3fixture.auth.policies.least import least_policy  # imported when used: few tests ask

        return least_policy(self.control.needs())

    def assert_called(self, operation: str, *, times: int | None = None, **expected: Any) -> None:
        """Fail unless `operation` was asked for, `times` times when given.

        Only requests count that are as `expected`: Bucket=, Key=, status=, error_code=, access_key=.
        """
        __tracebackhide__ = True
        self.control.check_operation(operation)
        requests = self.requests
        count = len(matching(requests, operation, expected))
        if count == times or (times is None and count):
            return
        wanted = "" if times is None else f" {_times(times)}, but it was called {_times(count)}"
        raise AssertionError(
            f"expected a call of {sentence(operation, expected)}{wanted}; the server was "
            f"asked:\n{listed(requests)}"
        )

    def assert_not_called(self, operation: str, **expected: Any) -> None:
        """Fail when `operation` was asked for, as `expected`."""
        __tracebackhide__ = True
        self.assert_called(operation, times=0, **expected)

    def expect(
        self,
        operation: str,
        *,
        exactly: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        **expected: Any,
    ) -> Expectation:
        """`with s3.expect("GetObject", at_most=3):` so many calls in the block; at least one by default.

        `expected` as of `assert_called`.
        """
        self.control.check_operation(operation)
        check = expectations.calls(operation, expected, exactly, at_least, at_most)
        return self._expectation(f"expect({operation!r})", check)

    def expect_order(self, operations: Sequence[str]) -> Expectation:
        """`with s3.expect_order([...]):` the block's calls of these operations are these, in this order.

        Calls of other operations may stand between them.
        """
        if isinstance(operations, str):
            raise TypeError(f"give a list of operations, not {operations!r}")
        for operation in operations:
            self.control.check_operation(operation)
        return self._expectation(f"expect_order({list(operations)!r})", expectations.order(operations))

    def budget(self, **limits: int) -> Expectation:
        """`with s3.budget(requests=10, ListObjectsV2=0):` at most so much in the block.

        Of `requests`, `bytes_in`, `bytes_out`, `unsigned` requests, and of operations by their names.
        """
        if not limits:
            raise TypeError("a budget without limits checks nothing; give requests=10 or ListObjectsV2=0")
        for operation in expectations.operations_of_budget(limits):
            self.control.check_operation(operation)
        said = ", ".join(f"{name}={limit}" for name, limit in limits.items())
        return self._expectation(f"budget({said})", expectations.budget(limits))

    def _expectation(self, call: str, check: expectations.Check) -> Expectation:
        return Expectation(call, check, self.control.requests, _is_counted, self._unused_expectations)

    @cached_property
    def _unused_expectations(self) -> set[Expectation]:
        """Those that no `with` has entered so far."""
        return set()

    # --- events

    @contextmanager
    def events(
        self, bucket: str | None = None, *events: str, prefix: str = "", suffix: str = ""
    ) -> Iterator[WatchedEvents]:
        """`with s3.events("b") as events:` the records that a receiver of the bucket's events would get.

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

    # --- faults. Which requests, and how often, is said by the keywords of `FaultFilter`.

    def fail(
        self,
        operation: str = "*",
        code: str = "SlowDown",
        *,
        after_write: bool = False,
        in_200: bool = False,
        **which: Unpack[FaultFilter],
    ) -> InjectedFault:
        """Let the next request for `operation` fail with S3's error `code`.

        `after_write`: after it was done. `in_200`: with status 200, as CompleteMultipartUpload and CopyObject
        fail at AWS when their answer has begun; nothing is done. boto3 tries again by itself after SlowDown
        and the like: only what fails more `times` than it has attempts is seen by its caller.
        """
        if after_write and in_200:
            raise TypeError("after_write= and in_200= exclude each other; leave out one")
        effect = "error-in-200" if in_200 else "error-after" if after_write else "error"
        return self._inject(Fault(effect, operation, code=code), which)

    def delay(
        self, operation: str = "*", seconds: float = 1.0, **which: Unpack[FaultFilter]
    ) -> InjectedFault:
        """Let the next request for `operation` be answered `seconds` late."""
        return self._inject(Fault("delay", operation, delay=seconds), which)

    def slow_down(
        self, operation: str = "*", *, bytes_per_second: int, **which: Unpack[FaultFilter]
    ) -> InjectedFault:
        """Let the bodies of the next request for `operation`, and of its answer, come slowly."""
        return self._inject(Fault("bandwidth", operation, bytes_per_second=bytes_per_second), which)

    def reset(
        self,
        operation: str = "*",
        *,
        within: Literal["request", "answer"] = "request",
        after_bytes: int = 0,
        **which: Unpack[FaultFilter],
    ) -> InjectedFault:
        """Reset the connection of the next request for `operation`, after so many bytes of its body.

        Within the request nothing is done; within the answer all was.
        """
        return self._inject(Fault(f"reset-{within}", operation, after_bytes=after_bytes), which)

    def truncate(
        self, operation: str = "GetObject", *, after_bytes: int = 0, **which: Unpack[FaultFilter]
    ) -> InjectedFault:
        """End the answer to the next request for `operation` after so many bytes of its body."""
        return self._inject(Fault("truncate", operation, after_bytes=after_bytes), which)

    def corrupt(
        self, operation: str = "GetObject", *, at_byte: int = 0, **which: Unpack[FaultFilter]
    ) -> InjectedFault:
        """Change one byte of the answer to the next request for `operation`; its checksum stays."""
        return self._inject(Fault("corrupt", operation, after_bytes=at_byte), which)

    def _inject(self, fault: Fault, which: FaultFilter) -> InjectedFault:
        for name in which:
            if name not in FaultFilter.__annotations__:
                known = (
                    did_you_mean(name, FaultFilter.__annotations__)
                    or f"; they take {', '.join(FaultFilter.__annotations__)}"
                )
                raise TypeError(f"faults have no keyword {name!r}{known}")
        fault = fault._replace(**which)
        return InjectedFault(self.control, self.control.add_fault(fault), fault)

    # --- state and time

    def snapshot(self) -> Snapshot:
        """Remember the state of all buckets. Snapshots nest.

        As a context manager, a snapshot restores at its end.
        """
        return Snapshot(self.control)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to that state; the snapshot stays valid, and those taken after it are gone."""
        self.control.rollback(snapshot.token_for(self.control))

    def diff(self, since: Snapshot) -> Diff:
        """What was made, changed and removed since that snapshot; the cost depends on these changes alone."""
        return Diff.of(self.control.changes(since.token_for(self.control)))

    def save(self, path: str | Path) -> None:
        """Write the state of all buckets into one file, which `load`, another server or a seed can take.

        It replaces an older state, and no other file. Raises S3FixtureError when it cannot be written.
        """
        self.control.save(str(Path(path).absolute()))

    def load(self, path: str | Path) -> None:
        """Put a saved state in the place of all buckets; a snapshot, or the end of the test, undoes it.

        Raises S3FixtureError for what is no state, is damaged, or was saved by a later version.
        """
        self.control.load(str(Path(path).absolute()))

    def assert_bucket(self, bucket: str, expected: Mapping[str, Any]) -> None:
        """Fail unless the bucket holds these objects, and no others: {"a.txt": b"...", "dir/*": ANY}."""
        __tracebackhide__ = True
        check_bucket(self.setup_client, bucket, expected)

    @cached_property
    def clock(self) -> ServerClock:
        """The server's clock."""
        return ServerClock(self)


class FaultFilter(TypedDict, total=False):
    """Which requests a fault happens to; see `Fault` for what each means."""

    bucket: str
    key: str
    times: int | None
    every: int
    skip: int
    probability: float
    seed: int
    optional: bool
    delay: float


class InjectedFault:
    """A fault that a test has set. As a context manager it is removed at the end of the block, and must have
    happened within unless it is optional."""

    def __init__(self, control: Control, number: int, fault: Fault) -> None:
        self._control = control
        self._number = number
        self.fault = fault

    @property
    def times(self) -> int:
        """How often it has happened."""
        states = {state.number: state.injected for state in self._control.faults()}
        return states.get(self._number, 0)

    def remove(self) -> int:
        """Remove it, so that it does not happen any more; returns how often it has happened."""
        return self._control.remove_fault(self._number).injected

    def __enter__(self) -> InjectedFault:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        __tracebackhide__ = True
        if not self.remove() and not self.fault.optional and kind is None:
            raise AssertionError(f"the fault {self.fault} has not happened: no such request was made")


class ServerClock:
    """The server's clock; in tests it shows the wall clock's time again in the next one."""

    def __init__(self, server: ServerHandle) -> None:
        self._server = server

    def move(self, seconds: float | timedelta = 0.0, *, days: float = 0.0) -> None:
        """Let time pass (`seconds` may be a timedelta), or go back when it is negative.

        Links expire, retentions end, and lifecycle rules have been carried out when this returns. What
        clients sign stays valid, though their own clocks stand where they are.
        Raises S3FixtureError for a time before 1970 or after the year 8999.
        """
        if not isinstance(seconds, (int, float, timedelta)):
            raise TypeError(f"move takes seconds, a timedelta or days=, not {seconds!r}")
        passed = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
        self._server.control.let_time_pass(passed + days * 86_400)

    def at(self, moment: datetime) -> None:
        """Let time pass until `moment`, or go back to it, as `move` does; the clock goes on from there.

        Raises S3FixtureError for a datetime without a time zone, and as `move` does.
        """
        if not isinstance(moment, datetime):
            raise TypeError(f"at takes a datetime, not {moment!r}")
        if moment.utcoffset() is None:
            raise S3FixtureError(f"{moment!r} has no time zone; write datetime(..., tzinfo=timezone.utc)")
        self.move(moment.timestamp() - self.time())

    def freeze(self) -> None:
        """Stop it; `move` still works."""
        self._server.control.freeze_clock()

    def reset(self) -> None:
        """Back to the wall clock."""
        self._server.control.reset_clock()

    def time(self) -> float:
        """The time that it shows, in seconds since the epoch."""
        return self._server.control.time()


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _is_counted(record: RequestRecord) -> bool:
    return SETUP_USER_AGENT not in record.user_agent
