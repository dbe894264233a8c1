"""How much the buckets held, over the last two hours."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from typing import TYPE_CHECKING

from s3fixture.named_tuples import NamedTuple

if TYPE_CHECKING:
    from s3fixture.clock import Clock
    from s3fixture.store import Store

EVERY = 5.0  # seconds between samples
_KEPT = 1440  # samples


class Sample(NamedTuple):
    """What one owner's buckets held at a time (seconds since the epoch)."""

    time: float
    objects: int
    bytes: int


class UsageSamples:
    """Looks at the store's counters now and then, in a thread of its own."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._samples: deque[dict[str, Sample]] = deque(maxlen=_KEPT)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="s3fixture-usage", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking; safe to call twice."""
        self._closed.set()
        self._thread.join()

    def of(self, owner: str) -> list[Sample]:
        """The samples of one owner, oldest first, and how it is now."""
        now = self._look()
        nothing = Sample(self._clock.time(), 0, 0)
        return [sample[owner] for sample in list(self._samples) if owner in sample] + [
            now.get(owner, nothing)
        ]

    def _run(self) -> None:
        while not self._closed.wait(EVERY):
            try:
                self._samples.append(self._look())
            except sqlite3.ProgrammingError:  # the store was closed before us
                return

    def _look(self) -> dict[str, Sample]:
        """One sample per owner, from counters: the cost is the number of buckets."""
        found: dict[str, Sample] = {}
        now = self._clock.time()
        with self._store.read() as index:
            for bucket in index.list_buckets().buckets:
                usage = index.usage(bucket.id)
                known = found.get(bucket.owner, Sample(now, 0, 0))
                found[bucket.owner] = Sample(
                    now, known.objects + usage.objects, known.bytes + usage.version_bytes
                )
        return found
