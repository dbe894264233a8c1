"""Objects and their versions: put, replaced, hidden, copied, removed, read."""

from __future__ import annotations

import gc
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stored_bucket import LARGE, SMALL, StoredBucket, new_version

from s3fixture.store import BodyReader, Checksum, Damaged, Gone
from s3fixture.store.bodies import Piece
from s3fixture.store.files import Files


@pytest.fixture
def stored() -> Iterator[StoredBucket]:
    with StoredBucket() as stored:
        yield stored


def test_a_version_comes_back_with_all_it_was_given(stored: StoredBucket) -> None:
    fields: dict[str, Any] = {
        "headers": {"ContentType": "text/plain", "CacheControl": "no-cache"},
        "metadata": {"colour": "blå"},
        "tags": {"k": ""},
        "extra": {"acl": [1, None]},
        "checksum": Checksum("CRC32", "AAAAAA==", "FULL_OBJECT"),
        "storage_class": "GLACIER",
    }
    added = stored.put("ключ/é", SMALL, **fields)
    found = stored.find("ключ/é")
    assert found == added
    assert {name: getattr(found, name) for name in fields} == fields
    assert (added.key, added.size, added.is_latest, added.version_id) == ("ключ/é", 5, True, "null")


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 3 * 1024 * 1024 + 7])
@pytest.mark.parametrize("hinted", [True, False])
def test_a_body_of_any_size_comes_back(stored: StoredBucket, size: int, hinted: bool) -> None:
    data = (LARGE * 13)[:size]
    with (
        stored.store.spool(io.BytesIO(data), size if hinted else None) as body,
        stored.store.write() as index,
    ):
        version = index.add_version(stored.bucket.id, new_version("a"), body)
    assert version.size == size
    assert stored.get("a") == data


def test_a_source_that_gives_little_at_a_time_is_read_to_its_end(stored: StoredBucket) -> None:
    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 1000))

    with stored.store.spool(Dribble(LARGE)) as body, stored.store.write() as index:
        index.add_version(stored.bucket.id, new_version("a"), body)
    assert stored.get("a") == LARGE


@pytest.mark.parametrize("data", [SMALL * 100, LARGE])
@pytest.mark.parametrize(("start", "length"), [(0, 1), (3, 7), (100, None), (499, 1), (490, 100), (5**9, 5)])
def test_a_range_is_cut_out(stored: StoredBucket, data: bytes, start: int, length: int | None) -> None:
    version = stored.put("a", data)
    expected = data[start:] if length is None else data[start : start + length]
    with stored.store.open(version, start, length) as reader:
        assert reader.size == len(expected)
        assert b"".join(reader) == expected


def test_a_reader_gives_as_many_bytes_as_asked_for(stored: StoredBucket) -> None:
    with stored.store.open(stored.put("a", LARGE)) as reader:
        taken = [reader.read(100_000) for _ in range(4)]
        assert [len(chunk) for chunk in taken] == [100_000, 100_000, 62_144, 0]
        assert b"".join(taken) == LARGE


def test_a_reader_tells_where_the_bytes_are(stored: StoredBucket) -> None:
    with stored.store.open(stored.put("small", b"0123456789"), 2, 3) as reader:
        assert reader.data == b"234"
        assert reader.path_and_offset is None
    with stored.store.open(stored.put("large", LARGE), 10, 20) as reader:
        assert reader.data is None
        assert reader.path_and_offset is not None
        path, offset = reader.path_and_offset
        assert path.read_bytes()[offset : offset + reader.size] == LARGE[10:30]


def test_a_null_version_is_replaced(stored: StoredBucket) -> None:
    first = stored.put("a", b"one")
    second = stored.put("a", b"two!")
    assert second.seq > first.seq
    assert stored.get("a") == b"two!"
    assert [entry.size for entry in stored.versions().entries] == [4]
    assert stored.usage() == (1, 4, 1, 4, 0)


