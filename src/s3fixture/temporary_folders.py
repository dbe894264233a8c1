"""Folders that end with the process that made them, also when it was killed.

A killed process leaves its folders behind; the next one that makes a folder finds them, because their
locks are free, and removes them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

from s3fixture.file_lock import FileLock

_PREFIX = "s3fixture-"
_LOCK = ".lock"


class TemporaryFolder:
    """A new folder `path` among the system's temporary files; `remove` removes it.

    It is removed as well when this object is collected or the process ends, but never by a forked child.
    Making one starts a thread that removes the folders of killed processes. Raises OSError when it cannot be
    made.
    """

    def __init__(self, purpose: str = "") -> None:
        self.path, lock = _make(f"{_PREFIX}{purpose}-" if purpose else _PREFIX)
        self.remove = weakref.finalize(self, _remove_own, self.path, lock, os.getpid())
        sweep = threading.Thread(target=remove_abandoned, name="s3fixture-sweep", daemon=True)
        sweep.start()


def _make(prefix: str) -> tuple[Path, FileLock]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        lock = FileLock(folder / _LOCK)
        if lock.acquire():
            return folder, lock
        # Another process took it, just made, for abandoned, and removes it.


def _remove_own(folder: Path, lock: FileLock, owner: int) -> None:
    if os.getpid() == owner:
        _remove(folder, lock)


def remove_abandoned() -> None:
    """Remove the folders of this user whose makers were killed."""
    for folder in _folders():
        lock = FileLock(folder / _LOCK)
        with contextlib.suppress(OSError):  # another process removes it, or it may not be opened
            if (folder / _LOCK).exists() and lock.acquire():
                _remove(folder, lock)


def _folders() -> Iterator[Path]:
    """Those that are this user's own: the place for temporary files is everybody's."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and _is_own_folder(entry):
                yield Path(entry.path)


def _is_own_folder(entry: os.DirEntry[str]) -> bool:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and (sys.platform == "win32" or status.st_uid == os.getuid())


def _remove(folder: Path, lock: FileLock) -> None:
    """The lock goes last: were this process killed now, the next one would still know whose folder it is."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.name == _LOCK:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
    lock.release()
    shutil.rmtree(folder, ignore_errors=True)
