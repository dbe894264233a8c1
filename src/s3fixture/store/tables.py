"""What every part of the index builds on: statements, ids, JSON columns, the files a change touches."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_decode = json.JSONDecoder().raw_decode  # a third of the cost of json.loads, for text `_encode` wrote


def to_json(value: Mapping[str, Any]) -> str | None:
    """NULL for an empty mapping: the usual case costs neither room nor decoding."""
    return _encode(dict(value)) if value else None


def from_json(text: str | None) -> dict[str, Any]:
    """The reverse of `to_json`."""
    if text is None:
        return {}
    value: dict[str, Any] = _decode(text)[0]
    return value


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
