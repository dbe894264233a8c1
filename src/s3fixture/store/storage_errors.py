"""What the store raises besides S3FixtureError."""

from __future__ import annotations

import sqlite3

from s3fixture.errors import S3FixtureError


class StorageFull(Exception):  # noqa: N818 - a condition, as StopIteration is
    """There is no room for the bytes or for the row; nothing of the change was kept."""


class Gone(LookupError):  # noqa: N818 - likewise
    """The body to copy was removed, or rolled back, since its row was read."""


class Damaged(S3FixtureError):  # noqa: N818 - likewise
    """What is stored, a body or the index, was changed from outside, or the disk fails. Says which."""


class Superseded(Exception):  # noqa: N818 - likewise
    """A change by a request that began before the store was rolled back."""


# https://www.sqlite.org/rescode.html: code -> SQLite's words, which are all that Python 3.10 has.
_FULL, _BUSY, _INPUT_OUTPUT, _READ_ONLY, _CANNOT_OPEN = 13, 5, 10, 8, 14
_WORDS = {
    _FULL: "disk is full",
    _BUSY: "is locked",
    _INPUT_OUTPUT: "disk I/O error",
    _READ_ONLY: "readonly database",
    _CANNOT_OPEN: "unable to open",
}


def is_full(error: sqlite3.Error) -> bool:
    """Whether SQLite has met a full disk."""
    return _has_code(error, _FULL)


def is_taken(error: sqlite3.Error) -> bool:
    """Whether another process has the index."""
    return _has_code(error, _BUSY)


def is_of_the_disk(error: sqlite3.Error) -> bool:
    """Whether the disk has failed, or is read-only, rather than what is stored on it."""
    return any(_has_code(error, code) for code in (_INPUT_OUTPUT, _READ_ONLY, _CANNOT_OPEN))


def trace_of(error: Exception) -> Exception | None:
    """For `exc_info` of a log: None for what the disk is to blame for, which needs no traceback."""
    return None if isinstance(error, (StorageFull, Damaged)) else error


def _has_code(error: sqlite3.Error, code: int) -> bool:
    known: int | None = getattr(error, "sqlite_errorcode", None)
    if known is None:
        return _WORDS[code] in str(error)
    return known & 0xFF == code  # the rest of an extended code says why
