"""Listings: prefix, delimiter, markers, pages. Every step is an index seek; nothing is scanned.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from s3fixture.clock import is_version_id, version_order
from s3fixture.named_tuples import NamedTuple
from s3fixture.store.rows import Entry, Page, RowPage, Tables, UploadPage
from s3fixture.store.uploads import upload_of

# ruff: noqa: S608 - the statements are put together from constants, once, at import
_ENTRY = (
    "CAST(key AS TEXT), version_id, size, etag, modified, owner, storage_class, checksum_algorithm, "
    "checksum_type"
)
_RANGE = "WHERE bucket = ? AND key >= ? AND key < ?"
_OF_CURRENT = f"FROM versions {_RANGE} AND is_latest = 1 AND is_delete_marker = 0 ORDER BY key LIMIT ?"
_CURRENT = f"SELECT {_ENTRY}, 1, 0 {_OF_CURRENT}"
_CURRENT_ROWS = (
    "SELECT CAST(key AS TEXT), modified, etag, size, storage_class, checksum_algorithm, checksum_type "
    f"{_OF_CURRENT}"
)
_FLAGS = "is_latest, is_delete_marker"
_VERSIONS = f"SELECT {_ENTRY}, {_FLAGS} FROM versions {_RANGE} ORDER BY key, seq DESC LIMIT ?"
_OLDER = (
    f"SELECT {_ENTRY}, {_FLAGS} FROM versions WHERE bucket = ? AND key = ? AND seq < ? "
    "ORDER BY seq DESC LIMIT ?"
)
_VERSION_SEQS = "SELECT version_id, seq FROM versions WHERE bucket = ? AND key = ? ORDER BY seq DESC"
_VERSION_SEQ = "SELECT seq FROM versions WHERE bucket = ? AND key = ? AND version_id = ?"
_UPLOAD = (
    "CAST(key AS TEXT), upload_id, initiated, owner, storage_class, checksum_algorithm, checksum_type, "
    "headers, metadata, tags, extra, seq, bucket"
)
_UPLOADS = f"SELECT {_UPLOAD} FROM uploads {_RANGE} ORDER BY key, seq LIMIT ?"
_LATER = f"SELECT {_UPLOAD} FROM uploads WHERE bucket = ? AND key = ? AND seq > ? ORDER BY seq LIMIT ?"
_UPLOAD_SEQ = "SELECT seq FROM uploads WHERE bucket = ? AND key = ? AND upload_id = ?"

_END = b"\xff"  # above every key: no UTF-8 begins with it
_Row = tuple[Any, ...]  # its first column is the key, its second the version or upload id


class _Query(NamedTuple):
    """Which names a listing is about."""

    prefix: str
    delimiter: str
    limit: int

    def group_of(self, key: str) -> str:
        """The common prefix that a key folds into, or ""."""
        at = key.find(self.delimiter, len(self.prefix)) if self.delimiter else -1
        return key[: at + len(self.delimiter)] if at >= 0 else ""

    def first_after(self, marker: str, *, inclusive: bool = False) -> bytes:
        """The least name that may follow `marker`: a group is listed only when it is greater than that."""
        if not marker.startswith(self.prefix):
            return max(_least_after(marker.encode()), self.prefix.encode())
        group = self.group_of(marker)
        if group:
            return _successor(group.encode())
        return marker.encode() if inclusive else _least_after(marker.encode())


class _Found(NamedTuple):
    rows: list[_Row]
    prefixes: list[str]
    truncated: bool
    last: _Row  # the last row or, as its only column, the last prefix; empty on an empty page


class Listing(Tables):
    """The part of the index that lists."""

    def list_objects(
        self,
        bucket_id: int,
        *,
        prefix: str = "",
        delimiter: str = "",
        start: str = "",
        inclusive: bool = False,
        limit: int = 1000,
    ) -> Page:
        """The current objects in the order of their keys' UTF-8 bytes, those greater than `start`.

        `inclusive` lets `start` itself in. Keys with the delimiter behind the prefix fold into one common
        prefix, up to and including the delimiter. A group that `start` equals or lies in is not greater
        than `start` and is not listed. `limit` counts entries and prefixes; 0 gives an empty page that is
        not truncated.
        """
        query = _Query(prefix, delimiter, limit)
        found = self._walk(_CURRENT, bucket_id, query, query.first_after(start, inclusive=inclusive))
        return _page(found, list(map(Entry._make, found.rows)))

    def list_object_rows(
        self, bucket_id: int, *, prefix: str = "", delimiter: str = "", start: str = "", limit: int = 1000
    ) -> RowPage:
        """What `list_objects` lists, in the form that takes least time, for listings that say no more."""
        query = _Query(prefix, delimiter, limit)
        found = self._walk(_CURRENT_ROWS, bucket_id, query, query.first_after(start))
        return RowPage(found.rows, found.prefixes, found.truncated, found.last[0] if found.last else "")

    def list_versions(
        self,
        bucket_id: int,
        *,
        prefix: str = "",
        delimiter: str = "",
        key_marker: str = "",
        version_id_marker: str = "",
        limit: int = 1000,
    ) -> Page:
        """All versions and delete markers, by key and then newest first, behind the markers.

        Without a `version_id_marker` the listing goes on with the first key greater than `key_marker`,
        with one behind that version of it, also when that version was deleted since the last page.
        """
        query = _Query(prefix, delimiter, limit)
        rest: Iterable[_Row] = ()
        if version_id_marker and _is_plain(query, key_marker):
            seq = self._seq(_VERSION_SEQ, bucket_id, key_marker, version_id_marker, 0)
            seq = seq or self._place_of_gone(bucket_id, key_marker, version_id_marker)
            rest = self.execute(_OLDER, (bucket_id, key_marker.encode(), seq, limit + 1))
        found = self._walk(_VERSIONS, bucket_id, query, query.first_after(key_marker), rest)
        return _page(found, [Entry._make((*row[:9], row[9] == 1, row[10] == 1)) for row in found.rows])

    def list_uploads(
        self,
        bucket_id: int,
        *,
        prefix: str = "",
        delimiter: str = "",
        key_marker: str = "",
        upload_id_marker: str = "",
        limit: int = 1000,
    ) -> UploadPage:
        """Uploads in progress, by key and then oldest first, behind the markers as in `list_versions`."""
        query = _Query(prefix, delimiter, limit)
        rest: Iterable[_Row] = ()
        if upload_id_marker and _is_plain(query, key_marker):
            seq = self._seq(_UPLOAD_SEQ, bucket_id, key_marker, upload_id_marker, 0)
            rest = self.execute(_LATER, (bucket_id, key_marker.encode(), seq, limit + 1))
        found = self._walk(_UPLOADS, bucket_id, query, query.first_after(key_marker), rest)
        uploads = [upload_of((*row[-2:], *row[:-2])) for row in found.rows]
        return UploadPage(uploads, found.prefixes, found.truncated, *_last_names(found))

    def _place_of_gone(self, bucket_id: int, key: str, version_id: str) -> int:
        """A number that separates the versions older than one that was deleted from those that are not."""
        if not is_version_id(version_id):
            return sys.maxsize  # the null version says nothing of its age
        order = version_order(version_id)
        for other, seq in self.execute(_VERSION_SEQS, (bucket_id, key.encode())):
            if is_version_id(other) and version_order(other) < order:
                return int(seq) + 1
        return 0

    def _seq(self, sql: str, bucket_id: int, key: str, name: str, default: int) -> int:
        row = self.execute(sql, (bucket_id, key.encode(), name)).fetchone()
        return default if row is None else int(row[0])

    def _walk(
        self, sql: str, bucket_id: int, query: _Query, first: bytes, rest: Iterable[_Row] = ()
    ) -> _Found:
        """`rest` and then the rows from `first` on, folded; a folded group is passed by one more seek."""
        if query.limit <= 0:
            return _Found([], [], False, ())
        end = _successor(query.prefix.encode()) if query.prefix else _END
        room = query.limit + 1  # one more than the page holds tells whether there is more

        def rows(lower: bytes) -> Iterable[_Row]:
            return self.execute(sql, (bucket_id, lower, end, room))

        return _plain(query, rows(first), rest) if not query.delimiter else _fold(query, rows, first, rest)


def _plain(query: _Query, rows: Iterable[_Row], rest: Iterable[_Row]) -> _Found:
    found = [*rest, *rows]
    kept = found[: query.limit]
    return _Found(kept, [], len(found) > query.limit, kept[-1] if kept else ())


def _fold(
    query: _Query, rows: Callable[[bytes], Iterable[_Row]], first: bytes, rest: Iterable[_Row]
) -> _Found:
    found: list[_Row] = []
    prefixes: list[str] = []
    last: _Row = ()
    upcoming: Iterable[_Row] | None = chain(rest, rows(first))
    while upcoming is not None:
        group = ""
        for row in upcoming:
            if len(found) + len(prefixes) == query.limit:
                return _Found(found, prefixes, True, last)
            group = query.group_of(row[0])
            if group:
                prefixes.append(group)
                last = (group,)
                break
            found.append(row)
            last = row
        upcoming = None  # ends its statement, or the next seek would have to prepare one of its own
        if group:
            upcoming = rows(_successor(group.encode()))
    return _Found(found, prefixes, False, last)


def _page(found: _Found, entries: list[Entry]) -> Page:
    return Page(entries, found.prefixes, found.truncated, *_last_names(found))


def _last_names(found: _Found) -> tuple[str, str]:
    key, name = (*found.last[:2], "", "")[:2]
    return key, name


def _is_plain(query: _Query, key: str) -> bool:
    """Whether a key is in the listing by its own name."""
    return key.startswith(query.prefix) and not query.group_of(key)


def _least_after(name: bytes) -> bytes:
    """The least byte string greater than a name; the empty marker has nothing before it."""
    return name + b"\0" if name else b""


def _successor(name: bytes) -> bytes:
    """The least byte string greater than all that begin with `name`. UTF-8 has no byte 0xff to carry."""
    return name[:-1] + bytes((name[-1] + 1,))
