"""The stream of requests to the API for viewers of the console."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from s3fixture.named_tuples import NamedTuple

if TYPE_CHECKING:
    from s3fixture.app import RequestLog
    from s3fixture.records import RequestRecord

_WAITING = 2000  # requests kept for a slow viewer; older ones are lost and counted
_MOST_VIEWERS = 30
_MOST_OF_ONE = 10  # viewers of one person, so that nobody uses up all of them
_HEARTBEAT = 10.0  # seconds without a request, after which a viewer gets an empty batch
_BATCH_SECONDS = 0.1  # requests within them are sent together


class Batch(NamedTuple):
    """Requests for a viewer; an empty batch shows that the connection is alive."""

    records: list[RequestRecord]
    lost: int


class Feed:
    """Observes the log while somebody watches. Otherwise it costs requests nothing."""

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
        """A new viewer for the person `who`; close it. None when there are too many.

        It gets the kept requests (after the request id `after`, if that is known), then each new one.
        """
        viewer = Viewer(self, who, after)
        with self._changed:
            own = sum(other.who == who for other in self._viewers)
            if own >= _MOST_OF_ONE or len(self._viewers) >= _MOST_VIEWERS:
                return None
            if not self._viewers:
                self._log.observe(self._receive, completed=True)
            self._viewers.append(viewer)
        return viewer

    def batches(self, viewer: Viewer) -> Iterator[Batch]:
        """The batches of a viewer, until the console ends."""
        earlier = _following(self._log.entries(), viewer.after)
        seen = {record.request_id for record in earlier}
        yield Batch(earlier, 0)
        while not self._closed.is_set():
            batch = self._next(viewer)
            if seen:  # a request may have been observed before the log was read
                batch = Batch([r for r in batch.records if r.request_id not in seen], batch.lost)
                seen = set()
            yield batch
            self._closed.wait(_BATCH_SECONDS)

    def remove_viewer(self, viewer: Viewer) -> None:
        """Remove a viewer; safe to call twice."""
        with self._changed:
            if viewer in self._viewers:
                self._viewers.remove(viewer)
                if not self._viewers:
                    self._log.forget(self._receive)

    def _next(self, viewer: Viewer) -> Batch:
        with self._changed:
            self._changed.wait_for(lambda: viewer.records or self._closed.is_set(), _HEARTBEAT)
            batch = Batch(list(viewer.records), viewer.lost)
            viewer.records.clear()
            viewer.lost = 0
        return batch

    def _receive(self, record: RequestRecord) -> None:
        with self._changed:
            for viewer in self._viewers:
                viewer.lost += len(viewer.records) == _WAITING
                viewer.records.append(record)
            self._changed.notify_all()


class Viewer:
    """One viewer, with the requests that it has not got yet. Iterate once; close."""

    def __init__(self, feed: Feed, who: str, after: str) -> None:
        self.who = who
        self.after = after
        self.records: deque[RequestRecord] = deque(maxlen=_WAITING)
        self.lost = 0
        self._feed = feed

    def __iter__(self) -> Iterator[Batch]:
        return self._feed.batches(self)

    def close(self) -> None:
        self._feed.remove_viewer(self)


def _following(records: list[RequestRecord], request_id: str) -> list[RequestRecord]:
    for position, record in enumerate(records):
        if record.request_id == request_id:
            return records[position + 1 :]
    return records
