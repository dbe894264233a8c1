"""What a power failure could leave on a disk, from a record of file operations (see recorder.c).

What a finished sync covers is there. Everything else may be there or not, in any combination: each write
whole, torn, or not at all; each name made, moved or removed, or not. Moving a name is one step, as in every
file system with a journal, and a write changes no byte beside those it was about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from random import Random

SECTOR = 512  # bytes that a disk writes whole
Files = dict[str, bytes]  # contents by path


@dataclass
class Write:
    """Bytes of a file; or, with `data` None, its new size."""

    at: int
    offset: int
    data: bytes | None


@dataclass
class File:
    """`synced` is on the disk for sure, `pending` was written since, in this order."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[Write] = field(default_factory=list)

    def sync(self, before: int) -> None:
        while self.pending and self.pending[0].at < before:
            change(self.synced, self.pending.pop(0))


@dataclass
class Name:
    """A step that changes names: `what` happened to `path` (and `target`), which was or is `file`."""

    at: int
    what: str
    path: str
    target: str = ""
    file: File | None = None
    synced: bool = False

    @property
    def folders(self) -> set[str]:
        return {str(PurePosixPath(path).parent) for path in (self.path, self.target) if path}


def change(content: bytearray, write: Write) -> None:
    end = write.offset + len(write.data or b"")
    if write.data is None:
        del content[end:]
    content.extend(bytes(max(end - len(content), 0)))
    if write.data is not None:
        content[write.offset : end] = write.data


class Disk:
    """Follows a record, and says at any moment what there might be after a power failure."""

    def __init__(self) -> None:
        self.said: list[str] = []  # lines on standard output
        self._names: list[Name] = []
        self._there: dict[str, File] = {}  # as the process sees it
        self._files: dict[str, File] = {}  # by the numbers of the record
        self._syncs: dict[str, tuple[str, int]] = {}
        self._at = 0

    def follow(self, record: bytes) -> Iterator[str]:
        """Yields the kind of each event, after it was followed."""
        position = 0
        while position < len(record):
            end = record.index(b"\n", position)
            kind, *words = record[position:end].decode().split(" ")
            position = end + 1
            data = b""
            if kind in ("write", "say"):
                length = int(words[-1])
                data = record[position : position + length]
                position += length
            self._at += 1
            getattr(self, f"_{kind}")(*words, *([data] if data else []))
            yield kind

    def _create(self, path: str, number: str) -> None:
        self._files[number] = self._there[path] = File()
        self._name("create", path, file=self._there[path])

    def _mkdir(self, path: str) -> None:
        self._name("mkdir", path)

    def _rename(self, path: str, target: str) -> None:
        self._there[target] = self._there.pop(path)
        self._name("rename", path, target, self._there[target])

    def _unlink(self, path: str) -> None:
        self._name("unlink", path, file=self._there.pop(path))

    def _name(self, what: str, path: str, target: str = "", file: File | None = None) -> None:
        self._names.append(Name(self._at, what, path, target, file))

    def _write(self, number: str, offset: str, length: str, data: bytes) -> None:
        self._files[number].pending.append(Write(self._at, int(offset), data))

    def _truncate(self, number: str, size: str) -> None:
        self._files[number].pending.append(Write(self._at, int(size), None))

    def _say(self, length: str, data: bytes) -> None:
        self.said.append(data.decode())

    def _begin(self, sync: str, what: str) -> None:
        self._syncs[sync] = (what, self._at)

    def _end(self, sync: str) -> None:
        what, began = self._syncs.pop(sync)
        if what in self._files:
            self._files[what].sync(began)
        for name in self._names:
            if name.at < began and what in name.folders:
                name.synced = True

    def states(self, chance: Random) -> Iterator[Files]:
        """The two extremes, all writes without names, all names without writes, and one by chance."""

        def torn(write: Write) -> Write | None:
            assert write.data is not None
            kept = chance.randrange(4)
            if kept > 1 or len(write.data) <= SECTOR:
                return write if kept > 1 else None
            size = chance.randrange(0, len(write.data), SECTOR)
            if kept:
                return Write(write.at, write.offset, write.data[:size])
            return Write(write.at, write.offset + size, write.data[size:])

        yield self._state(lambda name: False, lambda write: None)
        yield self._state(lambda name: True, lambda write: write)
        yield self._state(lambda name: False, lambda write: write)
        yield self._state(lambda name: True, lambda write: None)
        yield self._state(
            lambda name: chance.random() < 0.5,
            lambda write: torn(write) if write.data else chance.choice((write, None)),
        )

    def _state(self, happened: Callable[[Name], bool], done: Callable[[Write], Write | None]) -> Files:
        folders, there = {"."}, dict[str, File]()
        for name in self._names:
            if not name.synced and not happened(name):
                continue
            if name.what == "mkdir":
                folders |= {name.path} if name.folders <= folders else set()
                continue
            assert name.file is not None
            there.pop(name.path, None)
            target = name.path if name.what == "create" else name.target
            if target and str(PurePosixPath(target).parent) in folders:
                there[target] = name.file
        contents = {}
        for path, file in there.items():
            content = bytearray(file.synced)
            for write in filter(None, map(done, file.pending)):
                change(content, write)
            contents[path] = bytes(content)
        return contents
