"""The contents of a bucket: folders, objects, versions, one page at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from s3fixture import limits
from s3fixture.clock import utc
from s3fixture.console.pages.buckets import bucket_line
from s3fixture.console.rendering import bucket_path, link
from s3fixture.console.visit import PageError, Visit
from s3fixture.named_tuples import NamedTuple

PAGE_SIZES = (100, 500, 1000)
_DELIMITER = "/"
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp")
_AT_ONCE = 1000  # keys, the most that S3 lists
_SEARCHED = 10_000  # keys that one page of a search in folders looks at


class Row(NamedTuple):
    """One line of the listing. Folders have no time."""

    key: str
    name: str
    kind: str  # "folder", "object" or "marker"
    size: int = 0
    modified: datetime | None = None
    version_id: str = ""
    is_latest: bool = True


class Crumb(NamedTuple):
    """A folder above, with its prefix."""

    name: str
    prefix: str


_SORT_KEYS: dict[str, Any] = {
    "name": lambda row: row.key.encode(),
    "size": lambda row: row.size,
    "modified": lambda row: row.modified.timestamp() if row.modified else 0.0,
}


def show_folder(visit: Visit, bucket: str) -> Response:
    """GET /buckets/<bucket>/?prefix=&search=&deep=&pictures=&after=&versions=&sort=&order=&size="""
    prefix, search = visit.argument("prefix"), visit.argument("search")
    if len((prefix + search).encode("utf-8", "replace")) > limits.KEY_SIZE:
        raise PageError(
            400,
            f"Folder and search have more than {limits.KEY_SIZE:,} bytes, the longest key of S3.",
        )
    with_versions = visit.argument("versions") == "1"
    deep = visit.argument("deep") == "1" and not with_versions
    with_pictures = visit.argument("pictures") == "1"
    limit = _limit(visit.argument("size"))
    if deep:
        rows, following = _find(visit, bucket, prefix, search, limit)
    else:
        list_page = _list_versions if with_versions else _list_objects
        rows, following = list_page(visit, bucket, prefix + search, limit)
    rows = [row._replace(name=row.key[len(prefix) :]) for row in rows]
    sort = visit.argument("sort") if visit.argument("sort") in _SORT_KEYS else "name"
    descending = visit.argument("order") == "desc"
    state = {
        "prefix": prefix,
        "search": search,
        "versions": "1" if with_versions else "",
        "deep": "1" if deep else "",
        "pictures": "1" if with_pictures else "",
        "size": limit if limit != PAGE_SIZES[0] else "",
        "sort": sort if sort != "name" else "",
        "order": "desc" if descending else "",
    }
    here = bucket_path(bucket)
    first = link(here, **state)
    return visit.page(
        "browse.html",
        title=bucket,
        bucket=bucket_line(visit, bucket),
        crumbs=crumbs(prefix),
        prefix=prefix,
        search=search,
        searched=_SEARCHED,
        with_versions=with_versions,
        deep=deep,
        with_pictures=with_pictures,
        pictures=_pictures(rows) if with_pictures else [],
        has_pictures=bool(_pictures(rows)),
        rows=_sorted(rows, sort, descending=descending),
        sort=sort,
        descending=descending,
        limit=limit,
        page_sizes=PAGE_SIZES,
        paged=bool(following or visit.argument("after")),
        first=first if visit.argument("after") else "",
        next=link(here, **state, **following) if following else "",
        state=state,
        may_write=visit.caller.may("s3:PutObject", bucket, f"{prefix}x"),
        may_delete=visit.caller.may("s3:DeleteObject", bucket, f"{prefix}x"),
    )


def _list_objects(visit: Visit, bucket: str, prefix: str, limit: int) -> tuple[list[Row], dict[str, str]]:
    after = visit.argument("after")
    found = visit.caller.perform(
        "ListObjectsV2",
        Bucket=bucket,
        Prefix=prefix,
        Delimiter=_DELIMITER,
        MaxKeys=limit,
        **({"ContinuationToken": after} if after else {}),
    )
    rows = _folders(found) + [_object_row(entry) for entry in found["Contents"]]
    following = found.get("NextContinuationToken")
    return rows, {"after": following} if following else {}


def _find(
    visit: Visit, bucket: str, prefix: str, search: str, limit: int
) -> tuple[list[Row], dict[str, str]]:
    """Objects below `prefix`, in all folders, whose names contain `search`; case does not matter.

    S3 has no such search: this looks at most at `_SEARCHED` keys, and the next page continues after these.
    """
    wanted, rows, after = search.lower(), list[Row](), visit.argument("after")
    for _ in range(_SEARCHED // _AT_ONCE):
        found = visit.caller.perform(
            "ListObjectsV2",
            Bucket=bucket,
            Prefix=prefix,
            MaxKeys=_AT_ONCE,
            **({"StartAfter": after} if after else {}),
        )
        for entry in found["Contents"]:
            after = entry["Key"]
            if wanted in after[len(prefix) :].lower():
                rows.append(_object_row(entry))
            if len(rows) == limit:
                more = found["IsTruncated"] or entry is not found["Contents"][-1]
                return rows, {"after": after} if more else {}
        if not found["IsTruncated"]:
            return rows, {}
    return rows, {"after": after}


def _object_row(entry: dict[str, Any]) -> Row:
    return Row(
        key=entry["Key"],
        name="",
        kind="object",
        size=entry["Size"],
        modified=utc(entry["LastModified"]),
    )


def _list_versions(visit: Visit, bucket: str, prefix: str, limit: int) -> tuple[list[Row], dict[str, str]]:
    after, version = visit.argument("after"), visit.argument("after_version")
    found = visit.caller.perform(
        "ListObjectVersions",
        Bucket=bucket,
        Prefix=prefix,
        Delimiter=_DELIMITER,
        MaxKeys=limit,
        **({"KeyMarker": after} if after else {}),
        **({"VersionIdMarker": version} if after and version else {}),
    )
    rows = _folders(found) + version_rows(found)
    if not found["IsTruncated"]:
        return rows, {}
    return rows, {
        "after": found["NextKeyMarker"],
        "after_version": found.get("NextVersionIdMarker", ""),
    }


def version_rows(found: dict[str, Any]) -> list[Row]:
    """Versions and delete markers of a listing, by key, newest first."""
    entries = [("object", entry) for entry in found["Versions"]]
    entries += [("marker", entry) for entry in found["DeleteMarkers"]]
    rows = [
        Row(
            key=entry["Key"],
            name="",
            kind=kind,
            size=entry.get("Size", 0),
            modified=utc(entry["LastModified"]),
            version_id=entry["VersionId"],
            is_latest=entry["IsLatest"],
        )
        for kind, entry in entries
    ]
    return sorted(rows, key=_by_key_newest_first)


def _pictures(rows: list[Row]) -> list[Row]:
    """Objects whose names end like pictures; `downloads.show_image` checks their bytes."""
    return [row for row in rows if row.kind == "object" and row.key.lower().endswith(_PICTURES)]


def _by_key_newest_first(row: Row) -> tuple[bytes, bool, float]:
    assert row.modified is not None
    return row.key.encode(), not row.is_latest, -row.modified.timestamp()


def _folders(found: dict[str, Any]) -> list[Row]:
    return [Row(entry["Prefix"], "", "folder") for entry in found["CommonPrefixes"]]


def _sorted(rows: list[Row], sort: str, *, descending: bool) -> list[Row]:
    """Sort this page: folders first, in S3's order when sorted by name."""
    folders = [row for row in rows if row.kind == "folder"]
    others = [row for row in rows if row.kind != "folder"]
    if sort == "name":
        return folders[::-1] + others[::-1] if descending else folders + others
    return folders + sorted(others, key=_SORT_KEYS[sort], reverse=descending)


def crumbs(prefix: str) -> list[Crumb]:
    """The folders of a prefix or key, from the top."""
    parts = prefix.split(_DELIMITER)[:-1]
    return [Crumb(part, _DELIMITER.join(parts[: depth + 1]) + _DELIMITER) for depth, part in enumerate(parts)]


def _limit(text: str) -> int:
    return int(text) if text in map(str, PAGE_SIZES) else PAGE_SIZES[0]
