"""The records that go into the store and come out of it.

Named tuples where a page holds a thousand of them (a frozen dataclass takes four times as long to make),
keyword-only dataclasses where a caller fills them in.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from s3fixture.named_tuples import NamedTuple
from s3fixture.store.storage_errors import Damaged

NULL_VERSION = "null"  # the version id of what an unversioned or suspended bucket writes


class BucketRow(NamedTuple):
    """A bucket; `created` in seconds since the epoch, `versioning` one of "", "Enabled", "Suspended".

    `object_lock` is "" where there is none, and else what its caller keeps of it. It stands in the row
    because every write asks for it. `documents` are the kinds of documents that the bucket has: one look at
    a cached row tells a request that nothing is configured here.
    """

    id: int
    name: str
    owner: str
    region: str
    created: float
    versioning: str
    object_lock: str = ""
    documents: frozenset[str] = frozenset()


class BucketPage(NamedTuple):
    """Buckets in the order of their names, and whether more follow."""

    buckets: list[BucketRow]
    truncated: bool


class Usage(NamedTuple):
    """What a bucket holds. Parts of uploads that are not complete are not counted."""

    objects: int  # keys whose latest version is not a delete marker
    bytes: int  # of those
    versions: int  # all versions that are not delete markers, latest and older
    version_bytes: int  # of those
    delete_markers: int


class Checksum(NamedTuple):
    """A checksum: `value` base64 (`-N` behind it when composite); `type` is "" for a part's."""

    algorithm: str
    value: str
    type: str = ""


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class NewVersion:
    """What a caller says of a version it adds; size, sequence number and is_latest are the store's.

    The mappings hold what JSON holds. `etag` has no quotes and is "" for a delete marker.
    """

    key: str
    version_id: str
    modified: float
    owner: str
    etag: str = ""
    is_delete_marker: bool = False
    storage_class: str = "STANDARD"
    checksum: Checksum | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


class Version(NamedTuple):
    """One version of an object, or a delete marker.

    `seq` grows with every version added and is never used again; the highest of a key is its latest.
    `blob` names the body for `Store.open` and is None when there are no bytes. `parts` is the number of
    parts it was completed from, 0 when it was not uploaded in parts; `Index.version_parts` lists them.
    """

    seq: int
    bucket_id: int
    key: str
    version_id: str
    is_latest: bool
    is_delete_marker: bool
    size: int
    etag: str
    modified: float
    owner: str
    storage_class: str
    checksum: Checksum | None
    blob: int | None
    parts: int
    headers: Mapping[str, Any]
    metadata: Mapping[str, str]
    tags: Mapping[str, str]
    extra: Mapping[str, Any]


class Entry(NamedTuple):
    """What a listing says of a version; the checksum columns are "" when it has none."""

    key: str
    version_id: str
    size: int
    etag: str
    modified: float
    owner: str
    storage_class: str
    checksum_algorithm: str
    checksum_type: str
    is_latest: bool
    is_delete_marker: bool


class Page(NamedTuple):
    """A page of a listing. Entries and prefixes together are at most the limit asked for.

    `last_key` is the key or the common prefix that the page ends with, whichever is greater, and
    `last_version_id` that entry's version id ("" when a prefix is last): the markers of the next page. Both
    are "" on an empty page.
    """

    entries: list[Entry]
    prefixes: list[str]
    truncated: bool
    last_key: str
    last_version_id: str


class PartInfo(NamedTuple):
    """A part of a completed object: where its bytes are, and its checksum value ("" when it has none)."""

    number: int
    start: int
    size: int
    checksum: str


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class NewUpload:
    """What a caller says of a multipart upload that it begins. Mappings as in NewVersion."""

    key: str
    upload_id: str
    initiated: float
    owner: str
    storage_class: str = "STANDARD"
    checksum_algorithm: str = ""
    checksum_type: str = ""
    headers: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


class Upload(NamedTuple):
    """A multipart upload in progress."""

    seq: int
    bucket_id: int
    key: str
    upload_id: str
    initiated: float
    owner: str
    storage_class: str
    checksum_algorithm: str
    checksum_type: str
    headers: dict[str, Any]
    metadata: dict[str, str]
    tags: dict[str, str]
    extra: dict[str, Any]


class RowPage(NamedTuple):
    """A page of current objects: of each its key, time of modification (seconds since the epoch), ETag, size,
    storage class, checksum algorithm and checksum type; the last two are "" when it has no checksum.

    The rest is as in `Page`.
    """

    rows: list[tuple[Any, ...]]
    prefixes: list[str]
    truncated: bool
    last_key: str


class UploadPage(NamedTuple):
    """A page of uploads, like `Page`; `last_upload_id` is "" when a common prefix is last."""

    uploads: list[Upload]
    prefixes: list[str]
    truncated: bool
    last_key: str
    last_upload_id: str


class NewPart(NamedTuple):
    """What a caller says of a part; the size is the body's."""

    number: int
    etag: str
    modified: float
    checksum: Checksum | None = None


class Part(NamedTuple):
    """A part of an upload in progress; `blob` is None when it is empty."""

    number: int
    size: int
    etag: str
    modified: float
    checksum: Checksum | None
    blob: int | None


class PartPage(NamedTuple):
    """Parts in the order of their numbers, and whether more follow."""

    parts: list[Part]
    truncated: bool


class Job(NamedTuple):
    """Something to be done at `due` or later; it was added at `made` and tried `attempts` times."""

    id: int
    kind: str
    queue: str
    due: float
    made: float
    attempts: int
    body: dict[str, Any]


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_decode = json.JSONDecoder().raw_decode  # a third of the cost of json.loads, for text `_encode` wrote


@lru_cache(maxsize=256)
def texts_to_json(items: tuple[tuple[str, str], ...]) -> str | None:
    """`to_json` of a mapping that many objects have alike, by its items."""
    return to_json(dict(items))


def to_json(value: Mapping[str, Any]) -> str | None:
    """NULL for an empty mapping: the usual case costs neither room nor decoding."""
    return _encode(dict(value)) if value else None


def from_json(text: str | None) -> dict[str, Any]:
    """The reverse of `to_json`."""
    if text is None:
        return {}
    try:
        value: dict[str, Any] = _decode(text)[0]
    except (TypeError, ValueError) as error:
        raise Damaged(f"the index has {text!r} where JSON should be: {error}") from error
    return value


def to_key(name: bytes) -> str:
    """A key as it is outside of the index, where it is its UTF-8 bytes."""
    try:
        return name.decode()
    except (AttributeError, UnicodeDecodeError) as error:
        raise Damaged(f"the index has {name!r} where a key should be: {error}") from error


class Tables:
    """The connection and the bookkeeping of the change in progress."""

    def __init__(self, connection: sqlite3.Connection, ids: Iterator[int]) -> None:
        self.execute = connection.execute
        self.executemany = connection.executemany
        self.next_id = ids.__next__
        self.created_files: list[str] = []  # to be removed when the change is rolled back
        self.freed_files: list[str] = []  # to be removed when the change is final
        self.removed_rows = False  # of bodies and annotations, which are what takes space

    def count_from(self, number: int) -> None:
        """Go on with this id, because rows with higher ids were taken in."""
        self.next_id = itertools.count(number).__next__

    def forget(self) -> None:
        """Clear the caches, because the tables have changed."""
