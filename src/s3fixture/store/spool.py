"""Taking a body in: small ones in memory, large ones straight into a file."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from s3fixture.store.files import Files
from s3fixture.store.storage_errors import Damaged, StorageFull

INLINE_LIMIT = 64 * 1024  # bytes; up to here SQLite is faster than a file of its own
CHUNK = 256 * 1024

_FULL = frozenset(
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name)
)  # Windows has no quota error


class Source(Protocol):
    """What a body is read from: b"" at its end, and perhaps fewer bytes than asked for before."""

    def read(self, size: int, /) -> bytes: ...


class Spooled:
    """Bytes taken in that belong to nothing yet: `data` (inline) or `file`, and their `size`.

    A write transaction adopts it, once; otherwise leaving its `with` block discards it.
    """

    __slots__ = ("_adopted", "_files", "data", "file", "size")

    def __init__(self, files: Files, size: int, data: bytes | None, file: str | None) -> None:
        self._files = files
        self._adopted = False
        self.size = size
        self.data = data
        self.file = file

    def adopt(self) -> None:
        """Hand the bytes over to the index. Raises ValueError the second time."""
        if self._adopted:
            raise ValueError("a spooled body belongs to one object; copy the object to share it")
        self._adopted = True

    def discard(self) -> None:
        """Remove the bytes, unless they were adopted."""
        if not self._adopted and self.file is not None:
            self._files.remove([self.file])
            self._adopted = True

    def __enter__(self) -> Spooled:
        return self

    def __exit__(self, *exception: object) -> None:
        self.discard()


def spool(files: Files, source: Source, size: int | None) -> Spooled:
    """Read `source` to its end; see `Store.spool`."""
    if size is not None and size > INLINE_LIMIT:
        return _to_file(files, b"", source)
    start = source.read(INLINE_LIMIT + 1)
    if size and len(start) == size:
        return Spooled(files, size, start, None)
    while len(start) <= INLINE_LIMIT:
        more = source.read(INLINE_LIMIT + 1 - len(start))
        if not more:
            return Spooled(files, len(start), start, None)
        start += more
    return _to_file(files, start, source)


def _to_file(files: Files, start: bytes, source: Source) -> Spooled:
    with storage_errors():
        name, file = files.create()
    total = 0
    try:
        with file:
            chunk = start or source.read(CHUNK)
            while chunk:
                with storage_errors():
                    _write_all(file, chunk)
                total += len(chunk)
                chunk = source.read(CHUNK)
            with storage_errors():
                files.sync(file)
    except BaseException:
        files.remove([name])
        raise
    return Spooled(files, total, None, name)


def _write_all(file: Any, chunk: bytes) -> None:
    """A raw file may take fewer bytes than it was given, when the disk is nearly full for one."""
    written = file.write(chunk)
    while written < len(chunk):
        written += file.write(memoryview(chunk)[written:])


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn "no space left" and its kin into StorageFull, other errors of the disk into Damaged."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(f"the disk has no room for the body: {error.strerror}") from error
        raise Damaged(f"the body cannot be written to the disk: {error.strerror}") from error
