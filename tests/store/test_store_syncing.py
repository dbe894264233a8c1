"""One sync for all who wait, and none that is believed after one that failed."""

from __future__ import annotations

import errno
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stored_bucket import LARGE, StoredBucket

from s3fixture.errors import S3FixtureError
from s3fixture.store import Damaged, syncing
from s3fixture.store.syncing import SharedSync

PATIENCE = 20.0  # seconds for anything that a test waits for


class SlowDisk:
    """Syncs last until they are told to end: each puts a function that ends it into `begun`."""

    def __init__(self) -> None:
        self.begun: queue.Queue[Callable[[], None]] = queue.Queue()

    def sync_file(self, descriptor: int) -> None:
        done = threading.Event()
        self.begun.put(done.set)
        assert done.wait(PATIENCE)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SlowDisk:
    disk = SlowDisk()
    monkeypatch.setattr(syncing, "sync_file", disk.sync_file)
    return disk


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[SharedSync]:
    shared = SharedSync(tmp_path / "log")
    yield shared
    shared.close()


def writer(shared: SharedSync) -> threading.Thread:
    """A thread that has written, and waits."""
    shared.wrote()
    thread = threading.Thread(target=shared.wait)
    thread.start()
    return thread


def test_writers_that_come_during_a_sync_share_the_next(shared: SharedSync, disk: SlowDisk) -> None:
    first = writer(shared)
    end_first = disk.begun.get(timeout=PATIENCE)
    others = [writer(shared) for _ in range(5)]
    end_first()
    first.join(PATIENCE)
    assert all(thread.is_alive() for thread in others)  # what they wrote came after the first sync began
    disk.begun.get(timeout=PATIENCE)()
    for thread in others:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert disk.begun.empty()


def test_who_has_nothing_to_wait_for_does_not_wait(shared: SharedSync, disk: SlowDisk) -> None:
    shared.wait()
    assert disk.begun.empty()


def test_who_saw_what_another_wrote_waits_for_it(shared: SharedSync, disk: SlowDisk) -> None:
    """Such as a deletion of what the other has just deleted."""
    first = writer(shared)
    end = disk.begun.get(timeout=PATIENCE)
    second = threading.Thread(target=shared.wait)
    second.start()
    assert second.is_alive()
    end()
    for thread in (first, second):
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert disk.begun.empty()


def test_who_postpones_waits_for_its_own_mark(shared: SharedSync, disk: SlowDisk) -> None:
    thread = threading.get_ident()
    shared.postponing[thread] = 0
    shared.end_write()
    assert shared.postponing[thread] == 0  # nothing was written
    shared.wrote()
    shared.end_write()
    mark = shared.postponing.pop(thread)
    assert disk.begun.empty()
    waiting = threading.Thread(target=shared.wait, args=[mark])
    waiting.start()
    end = disk.begun.get(timeout=PATIENCE)
    shared.wrote()
    end()
    waiting.join(PATIENCE)
    shared.wait(mark)
    assert disk.begun.empty()  # what was written since is for others


def fail(descriptor: int) -> None:
    raise OSError(errno.EIO, "Input/output error")


def test_nothing_is_written_any_more_after_a_sync_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StoredBucket(tmp_path) as stored:
        stored.put("kept")
        with monkeypatch.context() as patch:
            patch.setattr(syncing, "sync_file", fail)
            with pytest.raises(Damaged, match=r"Input/output error; check the disk"):
                stored.put("lost")
        with pytest.raises(Damaged, match="Input/output error"):
            stored.put("later")
        assert stored.get("kept") is not None
        assert stored.get("later") is None


def test_a_body_that_cannot_be_synced_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with StoredBucket(tmp_path) as stored:
        with monkeypatch.context() as patch:
            patch.setattr("s3fixture.store.files.sync_file", fail)
            with pytest.raises(Damaged, match="cannot be written to the disk: Input/output"):
                stored.put("lost", LARGE)
        assert (stored.keys(), stored.bodies()) == ([], set())
        stored.put("later", LARGE)


def test_a_store_that_was_closed_takes_nothing(tmp_path: Path) -> None:
    with StoredBucket(tmp_path) as stored:
        pass
    with pytest.raises(S3FixtureError, match="closed"):
        stored.put("a")


@pytest.mark.parametrize("folder", [True, False])
def test_nothing_is_synced_where_nothing_is_to_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: bool
) -> None:
    monkeypatch.setattr(syncing, "sync_file", fail)
    monkeypatch.setattr("s3fixture.store.files.sync_file", fail)
    with StoredBucket(tmp_path if folder else None, durable=False) as stored:
        stored.put("a", LARGE)
        stored.put("b")
