"""Failures on request: a test says which operation is to fail next, how and how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from s3fixture.errors import ERRORS, S3Error, S3FixtureError

ANY = "*"


@dataclass(slots=True)
class Fault:
    """`code` is S3's error to answer with, "" to answer as ever, only `delay` seconds later."""

    operation: str = ANY
    code: str = "InternalError"
    times: int = 1
    bucket: str | None = None
    key: str | None = None
    delay: float = 0.0

    def matches(self, operation: str, bucket: str | None, key: str | None) -> bool:
        return (
            self.operation in (ANY, operation) and self.bucket in (None, bucket) and self.key in (None, key)
        )


class Faults:
    """The failures that are still to happen, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._cleared = threading.Event()

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, fault: Fault) -> None:
        """Raises S3FixtureError for a code that S3 does not have, or a number of times below 1."""
        if fault.code and fault.code not in ERRORS:
            raise S3FixtureError(f"S3 has no error {fault.code!r}; see the codes in s3fixture.errors.ERRORS")
        if fault.times < 1:
            raise S3FixtureError(f"a fault happens once or more often, not {fault.times} times")
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all faults; requests that one of them delays go on at once."""
        with self._lock:
            self._faults.clear()
            cleared, self._cleared = self._cleared, threading.Event()
        cleared.set()

    def inject(self, operation: str, bucket: str | None, key: str | None) -> None:
        """Wait, raise, or do nothing, as the first fault that matches says."""
        cleared = self._cleared
        fault = self._take(operation, bucket, key)
        if fault is None or (fault.delay and cleared.wait(fault.delay)):
            return
        if fault.code:
            raise S3Error(fault.code)

    def _take(self, operation: str, bucket: str | None, key: str | None) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.matches(operation, bucket, key):
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                    return fault
        return None