def test_versions_pile_up_and_the_newest_is_the_latest(stored: StoredBucket) -> None:
    for number in range(3):
        stored.put("a", b"x" * number, version_id=f"v{number}")
    listed = [(entry.version_id, entry.is_latest) for entry in stored.versions().entries]
    assert listed == [("v2", True), ("v1", False), ("v0", False)]
    assert stored.get("a") == b"xx"
    assert stored.get("a", "v1") == b"x"
    assert stored.find("a", "other") is None
    assert stored.usage() == (1, 2, 3, 3, 0)


def test_a_null_version_below_others_is_replaced_and_becomes_the_latest(stored: StoredBucket) -> None:
    stored.put("a", b"old null")
    stored.put("a", b"v1", version_id="v1")
    stored.put("a", b"new null")
    listed = [(entry.version_id, entry.is_latest) for entry in stored.versions().entries]
    assert listed == [("null", True), ("v1", False)]
    assert stored.get("a") == b"new null"
    assert stored.usage() == (1, 8, 2, 10, 0)


def test_a_delete_marker_hides_the_object_and_its_removal_shows_it_again(stored: StoredBucket) -> None:
    stored.put("a", SMALL, version_id="v1")
    stored.mark("a", "m1")
    assert stored.keys() == []
    assert stored.get("a") is None
    assert stored.get("a", "v1") == SMALL
    assert stored.usage() == (0, 0, 1, 5, 1)
    stored.remove("a", "m1")
    assert stored.keys() == ["a"]
    assert stored.get("a") == SMALL
    assert stored.usage() == (1, 5, 1, 5, 0)


def test_removing_the_latest_lets_the_next_newest_up(stored: StoredBucket) -> None:
    for number in range(3):
        stored.put("a", f"v{number}".encode(), version_id=f"v{number}")
    stored.remove("a", "v2")
    stored.remove("a", "v0")
    assert [(e.version_id, e.is_latest) for e in stored.versions().entries] == [("v1", True)]
    assert stored.get("a") == b"v1"


def test_removing_what_is_not_there_says_so(stored: StoredBucket) -> None:
    version = stored.put("a")
    stored.remove("a")
    with stored.store.write() as index:
        assert not index.remove_version(version.seq)
    assert stored.usage() == (0, 0, 0, 0, 0)


def test_tags_and_extra_are_replaced_separately(stored: StoredBucket) -> None:
    version = stored.put("a", tags={"old": "1"}, extra={"acl": "private"})
    with stored.store.write() as index:
        index.update_version(version.seq, tags={"new": "2"})
    found = stored.find("a")
    assert found is not None
    assert (found.tags, found.extra) == ({"new": "2"}, {"acl": "private"})
    with stored.store.write() as index:
        index.update_version(version.seq, tags={}, extra={"acl": "public"})
    found = stored.find("a")
    assert found is not None
    assert (found.tags, found.extra) == ({}, {"acl": "public"})


@pytest.mark.parametrize("data", [SMALL, LARGE])
def test_a_copy_shares_the_bytes_and_outlives_the_source(stored: StoredBucket, data: bytes) -> None:
    source = stored.put("a", data)
    copy = stored.copy(source, "b")
    assert copy.blob == source.blob
    stored.remove("a")
    assert stored.get("b") == data
    stored.remove("b")
    with pytest.raises(Damaged):
        stored.store.open(copy)


@pytest.mark.parametrize("data", [b"", SMALL, LARGE])
def test_an_object_is_copied_onto_itself(stored: StoredBucket, data: bytes) -> None:
    stored.copy(stored.put("a", data), "a")
    assert stored.get("a") == data
    assert stored.usage() == (1, len(data), 1, len(data), 0)


def test_the_source_of_a_copy_that_is_gone_is_told_and_changes_nothing(stored: StoredBucket) -> None:
    source = stored.put("a")
    stored.remove("a")
    with pytest.raises(Gone):
        stored.copy(source, "b")
    assert stored.keys() == []


