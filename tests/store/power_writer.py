"""The program whose file operations test_store_power records: writes, restarts the store, writes again."""

from __future__ import annotations

import sys
from pathlib import Path

from crash_writer import THREADS, say, work, write
from store_box import Box

COUNT = 30  # changes in each thread between two starts


def main(folder: Path, *, durable: bool) -> None:
    for start in range(2):
        with Box(folder, durable=durable) as box:
            box.store._connection.execute("PRAGMA wal_autocheckpoint = 200")  # pages; so that there are some
            work(box, THREADS, range(1 + start, 2 + start))  # nothing yet but a small object
            write(box, 1 + start * 1000, COUNT)
    say("done", "-", 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), durable=sys.argv[2] == "power")
