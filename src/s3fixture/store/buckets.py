"""Buckets, their documents (policy, CORS rules, tags, ...) and what they hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from s3fixture.store.rows import BucketPage, BucketRow, Usage
from s3fixture.store.storage_errors import Damaged
from s3fixture.store.uploads import Uploads

_COLUMNS = "id, name, owner, region, created, versioning, object_lock"
_SELECT = (
    f"SELECT {_COLUMNS}, (SELECT group_concat(kind) FROM documents WHERE bucket = id) "  # noqa: S608 - constants
    "FROM buckets"
)
_INSERT = f"INSERT INTO buckets ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - all constants
_DROP_UPLOADS = "SELECT seq FROM uploads WHERE bucket = ?"


class Buckets(Uploads):
    """The part of the index that knows buckets.

    Every request asks for a bucket and its policy, and both change rarely, so what was read is kept.
    Whoever undoes a change calls `forget`.
    """

    def __init__(self, connection: sqlite3.Connection, ids: Iterator[int]) -> None:
        super().__init__(connection, ids)
        self._buckets: dict[str, BucketRow] = {}
        self._documents: dict[tuple[int, str], str | None] = {}

    def forget(self) -> None:
        super().forget()
        self._buckets.clear()
        self._documents.clear()

    def create_bucket(
        self,
        name: str,
        *,
        owner: str,
        region: str,
        created: float,
        versioning: str = "",
        object_lock: str = "",
    ) -> BucketRow:
        """Add a bucket. Raises ValueError when there is one of this name."""
        row = BucketRow(self.next_id(), name, owner, region, created, versioning, object_lock)
        try:
            self.execute(_INSERT, row[:7])
        except sqlite3.IntegrityError as error:
            raise ValueError(f"the bucket {name!r} exists already") from error
        return row

    def get_bucket(self, name: str) -> BucketRow | None:
        """The bucket of this name."""
        if name in self._buckets:
            return self._buckets[name]
        row = self.execute(f"{_SELECT} WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        found = self._buckets[name] = _bucket(row)
        return found

    def list_buckets(
        self, prefix: str = "", after: str = "", limit: int = 10_000, owner: str | None = None
    ) -> BucketPage:
        """Buckets by name, those greater than `after`, of one owner or (None) of all."""
        where, values = ("", ()) if owner is None else ("owner = ? AND", (owner,))
        sql = f"{_SELECT} WHERE {where} name >= ? AND name < ? AND name > ? ORDER BY name LIMIT ?"
        # Bucket names are ASCII, so the last character of Unicode is above all that begin with the prefix.
        found = self.execute(sql, (*values, prefix, f"{prefix}\U0010ffff", after, limit + 1)).fetchall()
        return BucketPage([_bucket(row) for row in found[:limit]], len(found) > limit > 0)

    def delete_bucket(self, bucket_id: int) -> None:
        """Remove a bucket with its documents and uploads. ValueError when it still holds a version."""
        if not self.is_empty(bucket_id):
            raise ValueError(f"bucket {bucket_id} is not empty")
        for (upload,) in self.execute(_DROP_UPLOADS, (bucket_id,)).fetchall():
            self.drop_upload(upload)
        self.execute("DELETE FROM documents WHERE bucket = ?", (bucket_id,))
        self.execute("DELETE FROM buckets WHERE id = ?", (bucket_id,))
        self.forget()

    def set_versioning(self, bucket_id: int, state: str) -> None:
        """`state` is "Enabled" or "Suspended"."""
        self.execute("UPDATE buckets SET versioning = ? WHERE id = ?", (state, bucket_id))
        self.forget()

    def set_object_lock(self, bucket_id: int, text: str) -> None:
        """Replace the text of `BucketRow.object_lock`."""
        self.execute("UPDATE buckets SET object_lock = ? WHERE id = ?", (text, bucket_id))
        self.forget()

    def is_empty(self, bucket_id: int) -> bool:
        """Whether it holds no version and no delete marker. Uploads in progress do not count."""
        sql = "SELECT 1 FROM versions WHERE bucket = ? LIMIT 1"
        return self.execute(sql, (bucket_id,)).fetchone() is None

    def usage(self, bucket_id: int) -> Usage:
        """What the bucket holds, from counters: the cost does not depend on how much that is."""
        sql = "SELECT objects, bytes, versions, version_bytes, delete_markers FROM buckets WHERE id = ?"
        row = self.execute(sql, (bucket_id,)).fetchone()
        if row is None:
            raise Damaged(f"the index has no row of the bucket {bucket_id}")
        return Usage._make(row)

    def get_document(self, bucket_id: int, kind: str) -> str | None:
        """The text stored under `kind` ("policy", "cors", "tagging", ...)."""
        name = (bucket_id, kind)
        if name not in self._documents:
            sql = "SELECT body FROM documents WHERE bucket = ? AND kind = ?"
            row = self.execute(sql, name).fetchone()
            self._documents[name] = None if row is None else str(row[0])
        return self._documents[name]

    def has_documents(self, kind: str) -> bool:
        """Whether any bucket has a text of that kind."""
        return self.execute("SELECT 1 FROM documents WHERE kind = ? LIMIT 1", (kind,)).fetchone() is not None

    def put_document(self, bucket_id: int, kind: str, body: str) -> None:
        """Store or replace the text under `kind`."""
        sql = "INSERT OR REPLACE INTO documents (bucket, kind, body) VALUES (?, ?, ?)"
        self.execute(sql, (bucket_id, kind, body))
        self._forget_document(bucket_id, kind)

    def delete_document(self, bucket_id: int, kind: str) -> bool:
        """Remove the text under `kind`. Returns whether there was one."""
        self._forget_document(bucket_id, kind)
        sql = "DELETE FROM documents WHERE bucket = ? AND kind = ?"
        return self.execute(sql, (bucket_id, kind)).rowcount > 0

    def _forget_document(self, bucket_id: int, kind: str) -> None:
        self._documents.pop((bucket_id, kind), None)
        self._buckets.clear()  # a row names the documents of its bucket


def _bucket(row: tuple[Any, ...]) -> BucketRow:
    """A row of _SELECT as a record."""
    kinds = row[7]
    return BucketRow._make((*row[:7], frozenset(kinds.split(",") if kinds else ())))
