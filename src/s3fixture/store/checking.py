"""Whether the index and the bodies in a folder fit together: at every start, and for `s3fixture doctor`.

Only the names and sizes of files are looked at, not their bytes. Nothing is removed that could be the body
of an object. A body that no row names may belong to an index newer than this one, such as after a backup of
the index alone was restored: so it goes into quarantine, and comes back with that index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from itertools import groupby

from s3fixture.named_tuples import NamedTuple
from s3fixture.store.files import INCOMING, UNKNOWN, Files

_FILES = "SELECT file, id, size FROM blobs WHERE file IS NOT NULL ORDER BY file"
_WHOLES = "SELECT whole, blob FROM pieces"
_VERSIONS = """
SELECT b.name, CAST(v.key AS TEXT), v.version_id, v.blob FROM versions AS v
JOIN buckets AS b ON b.id = v.bucket WHERE v.blob IS NOT NULL
"""
_PARTS = """
SELECT b.name, CAST(u.key AS TEXT), u.upload_id, p.blob FROM parts AS p
JOIN uploads AS u ON u.seq = p.upload JOIN buckets AS b ON b.id = u.bucket WHERE p.blob IS NOT NULL
"""
_NAMED = 10  # objects in a line


class Comparison(NamedTuple):
    """What was found; files by name, bodies by the id of their row."""

    missing: set[int]
    changed: set[int]  # of another size than their row says
    unknown: list[str]  # in their places, but no row names them
    removable: list[str]  # likewise, and the index says that they were to be removed
    arrived: list[str]  # named by a row, and still INCOMING
    returning: list[str]  # named by a row, and in quarantine since an earlier start
    incoming: list[str]  # INCOMING, and no row names them
    quarantined: list[str]  # in quarantine, and no row names them


def compare(connection: sqlite3.Connection, files: Files) -> Comparison:
    """Look at every row and every file. Changes nothing."""
    found = Comparison(set(), set(), [], [], [], [], [], [])
    removals = {name for (name,) in connection.execute("SELECT file FROM removals")}
    incoming, quarantined, folders = files.sizes(INCOMING), files.sizes(UNKNOWN), set(files.folders())
    for folder, rows in groupby(connection.execute(_FILES), lambda row: str(row[0])[:2]):
        placed = files.sizes(folder) if folder in folders else {}
        folders.discard(folder)
        for name, blob, size in rows:
            if name in placed:
                has: int | None = placed.pop(name)
            elif name in incoming:
                has = incoming.pop(name)
                found.arrived.append(name)
            elif name in quarantined:
                has = quarantined.pop(name)
                found.returning.append(name)
            else:
                found.missing.add(blob)
                continue
            if has != size:
                found.changed.add(blob)
        _sort_out(found, placed, removals)
    for folder in folders:
        _sort_out(found, files.sizes(folder), removals)
    found.incoming.extend(incoming)
    found.quarantined.extend(quarantined)
    return found


def _sort_out(found: Comparison, names: Collection[str], removals: Collection[str]) -> None:
    for name in names:
        (found.removable if name in removals else found.unknown).append(name)


def settle(connection: sqlite3.Connection, files: Files) -> list[str]:
    """Remove what a crash left, and quarantine bodies that no row names; returns what to report, by line."""
    found = compare(connection, files)
    lines = _damage(connection, found)
    files.restore_quarantined(found.arrived, INCOMING)
    if found.returning:
        files.restore_quarantined(found.returning, UNKNOWN)
        lines.append(f"{_bodies(len(found.returning))} came back from {files.unknown}: the index names them")
    if found.unknown:  # the index may be older than the bodies, so incoming ones are not removed either
        files.quarantine(found.unknown)
        files.quarantine(found.incoming, INCOMING)
        lines += _unknown(files, len(found.unknown) + len(found.incoming))
    else:
        files.clear_incoming(found.incoming)
    files.remove(found.removable)
    connection.execute("DELETE FROM removals")
    return lines


def describe(connection: sqlite3.Connection, files: Files) -> list[str]:
    """What is wrong now, and what is in quarantine since earlier starts, by line. Changes nothing."""
    found = compare(connection, files)
    return [*_damage(connection, found), *_unknown(files, len(found.unknown) + len(found.quarantined))]


def describe_quarantined(files: Files) -> list[str]:
    """What earlier starts put into quarantine, by line."""
    return _unknown(files, len(files.sizes(UNKNOWN)))


def _damage(connection: sqlite3.Connection, found: Comparison) -> list[str]:
    return [
        f"{_bodies(len(blobs))} {what}, of {', '.join(_objects(connection, blobs))}; put the files back, or "
        "delete these objects"
        for blobs, what in ((found.missing, "missing"), (found.changed, "of another size than stored"))
        if blobs
    ]


def _unknown(files: Files, count: int) -> list[str]:
    if not count:
        return []
    return [
        f"{_bodies(count)} that no object has, put aside in {files.unknown}: of writes that a power failure "
        "interrupted, or of an index newer than this one; if no object is missing, remove that folder"
    ]


def _bodies(count: int) -> str:
    return f"{count} {'body' if count == 1 else 'bodies'}"


def _objects(connection: sqlite3.Connection, blobs: set[int]) -> list[str]:
    """Whose bodies they are. Looks at all objects, which only a damaged folder costs."""
    wanted = blobs | {whole for whole, blob in connection.execute(_WHOLES) if blob in blobs}
    names = {
        f"{bucket}/{key}" + ("" if version in ("", "null") else f" (version {version})")
        for bucket, key, version, blob in connection.execute(_VERSIONS)
        if blob in wanted
    }
    names |= {
        f"{bucket}/{key} (upload {upload})"
        for bucket, key, upload, blob in connection.execute(_PARTS)
        if blob in wanted
    }
    if len(names) <= _NAMED:
        return sorted(names)
    return [*sorted(names)[:_NAMED], f"and {len(names) - _NAMED} more"]
