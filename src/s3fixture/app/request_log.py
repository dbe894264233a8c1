"""The last requests of one server, for tests and for people who debug a client."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from s3fixture.records import KEPT_REQUESTS, RequestRecord
from s3fixture.steady_clock import monotonic
from s3fixture.wire.request import Request

# Larger heads are parsed at once and only partly kept, so that all records need at most some 10 MiB.
_SMALL = 8 * 1024  # bytes
_MOST_HEADERS = 64


Observer = Callable[[RequestRecord], None]
# With the headers and query, which are parsed when somebody asks; None: they were parsed at once.
_Entry = tuple[RequestRecord, "Mapping[str, str] | None", str]


class RequestLog:
    """The last requests, and the observers that get each new one."""

    def __init__(self) -> None:
        self._entries: deque[_Entry] = deque(maxlen=KEPT_REQUESTS)
        self._observers: dict[Observer, bool] = {}  # replaced, not changed: others iterate over it
        self._cleared = 0.0

    def add(self, record: RequestRecord, request: Request, raw_query: str, started: float) -> None:
        """Add a record. `started`: its time by the steady clock; records from before `clear` are dropped."""
        entries = self._entries  # read before the time: `clear` sets them in the other order
        entry: _Entry = (record, request.headers, raw_query)
        if request.head_bytes > _SMALL or len(request.headers) > _MOST_HEADERS:
            entry = (_completed(entry), None, "")
        if started >= self._cleared:
            entries.append(entry)
        if self._observers:
            for observer, completed in self._observers.items():
                observer(_completed(entry) if completed else record)

    def entries(self) -> list[RequestRecord]:
        """The last requests, oldest first; at most 1,000."""
        return list(map(_completed, list(self._entries)))

    def clear(self) -> None:
        """Forget all requests, also those that are still running."""
        self._cleared = monotonic()
        self._entries = deque(maxlen=KEPT_REQUESTS)

    def observe(self, observer: Observer, *, completed: bool = False) -> None:
        """Call `observer` with each record, in the request's thread; it must be quick and not raise.

        `completed`: with headers and query, as in `entries`, which takes longer.
        """
        self._observers = {**self._observers, observer: completed}

    def forget(self, observer: Observer) -> None:
        """Undo `observe`."""
        self._observers = {known: how for known, how in self._observers.items() if known != observer}


def _completed(entry: _Entry) -> RequestRecord:
    record, headers, raw_query = entry
    if headers is None:
        return record
    from s3fixture.app.redaction import completed  # imported when used: few servers are asked

    return completed(record, headers, raw_query)
