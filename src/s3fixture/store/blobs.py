"""Bodies in the index: counted references, and bodies made of other bodies."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from s3fixture.store.bodies import Piece, Spooled
from s3fixture.store.rows import Part, Tables
from s3fixture.store.storage_errors import Damaged, Gone

_INSERT = "INSERT INTO blobs (id, size, refs, file, data) VALUES (?, ?, 1, ?, ?)"
_SHARE = "UPDATE blobs SET refs = refs + 1 WHERE id = ?"
_DELETE_INLINE = "DELETE FROM blobs WHERE id = ? AND refs = 1 AND data IS NOT NULL"  # the usual case
_DROP = "UPDATE blobs SET refs = refs - 1 WHERE id = ?"
_PIECES = """
SELECT p.start, b.size, b.file, b.data FROM pieces AS p JOIN blobs AS b ON b.id = p.blob
WHERE p.whole = ? AND p.start >= (SELECT max(start) FROM pieces WHERE whole = ? AND start <= ?)
AND p.start < ? ORDER BY p.start
"""


_RECENT = 8 * 1024 * 1024  # bytes


class Blobs(Tables):
    """References to bodies. A body of no bytes has no row: its id is None.

    What was written or read a moment ago is what is asked for next, so the bytes of some bodies in the index
    are kept. They need no `forget`: an id is never used again.
    """

    def __init__(self, connection: sqlite3.Connection, ids: Iterator[int]) -> None:
        super().__init__(connection, ids)
        self._recent: dict[int, bytes] = {}
        self._recent_size = 0

    def adopt_body(self, spooled: Spooled) -> int | None:
        """Add a row for a spooled body, whose bytes belong to the index from now on. Returns its id."""
        spooled.adopt()
        if spooled.size == 0:
            return None
        blob = self.next_id()
        self.execute(_INSERT, (blob, spooled.size, spooled.file, spooled.data))
        if spooled.file is not None:
            self.created_files.append(spooled.file)
        elif spooled.data is not None:
            self._remember(blob, spooled.data)
        return blob

    def share_body(self, blob: int | None) -> int | None:
        """Add one reference to a body. Raises Gone when it has no row any more."""
        if blob is not None and self.execute(_SHARE, (blob,)).rowcount != 1:
            raise Gone("the body to copy was removed; read its row in the same transaction")
        return blob

    def join_bodies(self, parts: Sequence[Part]) -> int | None:
        """Make a body of the parts' bodies in their order, without copying a byte.

        The caller must have read the parts in this transaction.
        """
        filled = [part for part in parts if part.blob is not None]
        if not filled:
            return None
        if self.executemany(_SHARE, [(part.blob,) for part in filled]).rowcount != len(filled):
            raise Damaged("the index has not all the bodies of the parts of an upload")
        if len(filled) == 1:
            return filled[0].blob
        whole, start, pieces = self.next_id(), 0, []
        for part in filled:
            pieces.append((whole, start, part.blob))
            start += part.size
        self.execute(_INSERT, (whole, start, None, None))
        self.executemany("INSERT INTO pieces (whole, start, blob) VALUES (?, ?, ?)", pieces)
        return whole

    def drop_body(self, blob: int | None) -> None:
        """Remove one reference to a body; without any, its bytes are freed."""
        if blob is None:
            return
        self.removed_rows = True
        self._recent_size -= len(self._recent.pop(blob, b""))
        if self.execute(_DELETE_INLINE, (blob,)).rowcount == 1:
            return
        row = self.execute("SELECT refs, file, data IS NOT NULL FROM blobs WHERE id = ?", (blob,)).fetchone()
        if row is None:
            raise Damaged(f"the index has no row of the body {blob}, which an object has")
        refs, file, inline = row
        if refs > 1:
            self.execute(_DROP, (blob,))
            return
        self.execute("DELETE FROM blobs WHERE id = ?", (blob,))
        if file is not None:
            self.freed_files.append(file)
        elif not inline:
            self._drop_pieces(blob)

    def _drop_pieces(self, whole: int) -> None:
        pieces = self.execute("SELECT blob FROM pieces WHERE whole = ?", (whole,)).fetchall()
        self.execute("DELETE FROM pieces WHERE whole = ?", (whole,))
        for (piece,) in pieces:
            self.drop_body(piece)

    def record_removals(self, freed: Iterable[str], removed: Iterable[str]) -> None:
        """Files to remove when this change is final, should a crash come between, and those that are gone."""
        self.executemany("DELETE FROM removals WHERE file = ?", [(file,) for file in removed])
        self.executemany("INSERT INTO removals (file) VALUES (?)", [(file,) for file in freed])

    def body_pieces(self, blob: int, start: int, end: int) -> list[Piece]:
        """The bytes from `start` up to `end` of a body. Raises Damaged when its rows have fewer."""
        recent = self._recent.get(blob)
        if recent is not None and end <= len(recent):
            return [Piece("", len(recent), 0, end - start, _part_of(recent, start, end))]
        row = self.execute("SELECT size, file, data FROM blobs WHERE id = ?", (blob,)).fetchone()
        if row is None:
            raise Damaged(f"the index has no row of the body {blob}, which an object has")
        if row[1] is not None or row[2] is not None:
            pieces = [_piece((0, *row), start, end)]
            if row[2] is not None:
                self._remember(blob, row[2])
        else:
            pieces = [_piece(row, start, end) for row in self.execute(_PIECES, (blob, blob, start, end))]
        if sum(piece.length for piece in pieces) != end - start:
            raise Damaged(f"the index has not all the bytes from {start} to {end} of a body")
        return pieces

    def _remember(self, blob: int, data: bytes) -> None:
        if self._recent_size > _RECENT:
            self._recent.clear()
            self._recent_size = 0
        self._recent[blob] = data
        self._recent_size += len(data)


def _part_of(data: bytes, start: int, end: int) -> bytes:
    return data if end - start == len(data) else data[start:end]


def _piece(row: tuple[int, int, str | None, bytes | None], start: int, end: int) -> Piece:
    """The part of a piece (its place, size, file, data) that lies between `start` and `end` of the whole."""
    at, size, file, data = row
    first, last = max(start - at, 0), min(end - at, size)
    if file is not None:
        return Piece(file, size, first, last - first, b"")
    if data is None or len(data) != size:
        raise Damaged(
            f"a body in the index should have {size} bytes, but does not; it was changed from outside"
        )
    return Piece("", size, 0, last - first, _part_of(data, first, last))
