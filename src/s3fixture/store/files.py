"""The folder of large bodies: one file each, never changed once its name is in the index.

    incoming/           bodies that no final change names yet; what a crash leaves here was never acknowledged
    00/ ... ff/         bodies that a change named, in their places by the beginning of their names
    unknown/            bodies in quarantine: a start found no row for them; nothing here is removed

Names are random and never come again. A file that is being read is pinned: removing it waits until the last
reader closes, because Windows refuses to remove an open file and a range of a multipart object opens its
files one after the other.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections import Counter, deque
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from s3fixture.expressions import Expression
from s3fixture.store.storage_errors import Damaged
from s3fixture.store.syncing import sync_file, sync_folder

if TYPE_CHECKING:
    from s3fixture.temporary_folders import TemporaryFolder

# Bodies leave this much of the disk free (bytes), more than the index's log ever takes: deleting writes to
# the log, and on a disk filled to the last byte nothing could be deleted to make room again.
RESERVE = 8 * 1024 * 1024
_NAME = Expression(r"[0-9a-f]{32}\.body")  # nothing else is ever touched: it may not be ours
INCOMING, UNKNOWN = "incoming", "unknown"


class Files:
    """Bodies in `folder`, or (None) in a private temporary directory that the first of them makes.

    `durable`: they survive a power failure.
    """

    def __init__(self, folder: Path | None, *, durable: bool = False) -> None:
        self._folder = folder
        self._durable = durable
        self.temporary = folder is None
        self._temporary: TemporaryFolder | None = None  # once a body needs it
        self._lock = threading.Lock()  # taken last: nothing is called while it is held
        self._pins: Counter[str] = Counter()
        self._dropped: deque[str] = deque()  # the pins of readers that nobody closed
        self._doomed: set[str] = set()
        self._removed: list[str] = []
        self._incoming: set[str] = set()  # those of this process

    def has_room(self, size: int) -> bool:
        """Whether a body of `size` bytes leaves the reserve of the folder's disk untouched."""
        if self.temporary or self._folder is None:
            return True
        from shutil import disk_usage  # imported when used: a server in memory starts without it

        return disk_usage(self._folder.parent).free >= size + RESERVE

    def create(self) -> tuple[str, BinaryIO]:
        """A new, empty file: its name and an unbuffered handle to write with. `place` or `remove` it."""
        name = secrets.token_hex(16) + ".body"
        self._ensure_folder()
        with self._lock:
            self._incoming.add(name)
        path = self.path(name)
        try:
            return name, path.open("xb", buffering=0)
        except FileNotFoundError:
            self._make(INCOMING)
            return name, path.open("xb", buffering=0)

    def sync(self, file: BinaryIO) -> None:
        """Write a file that was `create`d, and its name, to the disk, where bodies are durable."""
        if self._durable:
            assert self._folder is not None
            sync_file(file.fileno())
            sync_folder(self._folder / INCOMING)

    def place(self, names: Iterable[str]) -> None:
        """Put files where they belong: a change that names them has happened.

        This needs no sync: the next start finds them in either folder.
        """
        for name in names:
            try:
                self._move(name, INCOMING, name[:2])
            except OSError:  # such as of a full disk: the next start finds the file here, and moves it
                continue
            with self._lock:
                self._incoming.discard(name)

    def path(self, name: str) -> Path:
        """The path of a file. Raises Damaged for a name that `create` cannot have given."""
        assert self._folder is not None
        if not _NAME.fullmatch(name):
            raise Damaged(f"the index names a body {name!r}, which is not a name of a body")
        return self._folder / (INCOMING if name in self._incoming else name[:2]) / name

    def check(self, name: str, size: int) -> None:
        """Raise Damaged unless the file is there and has this many bytes."""
        path = self.path(name)
        try:
            found = path.stat().st_size
        except OSError as error:
            raise Damaged(f"the body {path} cannot be read: {error.strerror}") from error
        if found != size:
            raise Damaged(f"the body {path} has {found} bytes, but should have {size}")

    def pin(self, names: Iterable[str]) -> None:
        """Keep the files until `unpin`, even if they are removed meanwhile."""
        with self._lock:
            self._pins.update(names)

    def unpin(self, names: Iterable[str]) -> None:
        """Undo one `pin`, and remove what waited for it."""
        self.drop(names)
        self._sweep()

    def drop(self, names: Iterable[str]) -> None:
        """Undo one `pin` with the next `unpin` or `remove`.

        Takes no lock: the garbage collector may call this within any line, those that hold the lock included.
        """
        self._dropped.extend(names)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, now or when their last reader closes."""
        with self._lock:
            self._doomed.update(filter(_NAME.fullmatch, names))
        self._sweep()

    def removed(self) -> list[str]:
        """The files that `remove` has removed since this was last asked."""
        with self._lock:
            removed, self._removed = self._removed, []
        return removed

    def _sweep(self) -> None:
        if not self._doomed and not self._dropped:
            return
        with self._lock:
            self._undo_dropped()
            ready = [name for name in self._doomed if name not in self._pins]
            self._doomed.difference_update(ready)
        for name in ready:
            self._unlink(name)

    def _undo_dropped(self) -> None:
        while self._dropped:
            name = self._dropped.popleft()
            self._pins[name] -= 1
            if self._pins[name] <= 0:
                del self._pins[name]

    def _unlink(self, name: str) -> None:
        try:
            self.path(name).unlink(missing_ok=True)
        except OSError:  # on Windows, such as while a virus scanner reads it: the next sweep tries again
            with self._lock:
                self._doomed.add(name)
            return
        with self._lock:
            if name in self._incoming:
                self._incoming.remove(name)
            elif not self.temporary:
                self._removed.append(name)

    def is_empty(self) -> bool:
        """Whether no body is in its place."""
        return not any(self.sizes(folder) for folder in self.folders())

    def folders(self) -> list[str]:
        """The names of the folders of places."""
        return sorted(entry.name for entry in self._scan("") if len(entry.name) == 2 and entry.is_dir())

    def sizes(self, folder: str) -> dict[str, int]:
        """The bodies in one of the `folders`, INCOMING or UNKNOWN, and how many bytes they have."""
        return {
            entry.name: entry.stat().st_size for entry in self._scan(folder) if _NAME.fullmatch(entry.name)
        }

    @property
    def unknown(self) -> Path:
        """The folder of bodies in quarantine."""
        assert self._folder is not None
        return self._folder / UNKNOWN

    def quarantine(self, names: Iterable[str], source: str | None = None) -> None:
        """Move bodies that no row names, from their places or the folder `source`, to UNKNOWN."""
        for name in names:
            self._move(name, source or name[:2], UNKNOWN)

    def restore_quarantined(self, names: Iterable[str], source: str) -> None:
        """Move bodies from INCOMING or UNKNOWN to their places."""
        for name in names:
            self._move(name, source, name[:2])

    def clear_incoming(self, names: Iterable[str]) -> None:
        """Remove what nobody is writing any more."""
        with self._lock:
            self._incoming.update(names)
        self.remove(names)

    def _move(self, name: str, source: str, target: str) -> None:
        assert self._folder is not None
        path = self._folder / source / name
        try:
            path.rename(self._folder / target / name)
        except FileNotFoundError:
            self._make(target)
            path.rename(self._folder / target / name)

    def _make(self, part: str) -> None:
        """Make a subfolder; its name must be on the disk before anything in it can be."""
        assert self._folder is not None
        (self._folder / part).mkdir(parents=True, exist_ok=True)
        if self._durable:
            sync_folder(self._folder.parent)
            sync_folder(self._folder)

    def _scan(self, part: str) -> list[os.DirEntry[str]]:
        if self._folder is None:
            return []
        try:
            with os.scandir(self._folder / part) as entries:
                return list(entries)
        except FileNotFoundError:
            return []

    def close(self) -> None:
        """Remove the temporary directory, or what still waits to be removed from the folder."""
        self._sweep()
        if self._temporary is not None:
            self._temporary.remove()

    def _ensure_folder(self) -> Path:
        with self._lock:
            if self._folder is None:
                from s3fixture.temporary_folders import TemporaryFolder  # imported when used: once, if at all

                self._temporary = TemporaryFolder()
                self._folder = self._temporary.path
            return self._folder
