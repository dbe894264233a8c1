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
from store_box import LARGE, SMALL, Box

from s3fixture.errors import S3FixtureError
from s3fixture.store import Damaged, Gone, Store
from s3fixture.store.database import examine

ROUNDS = int(os.environ.get("S3FIXTURE_DAMAGE_ROUNDS", "40"))


def unknown(folder: Path) -> list[bytes]:
    """What lies in the folder of unknown bodies."""
    return sorted(path.read_bytes() for path in (folder / "blobs" / "unknown").glob("*"))


def fill(folder: Path) -> Path:
    """A folder with one large object; its file."""
    with Box(folder) as box:
        box.put("a", LARGE)
        (body,) = box.files()
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
    with Box(tmp_path / "killed") as box:
        box.put("a", SMALL)
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
    with Box(tmp_path) as box:
        box.put("b", b"b" + LARGE)
        box.put("c", b"c" + LARGE)
    shutil.copy(tmp_path / "index.sqlite", tmp_path / "newer")

    shutil.copy(tmp_path / "backup", tmp_path / "index.sqlite")
    [line] = examine(tmp_path)
    assert line.startswith(f"2 bodies that no object has, put aside in {tmp_path / 'blobs' / 'unknown'}: ")
    with Box(tmp_path) as box:
        assert (box.keys(), box.get("a")) == (["a"], LARGE)
    assert unknown(tmp_path) == [b"b" + LARGE, b"c" + LARGE]
    assert [(record.levelno, record.message) for record in caplog.records] == [(logging.WARNING, line)]
    assert examine(tmp_path) == [line]

    caplog.clear()
    shutil.copy(tmp_path / "newer", tmp_path / "index.sqlite")
    with Box(tmp_path) as box:  # the index that knows them is back, and they come back by themselves
        assert (box.get("b"), box.get("c")) == (b"b" + LARGE, b"c" + LARGE)
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
    with Box(tmp_path) as box:
        assert sorted(box.files()) == sorted([body, *strangers])
        assert box.get("a") == LARGE


def test_a_body_that_was_freed_and_not_yet_removed_is_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A reader keeps the file of an object that was deleted; the process is killed meanwhile."""
    folder = tmp_path / "killed"
    with Box(folder) as box:
        with box.store.read():
            version = box.put("a", LARGE)
            reader = box.store.open(version)
        with reader:
            box.remove("a")
            shutil.copytree(folder, tmp_path / "copy")
    assert box.files() == []
    with Box(tmp_path / "copy") as copy:
        assert copy.files() == []
    assert not caplog.records


def test_missing_and_changed_bodies_are_told_at_the_start_and_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Box(tmp_path) as box:
        for key in ("cut", "gone", "grown", "whole"):
            box.put(key, LARGE)
        place = {key: box.file_of(key) for key in ("cut", "gone", "grown", "whole")}
        upload = box.begin("in parts", "u1")
        box.part(upload, 1, LARGE)
        box.part(upload, 2, LARGE)
        box.complete(upload)
        box.part(box.begin("begun", "u2"), 1, LARGE)
        parts = set(box.files()) - set(place.values())
    os.truncate(place["cut"], len(LARGE) - 1)
    place["grown"].write_bytes(LARGE + b"!")
    for path in {place["gone"], *parts}:
        path.unlink()

    missing, changed = examine(tmp_path)
    assert missing.startswith("4 bodies missing, of box/begun (upload u2), box/gone, box/in parts; ")
    assert changed.startswith("2 bodies of another size than stored, of box/cut, box/grown; ")
    with Box(tmp_path) as box:
        assert [record.message for record in caplog.records] == [missing, changed]
        for key in ("cut", "gone", "grown", "in parts"):
            with pytest.raises(Damaged, match="body"):
                open_only(box, key)
        assert box.get("whole") == LARGE
        box.remove("gone")
        box.put("cut", LARGE)
        assert box.get("cut") == LARGE
        assert not box.store._files._pins


def open_only(box: Box, key: str) -> None:
    """What a request does before it sends the head of its answer."""
    version = box.find(key)
    assert version is not None
    box.store.open(version).close()


def test_a_line_names_some_objects_of_many(tmp_path: Path) -> None:
    with Box(tmp_path) as box:
        for number in range(12):
            box.put(f"k{number:02}", LARGE, version_id=f"v{number}")
        for path in box.files():
            path.unlink()
    [line] = examine(tmp_path)
    assert "12 bodies missing, of box/k00 (version v0), " in line
    assert "box/k09 (version v9), and 2 more; put the files back" in line


def fill_with_everything(folder: Path) -> None:
    with Box(folder) as box:
        for number in range(60):
            box.put(f"k{number:03}", SMALL * number, f"v{number}", tags={"a": "b"}, metadata={"x": "ü"})
        for number in range(3):
            box.put("large", LARGE, f"v{number}")
        box.mark("k005", "marker")
        upload = box.begin("parts", "u1")
        box.part(upload, 1, LARGE)
        box.part(upload, 2, SMALL)
        box.complete(upload)
        box.part(box.begin("begun", "u2"), 1, LARGE)
        with box.store.write() as index:
            index.put_document(box.bucket.id, "policy", "text" * 100)


def use(box: Box) -> Iterator[Callable[[], object]]:
    """Everything that requests do."""
    yield box.objects
    yield lambda: box.objects(prefix="k", delimiter="0")
    yield box.versions
    yield box.usage
    for key in ("k001", "k030", "large", "parts"):
        yield partial(box.get, key)
    yield lambda: box.put("large", LARGE)
    yield lambda: box.put("k001")
    yield lambda: copy(box, "k010", "copy")
    for key in ("k020", "parts", "large", "k005"):
        yield partial(remove, box, key)
    yield lambda: box.part(box.begin("parts", "u3"), 1, LARGE)
    yield lambda: finish(box)
    yield lambda: documents(box)


def copy(box: Box, source: str, key: str) -> None:
    version = box.find(source)
    if version is not None:
        box.copy(version, key)


def remove(box: Box, key: str) -> None:
    version = box.find(key)
    if version is not None:
        with box.store.write() as index:
            index.remove_version(version.seq)


def finish(box: Box) -> None:
    with box.store.read() as index:
        index.list_uploads(box.bucket.id)
        upload = index.get_upload(box.bucket.id, "begun", "u2")
    if upload is not None:
        box.complete(upload)


def documents(box: Box) -> None:
    with box.store.read() as index:
        index.list_buckets()
        index.get_document(box.bucket.id, "policy")


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
        box = Box(folder)
    except S3FixtureError:
        return 1
    with box:
        for step in use(box):
            try:
                step()
            except (Damaged, Gone):
                refusals += 1
            assert not box.store._connection.in_transaction, "the next change would be part of this one"
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


def put_policy_and_fail(box: Box) -> None:
    with box.store.write() as index:
        index.put_document(box.bucket.id, "policy", "text")
        raise ZeroDivisionError


def test_a_change_that_cannot_be_undone_is_no_part_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Box(tmp_path) as box:
        box.put("a")
        with monkeypatch.context() as patch:
            patch.setattr(box.store._writing, "_connection", Unwilling(box.store._connection))
            with pytest.raises(ZeroDivisionError):
                put_policy_and_fail(box)
        box.put("b")
    with Box(tmp_path) as box:
        assert box.keys() == ["a", "b"]
        with box.store.read() as index:
            assert index.get_document(box.bucket.id, "policy") is None
