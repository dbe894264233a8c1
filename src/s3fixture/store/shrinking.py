"""The space of removed rows, given back to the disk when little is being written."""

from __future__ import annotations

import logging
import sqlite3
import threading

from s3fixture.store.storage_errors import is_full

_MUCH = 1024  # free pages (of 4 KiB): less is left for the next objects
_AT_ONCE = 250  # pages moved while everybody else waits: a few milliseconds
_QUIET = 0.5  # seconds without a removal before it begins: what is written next uses the pages first
_BETWEEN = 0.02  # seconds for others between two steps
_LOG = logging.getLogger("s3fixture")


class Shrinking:
    """Shrinks the index of a folder in a thread that lives as long as there is something to give back."""

    def __init__(self, lock: threading.RLock, connection: sqlite3.Connection) -> None:
        self._lock = lock
        self._connection = connection
        self._stopped = threading.Event()
        self._removals = 0
        self._thread: threading.Thread | None = None

    def note_removal(self) -> None:
        """Rows were removed by a change that is final; call it with the lock held."""
        self._removals += 1
        if self._thread is None and not self._stopped.is_set() and _free_pages(self._connection) > _MUCH:
            self._thread = threading.Thread(target=self._work, name="s3fixture-shrink", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End it; call it without the lock. Safe to call twice."""
        self._stopped.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        try:
            seen = -1
            while not self._stopped.wait(_BETWEEN if seen == self._removals else _QUIET):
                if seen != self._removals:
                    seen = self._removals
                    continue
                with self._lock:
                    if self._stopped.is_set() or not self._step():
                        self._thread = None
                        return
        except sqlite3.Error as error:  # a damaged index, or a failing disk; the next removal tries again
            _LOG.error("the index could not be made smaller: %s", error)
            with self._lock:
                self._thread = None

    def _step(self) -> bool:
        """Whether there is more to do."""
        try:
            _move(self._connection)
            if _free_pages(self._connection):
                return True
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.OperationalError as error:
            if not is_full(error):
                raise
        return False


def shrink(connection: sqlite3.Connection) -> None:
    """Give the pages that are not used any more, and the log, back to the disk, until that is full.

    In steps, because the log grows by what a step moves, and this is called when there is little room.
    """
    if connection.in_transaction:
        return
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        while _free_pages(connection):
            _move(connection)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        if not is_full(error):
            raise


def _move(connection: sqlite3.Connection) -> None:
    """Some pages from the end of the file into its holes.

    As a script, because each step of the statement moves one page, and `execute` takes one step only.
    """
    connection.executescript(f"PRAGMA incremental_vacuum({_AT_ONCE})")


def _free_pages(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("PRAGMA freelist_count").fetchone()
    assert isinstance(count, int)
    return count
