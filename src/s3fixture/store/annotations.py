"""Annotations: named texts that belong to a version and go with it (by triggers, see `schema`).

Copies of an object share the payloads.
"""

from __future__ import annotations

from s3fixture.named_tuples import NamedTuple
from s3fixture.store.rows import Checksum, Tables, to_key
from s3fixture.store.storage_errors import Damaged

# ruff: noqa: S608 - the statements are put together from constants
_COLUMNS = "name, modified, etag, checksum_algorithm, checksum_value"
_ROWS = "FROM version_annotations LEFT JOIN payloads ON id = payload WHERE version = ?"
_ONE = f"SELECT {_COLUMNS}, length(data), data {_ROWS} AND name = ?"
_PAGE = (
    f"SELECT {_COLUMNS}, length(data), NULL {_ROWS} "
    "AND name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?"
)
_PUT_PAYLOAD = "INSERT INTO payloads (id, data) VALUES (?, ?)"
_PUT = f"INSERT INTO version_annotations (version, {_COLUMNS}, payload) VALUES (?, ?, ?, ?, ?, ?, ?)"
_DELETE = "DELETE FROM version_annotations WHERE version = ? AND name = ?"
_COUNT = "SELECT count(*) FROM version_annotations WHERE version = ?"
_COPY = (
    f"INSERT INTO version_annotations (version, {_COLUMNS}, payload) "
    f"SELECT ?, {_COLUMNS}, payload FROM version_annotations WHERE version = ?"
)


class Annotation(NamedTuple):
    """One annotation; `payload` is None in listings, `modified` in seconds since the epoch."""

    name: str
    modified: float
    etag: str
    checksum: Checksum
    size: int
    payload: bytes | None


class Annotations(Tables):
    """The part of the index that knows annotations. Versions are named by their sequence numbers."""

    def put_annotation(
        self, seq: int, name: str, payload: bytes, *, modified: float, etag: str, checksum: Checksum
    ) -> None:
        """Add an annotation, in place of one with the same name."""
        self.delete_annotation(seq, name)
        number = self.next_id()
        self.execute(_PUT_PAYLOAD, (number, payload))
        self.execute(_PUT, (seq, name.encode(), modified, etag, checksum.algorithm, checksum.value, number))

    def get_annotation(self, seq: int, name: str) -> Annotation | None:
        """One annotation with its payload."""
        row = self.execute(_ONE, (seq, name.encode())).fetchone()
        return None if row is None else _annotation(row)

    def count_annotations(self, seq: int) -> int:
        """The number of annotations of a version."""
        [count] = self.execute(_COUNT, (seq,)).fetchone()
        return int(count)

    def list_annotations(self, seq: int, prefix: str, after: str, limit: int) -> list[Annotation]:
        """At most `limit` of those whose names begin with `prefix` and come behind `after`; no payloads."""
        start = prefix.encode()
        rows = self.execute(_PAGE, (seq, after.encode(), len(start), start, limit))
        return [_annotation(row) for row in rows]

    def delete_annotation(self, seq: int, name: str) -> None:
        """Remove an annotation. Succeeds also when there is none of this name."""
        if self.execute(_DELETE, (seq, name.encode())).rowcount:
            self.removed_rows = True

    def copy_annotations(self, seq: int) -> int | None:
        """Copy the annotations of a version under the number that is returned; None when it has none.

        Call `give_annotations` in the same change.
        """
        if not self.count_annotations(seq):
            return None
        copies = self.next_id()
        self.execute(_COPY, (copies, seq))
        return copies

    def give_annotations(self, copies: int, seq: int) -> None:
        """Give the copies of `copy_annotations` to a version that has no annotations yet."""
        self.execute("UPDATE version_annotations SET version = ? WHERE version = ?", (seq, copies))


def _annotation(row: tuple[bytes, float, str, str, str, int | None, bytes | None]) -> Annotation:
    name, modified, etag, algorithm, value, size, payload = row
    if size is None:
        raise Damaged(f"the index has no row of the payload of the annotation {name!r}")
    return Annotation(to_key(name), modified, etag, Checksum(algorithm, value, "FULL_OBJECT"), size, payload)
