"""Objects as one ZIP file, written while it is sent, so that only a chunk of it is in memory."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from s3fixture.console.rendering import visible
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple

_CHUNK = 256 * 1024  # bytes
_FIRST_YEAR = 1980  # of the format
_NOT_READ = "NOT IN THIS FILE.txt"
_UNSAFE = frozenset('\\:*?"<>|')  # in names of files on some systems


class Entry(NamedTuple):
    """An object, and its name in the file."""

    name: str
    params: dict[str, str]  # Bucket, Key and VersionId
    modified: datetime | None


def zip_stream(entries: Iterable[Entry], read: Callable[[dict[str, str]], Any]) -> Iterator[bytes]:
    """The bytes of the file; `read` opens a body. Objects that S3 refuses are listed in a text at its end."""
    sink = _Sink()
    used: set[str] = set()
    refused = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for entry in entries:
            try:
                body = read(entry.params)
            except S3Error as error:
                refused.append(f"{visible(entry.params['Key'])}: {error.message}")
                continue
            with body, archive.open(_info(entry, used), "w", force_zip64=True) as file:
                while chunk := body.read(_CHUNK):
                    file.write(chunk)
                    yield from sink.taken()
            yield from sink.taken()
        if refused:
            archive.writestr(_unused(_NOT_READ, used), "\n".join(refused) + "\n")
    yield from sink.taken()


class _Sink:
    """A write-only file that collects data until `taken` is called."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do: data is not buffered elsewhere."""

    def close(self) -> None:
        """Nothing to close."""

    def taken(self) -> Iterator[bytes]:
        waiting, self._waiting = self._waiting, []
        if waiting:
            yield b"".join(waiting)


def _info(entry: Entry, used: set[str]) -> zipfile.ZipInfo:
    when = entry.modified
    stamp = when.timetuple()[:6] if when and when.year >= _FIRST_YEAR else (_FIRST_YEAR, 1, 1, 0, 0, 0)
    return zipfile.ZipInfo(_unused(file_path(entry.name), used), stamp)


def file_path(name: str) -> str:
    """A key as a path that stays in its folder and is valid on all systems."""
    *folders, last = ["".join(map(_safe, part))[:200] for part in name.split("/")]
    parts = ["_" if part.strip(". ") == "" else part for part in folders]
    if last == "":  # the key of a folder
        return "/".join(parts) + "/"
    return "/".join([*parts, "_" if last.strip(". ") == "" else last])


def _safe(character: str) -> str:
    return "_" if character in _UNSAFE or not character.isprintable() else character


def _unused(path: str, used: set[str]) -> str:
    """The path, with a number if another object already has it; case does not matter."""
    name, dot, ending = path.rpartition(".")
    name, ending = (name, dot + ending) if dot and "/" not in ending else (path, "")
    candidate, number = path, 1
    while candidate.casefold() in used and not path.endswith("/"):
        number += 1
        candidate = f"{name} ({number}){ending}"
    used.add(candidate.casefold())
    return candidate
