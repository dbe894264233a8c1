"""What has changed since a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from stored_bucket import LARGE, StoredBucket, steps

from s3fixture.errors import S3FixtureError
from s3fixture.records import Change

State = dict[str, tuple[int, str, str]]


@pytest.fixture
def stored() -> Iterator[StoredBucket]:
    with StoredBucket() as stored:
        yield stored


def changes(stored: StoredBucket, token: int) -> list[str]:
    return [str(change) for change in stored.store.changes(token)]


def test_objects_that_were_made_changed_and_removed(stored: StoredBucket) -> None:
    for key in ("same", "changed", "removed"):
        stored.put(key, b"before", etag=key)
    token = stored.store.snapshot()
    assert stored.store.changes(token) == []

    stored.put("made", LARGE, etag="new")
    stored.put("changed", b"after it", etag="other")
    stored.remove("removed")

    assert stored.store.changes(token) == [
        Change("changed", "stored", "changed", 8, "other", 6, "changed"),
        Change("made", "stored", "made", len(LARGE), "new"),
        Change("removed", "stored", "removed", 6, "removed"),
    ]
    assert changes(stored, token) == [
        "~ stored/changed (6 -> 8 bytes)",
        f"+ stored/made ({len(LARGE)} bytes)",
        "- stored/removed (6 bytes)",
    ]


def test_what_comes_and_goes_is_no_change(stored: StoredBucket) -> None:
    token = stored.store.snapshot()

    stored.put("a")
    stored.put("a", b"again")
    stored.remove("a")

    assert changes(stored, token) == []


def test_tags_are_a_change(stored: StoredBucket) -> None:
    version = stored.put("a", b"1", etag="e")
    token = stored.store.snapshot()

    with stored.store.write() as index:
        index.update_version(version.seq, tags={"color": "red"})

    assert stored.store.changes(token) == [Change("changed", "stored", "a", 1, "e", 1, "e")]


def test_a_delete_marker_removes_and_removing_it_brings_back(stored: StoredBucket) -> None:
    stored.put("a", b"1", "v1")
    token = stored.store.snapshot()

    stored.mark("a", "m1")
    assert changes(stored, token) == ["- stored/a (1 byte)"]

    stored.remove("a", "m1")
    assert changes(stored, token) == []


def test_buckets(stored: StoredBucket) -> None:
    with stored.store.write() as index:
        old = index.create_bucket("old", owner="me", region="", created=1.0)
    token = stored.store.snapshot()

    with stored.store.write() as index:
        index.delete_bucket(old.id)
        index.create_bucket("new", owner="me", region="", created=1.0)

    assert changes(stored, token) == ["+ new", "- old"]


def test_each_snapshot_has_its_own_changes_and_a_rollback_takes_them_back(stored: StoredBucket) -> None:
    stored.put("a", b"1")
    outer = stored.store.snapshot()
    stored.remove("a")
    inner = stored.store.snapshot()
    stored.put("b", b"22")

    assert changes(stored, inner) == ["+ stored/b (2 bytes)"]
    assert changes(stored, outer) == ["- stored/a (1 byte)", "+ stored/b (2 bytes)"]

    stored.store.rollback(inner)
    assert changes(stored, inner) == []
    assert changes(stored, outer) == ["- stored/a (1 byte)"]

    stored.store.rollback(outer)
    assert changes(stored, outer) == []
    with pytest.raises(S3FixtureError, match="is not there"):
        stored.store.changes(inner)


def state_of(stored: StoredBucket) -> State:
    return {entry.key: (entry.size, entry.etag, str(entry)) for entry in stored.objects(limit=1000).entries}


@pytest.mark.parametrize("seed", range(5))
def test_they_are_what_two_listings_differ_in(stored: StoredBucket, seed: int) -> None:
    random = Random(seed)
    number = iter(range(10**6))

    def do_something() -> None:
        key = f"key {random.randrange(6)}"
        choice = random.randrange(4)
        if choice == 0:
            stored.put(
                key,
                b"x" * random.randrange(9),
                random.choice(["null", f"v{next(number)}"]),
                etag=f"{random.random()}",
            )
        elif choice == 1:
            stored.mark(key, f"m{next(number)}")
        elif (found := stored.find(key)) is not None:
            with stored.store.write() as index:
                index.remove_version(found.seq)

    for _ in range(20):
        do_something()
    snapshots: list[tuple[int, State]] = []
    for _ in range(60):
        choice = random.randrange(12)
        if choice == 0:
            snapshots.append((stored.store.snapshot(), state_of(stored)))
        elif choice == 1 and snapshots:
            del snapshots[random.randrange(len(snapshots)) + 1 :]
            stored.store.rollback(snapshots[-1][0])
        else:
            do_something()
        now = state_of(stored)
        for token, before in snapshots:
            found = {change.key: change.kind for change in stored.store.changes(token)}
            assert found == {
                key: "made" if key not in before else "removed" if key not in now else "changed"
                for key in {*before, *now}
                if before.get(key) != now.get(key)
            }


def test_other_buckets_cost_nothing(stored: StoredBucket) -> None:
    def cost_of_one() -> int:
        token = stored.store.snapshot()
        stored.put("a")
        found = steps(stored, lambda: stored.store.changes(token))
        stored.store.rollback(token)
        stored.store.release(token)
        return found

    alone = cost_of_one()
    with stored.store.write() as index:
        for number in range(200):
            index.create_bucket(f"other-{number}", owner="me", region="us-east-1", created=1.0)

    assert cost_of_one() == alone
