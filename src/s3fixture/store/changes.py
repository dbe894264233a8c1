"""What has changed since a snapshot, at the cost of what has changed.

All ids come from one counter, so what was added since has a greater one. What was removed or altered is noted
by triggers, in a temporary table that a rollback takes back with the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from s3fixture.named_tuples import NamedTuple
from s3fixture.records import Change

_OLD = "OLD.seq, OLD.bucket, OLD.key, OLD.size, OLD.etag, OLD.is_delete_marker"
_NOTE = "INSERT INTO noted (seq, bucket, key, size, etag, is_delete_marker) VALUES"
_TRIGGERS = f"""
CREATE TEMP TABLE noted (
    number INTEGER PRIMARY KEY,
    seq INTEGER,
    bucket INTEGER, -- NULL: this row is about a bucket, with its id and its name as the key
    key BLOB,
    size INTEGER,
    etag TEXT,
    is_delete_marker INTEGER
);
CREATE INDEX temp.noted_keys ON noted (bucket, key);
CREATE TEMP TRIGGER note_removed AFTER DELETE ON main.versions BEGIN {_NOTE} ({_OLD}); END;
CREATE TEMP TRIGGER note_altered AFTER UPDATE OF tags, extra ON main.versions BEGIN {_NOTE} ({_OLD}); END;
CREATE TEMP TRIGGER note_bucket AFTER DELETE ON main.buckets BEGIN
    {_NOTE} (OLD.id, NULL, OLD.name, 0, '', 0);
END;
"""
_TOUCHED = """
SELECT bucket, key FROM versions WHERE seq > :newest
UNION SELECT bucket, key FROM noted WHERE number > :number AND bucket IS NOT NULL
"""
_BEFORE = """
SELECT seq, size, etag, is_delete_marker FROM (
    SELECT seq, size, etag, is_delete_marker FROM versions
    WHERE bucket = :bucket AND key = :key AND seq <= :newest
    UNION ALL SELECT seq, size, etag, is_delete_marker FROM noted
    WHERE bucket = :bucket AND key = :key AND seq <= :newest AND number > :number
) ORDER BY seq DESC LIMIT 1
"""
_NOW = """
SELECT seq, size, etag, is_delete_marker FROM versions
WHERE bucket = :bucket AND key = :key ORDER BY seq DESC LIMIT 1
"""
_ALTERED = "SELECT 1 FROM noted WHERE seq = ? AND bucket IS NOT NULL AND number > ?"
_NEW_BUCKETS = "SELECT name FROM buckets WHERE id > :newest"
_BUCKET = "SELECT name FROM buckets WHERE id = ?"
_REMOVED_BUCKETS = "SELECT seq, key FROM noted WHERE bucket IS NULL AND number > :number"


class Mark(NamedTuple):
    """A point in time: the newest id, and the last note."""

    newest: int
    number: int


class _Object(NamedTuple):
    """The latest version of a key."""

    seq: int
    size: int
    etag: str
    is_delete_marker: int


class Notes:
    """The notes of one connection. They are taken from the first mark on."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._connection = connection
        self._are_taken = False
        self._changes = 0

    def mark(self, newest: int, *, is_first: bool) -> Mark:
        """The present point in time; `is_first`: there is none before, and no transaction."""
        if not self._are_taken:
            self._connection.executescript(_TRIGGERS)
            self._are_taken = True
        if is_first:
            if self._connection.total_changes != self._changes:  # what came without a snapshot
                self._execute("DELETE FROM noted")
                self._changes = self._connection.total_changes
            return Mark(newest, 0)
        (number,) = self._execute("SELECT max(number) FROM noted").fetchone()
        return Mark(newest, number or 0)

    def since(self, mark: Mark) -> list[Change]:
        """The differences since a mark: buckets, then objects by bucket and key."""
        removed = dict(self._execute(_REMOVED_BUCKETS, mark._asdict()).fetchall())
        changes = [Change("removed", name, "") for number, name in removed.items() if number <= mark.newest]
        changes += [Change("made", name, "") for (name,) in self._execute(_NEW_BUCKETS, mark._asdict())]
        changes += self._objects(mark, removed)
        return sorted(changes, key=lambda change: (change.bucket, change.key))

    def _objects(self, mark: Mark, removed: dict[int, str]) -> Iterator[Change]:
        names = dict(removed)
        for bucket, key in self._execute(_TOUCHED, mark._asdict()).fetchall():
            place = {**mark._asdict(), "bucket": bucket, "key": key}
            before = self._object(_BEFORE, place)
            now = self._object(_NOW, place)
            if before is None and now is None:
                continue
            if bucket not in names:
                (names[bucket],) = self._execute(_BUCKET, (bucket,)).fetchone()
            name, text = names[bucket], key.decode()
            if before is None:
                assert now is not None
                yield Change("made", name, text, now.size, now.etag)
            elif now is None:
                yield Change("removed", name, text, before.size, before.etag)
            elif before.seq != now.seq or self._execute(_ALTERED, (now.seq, mark.number)).fetchone():
                yield Change("changed", name, text, now.size, now.etag, before.size, before.etag)

    def _object(self, sql: str, place: dict[str, int]) -> _Object | None:
        row = self._execute(sql, place).fetchone()
        return None if row is None or row[3] else _Object._make(row)
