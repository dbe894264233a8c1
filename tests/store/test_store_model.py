"""The store against a model of it that a child could check: lists and dictionaries, sorted in full."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from stored_bucket import StoredBucket

KEYS = st.text(alphabet="ab/-é", min_size=1, max_size=5)
PREFIXES = st.text(alphabet="ab/é", max_size=2)
DELIMITERS = st.sampled_from(["", "/", "-", "a", "//", "ab", "x"])
LIMITS = st.sampled_from([0, 1, 2, 3, 5, 1000])
SIZES = st.sampled_from([0, 1, 40, 70_000])  # none, inline, inline, in a file


class Row(NamedTuple):
    version_id: str
    body: bytes | None  # None for a delete marker


Model = dict[str, list[Row]]  # the versions of each key, newest first


def fold(names: Iterable[tuple[str, str]], prefix: str, delimiter: str, marker: str) -> list[tuple[str, str]]:
    """The items of a listing in order: (key, version id), or (common prefix, "")."""
    items: list[tuple[str, str]] = []
    for key, version_id in names:
        if not key.startswith(prefix):
            continue
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        item = (key, version_id) if at < 0 else (key[: at + len(delimiter)], "")
        if item in items or (at >= 0 and item[0].encode() <= marker.encode()):
            continue
        items.append(item)
    return items


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stored = self.open()
        self.model: Model = {}
        self.snapshots: list[tuple[int, Model]] = []
        self.next_version = 0

    def open(self) -> StoredBucket:
        return StoredBucket()

    def teardown(self) -> None:
        self.stored.store.close()

    def new_version_id(self) -> str:
        self.next_version += 1
        return f"v{self.next_version}"

    def new_body(self, size: int) -> bytes:
        """Bytes unlike those of other bodies."""
        self.next_version += 1
        return b"%010d" % self.next_version * (size // 10) + b"." * (size % 10)

    def add(self, key: str, row: Row) -> None:
        rows = [other for other in self.model.get(key, []) if other.version_id != row.version_id]
        self.model[key] = [row, *rows]

    @rule(key=KEYS, size=SIZES, versioned=st.booleans())
    def put(self, key: str, size: int, versioned: bool) -> None:
        body = self.new_body(size)
        version_id = self.new_version_id() if versioned else "null"
        self.stored.put(key, body, version_id)
        self.add(key, Row(version_id, body))

    @rule(key=KEYS, versioned=st.booleans())
    def put_delete_marker(self, key: str, versioned: bool) -> None:
        version_id = self.new_version_id() if versioned else "null"
        self.stored.mark(key, version_id)
        self.add(key, Row(version_id, None))

    @precondition(lambda self: self.model)
    @rule(data=st.data(), versioned=st.booleans())
    def copy(self, data: st.DataObject, versioned: bool) -> None:
        source, key = data.draw(st.sampled_from(sorted(self.model))), data.draw(KEYS)
        row = data.draw(st.sampled_from(self.model[source]))
        if row.body is None:
            return
        found = self.stored.find(source, row.version_id)
        assert found is not None
        version_id = self.new_version_id() if versioned else "null"
        self.stored.copy(found, key, version_id)
        self.add(key, Row(version_id, row.body))

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model)))
        row = data.draw(st.sampled_from(self.model[key]))
        self.stored.remove(key, row.version_id)
        self.model[key].remove(row)
        if not self.model[key]:
            del self.model[key]

    @rule(key=KEYS, sizes=st.lists(SIZES, min_size=1, max_size=3), keep=st.booleans())
    def upload(self, key: str, sizes: list[int], keep: bool) -> None:
        bodies = [self.new_body(size) for size in sizes]
        upload = self.stored.begin(key, self.new_version_id())
        for number, body in enumerate(bodies, 1):
            self.stored.part(upload, number, body)
        if keep:
            self.stored.complete(upload)
            self.add(key, Row("null", b"".join(bodies)))
            return
        with self.stored.store.write() as index:
            index.delete_upload(upload)

    @rule(prefix=PREFIXES, delimiter=DELIMITERS, start=st.one_of(st.just(""), KEYS), limit=LIMITS)
    def list_objects(self, prefix: str, delimiter: str, start: str, limit: int) -> None:
        live = [
            (key, self.model[key][0].version_id)
            for key in sorted(self.model, key=str.encode)
            if self.model[key][0].body is not None and key.encode() > start.encode()
        ]
        self.check(
            self.stored.objects(prefix=prefix, delimiter=delimiter, start=start, limit=limit),
            fold(live, prefix, delimiter, start),
            limit,
        )

    @rule(data=st.data(), prefix=PREFIXES, delimiter=DELIMITERS, limit=LIMITS)
    def list_versions(self, data: st.DataObject, prefix: str, delimiter: str, limit: int) -> None:
        rows = [
            (key, row.version_id) for key in sorted(self.model, key=str.encode) for row in self.model[key]
        ]
        key_marker, version_marker = data.draw(st.sampled_from([("", ""), *rows]))
        if data.draw(st.booleans()):
            version_marker = ""
        behind = [row for row in rows if row[0].encode() > key_marker.encode()]
        if version_marker:
            behind = rows[rows.index((key_marker, version_marker)) + 1 :]
        page = self.stored.versions(
            prefix=prefix,
            delimiter=delimiter,
            key_marker=key_marker,
            version_id_marker=version_marker,
            limit=limit,
        )
        self.check(page, fold(behind, prefix, delimiter, key_marker), limit)

    def check(self, page: Any, expected: list[tuple[str, str]], limit: int) -> None:
        kept = expected[:limit]
        assert [(entry.key, entry.version_id) for entry in page.entries] == [i for i in kept if i[1]]
        assert page.prefixes == [name for name, version_id in kept if not version_id]
        assert page.truncated == (len(expected) > limit > 0)
        assert (page.last_key, page.last_version_id) == (kept[-1] if kept else ("", ""))

    @invariant()
    def everything_is_as_in_the_model(self) -> None:
        for key, rows in self.model.items():
            assert self.stored.get(key) == rows[0].body
            for row in rows:
                assert self.stored.get(key, row.version_id) == row.body
        stored = [row for rows in self.model.values() for row in rows]
        live = [rows[0].body for rows in self.model.values() if rows[0].body is not None]
        bodies = [row.body for row in stored if row.body is not None]
        markers = len(stored) - len(bodies)
        sizes = (sum(map(len, live)), sum(map(len, bodies)))
        assert self.stored.usage() == (len(live), sizes[0], len(bodies), sizes[1], markers)

    @invariant()
    def no_file_is_left_over_and_none_is_missing(self) -> None:
        """Without snapshots the files on the disk are exactly those that the index names."""
        files = self.stored.bodies()
        named = self.stored.store._connection.execute("SELECT file FROM blobs WHERE file IS NOT NULL")
        names = {name for (name,) in named}
        assert names <= files
        if not self.snapshots:
            assert files == names


class MemoryMachine(StoreMachine):
    """With snapshots."""

    @precondition(lambda self: len(self.snapshots) < 3)
    @rule()
    def snapshot(self) -> None:
        self.snapshots.append((self.stored.store.snapshot(), copy.deepcopy(self.model)))

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def rollback(self, data: st.DataObject) -> None:
        depth = data.draw(st.integers(0, len(self.snapshots) - 1))
        del self.snapshots[depth + 1 :]
        token, model = self.snapshots[depth]
        self.stored.store.rollback(token)
        self.model = copy.deepcopy(model)

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        depth = data.draw(st.integers(0, len(self.snapshots) - 1))
        self.stored.store.release(self.snapshots[depth][0])
        del self.snapshots[depth:]


class FolderMachine(StoreMachine):
    """With restarts."""

    def open(self) -> StoredBucket:
        self.folder = tempfile.TemporaryDirectory()
        return StoredBucket(Path(self.folder.name))

    @rule()
    def restart(self) -> None:
        self.stored.store.close()
        self.stored = StoredBucket(Path(self.folder.name))

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


for machine in (MemoryMachine, FolderMachine):
    machine.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestMemoryAgainstTheModel = MemoryMachine.TestCase
TestFolderAgainstTheModel = FolderMachine.TestCase
