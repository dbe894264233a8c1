"""Buckets, their documents (policy, CORS rules, tags, ...) and what they hold."""

from __future__ import annotations

from s3fixture.store.rows import BucketPage, BucketRow, Usage
from s3fixture.store.uploads import Uploads

_COLUMNS = "id, name, owner, region, created, versioning"
_DROP_UPLOADS = "SELECT seq FROM uploads WHERE bucket = ?"


class Buckets(Uploads):
    """The part of the index that knows buckets."""

    def create_bucket(
        self, name: str, *, owner: str, region: str, created: float, versioning: str = ""
    ) -> BucketRow:
        """Add a bucket. The caller must have checked that the name is free (sqlite3.IntegrityError)."""
        row = BucketRow(self.next_id(), name, owner, region, created, versioning)
        self.execute(f"INSERT INTO buckets ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608
        return row

    def get_bucket(self, name: str) -> BucketRow | None:
        """The bucket of this name."""
        row = self.execute(f"SELECT {_COLUMNS} FROM buckets WHERE name = ?", (name,)).fetchone()  # noqa: S608
        return None if row is None else BucketRow._make(row)

    def list_buckets(
        self, prefix: str = "", after: str = "", limit: int = 10_000, owner: str | None = None
    ) -> BucketPage:
        """Buckets by name, those greater than `after`, of one owner or (None) of all."""
        where, values = ("", ()) if owner is None else ("owner = ? AND", (owner,))
        sql = (
            f"SELECT {_COLUMNS} FROM buckets WHERE {where} "  # noqa: S608 - all constants
            "name >= ? AND name < ? AND name > ? ORDER BY name LIMIT ?"
        )
        # Bucket names are ASCII, so the last character of Unicode is above all that begin with the prefix.
        found = self.execute(sql, (*values, prefix, f"{prefix}\U0010ffff", after, limit + 1)).fetchall()
        return BucketPage([BucketRow._make(row) for row in found[:limit]], len(found) > limit > 0)

    def delete_bucket(self, bucket_id: int) -> None:
        """Remove a bucket with its documents and uploads. ValueError when it still holds a version."""
        if not self.is_empty(bucket_id):
            raise ValueError(f"bucket {bucket_id} is not empty")
        for (upload,) in self.execute(_DROP_UPLOADS, (bucket_id,)).fetchall():
            self.drop_upload(upload)
        self.execute("DELETE FROM documents WHERE bucket = ?", (bucket_id,))
        self.execute("DELETE FROM buckets WHERE id = ?", (bucket_id,))

    def set_versioning(self, bucket_id: int, state: str) -> None:
        """`state` is "Enabled" or "Suspended"."""
        self.execute("UPDATE buckets SET versioning = ? WHERE id = ?", (state, bucket_id))

    def is_empty(self, bucket_id: int) -> bool:
        """Whether it holds no version and no delete marker. Uploads in progress do not count."""
        sql = "SELECT 1 FROM versions WHERE bucket = ? LIMIT 1"
        return self.execute(sql, (bucket_id,)).fetchone() is None

    def usage(self, bucket_id: int) -> Usage:
        """What the bucket holds, from counters: the cost does not depend on how much that is."""
        sql = "SELECT objects, bytes, versions, version_bytes, delete_markers FROM buckets WHERE id = ?"
        return Usage._make(self.execute(sql, (bucket_id,)).fetchone())

    def get_document(self, bucket_id: int, kind: str) -> str | None:
        """The text stored under `kind` ("policy", "cors", "tagging", ...)."""
        sql = "SELECT body FROM documents WHERE bucket = ? AND kind = ?"
        row = self.execute(sql, (bucket_id, kind)).fetchone()
        return None if row is None else str(row[0])

    def put_document(self, bucket_id: int, kind: str, body: str) -> None:
        """Store or replace the text under `kind`."""
        sql = "INSERT OR REPLACE INTO documents (bucket, kind, body) VALUES (?, ?, ?)"
        self.execute(sql, (bucket_id, kind, body))

    def delete_document(self, bucket_id: int, kind: str) -> bool:
        """Remove the text under `kind`; whether there was one."""
        sql = "DELETE FROM documents WHERE bucket = ? AND kind = ?"
        return self.execute(sql, (bucket_id, kind)).rowcount > 0
