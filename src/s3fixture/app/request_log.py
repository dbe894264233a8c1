"""What was asked: the last requests of one server, for tests and for people who debug a client."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from s3fixture.records import RequestRecord
from s3fixture.steady_clock import monotonic

_KEPT = 1000  # requests

_LOGGER = logging.getLogger("s3fixture.requests")


Observer = Callable[[RequestRecord], None]


class RequestLog:
    """A bounded record of requests, and those who want to hear of each."""

    def __init__(self) -> None:
        self._records: deque[RequestRecord] = deque(maxlen=_KEPT)
        self._observers: tuple[Observer, ...] = ()
        self._cleared = 0.0

    def add(self, record: RequestRecord, started: float) -> None:
        """`started` is when the request came, by the steady clock: one from before `clear` is not kept."""
        records = self._records  # before the look at the time: `clear` sets them in the other order
        if started >= self._cleared:
            records.append(record)
        for observer in self._observers:
            observer(record)

    def entries(self) -> list[RequestRecord]:
        """The last requests, oldest first; at most 1,000."""
        return list(self._records)

    def clear(self) -> None:
        """Forget the requests so far, those that are still running included."""
        self._cleared = monotonic()
        self._records = deque(maxlen=_KEPT)

    def observe(self, observer: Observer) -> None:
        """Call `observer` with each record, in the request's thread; it must be quick and not raise."""
        self._observers = (*self._observers, observer)

    def forget(self, observer: Observer) -> None:
        """Undo `observe`."""
        self._observers = tuple(known for known in self._observers if known != observer)


def log_to_logging(record: RequestRecord) -> None:
    """An observer that writes one line a request to the logger `s3fixture.requests`."""
    _LOGGER.info(
        "%s %s /%s%s %d %s %.1f ms%s",
        record.operation or "-",
        record.method,
        record.bucket,
        f"/{record.key}" if record.key else "",
        record.status,
        record.error_code or "-",
        record.seconds * 1000,
        f": {record.error_reason}" if record.error_reason else "",
    )
