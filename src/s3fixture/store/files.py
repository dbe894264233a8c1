"""The folder of large bodies: one file each, never changed once its name is in the index.

A file that is being read is pinned: removing it waits until the last reader closes, because Windows
refuses to remove an open file and a range of a multipart object opens its files one after the other.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import threading
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

# Bodies leave this much of the disk free (bytes), more than the index's log ever takes: deleting writes to
# the log, and on a disk filled to the last byte nothing could be deleted to make room again.
RESERVE = 8 * 1024 * 1024
_SUFFIX = ".body"  # nothing without it is ever removed: the folder may hold what is not ours


class Files:
    """Bodies in `folder`, or (None) in a private temporary directory that the first of them makes."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._temporary = folder is None
        self._lock = threading.Lock()  # taken last: nothing is called while it is held
        self._pins: Counter[str] = Counter()
        self._doomed: set[str] = set()

    def has_room(self, size: int) -> bool:
        """Whether a body of `size` bytes leaves the reserve of the folder's disk untouched."""
        if self._temporary or self._folder is None:
            return True
        return shutil.disk_usage(self._folder.parent).free >= size + RESERVE

    def create(self) -> tuple[str, BinaryIO]:
        """A new, empty file: its name and an unbuffered handle to write with."""
        name = secrets.token_hex(16) + _SUFFIX
        path = self._ensure_folder() / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return name, path.open("xb", buffering=0)

    def path(self, name: str) -> Path:
        """Where a file lies."""
        assert self._folder is not None
        return self._folder / name[:2] / name

    def pin(self, names: Iterable[str]) -> None:
        """Keep the files until `unpin`, even if they are removed meanwhile."""
        with self._lock:
            self._pins.update(names)

    def unpin(self, names: Iterable[str]) -> None:
        """Undo one `pin`, and remove what waited for it."""
        with self._lock:
            self._pins.subtract(names)
            for name in names:
                if self._pins[name] <= 0:
                    del self._pins[name]
        self._sweep()

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, now or when their last reader closes."""
        with self._lock:
            self._doomed.update(names)
        self._sweep()

    def _sweep(self) -> None:
        if not self._doomed:
            return
        with self._lock:
            ready = [name for name in self._doomed if name not in self._pins]
            self._doomed.difference_update(ready)
        for name in ready:
            self._unlink(name)

    def _unlink(self, name: str) -> None:
        try:
            self.path(name).unlink(missing_ok=True)
        except OSError:  # a virus scanner holds it on Windows: the next sweep tries again
            with self._lock:
                self._doomed.add(name)

    def names(self) -> Iterator[str]:
        """All files there are, whether in the index or not."""
        if self._folder is None or not self._folder.is_dir():
            return
        with os.scandir(self._folder) as fans:
            folders = [fan.path for fan in fans if len(fan.name) == 2 and fan.is_dir()]
        for folder in folders:
            with os.scandir(folder) as entries:
                yield from (entry.name for entry in entries if entry.name.endswith(_SUFFIX))

    def close(self) -> None:
        """Remove the temporary directory, or what still waits to be removed from the folder."""
        self._sweep()
        if self._temporary and self._folder is not None:
            _remove_tree(self._folder, os.getpid())

    def _ensure_folder(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="s3fixture-"))
                weakref.finalize(self, _remove_tree, self._folder, os.getpid())
            return self._folder


def _remove_tree(folder: Path, owner: int) -> None:
    """Only in the process that made it: a forked child leaves its parent's files alone."""
    if os.getpid() == owner:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
