"""What has changed since a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from store_box import LARGE, Box

from s3fixture.errors import S3FixtureError
from s3fixture.records import Change

State = dict[str, tuple[int, str, str]]


@pytest.fixture
def box() -> Iterator[Box]:
    with Box() as box:
        yield box


def changes(box: Box, token: int) -> list[str]:
    return [str(change) for change in box.store.changes(token)]


def test_objects_that_were_made_changed_and_removed(box: Box) -> None:
    for key in ("same", "changed", "removed"):
        box.put(key, b"before", etag=key)
    token = box.store.snapshot()
    assert box.store.changes(token) == []

    box.put("made", LARGE, etag="new")
    box.put("changed", b"after it", etag="other")
    box.remove("removed")

    assert box.store.changes(token) == [
        Change("changed", "box", "changed", 8, "other", 6, "changed"),
        Change("made", "box", "made", len(LARGE), "new"),
        Change("removed", "box", "removed", 6, "removed"),
    ]
    assert changes(box, token) == [
        "~ box/changed (6 -> 8 bytes)",
        f"+ box/made ({len(LARGE)} bytes)",
        "- box/removed (6 bytes)",
    ]


def test_what_comes_and_goes_is_no_change(box: Box) -> None:
    token = box.store.snapshot()

    box.put("a")
    box.put("a", b"again")
    box.remove("a")

    assert changes(box, token) == []


def test_tags_are_a_change(box: Box) -> None:
    version = box.put("a", b"1", etag="e")
    token = box.store.snapshot()

    with box.store.write() as index:
        index.update_version(version.seq, tags={"color": "red"})

    assert box.store.changes(token) == [Change("changed", "box", "a", 1, "e", 1, "e")]


def test_a_delete_marker_removes_and_removing_it_brings_back(box: Box) -> None:
    box.put("a", b"1", "v1")
    token = box.store.snapshot()

    box.mark("a", "m1")
    assert changes(box, token) == ["- box/a (1 bytes)"]

    box.remove("a", "m1")
    assert changes(box, token) == []


def test_buckets(box: Box) -> None:
    with box.store.write() as index:
        old = index.create_bucket("old", owner="me", region="", created=1.0)
    token = box.store.snapshot()

    with box.store.write() as index:
        index.delete_bucket(old.id)
        index.create_bucket("new", owner="me", region="", created=1.0)

    assert changes(box, token) == ["+ new", "- old"]


def test_each_snapshot_has_its_own_changes_and_a_rollback_takes_them_back(box: Box) -> None:
    box.put("a", b"1")
    outer = box.store.snapshot()
    box.remove("a")
    inner = box.store.snapshot()
    box.put("b", b"22")

    assert changes(box, inner) == ["+ box/b (2 bytes)"]
    assert changes(box, outer) == ["- box/a (1 bytes)", "+ box/b (2 bytes)"]

    box.store.rollback(inner)
    assert changes(box, inner) == []
    assert changes(box, outer) == ["- box/a (1 bytes)"]

    box.store.rollback(outer)
    assert changes(box, outer) == []
    with pytest.raises(S3FixtureError, match="is not there"):
        box.store.changes(inner)


def state_of(box: Box) -> State:
    return {entry.key: (entry.size, entry.etag, str(entry)) for entry in box.objects(limit=1000).entries}


@pytest.mark.parametrize("seed", range(5))
def test_they_are_what_two_listings_differ_in(box: Box, seed: int) -> None:
    random = Random(seed)
    number = iter(range(10**6))

    def do_something() -> None:
        key = f"key {random.randrange(6)}"
        choice = random.randrange(4)
        if choice == 0:
            box.put(
                key,
                b"x" * random.randrange(9),
                random.choice(["null", f"v{next(number)}"]),
                etag=f"{random.random()}",
            )
        elif choice == 1:
            box.mark(key, f"m{next(number)}")
        elif (found := box.find(key)) is not None:
            with box.store.write() as index:
                index.remove_version(found.seq)

    for _ in range(20):
        do_something()
    snapshots: list[tuple[int, State]] = []
    for _ in range(60):
        choice = random.randrange(12)
        if choice == 0:
            snapshots.append((box.store.snapshot(), state_of(box)))
        elif choice == 1 and snapshots:
            del snapshots[random.randrange(len(snapshots)) + 1 :]
            box.store.rollback(snapshots[-1][0])
        else:
            do_something()
        now = state_of(box)
        for token, before in snapshots:
            found = {change.key: change.kind for change in box.store.changes(token)}
            assert found == {
                key: "made" if key not in before else "removed" if key not in now else "changed"
                for key in {*before, *now}
                if before.get(key) != now.get(key)
            }
