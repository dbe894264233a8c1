"""Snapshots: back to a state, as often as wanted, at the cost of what changed."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from stored_bucket import LARGE, SMALL, StoredBucket, new_version

from s3fixture.errors import S3FixtureError


@pytest.fixture
def stored() -> Iterator[StoredBucket]:
    with StoredBucket() as stored:
        yield stored


def file_names(stored: StoredBucket) -> set[str]:
    return stored.bodies()


def test_a_rollback_undoes_all_that_was_done_and_can_be_repeated(stored: StoredBucket) -> None:
    stored.put("kept", LARGE)
    upload = stored.begin("up", "u1")
    before = (stored.versions(), stored.usage(), file_names(stored))
    token = stored.store.snapshot()
    for _ in range(3):
        stored.put("kept", b"changed")
        stored.put("new", LARGE)
        stored.part(upload, 1, LARGE)
        with stored.store.write() as index:
            index.put_document(stored.bucket.id, "policy", "text")
            index.create_bucket("another", owner="me", region="", created=1.0)
        stored.store.rollback(token)
        assert (stored.versions(), stored.usage(), file_names(stored)) == before
        assert stored.get("kept") == LARGE
        with stored.store.read() as index:
            assert index.get_bucket("another") is None
            assert index.get_parts(upload) == []
            assert index.get_document(stored.bucket.id, "policy") is None


def test_what_is_rolled_back_never_gives_its_number_to_another(stored: StoredBucket) -> None:
    token = stored.store.snapshot()
    first = stored.put("a", LARGE)
    stored.store.rollback(token)
    second = stored.put("a", LARGE)
    assert second.seq > first.seq
    assert second.blob != first.blob


def test_snapshots_nest(stored: StoredBucket) -> None:
    outer = stored.store.snapshot()
    stored.put("one")
    inner = stored.store.snapshot()
    stored.put("two", LARGE)
    stored.store.rollback(inner)
    assert stored.keys() == ["one"]
    stored.put("three")
    stored.store.rollback(outer)
    assert stored.keys() == []
    assert file_names(stored) == set()
    with pytest.raises(S3FixtureError, match="snapshot"):
        stored.store.rollback(inner)


def test_a_released_snapshot_keeps_what_was_done(stored: StoredBucket) -> None:
    stored.put("large", LARGE)
    outer = stored.store.snapshot()
    inner = stored.store.snapshot()
    stored.put("two", LARGE)
    stored.remove("large")
    stored.store.release(inner)
    assert stored.keys() == ["two"]
    assert len(file_names(stored)) == 2  # the outer one can still bring the first back
    stored.store.rollback(outer)
    assert stored.get("large") == LARGE
    stored.remove("large")
    stored.store.release(outer)
    assert file_names(stored) == set()
    with pytest.raises(S3FixtureError, match="released"):
        stored.store.rollback(outer)


def test_a_file_made_and_freed_after_the_snapshot_goes_at_once(stored: StoredBucket) -> None:
    stored.store.snapshot()
    stored.put("a", LARGE)
    stored.put("a", LARGE)
    assert len(file_names(stored)) == 1


def test_a_reader_outlives_the_rollback_of_its_object(stored: StoredBucket) -> None:
    token = stored.store.snapshot()
    with stored.store.open(stored.put("a", LARGE)) as reader:
        stored.store.rollback(token)
        assert reader.read() == LARGE
    assert file_names(stored) == set()


def test_a_snapshot_inside_a_write_is_refused(stored: StoredBucket) -> None:
    token = stored.store.snapshot()
    with stored.store.write() as index:
        index.add_version(stored.bucket.id, new_version("a"), None)
        for act in (
            stored.store.snapshot,
            lambda: stored.store.rollback(token),
            lambda: stored.store.release(token),
        ):
            with pytest.raises(RuntimeError):
                act()
    assert stored.keys() == ["a"]


def test_a_store_in_a_folder_has_no_snapshots(tmp_path: Path) -> None:
    with StoredBucket(tmp_path) as stored, pytest.raises(S3FixtureError, match="in memory"):
        stored.store.snapshot()


def test_writers_in_other_threads_stand_a_rollback(stored: StoredBucket) -> None:
    token = stored.store.snapshot()
    stop = threading.Event()
    failures: list[BaseException] = []

    def write(name: str) -> None:
        try:
            while not stop.is_set():
                stored.put(name, LARGE)
                stored.get(name)
                with stored.store.write() as index:
                    version = index.get_current(stored.bucket.id, name)
                    if version is not None:
                        index.remove_version(version.seq)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(f"key{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(100):
        stored.store.rollback(token)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    stored.store.rollback(token)
    assert stored.keys() == []
    assert file_names(stored) == set()


def test_a_body_spooled_before_a_rollback_may_be_stored_after_it(stored: StoredBucket) -> None:
    token = stored.store.snapshot()
    with stored.store.spool(io.BytesIO(LARGE)) as body:
        stored.store.rollback(token)
        with stored.store.write() as index:
            index.add_version(stored.bucket.id, new_version("a"), body)
    assert stored.get("a") == LARGE


def _put_and_fail(stored: StoredBucket, key: str, remove: str = "") -> None:
    with stored.store.write():
        stored.put(key, LARGE)
        if remove:
            stored.remove(remove)
        raise KeyError(key)


def test_a_nested_write_rolls_back_by_itself(stored: StoredBucket) -> None:
    with stored.store.write() as index:
        index.add_version(stored.bucket.id, new_version("outer"), None)
        with pytest.raises(KeyError):
            _put_and_fail(stored, "inner")
        stored.put("later", SMALL)
    assert stored.keys() == ["later", "outer"]
    assert file_names(stored) == set()


def test_an_exception_undoes_the_whole_write(stored: StoredBucket) -> None:
    stored.put("a", LARGE)
    before = file_names(stored)
    with pytest.raises(KeyError):
        _put_and_fail(stored, "b", remove="a")
    assert stored.keys() == ["a"]
    assert stored.get("a") == LARGE
    assert file_names(stored) == before


def test_compare_and_set_is_exclusive_across_threads(stored: StoredBucket) -> None:
    """Forty threads put an object only when it is not there; one wins. Then each adds one to a number."""
    winners: list[int] = []
    start = threading.Barrier(40)

    def work(number: int) -> None:
        start.wait()
        with stored.store.write() as index:
            if index.get_current(stored.bucket.id, "lock") is None:
                index.add_version(stored.bucket.id, new_version("lock"), None)
                winners.append(number)
        for _ in range(5):
            with stored.store.write() as index:
                counter = index.get_current(stored.bucket.id, "counter")
                value = 0 if counter is None else counter.extra["value"]
                new = new_version("counter", extra={"value": value + 1})
                index.add_version(stored.bucket.id, new, None)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counter = stored.find("counter")
    assert len(winners) == 1
    assert counter is not None
    assert counter.extra == {"value": 200}


def test_a_rollback_does_not_pay_for_the_rollbacks_before_it(stored: StoredBucket) -> None:
    """A savepoint's journal grows as long as it lives: were it not taken anew by each rollback, the last of
    these would replay every page that the two thousand before it touched, a hundred times the work.
    Compared is the fastest of many early rollbacks with the fastest of many late ones, so that a busy
    machine does not matter.
    """
    with stored.store.write():
        for number in range(2_000):
            stored.put(f"key{number:05}", bytes(4096))
    token = stored.store.snapshot()
    times = []
    for number in range(2_000):
        stored.put(f"key{number:05}", SMALL)
        start = time.perf_counter()
        stored.store.rollback(token)
        times.append(time.perf_counter() - start)
    assert min(times[-50:]) < 10 * min(times[:50])
