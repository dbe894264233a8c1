"""Versions of objects: add, find, change, remove."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from operator import add
from typing import Any

from s3fixture.named_tuples import NamedTuple
from s3fixture.store.blobs import Blobs
from s3fixture.store.bodies import Spooled
from s3fixture.store.rows import (
    NULL_VERSION,
    Checksum,
    NewVersion,
    Part,
    PartInfo,
    Version,
    from_json,
    texts_to_json,
    to_json,
    to_key,
)

# ruff: noqa: S608 - the statements are put together from constants, once, at import
_COLUMNS = (
    "seq, bucket, key, version_id, is_latest, is_delete_marker, size, etag, modified, owner, storage_class, "
    "checksum_algorithm, checksum_value, checksum_type, blob, parts, headers, metadata, tags, extra"
)
_LATEST = f"SELECT {_COLUMNS} FROM versions WHERE bucket = ? AND key = ? ORDER BY seq DESC LIMIT 1"
_BY_ID = f"SELECT {_COLUMNS} FROM versions WHERE bucket = ? AND key = ? AND version_id = ?"
_OF_KEY = (
    f"SELECT {_COLUMNS} FROM versions WHERE bucket = ? AND key = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
)
_BEHIND_KEY = f"SELECT {_COLUMNS} FROM versions WHERE bucket = ? AND key > ? ORDER BY key, seq DESC LIMIT ?"
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
_INSERT_PART = "INSERT INTO version_parts (version, number, start, size, checksum) VALUES (?, ?, ?, ?, ?)"
_COPY_PARTS = (
    "INSERT INTO version_parts (version, number, start, size, checksum) "
    "SELECT ?, number, start, size, checksum FROM version_parts WHERE version = ?"
)

Body = Spooled | Version | Sequence[Part] | None


_NO_CHECKSUM = ("", "", "")
_KEPT = 1024  # versions


class _State(NamedTuple):
    """What a change must know of a version that is there already."""

    seq: int
    bucket: int
    key: bytes
    version_id: str
    is_latest: int
    is_delete_marker: int
    size: int
    blob: int | None
    parts: int


class _Counts(NamedTuple):
    """What a change adds to the bucket's counters (see `rows.Usage`)."""

    objects: int
    bytes: int
    versions: int
    version_bytes: int
    delete_markers: int

    def plus(self, other: _Counts) -> _Counts:
        return _Counts(*map(add, self, other))


_NOTHING = _Counts(0, 0, 0, 0, 0)
_DELETE_MARKER = _Counts(0, 0, 0, 0, 1)


