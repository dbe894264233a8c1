"""What the store raises besides S3FixtureError."""

from __future__ import annotations

import sqlite3

from s3fixture.errors import S3FixtureError


class StorageFull(Exception):  # noqa: N818 - a condition, as StopIteration is
    """There is no room for the bytes or for the row; nothing of the change was kept."""


class Gone(LookupError):  # noqa: N818 - likewise
    """The body to copy was removed, or rolled back, since its row was read."""


class Damaged(S3FixtureError):  # noqa: N818 - likewise
    """What is stored was changed from outside, or by the disk: a body, or the index. Says which."""


class Superseded(Exception):  # noqa: N818 - likewise
    """A change by a request that began before the store was rolled back."""


# https://www.sqlite.org/rescode.html: code -> SQLite's words, which are all that Python 3.10 has.
_FULL, _BUSY = 13, 5
_WORDS = {_FULL: "disk is full", _BUSY: "is locked"}


def is_full(error: sqlite3.Error) -> bool:
    """Whether SQLite has met a full disk."""
    return _has_code(error, _FULL)


def is_taken(error: sqlite3.Error) -> bool:
    """Whether another process has the index."""
    return _has_code(error, _BUSY)


def _has_code(error: sqlite3.Error, code: int) -> bool:
    known: int | None = getattr(error, "sqlite_errorcode", None)
    if known is None:
        return _WORDS[code] in str(error)
    return known & 0xFF == code  # the rest of an extended code says why
