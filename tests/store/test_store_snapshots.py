"""Snapshots: back to a state, as often as wanted, at the cost of what changed."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_box import LARGE, SMALL, Box, new_version

from s3fixture.errors import S3FixtureError


@pytest.fixture
def box() -> Iterator[Box]:
    with Box() as box:
        yield box


def file_names(box: Box) -> set[str]:
    return box.bodies()


def test_a_rollback_undoes_all_that_was_done_and_can_be_repeated(box: Box) -> None:
    box.put("kept", LARGE)
    upload = box.begin("up", "u1")
    before = (box.versions(), box.usage(), file_names(box))
    token = box.store.snapshot()
    for _ in range(3):
        box.put("kept", b"changed")
        box.put("new", LARGE)
        box.part(upload, 1, LARGE)
        with box.store.write() as index:
            index.put_document(box.bucket.id, "policy", "text")
            index.create_bucket("another", owner="me", region="", created=1.0)
        box.store.rollback(token)
        assert (box.versions(), box.usage(), file_names(box)) == before
        assert box.get("kept") == LARGE
        with box.store.read() as index:
            assert index.get_bucket("another") is None
            assert index.get_parts(upload) == []
            assert index.get_document(box.bucket.id, "policy") is None


def test_what_is_rolled_back_never_gives_its_number_to_another(box: Box) -> None:
    token = box.store.snapshot()
    first = box.put("a", LARGE)
    box.store.rollback(token)
    second = box.put("a", LARGE)
    assert second.seq > first.seq
    assert second.blob != first.blob


def test_snapshots_nest(box: Box) -> None:
    outer = box.store.snapshot()
    box.put("one")
    inner = box.store.snapshot()
    box.put("two", LARGE)
    box.store.rollback(inner)
    assert box.keys() == ["one"]
    box.put("three")
    box.store.rollback(outer)
    assert box.keys() == []
    assert file_names(box) == set()
    with pytest.raises(S3FixtureError, match="snapshot"):
        box.store.rollback(inner)


def test_a_released_snapshot_keeps_what_was_done(box: Box) -> None:
    box.put("large", LARGE)
    outer = box.store.snapshot()
    inner = box.store.snapshot()
    box.put("two", LARGE)
    box.remove("large")
    box.store.release(inner)
    assert box.keys() == ["two"]
    assert len(file_names(box)) == 2  # the outer one can still bring the first back
    box.store.rollback(outer)
    assert box.get("large") == LARGE
    box.remove("large")
    box.store.release(outer)
    assert file_names(box) == set()
    with pytest.raises(S3FixtureError, match="released"):
        box.store.rollback(outer)


def test_a_file_made_and_freed_after_the_snapshot_goes_at_once(box: Box) -> None:
    box.store.snapshot()
    box.put("a", LARGE)
    box.put("a", LARGE)
    assert len(file_names(box)) == 1


def test_a_reader_outlives_the_rollback_of_its_object(box: Box) -> None:
    token = box.store.snapshot()
    with box.store.open(box.put("a", LARGE)) as reader:
        box.store.rollback(token)
        assert reader.read() == LARGE
    assert file_names(box) == set()


def test_a_snapshot_inside_a_write_is_refused(box: Box) -> None:
    token = box.store.snapshot()
    with box.store.write() as index:
        index.add_version(box.bucket.id, new_version("a"), None)
        for act in (box.store.snapshot, lambda: box.store.rollback(token), lambda: box.store.release(token)):
            with pytest.raises(RuntimeError):
                act()
    assert box.keys() == ["a"]


def test_a_store_in_a_folder_has_no_snapshots(tmp_path: Path) -> None:
    with Box(tmp_path) as box, pytest.raises(S3FixtureError, match="in memory"):
        box.store.snapshot()


def test_writers_in_other_threads_stand_a_rollback(box: Box) -> None:
    token = box.store.snapshot()
    stop = threading.Event()
    failures: list[BaseException] = []

    def write(name: str) -> None:
        try:
            while not stop.is_set():
                box.put(name, LARGE)
                box.get(name)
                with box.store.write() as index:
                    version = index.get_current(box.bucket.id, name)
                    if version is not None:
                        index.remove_version(version.seq)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(f"key{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(100):
        box.store.rollback(token)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    box.store.rollback(token)
    assert box.keys() == []
    assert file_names(box) == set()


def test_a_body_spooled_before_a_rollback_may_be_stored_after_it(box: Box) -> None:
    token = box.store.snapshot()
    with box.store.spool(io.BytesIO(LARGE)) as body:
        box.store.rollback(token)
        with box.store.write() as index:
            index.add_version(box.bucket.id, new_version("a"), body)
    assert box.get("a") == LARGE


def _put_and_fail(box: Box, key: str, remove: str = "") -> None:
    with box.store.write():
        box.put(key, LARGE)
        if remove:
            box.remove(remove)
        raise KeyError(key)


def test_a_nested_write_rolls_back_by_itself(box: Box) -> None:
    with box.store.write() as index:
        index.add_version(box.bucket.id, new_version("outer"), None)
        with pytest.raises(KeyError):
            _put_and_fail(box, "inner")
        box.put("later", SMALL)
    assert box.keys() == ["later", "outer"]
    assert file_names(box) == set()


def test_an_exception_undoes_the_whole_write(box: Box) -> None:
    box.put("a", LARGE)
    before = file_names(box)
    with pytest.raises(KeyError):
        _put_and_fail(box, "b", remove="a")
    assert box.keys() == ["a"]
    assert box.get("a") == LARGE
    assert file_names(box) == before


def test_compare_and_set_is_exclusive_across_threads(box: Box) -> None:
    """Forty threads put an object only when it is not there; one wins. Then each adds one to a number."""
    winners: list[int] = []
    start = threading.Barrier(40)

    def work(number: int) -> None:
        start.wait()
        with box.store.write() as index:
            if index.get_current(box.bucket.id, "lock") is None:
                index.add_version(box.bucket.id, new_version("lock"), None)
                winners.append(number)
        for _ in range(5):
            with box.store.write() as index:
                counter = index.get_current(box.bucket.id, "counter")
                value = 0 if counter is None else counter.extra["value"]
                new = new_version("counter", extra={"value": value + 1})
                index.add_version(box.bucket.id, new, None)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counter = box.find("counter")
    assert len(winners) == 1
    assert counter is not None
    assert counter.extra == {"value": 200}


def test_a_rollback_does_not_pay_for_the_rollbacks_before_it(box: Box) -> None:
    """A savepoint's journal grows as long as it lives: were it not taken anew by each rollback, the last of
    these would replay every page that the two thousand before it touched, a hundred times the work.
    Compared is the fastest of many early rollbacks with the fastest of many late ones, so that a busy
    machine does not matter.
    """
    with box.store.write():
        for number in range(2_000):
            box.put(f"key{number:05}", bytes(4096))
    token = box.store.snapshot()
    times = []
    for number in range(2_000):
        box.put(f"key{number:05}", SMALL)
        start = time.perf_counter()
        box.store.rollback(token)
        times.append(time.perf_counter() - start)
    assert min(times[-50:]) < 10 * min(times[:50])
