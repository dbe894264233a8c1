"""Bodies on their way in (small ones in memory, large ones straight into a file) and out.

A body goes out while others may replace or remove its object.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from s3fixture.named_tuples import NamedTuple
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
    """Raise StorageFull for "no space left" and similar errors, Damaged for other errors of the disk."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(f"the disk has no room for the body: {error.strerror}") from error
        raise Damaged(f"the body cannot be written to the disk: {error.strerror}") from error


class Piece(NamedTuple):
    """`length` bytes: `data`, or when `file` is not "", those from `offset` of that file of `size` bytes."""

    file: str
    size: int
    offset: int
    length: int
    data: bytes


class BodyReader:
    """The bytes of a body or of a range of it, `size` in all, read once from front to back.

    Iterate over it (chunks of up to 256 KiB), or call `read`. What it reads stays as it was when it was
    opened, whatever happens to the object; `close` (or `with`, or the end of iteration) lets the bytes go.

    Raises Damaged at once when a file is missing or has not the size that it was stored with.
    """

    def __init__(self, files: Files, pieces: Sequence[Piece], size: int) -> None:
        self._files = files
        self._pieces = pieces
        self._pinned = [piece.file for piece in pieces if piece.file]
        self._chunks: Iterator[bytes] | None = None
        self._rest = b""
        self.size = size
        if self._pinned:
            files.pin(self._pinned)
            self._check()

    def _check(self) -> None:
        try:
            for piece in self._pieces:
                if piece.file:
                    self._files.check(piece.file, piece.size)
        except Damaged:
            self.close()
            raise

    @property
    def data(self) -> bytes | None:
        """All the bytes, when they are one piece in memory; else None."""
        if len(self._pieces) != 1 or self._pinned:
            return None
        return self._pieces[0].data

    @property
    def path_and_offset(self) -> tuple[Path, int] | None:
        """The one file that `size` bytes from the offset are the body of (for sendfile), or None."""
        if len(self._pieces) != 1 or not self._pinned:
            return None
        return self._files.path(self._pieces[0].file), self._pieces[0].offset

    def __iter__(self) -> Iterator[bytes]:
        if self._chunks is None:
            self._chunks = self._read_pieces()
        return self._chunks

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (all that are left when negative); b"" at the end."""
        taken, room = [], size
        while room != 0:
            chunk = self._rest or next(iter(self), b"")
            if not chunk:
                break
            self._rest = b"" if room < 0 else chunk[room:]
            taken.append(chunk if room < 0 else chunk[:room])
            room = room if room < 0 else room - len(taken[-1])
        return taken[0] if len(taken) == 1 else b"".join(taken)

    def again(self) -> BodyReader:
        """Another reader of the same bytes, from the front; only while this one is not closed."""
        return BodyReader(self._files, self._pieces, self.size)

    def close(self) -> None:
        """Close the reader; its files may be removed then. Safe to call twice."""
        self._chunks = iter(())  # closes the open file, by ending the generator that holds it
        pinned, self._pinned = self._pinned, []
        if pinned:
            self._files.unpin(pinned)

    def _read_pieces(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if piece.file:
                with self._open(piece) as file:
                    yield from _read_file(file, piece)
            elif piece.length:
                yield piece.data
        self.close()

    def _open(self, piece: Piece) -> BinaryIO:
        path = self._files.path(piece.file)
        try:
            return path.open("rb", buffering=0)
        except OSError as error:
            raise Damaged(f"the body {path} cannot be read: {error.strerror}") from error

    def __enter__(self) -> BodyReader:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __del__(self) -> None:
        if self._pinned:
            self._files.drop(self._pinned)  # `close` would take a lock that this thread may hold


def _read_file(file: BinaryIO, piece: Piece) -> Iterator[bytes]:
    file.seek(piece.offset)
    left = piece.length
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise Damaged(f"the body {file.name} ends {left} bytes too early; it was changed from outside")
        left -= len(chunk)
        yield chunk
