"""What others did to the folder: nothing unknown is deleted, everything that is wrong is named."""

from __future__ import annotations

import logging
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from stored_bucket import LARGE, SMALL, StoredBucket

from s3fixture.errors import S3FixtureError
from s3fixture.store import Damaged, Gone, Store
from s3fixture.store.database import examine

ROUNDS = int(os.environ.get("S3FIXTURE_DAMAGE_ROUNDS", "40"))


def unknown(folder: Path) -> list[bytes]:
    """What lies in the folder of unknown bodies."""
    return sorted(path.read_bytes() for path in (folder / "blobs" / "unknown").glob("*"))


def fill(folder: Path) -> Path:
    """A folder with one large object; its file."""
    with StoredBucket(folder) as stored:
        stored.put("a", LARGE)
        (body,) = stored.files()
    return body


def empty(index: Path) -> None:
    index.write_bytes(b"")


def without_tables(index: Path) -> None:
    index.unlink()
    connection = sqlite3.connect(index)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


@pytest.mark.parametrize("harm", [Path.unlink, empty, without_tables])
def test_bodies_without_their_index_are_not_touched(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    body = fill(tmp_path)
    harm(tmp_path / "index.sqlite")
    for _ in range(2):
        with pytest.raises(S3FixtureError, match="put it back"):
            Store(tmp_path)
    assert body.read_bytes() == LARGE


@pytest.mark.parametrize("harm", [Path.unlink, empty])
def test_a_log_without_its_index_is_not_touched(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    """SQLite would remove it, with all the small objects that are in it."""
    with StoredBucket(tmp_path / "killed") as stored:
        stored.put("a", SMALL)
        shutil.copytree(tmp_path / "killed", tmp_path / "copy")
    log = tmp_path / "copy" / "index.sqlite-wal"
    before = log.read_bytes()
    assert SMALL in before
    harm(tmp_path / "copy" / "index.sqlite")
    with pytest.raises(S3FixtureError, match="put it back"):
        Store(tmp_path / "copy")
    assert log.read_bytes() == before


def test_bodies_that_an_older_index_does_not_know_are_put_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path)
    shutil.copy(tmp_path / "index.sqlite", tmp_path / "backup")
    with StoredBucket(tmp_path) as stored:
        stored.put("b", b"b" + LARGE)
        stored.put("c", b"c" + LARGE)
    shutil.copy(tmp_path / "index.sqlite", tmp_path / "newer")

    shutil.copy(tmp_path / "backup", tmp_path / "index.sqlite")
    [line] = examine(tmp_path)
    assert line.startswith(f"2 bodies that no object has, put aside in {tmp_path / 'blobs' / 'unknown'}: ")
    with StoredBucket(tmp_path) as stored:
        assert (stored.keys(), stored.get("a")) == (["a"], LARGE)
    assert unknown(tmp_path) == [b"b" + LARGE, b"c" + LARGE]
    assert [(record.levelno, record.message) for record in caplog.records] == [(logging.WARNING, line)]
    assert examine(tmp_path) == [line]

    caplog.clear()
    shutil.copy(tmp_path / "newer", tmp_path / "index.sqlite")
    with StoredBucket(tmp_path) as stored:  # their index is back, and so are they
        assert (stored.get("b"), stored.get("c")) == (b"b" + LARGE, b"c" + LARGE)
    assert unknown(tmp_path) == []
    assert "2 bodies came back" in caplog.text
    assert examine(tmp_path) == []


def test_what_a_killed_writer_left_is_removed_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    body = fill(tmp_path)
    incoming = tmp_path / "blobs" / "incoming"
    leftover = incoming / f"{'0' * 32}.body"
    strangers = [body.parent / "notes.txt", tmp_path / "blobs" / "readme", incoming / "mine.txt"]
    for path in (leftover, *strangers):
        path.write_text("half a bo")
    with StoredBucket(tmp_path) as stored:
        assert sorted(stored.files()) == sorted([body, *strangers])
        assert stored.get("a") == LARGE


def test_a_body_that_was_freed_and_not_yet_removed_is_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A reader keeps the file of an object that was deleted; the process is killed meanwhile."""
    folder = tmp_path / "killed"
    with StoredBucket(folder) as stored:
        with stored.store.read():
            version = stored.put("a", LARGE)
            reader = stored.store.open(version)
        with reader:
            stored.remove("a")
            shutil.copytree(folder, tmp_path / "copy")
    assert stored.files() == []
    with StoredBucket(tmp_path / "copy") as copy:
        assert copy.files() == []
    assert not caplog.records


def test_missing_and_changed_bodies_are_told_at_the_start_and_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with StoredBucket(tmp_path) as stored:
        for key in ("cut", "gone", "grown", "whole"):
            stored.put(key, LARGE)
        place = {key: stored.file_of(key) for key in ("cut", "gone", "grown", "whole")}
        upload = stored.begin("in parts", "u1")
        stored.part(upload, 1, LARGE)
        stored.part(upload, 2, LARGE)
        stored.complete(upload)
        stored.part(stored.begin("begun", "u2"), 1, LARGE)
        parts = set(stored.files()) - set(place.values())
    os.truncate(place["cut"], len(LARGE) - 1)
    place["grown"].write_bytes(LARGE + b"!")
    for path in {place["gone"], *parts}:
        path.unlink()

    missing, changed = examine(tmp_path)
    assert missing.startswith("4 bodies missing, of stored/begun (upload u2), stored/gone, stored/in parts; ")
    assert changed.startswith("2 bodies of another size than stored, of stored/cut, stored/grown; ")
    with StoredBucket(tmp_path) as stored:
        assert [record.message for record in caplog.records] == [missing, changed]
        for key in ("cut", "gone", "grown", "in parts"):
            with pytest.raises(Damaged, match="body"):
                open_only(stored, key)
        assert stored.get("whole") == LARGE
        stored.remove("gone")
        stored.put("cut", LARGE)
        assert stored.get("cut") == LARGE
        assert not stored.store._files._pins


def open_only(stored: StoredBucket, key: str) -> None:
    """What a request does before it sends the head of its answer."""
    version = stored.find(key)
    assert version is not None
    stored.store.open(version).close()


def test_a_line_names_some_objects_of_many(tmp_path: Path) -> None:
    with StoredBucket(tmp_path) as stored:
        for number in range(12):
            stored.put(f"k{number:02}", LARGE, version_id=f"v{number}")
        for path in stored.files():
            path.unlink()
    [line] = examine(tmp_path)
    assert "12 bodies missing, of stored/k00 (version v0), " in line
    assert "stored/k09 (version v9), and 2 more; put the files back" in line


def fill_with_everything(folder: Path) -> None:
    with StoredBucket(folder) as stored:
        for number in range(60):
            stored.put(f"k{number:03}", SMALL * number, f"v{number}", tags={"a": "b"}, metadata={"x": "ü"})
        for number in range(3):
            stored.put("large", LARGE, f"v{number}")
        stored.mark("k005", "marker")
        upload = stored.begin("parts", "u1")
        stored.part(upload, 1, LARGE)
        stored.part(upload, 2, SMALL)
        stored.complete(upload)
        stored.part(stored.begin("begun", "u2"), 1, LARGE)
        with stored.store.write() as index:
            index.put_document(stored.bucket.id, "policy", "text" * 100)


def use(stored: StoredBucket) -> Iterator[Callable[[], object]]:
    """Everything that requests do."""
    yield stored.objects
    yield lambda: stored.objects(prefix="k", delimiter="0")
    yield stored.versions
    yield stored.usage
    for key in ("k001", "k030", "large", "parts"):
        yield partial(stored.get, key)
    yield lambda: stored.put("large", LARGE)
    yield lambda: stored.put("k001")
    yield lambda: copy(stored, "k010", "copy")
    for key in ("k020", "parts", "large", "k005"):
        yield partial(remove, stored, key)
    yield lambda: stored.part(stored.begin("parts", "u3"), 1, LARGE)
    yield lambda: finish(stored)
    yield lambda: documents(stored)


def copy(stored: StoredBucket, source: str, key: str) -> None:
    version = stored.find(source)
    if version is not None:
        stored.copy(version, key)


def remove(stored: StoredBucket, key: str) -> None:
    version = stored.find(key)
    if version is not None:
        with stored.store.write() as index:
            index.remove_version(version.seq)


def finish(stored: StoredBucket) -> None:
    with stored.store.read() as index:
        index.list_uploads(stored.bucket.id)
        upload = index.get_upload(stored.bucket.id, "begun", "u2")
    if upload is not None:
        stored.complete(upload)


def documents(stored: StoredBucket) -> None:
    with stored.store.read() as index:
        index.list_buckets()
        index.get_document(stored.bucket.id, "policy")


def test_damage_inside_the_index_is_one_clear_error(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    fill_with_everything(whole)
    index = (whole / "index.sqlite").read_bytes()
    refusals = 0
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        shutil.copytree(whole, folder)
        chance, damaged = random.Random(number), bytearray(index)
        for _ in range(chance.choice((1, 5, 20, 200))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (folder / "index.sqlite").write_bytes(damaged)
        refusals += use_damaged(folder)
        with suppress(S3FixtureError):
            examine(folder)
        shutil.rmtree(folder)
    assert refusals > ROUNDS // 4


def use_damaged(folder: Path) -> int:
    """How often the damage was seen; what passes is any other exception than the one for damage."""
    refusals = 0
    try:
        stored = StoredBucket(folder)
    except S3FixtureError:
        return 1
    with stored:
        for step in use(stored):
            try:
                step()
            except (Damaged, Gone):
                refusals += 1
            assert not stored.store._connection.in_transaction, "the next change would be part of this one"
    return refusals


class Unwilling:
    """A connection that does not roll back to savepoints, as SQLite's with some damage in the index."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str) -> sqlite3.Cursor:
        if sql.startswith("ROLLBACK TO"):
            raise sqlite3.DatabaseError("database disk image is malformed")
        return self._connection.execute(sql)

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


def put_policy_and_fail(stored: StoredBucket) -> None:
    with stored.store.write() as index:
        index.put_document(stored.bucket.id, "policy", "text")
        raise ZeroDivisionError


def test_a_change_that_cannot_be_undone_is_no_part_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StoredBucket(tmp_path) as stored:
        stored.put("a")
        with monkeypatch.context() as patch:
            patch.setattr(stored.store._writing, "_connection", Unwilling(stored.store._connection))
            with pytest.raises(ZeroDivisionError):
                put_policy_and_fail(stored)
        stored.put("b")
    with StoredBucket(tmp_path) as stored:
        assert stored.keys() == ["a", "b"]
        with stored.store.read() as index:
            assert index.get_document(stored.bucket.id, "policy") is None
