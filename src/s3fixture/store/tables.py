"""What every part of the index builds on: statements, ids, JSON columns, the files a change touches."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from s3fixture.store.errors import Damaged

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_decode = json.JSONDecoder().raw_decode  # a third of the cost of json.loads, for text `_encode` wrote


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

    def forget(self) -> None:
        """Drop what is kept of the tables, because they have changed behind it."""
