"""Giving a body out, while others may replace or remove its object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from s3fixture.store.files import Files
from s3fixture.store.spool import CHUNK
from s3fixture.store.storage_errors import Damaged


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
        """Let the bytes go; safe to call twice."""
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
