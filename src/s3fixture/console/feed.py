"""The requests to the API as they happen, for those who watch."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from s3fixture.app import RequestLog
    from s3fixture.records import RequestRecord

_WAITING = 2000  # requests kept for a viewer who is slow; older ones are lost and counted
_MOST_VIEWERS = 30
_MOST_OF_ONE = 10  # viewers of one person, so that nobody takes all places
_BEAT = 10.0  # seconds without a request, after which a viewer hears that we are still there
_GATHER = 0.1  # seconds; requests that come within it are told together


class Batch(NamedTuple):
    """What a viewer gets at once; nothing at all is a sign of life."""

    records: list[RequestRecord]
    lost: int


class Feed:
    """Observes the log only while somebody watches: a request costs the API nothing otherwise."""

    def __init__(self, log: RequestLog) -> None:
        self._log = log
        self._changed = threading.Condition()
        self._viewers: list[Viewer] = []
        self._closed = threading.Event()

    def close(self) -> None:
        """End all viewers' streams."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()

    def watch(self, who: str, after: str = "") -> Viewer | None:
        """`who` watches; to be closed. None when there are too many.

        They get the kept requests, those after the request id `after` if it is known, then each new one.
        """
        viewer = Viewer(self, who, after)
        with self._changed:
            own = sum(other.who == who for other in self._viewers)
            if own >= _MOST_OF_ONE or len(self._viewers) >= _MOST_VIEWERS:
                return None
            if not self._viewers:
                self._log.observe(self._hear, completed=True)
            self._viewers.append(viewer)
        return viewer

    def batches(self, viewer: Viewer) -> Iterator[Batch]:
        """What a viewer gets, until the end of the console."""
        earlier = _following(self._log.entries(), viewer.after)
        seen = {record.request_id for record in earlier}
        yield Batch(earlier, 0)
        while not self._closed.is_set():
            batch = self._next(viewer)
            if seen:  # a request may come between the first hearing and the look at the log
                batch = Batch([r for r in batch.records if r.request_id not in seen], batch.lost)
                seen = set()
            yield batch
            self._closed.wait(_GATHER)

    def leave(self, viewer: Viewer) -> None:
        """Nobody is there any more; safe to call twice."""
        with self._changed:
            if viewer in self._viewers:
                self._viewers.remove(viewer)
                if not self._viewers:
                    self._log.forget(self._hear)

    def _next(self, viewer: Viewer) -> Batch:
        with self._changed:
            self._changed.wait_for(lambda: viewer.records or self._closed.is_set(), _BEAT)
            batch = Batch(list(viewer.records), viewer.lost)
            viewer.records.clear()
            viewer.lost = 0
        return batch

    def _hear(self, record: RequestRecord) -> None:
        with self._changed:
            for viewer in self._viewers:
                viewer.lost += len(viewer.records) == _WAITING
                viewer.records.append(record)
            self._changed.notify_all()


class Viewer:
    """One who watches, and what was not told yet. Iterate once; close."""

    def __init__(self, feed: Feed, who: str, after: str) -> None:
        self.who = who
        self.after = after
        self.records: deque[RequestRecord] = deque(maxlen=_WAITING)
        self.lost = 0
        self._feed = feed

    def __iter__(self) -> Iterator[Batch]:
        return self._feed.batches(self)

    def close(self) -> None:
        self._feed.leave(self)


def _following(records: list[RequestRecord], request_id: str) -> list[RequestRecord]:
    for position, record in enumerate(records):
        if record.request_id == request_id:
            return records[position + 1 :]
    return records