def test_a_reader_opened_before_the_end_of_its_object_finishes(stored: StoredBucket) -> None:
    reader = stored.store.open(stored.put("a", LARGE))
    location = reader.path_and_offset
    assert location is not None
    start = reader.read(10)
    stored.remove("a")
    assert start + reader.read() == LARGE
    assert not location[0].exists()


def test_a_reader_closed_half_way_lets_the_bytes_of_a_removed_object_go(stored: StoredBucket) -> None:
    reader = stored.store.open(stored.put("a", LARGE))
    location = reader.path_and_offset
    assert location is not None
    next(iter(reader))
    stored.put("a", b"other")
    assert location[0].exists()
    reader.close()
    assert not location[0].exists()
    assert reader.read() == b""


def test_a_spooled_body_belongs_to_one_object(stored: StoredBucket) -> None:
    with stored.store.spool(io.BytesIO(SMALL)) as body:
        with stored.store.write() as index:
            index.add_version(stored.bucket.id, new_version("a"), body)
        with pytest.raises(ValueError, match="one object"), stored.store.write() as index:
            index.add_version(stored.bucket.id, new_version("b"), body)
    assert stored.keys() == ["a"]


def test_a_reader_that_nobody_closed_may_be_collected_at_any_moment(tmp_path: Path) -> None:
    """The garbage collector runs within any line, those that hold the lock of the files included."""
    files = Files(tmp_path)
    name, file = files.create()
    with file:
        file.write(SMALL)
    unclosed: list[Any] = [BodyReader(files, [Piece(name, len(SMALL), 0, len(SMALL), b"")], len(SMALL))]
    unclosed.append(unclosed)  # so that it goes with a collection, and not before
    del unclosed

    def names() -> Iterator[str]:
        gc.collect()
        yield name

    pinning = threading.Thread(target=files.pin, args=(names(),), daemon=True)
    pinning.start()
    pinning.join(10)

    assert not pinning.is_alive()
    files.remove([name])
    assert files.path(name).exists()  # as long as the other pin
    files.unpin([name])
    assert not files.path(name).exists()


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7])
def test_a_walk_over_versions_has_no_more_than_asked_for(stored: StoredBucket, limit: int) -> None:
    """And leaves none out: lifecycle rules walk over a bucket in slices."""
    for number, key in enumerate("aaabccc"):
        stored.put(key, SMALL, version_id=f"v{number}")
    found: list[str] = []
    key, seq = "", 0
    with stored.store.read() as index:
        while page := index.walk_versions(stored.bucket.id, key, seq, limit):
            assert len(page) <= limit
            found += [version.version_id for version in page]
            key, seq = page[-1].key, page[-1].seq
    assert found == ["v2", "v1", "v0", "v3", "v6", "v5", "v4"]


def test_the_parts_of_a_version_go_with_it(stored: StoredBucket) -> None:
    upload = stored.begin("big", "u1")
    stored.part(upload, 1, LARGE)
    stored.part(upload, 2, SMALL)
    version = stored.complete(upload)
    with stored.store.write() as index:
        assert len(index.version_parts(version.seq)) == 2
        index.remove_version(version.seq)
        assert index.version_parts(version.seq) == []


def test_a_storage_class_is_changed_alone(stored: StoredBucket) -> None:
    version = stored.put("k", SMALL, tags={"a": "b"})
    with stored.store.write() as index:
        index.update_version(version.seq, storage_class="GLACIER")
        changed = index.get_current(stored.bucket.id, "k")
    assert changed == version._replace(storage_class="GLACIER")


def test_the_latest_versions_that_are_kept_do_not_pile_up(
    stored: StoredBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s3fixture.store.versions._KEPT", 10)
    keys = [f"k{number}" for number in range(30)]
    for key in keys:
        stored.put(key, SMALL)
    with stored.store.read() as index:
        for key in (*keys, *keys):
            found = index.get_current(stored.bucket.id, key)
            assert found is not None
            assert found.key == key
            assert 0 < len(index._current) <= 10