class Versions(Blobs):
    """The part of the index that knows versions.

    What was written or read a moment ago is what is asked for next, so some of the latest versions are kept.
    Whoever undoes a change calls `forget`.
    """

    def __init__(self, connection: sqlite3.Connection, ids: Iterator[int]) -> None:
        super().__init__(connection, ids)
        self._current: dict[tuple[int, str], Version] = {}

    def forget(self) -> None:
        super().forget()
        self._current.clear()

    def get_current(self, bucket_id: int, key: str) -> Version | None:
        """The latest version of a key; it may be a delete marker."""
        kept = self._current.get((bucket_id, key))
        if kept is not None:
            return kept
        row = self.execute(_LATEST, (bucket_id, key.encode())).fetchone()
        return None if row is None else self._keep(_version(row))

    def _keep(self, current: Version) -> Version:
        if len(self._current) >= _KEPT:
            self._current.clear()
        self._current[current.bucket_id, current.key] = current
        return current

    def get_version(self, bucket_id: int, key: str, version_id: str) -> Version | None:
        """One version of a key; "null" is the null version's id."""
        row = self.execute(_BY_ID, (bucket_id, key.encode(), version_id)).fetchone()
        return None if row is None else _version(row)

    def versions_of(
        self, bucket_id: int, key: str, below: int = sys.maxsize, limit: int = 1000
    ) -> list[Version]:
        """The versions of a key, newest first, those with a `seq` below that."""
        return [_version(row) for row in self.execute(_OF_KEY, (bucket_id, key.encode(), below, limit))]

    def walk_versions(self, bucket_id: int, key: str, seq: int, limit: int) -> list[Version]:
        """All versions by key and then newest first, those behind version `seq` of `key`; ("", 0) begins."""
        rest = self.versions_of(bucket_id, key, seq, limit)
        rows = self.execute(_BEHIND_KEY, (bucket_id, key.encode(), limit - len(rest)))
        return rest + [_version(row) for row in rows]

    def add_version(self, bucket_id: int, new: NewVersion, body: Body) -> Version:
        """Make `new` the latest version of its key; one with the same version id ("null") it replaces.

        `body` is what was spooled (adopted by this), another version (whose bytes it shares; also the one
        that it replaces), the parts of an upload in their order (whose bytes it shares; read them in the same
        `write`, and call `delete_upload` afterwards), or None for no bytes. Raises Gone for a version whose
        bytes were removed since it was read.
        """
        key = new.key.encode()
        blob, size, parts = self._take_body(body)  # first: the version replaced below may share the bytes
        counts = self._make_room(bucket_id, new.key, new.version_id)
        version = Version(
            self.next_id(),
            bucket_id,
            new.key,
            new.version_id,
            True,
            new.is_delete_marker,
            size,
            new.etag,
            new.modified,
            new.owner,
            new.storage_class,
            new.checksum,
            blob,
            len(parts),
            dict(new.headers),
            dict(new.metadata),
            dict(new.tags),
            dict(new.extra),
        )
        headers = texts_to_json(tuple(version.headers.items()))
        mappings = (headers, *map(to_json, version[15:]))
        checksum = new.checksum or _NO_CHECKSUM
        self.execute(_INSERT, (*version[:2], key, *version[3:11], *checksum, blob, len(parts), *mappings))
        if parts:
            self._record_parts(version.seq, parts)
        gained = _DELETE_MARKER if new.is_delete_marker else _Counts(1, size, 1, size, 0)
        self._count(bucket_id, counts.plus(gained))
        return self._keep(version)

    def update_version(
        self,
        seq: int,
        *,
        tags: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        storage_class: str | None = None,
    ) -> None:
        """Replace the tags, the extra record, the storage class; None leaves one as it is."""
        self._current.clear()  # by number alone it cannot be found there
        if tags is not None:
            self.execute("UPDATE versions SET tags = ? WHERE seq = ?", (to_json(tags), seq))
        if extra is not None:
            self.execute("UPDATE versions SET extra = ? WHERE seq = ?", (to_json(extra), seq))
        if storage_class is not None:
            self.execute("UPDATE versions SET storage_class = ? WHERE seq = ?", (storage_class, seq))

    def copy_parts(self, source: Version, copy: Version) -> None:
        """Give a version with the bytes of `source` its parts as well."""
        self._current.clear()
        self.execute(_COPY_PARTS, (copy.seq, source.seq))
        self.execute("UPDATE versions SET parts = ? WHERE seq = ?", (source.parts, copy.seq))

    def remove_version(self, seq: int) -> bool:
        """Remove a version for good; the next newest becomes the latest. False when there is none."""
        state = self._state(_STATE_BY_SEQ, seq)
        if state is None:
            return False
        counts = self._delete(state)
        if state.is_latest:
            self._current.pop((state.bucket, to_key(state.key)), None)
            next_latest = self._state(_STATE_LATEST, state.bucket, state.key)
            if next_latest is not None:
                counts = counts.plus(self._set_latest(next_latest, True))
        self._count(state.bucket, counts)
        return True

    def version_parts(self, seq: int, after: int = 0, limit: int = 1000) -> list[PartInfo]:
        """The parts that a version was completed from, those with numbers above `after`."""
        sql = f"{_PARTS} AND number > ? ORDER BY number LIMIT ?"
        return [PartInfo._make(row) for row in self.execute(sql, (seq, after, limit))]

    def version_part(self, seq: int, number: int) -> PartInfo | None:
        """One part of a version."""
        row = self.execute(f"{_PARTS} AND number = ?", (seq, number)).fetchone()
        return None if row is None else PartInfo._make(row)

    def _take_body(self, body: Body) -> tuple[int | None, int, Sequence[Part]]:
        """One reference to the bytes, their number, and the parts to record."""
        if body is None:
            return None, 0, ()
        if isinstance(body, Spooled):
            return self.adopt_body(body), body.size, ()
        if isinstance(body, Version):
            return self.share_body(body.blob), body.size, ()
        return self.join_bodies(body), sum(part.size for part in body), body

    def _make_room(self, bucket_id: int, key: str, version_id: str) -> _Counts:
        """Take the place of the latest version, and of the null version when `version_id` is "null"."""
        latest = self._current.get((bucket_id, key)) or self._state(_STATE_LATEST, bucket_id, key.encode())
        if latest is None:
            return _NOTHING
        if latest.version_id == version_id:
            return self._delete(latest)
        counts = self._set_latest(latest, False)
        if version_id == NULL_VERSION:
            null = self._state(_STATE_BY_ID, bucket_id, key.encode(), version_id)
            if null is not None:
                counts = counts.plus(self._delete(null))
        return counts

    def _state(self, sql: str, *values: int | str | bytes) -> _State | None:
        row = self.execute(sql, values).fetchone()
        return None if row is None else _State._make(row)

    def _delete(self, state: _State | Version) -> _Counts:
        self.execute("DELETE FROM versions WHERE seq = ?", (state.seq,))
        if state.parts:
            self.execute("DELETE FROM version_parts WHERE version = ?", (state.seq,))
        self.drop_body(state.blob)
        if state.is_delete_marker:
            return _Counts(0, 0, 0, 0, -1)
        if state.is_latest:
            return _Counts(-1, -state.size, -1, -state.size, 0)
        return _Counts(0, 0, -1, -state.size, 0)

    def _set_latest(self, state: _State | Version, latest: bool) -> _Counts:
        self.execute("UPDATE versions SET is_latest = ? WHERE seq = ?", (latest, state.seq))
        if state.is_delete_marker:
            return _NOTHING
        return _Counts(1, state.size, 0, 0, 0) if latest else _Counts(-1, -state.size, 0, 0, 0)

    def _count(self, bucket_id: int, counts: _Counts) -> None:
        if any(counts):
            self.execute(_COUNT, (*counts, bucket_id))

    def _record_parts(self, seq: int, parts: Sequence[Part]) -> None:
        rows, start = [], 0
        for part in parts:
            rows.append((seq, part.number, start, part.size, part.checksum.value if part.checksum else ""))
            start += part.size
        self.executemany(_INSERT_PART, rows)


def _version(row: tuple[Any, ...]) -> Version:
    seq, bucket, key, version_id, is_latest, is_delete_marker, *columns = row
    size, etag, modified, owner, storage_class, algorithm, value, kind, blob, parts, *mappings = columns
    headers, metadata, tags, extra = map(from_json, mappings)
    return Version(
        seq,
        bucket,
        to_key(key),
        version_id,
        is_latest == 1,
        is_delete_marker == 1,
        size,
        etag,
        modified,
        owner,
        storage_class,
        Checksum(algorithm, value, kind) if algorithm else None,
        blob,
        parts,
        headers,
        metadata,
        tags,
        extra,
    )
