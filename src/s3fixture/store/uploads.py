"""Multipart uploads in progress and their parts."""

from __future__ import annotations

from typing import Any

from s3fixture.store.blobs import Blobs
from s3fixture.store.bodies import Spooled
from s3fixture.store.rows import Checksum, NewPart, NewUpload, Part, PartPage, Upload, from_json, to_json

# ruff: noqa: S608 - the statements are put together from constants, once, at import
UPLOAD_COLUMNS = (
    "seq, bucket, CAST(key AS TEXT), upload_id, initiated, owner, storage_class, "
    "checksum_algorithm, checksum_type, headers, metadata, tags, extra"
)
_UPLOAD = f"SELECT {UPLOAD_COLUMNS} FROM uploads WHERE bucket = ? AND key = ? AND upload_id = ?"
_INSERT = (
    "INSERT INTO uploads (seq, bucket, key, upload_id, initiated, owner, storage_class, checksum_algorithm, "
    f"checksum_type, headers, metadata, tags, extra) VALUES ({', '.join('?' * 13)})"
)
_PART_COLUMNS = "number, size, etag, modified, checksum_algorithm, checksum_value, blob"
_PARTS = f"SELECT {_PART_COLUMNS} FROM parts WHERE upload = ?"
_PUT_PART = f"INSERT OR REPLACE INTO parts (upload, {_PART_COLUMNS}) VALUES ({', '.join('?' * 8)})"


class Uploads(Blobs):
    """The part of the index that knows uploads."""

    def create_upload(self, bucket_id: int, new: NewUpload) -> Upload:
        """Begin an upload."""
        row = (
            self.next_id(),
            bucket_id,
            new.key.encode(),
            new.upload_id,
            new.initiated,
            new.owner,
            new.storage_class,
            new.checksum_algorithm,
            new.checksum_type,
            to_json(new.headers),
            to_json(new.metadata),
            to_json(new.tags),
            to_json(new.extra),
        )
        self.execute(_INSERT, row)
        return upload_of((*row[:2], new.key, *row[3:]))

    def get_upload(self, bucket_id: int, key: str, upload_id: str) -> Upload | None:
        """An upload in progress; None after it was completed or aborted, and under another key."""
        row = self.execute(_UPLOAD, (bucket_id, key.encode(), upload_id)).fetchone()
        return None if row is None else upload_of(row)

    def delete_upload(self, upload: Upload) -> None:
        """End an upload, completed or aborted: its parts go, and their bytes unless a version has them."""
        self.drop_upload(upload.seq)

    def drop_upload(self, seq: int) -> None:
        """`delete_upload` by number."""
        blobs = self.execute("SELECT blob FROM parts WHERE upload = ?", (seq,)).fetchall()
        for (blob,) in blobs:
            self.drop_body(blob)
        self.execute("DELETE FROM parts WHERE upload = ?", (seq,))
        self.execute("DELETE FROM uploads WHERE seq = ?", (seq,))

    def put_part(self, upload: Upload, new: NewPart, body: Spooled) -> Part:
        """Store a part; one with the same number is replaced. The caller must have read `upload` in this
        transaction: a part of an upload that has ended would never be freed.
        """
        former = self.execute(
            "SELECT blob FROM parts WHERE upload = ? AND number = ?", (upload.seq, new.number)
        ).fetchone()
        checksum = new.checksum or Checksum("", "")
        row = (new.number, body.size, new.etag, new.modified, *checksum[:2], self.adopt_body(body))
        self.execute(_PUT_PART, (upload.seq, *row))
        if former is not None:
            self.drop_body(former[0])
        return _part(row)

    def get_parts(self, upload: Upload) -> list[Part]:
        """All parts in the order of their numbers."""
        return [_part(row) for row in self.execute(f"{_PARTS} ORDER BY number", (upload.seq,))]

    def list_parts(self, upload: Upload, after: int = 0, limit: int = 1000) -> PartPage:
        """A page of the parts, those with numbers above `after`."""
        sql = f"{_PARTS} AND number > ? ORDER BY number LIMIT ?"
        found = [_part(row) for row in self.execute(sql, (upload.seq, after, limit + 1))]
        return PartPage(found[:limit], len(found) > limit > 0)


def upload_of(row: tuple[Any, ...]) -> Upload:
    """A row of UPLOAD_COLUMNS as a record."""
    return Upload(*row[:9], *map(from_json, row[9:]))


def _part(row: tuple[Any, ...]) -> Part:
    number, size, etag, modified, algorithm, value, blob = row
    checksum = Checksum(algorithm, value) if algorithm else None
    return Part(number, size, etag, modified, checksum, blob)
