"""The program whose file operations test_store_power records: writes, restarts the store, writes again."""

from __future__ import annotations

import sys
from pathlib import Path

from crash_writer import THREADS, say, work, write
from stored_bucket import StoredBucket

COUNT = 30  # changes in each thread between two starts


def main(folder: Path, *, durable: bool) -> None:
    for start in range(2):
        with StoredBucket(folder, durable=durable) as stored:
            stored.store._connection.execute("PRAGMA wal_autocheckpoint = 200")  # pages
            work(stored, THREADS, range(1 + start, 2 + start))  # nothing yet but a small object
            write(stored, 1 + start * 1000, COUNT)
    say("done", "-", 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), durable=sys.argv[2] == "power")
