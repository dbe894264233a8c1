"""Annotations: named texts that belong to a version and go with it (by a trigger, see `schema`)."""

from __future__ import annotations

from typing import NamedTuple

from s3fixture.store.rows import Checksum, Tables, to_key

_COLUMNS = "name, modified, etag, checksum_algorithm, checksum_value"
_ONE = f"SELECT {_COLUMNS}, length(payload), payload FROM annotations WHERE version = ? AND name = ?"  # noqa: S608 - constants
_PAGE = (
    f"SELECT {_COLUMNS}, length(payload), NULL FROM annotations "  # noqa: S608 - constants
    "WHERE version = ? AND name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?"
)
_PUT = f"INSERT OR REPLACE INTO annotations (version, {_COLUMNS}, payload) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_COPY = (
    f"INSERT INTO annotations (version, {_COLUMNS}, payload) "  # noqa: S608 - constants
    f"SELECT ?, {_COLUMNS}, payload FROM annotations WHERE version = ?"
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
        self.execute(_PUT, (seq, name.encode(), modified, etag, checksum.algorithm, checksum.value, payload))

    def get_annotation(self, seq: int, name: str) -> Annotation | None:
        """One annotation with its payload."""
        row = self.execute(_ONE, (seq, name.encode())).fetchone()
        return None if row is None else _annotation(row)

    def count_annotations(self, seq: int) -> int:
        """How many a version has."""
        [count] = self.execute("SELECT count(*) FROM annotations WHERE version = ?", (seq,)).fetchone()
        return int(count)

    def list_annotations(self, seq: int, prefix: str, after: str, limit: int) -> list[Annotation]:
        """At most `limit` of those whose names begin with `prefix` and come behind `after`; no payloads."""
        start = prefix.encode()
        rows = self.execute(_PAGE, (seq, after.encode(), len(start), start, limit))
        return [_annotation(row) for row in rows]

    def delete_annotation(self, seq: int, name: str) -> None:
        """Succeeds also where there is none."""
        self.execute("DELETE FROM annotations WHERE version = ? AND name = ?", (seq, name.encode()))

    def copy_annotations(self, seq: int) -> int | None:
        """Copy those of a version, for `give_annotations` in the same change; None when it has none."""
        if not self.count_annotations(seq):
            return None
        copies = self.next_id()
        self.execute(_COPY, (copies, seq))
        return copies

    def give_annotations(self, copies: int, seq: int) -> None:
        """Let copies belong to a version that has no annotations yet."""
        self.execute("UPDATE annotations SET version = ? WHERE version = ?", (seq, copies))


def _annotation(row: tuple[bytes, float, str, str, str, int, bytes | None]) -> Annotation:
    name, modified, etag, algorithm, value, size, payload = row
    return Annotation(to_key(name), modified, etag, Checksum(algorithm, value, "FULL_OBJECT"), size, payload)
