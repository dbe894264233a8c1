"""Writing files and their names to the disk, so that they survive a power failure (docs/durability.md)."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from s3fixture.store.storage_errors import Damaged

if sys.platform == "darwin":
    import fcntl

    def sync_file(descriptor: int) -> None:
        """Write the bytes and the size of a file to the disk. fsync would leave them in the disk's cache."""
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
elif sys.platform == "win32":

    def sync_file(descriptor: int) -> None:
        """Write the bytes and the size of a file to the disk."""
        os.fsync(descriptor)
else:

    def sync_file(descriptor: int) -> None:
        """Write the bytes and the size of a file to the disk."""
        os.fdatasync(descriptor)


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk; does nothing on Windows, which does it by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class SharedSync:
    """Syncs of one file that many threads wait for: one sync serves all that had written before it began.

    The first thread syncs for all; threads that come meanwhile wait for the next sync. After a sync has
    failed, everything raises Damaged: a file system may drop what it could not write, so that a second sync
    would succeed without having written it.

    A thread in `postponing` does not wait after each write: it calls `wait` itself, before it answers.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        self._changed = threading.Condition(threading.Lock())
        self._written = 0
        self._synced = 0
        self._busy = False
        self._failure = ""
        self.postponing: dict[int, int] = {}
        """Such threads, by their idents -> the mark that one has to wait for; 0: none."""

    def check(self) -> None:
        """Raise Damaged when a sync has failed. Call it before something is written."""
        if self._failure:
            raise Damaged(self._failure)

    def wrote(self) -> None:
        """Something was written; call it before the next thread may write."""
        self._written += 1

    def end_write(self) -> int:
        """Wait for what was written before, or note that this thread has to: the mark; 0 if not."""
        thread, mark = threading.get_ident(), self._written
        if thread not in self.postponing:
            self.wait(mark)
        elif self._synced < mark:
            self.check()
            self.postponing[thread] = mark
            return mark
        return 0

    def wait(self, mark: int | None = None) -> int:
        """Return when all that was written before, or before a mark, is on the disk. Returns the mark."""
        goal = self._written if mark is None else mark
        if self._synced < goal:
            with self._changed:
                while self._synced < goal and not self._failure:
                    if self._busy:
                        self._changed.wait()
                    else:
                        self._sync()
        self.check()
        return goal

    def _sync(self) -> None:
        self._busy, written = True, self._written
        self._changed.release()
        try:
            sync_file(self._descriptor)
            self._synced = written
        except OSError as error:
            self._failure = (
                f"the disk could not keep what was written: {error.strerror}; check the disk, and restart "
                "the server"
            )
        finally:
            self._changed.acquire()
            self._busy = False
            self._changed.notify_all()

    def close(self) -> None:
        """Close the file; from now on `check` and `wait` raise Damaged."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy)
            self._failure = "the store was closed"
            os.close(self._descriptor)
