"""Versions of objects: add, find, change, remove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from s3fixture.store.blobs import Blobs
from s3fixture.store.rows import NULL_VERSION, Checksum, NewVersion, Part, PartInfo, Version
from s3fixture.store.spool import Spooled
from s3fixture.store.tables import from_json, to_json

# ruff: noqa: S608 - the statements are put together from constants, once, at import
_COLUMNS = (
    "seq, bucket, key, version_id, is_latest, is_delete_marker, size, etag, modified, owner, storage_class, "
    "checksum_algorithm, checksum_type, checksum_value, blob, parts, headers, metadata, tags, extra"
)
_LATEST = f"SELECT {_COLUMNS} FROM versions WHERE bucket = ? AND key = ? ORDER BY seq DESC LIMIT 1"
_BY_ID = f"SELECT {_COLUMNS} FROM versions WHERE bucket = ? AND key = ? AND version_id = ?"
_INSERT = f"INSERT INTO versions ({_COLUMNS}) VALUES ({', '.join('?' * 20)})"
_STATE = "SELECT seq, bucket, key, version_id, is_latest, is_delete_marker, size, blob, parts FROM versions"
_STATE_LATEST = f"{_STATE} WHERE bucket = ? AND key = ? ORDER BY seq DESC LIMIT 1"
_STATE_BY_ID = f"{_STATE} WHERE bucket = ? AND key = ? AND version_id = ?"
_STATE_BY_SEQ = f"{_STATE} WHERE seq = ?"
_COUNT = (
    "UPDATE buckets SET objects = objects + ?, bytes = bytes + ?, versions = versions + ?, "
    "version_bytes = version_bytes + ?, delete_markers = delete_markers + ? WHERE id = ?"
)
_PARTS = "SELECT number, start, size, checksum FROM version_parts WHERE version = ?"

Body = Spooled | Version | Sequence[Part] | None


class Versions(Blobs):
    """The part of the index that knows versions."""

    def get_current(self, bucket_id: int, key: str) -> Version | None:
        """The latest version of a key; it may be a delete marker."""
        row = self.execute(_LATEST, (bucket_id, key.encode())).fetchone()
        return None if row is None else _version(row)

    def get_version(self, bucket_id: int, key: str, version_id: str) -> Version | None:
        """One version of a key; "null" is the null version's id."""
        row = self.execute(_BY_ID, (bucket_id, key.encode(), version_id)).fetchone()
        return None if row is None else _version(row)

    def add_version(self, bucket_id: int, new: NewVersion, body: Body) -> Version:
        """Make `new` the latest version of its key; one with the same version id ("null") it replaces.

        `body` is what was spooled (adopted by this), another version (whose bytes it shares; also the one
        that it replaces), the parts of an upload in their order (whose bytes it shares; call
        `delete_upload` afterwards), or None for no bytes. Raises Gone for a version or part removed since
        it was read.
        """
        key = new.key.encode()
        blob, size, parts = self._take_body(body)  # before the replaced version, which may share it, goes
        counts = _Counts(self._make_room(bucket_id, key, new.version_id))
        ...
        raise NotImplementedError

    def update_version(
        self, seq: int, *, tags: Mapping[str, str] | None = None, extra: Mapping[str, Any] | None = None
    ) -> None:
        """Replace the tags, the extra record, or both; None leaves one as it is."""
        if tags is not None:
            self.execute("UPDATE versions SET tags = ? WHERE seq = ?", (to_json(tags), seq))
        if extra is not None:
            self.execute("UPDATE versions SET extra = ? WHERE seq = ?", (to_json(extra), seq))

    def remove_version(self, seq: int) -> bool:
        """Remove a version for good; the next newest becomes the latest. False when there is none."""
        raise NotImplementedError

    def version_parts(self, seq: int, after: int = 0, limit: int = 1000) -> list[PartInfo]:
        """The parts that a version was completed from, those with numbers above `after`."""
        sql = f"{_PARTS} AND number > ? ORDER BY number LIMIT ?"
        return [PartInfo._make(row) for row in self.execute(sql, (seq, after, limit))]

    def version_part(self, seq: int, number: int) -> PartInfo | None:
        """One part of a version."""
        row = self.execute(f"{_PARTS} AND number = ?", (seq, number)).fetchone()
        return None if row is None else PartInfo._make(row)
