"""The program whose file operations test_store_power records: writes, restarts the store, writes again."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from crash_writer import THREADS, say, work, write
from stored_bucket import StoredBucket

COUNT = 30  # changes in each thread between two starts
TOGETHER = 3  # acknowledged at once; of different keys


class Postponed:
    """Acknowledges as the listener does: some changes of a thread together, after they are settled."""

    def __init__(self, stored: StoredBucket) -> None:
        self._store = stored.store
        self._waiting: list[tuple[object, ...]] = []

    def __call__(self, *words: object) -> None:
        postponing, thread = self._store.postponing, threading.get_ident()
        assert postponing is not None
        postponing.setdefault(thread, 0)
        if words[0] != "ack":
            say(*words)
            return
        self._waiting.append(words)
        if len(self._waiting) == TOGETHER:
            self._store.settle(postponing[thread])
            for waiting in self._waiting:
                say(*waiting)
            self._waiting.clear()


def main(folder: Path, durability: str) -> None:
    durable = durability != "process"
    for start in range(2):
        with StoredBucket(folder, durable=durable) as stored:
            stored.store._connection.execute("PRAGMA wal_autocheckpoint = 200")  # pages
            work(stored, THREADS, range(1 + start, 2 + start))  # nothing yet but a small object
            says = [Postponed(stored) for _ in range(THREADS)] if durability == "postponed" else []
            write(stored, 1 + start * 1000, COUNT, says)
    say("done", "-", 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
