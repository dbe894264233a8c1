"""A full disk: a clear exception, nothing changed, and the store goes on when there is room again."""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from stored_bucket import LARGE, SMALL, StoredBucket, new_version

from s3fixture.store import StorageFull

DISK = 24 * 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of `DISK` bytes."""
    if not sys.platform.startswith("linux") or shutil.which("mount") is None:
        pytest.skip("a file system of its own is mounted on Linux only")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def state(stored: StoredBucket) -> object:
    return stored.versions(), stored.usage(), sorted(stored.files())


def put_until_full(stored: StoredBucket, size: int) -> int:
    """How many bodies there was room for; the one that was refused changed nothing."""
    for number in itertools.count():
        before = state(stored)
        try:
            stored.put(f"key{number}", bytes(size))
        except StorageFull:
            assert state(stored) == before
            return number
    raise AssertionError


@pytest.mark.parametrize("hint", [DISK, None])  # refused before it begins, or by the full disk itself
def test_a_body_without_room_is_refused_and_leaves_nothing(small_disk: Path, hint: int | None) -> None:
    with StoredBucket(small_disk) as stored:
        stored.put("kept", LARGE)
        before = state(stored)
        with pytest.raises(StorageFull, match="no room"):
            stored.store.spool(io.BytesIO(bytes(DISK)), hint)
        assert state(stored) == before
        assert stored.get("kept") == LARGE
        stored.put("next", LARGE)
        assert stored.get("next") == LARGE


@pytest.mark.parametrize("size", [10_000, 60_000, 500_000])
def test_room_is_made_by_deleting(small_disk: Path, size: int) -> None:
    (small_disk / "ballast").write_bytes(bytes(DISK // 2))
    with StoredBucket(small_disk) as stored:
        count = put_until_full(stored, size)
        assert count > 3
        assert stored.get("key1") == bytes(size)
        for number in range(count):
            stored.remove(f"key{number}")
        assert put_until_full(stored, size) > count // 2
    with StoredBucket(small_disk) as stored:
        assert stored.get("key1") == bytes(size)


def put_without_end(stored: StoredBucket) -> None:
    with stored.store.write() as index:
        for number in itertools.count():
            new = new_version(f"key{number}", metadata={"k": "v" * 10_000})
            index.add_version(stored.bucket.id, new, None)


def test_a_large_change_without_room_is_undone_whole(small_disk: Path) -> None:
    with StoredBucket(small_disk) as stored:
        stored.put("kept", SMALL)
        before = state(stored)
        with pytest.raises(StorageFull):
            put_without_end(stored)
        assert state(stored) == before
        stored.remove("kept")
        assert stored.keys() == []


def test_a_full_index_in_memory_is_told_and_goes_on() -> None:
    with StoredBucket() as stored:
        stored.put("kept", SMALL)
        (pages,) = stored.store._connection.execute("PRAGMA page_count").fetchone()
        stored.store._connection.execute(f"PRAGMA max_page_count = {pages + 20}")
        with pytest.raises(StorageFull):
            put_without_end(stored)
        assert stored.keys() == ["kept"]
        stored.remove("kept")
        assert stored.keys() == []
