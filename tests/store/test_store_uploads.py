"""Multipart uploads: parts in, one object out, and no byte left when they end."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from stored_bucket import LARGE, SMALL, StoredBucket, new_version

from s3fixture.store import Checksum, NewPart, NewUpload, PartInfo


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[StoredBucket]:
    with StoredBucket(tmp_path / "data") as stored:
        yield stored


def test_an_upload_comes_back_with_all_it_was_given(stored: StoredBucket) -> None:
    fields = {
        "storage_class": "GLACIER",
        "checksum_algorithm": "CRC32",
        "checksum_type": "COMPOSITE",
        "headers": {"ContentType": "a/b"},
        "metadata": {"k": "v"},
        "tags": {"t": "1"},
        "extra": {"acl": "private"},
    }
    new = NewUpload(key="k/é", upload_id="u1", initiated=2.0, owner="me", **fields)  # type: ignore[arg-type]
    with stored.store.write() as index:
        created = index.create_upload(stored.bucket.id, new)
        assert index.get_upload(stored.bucket.id, "k/é", "u1") == created
        assert index.get_upload(stored.bucket.id, "other", "u1") is None
        assert index.list_uploads(stored.bucket.id).uploads == [created]
    assert {name: getattr(created, name) for name in fields} == fields
    assert (created.key, created.upload_id, created.initiated, created.owner) == ("k/é", "u1", 2.0, "me")


def test_parts_become_one_object_without_copying_a_byte(stored: StoredBucket) -> None:
    upload = stored.begin("big", "u1")
    for number, data in ((5, SMALL), (1, LARGE), (2, LARGE[::-1])):
        stored.part(upload, number, data)
    files = sorted(stored.files())
    version = stored.complete(upload)
    assert sorted(stored.files()) == files
    assert stored.get("big") == LARGE + LARGE[::-1] + SMALL
    assert (version.parts, version.size) == (3, 2 * len(LARGE) + 5)
    with stored.store.read() as index:
        assert index.get_upload(stored.bucket.id, "big", "u1") is None
        infos = index.version_parts(version.seq)
        assert infos == [
            PartInfo(1, 0, len(LARGE), ""),
            PartInfo(2, len(LARGE), len(LARGE), ""),
            PartInfo(5, 2 * len(LARGE), 5, ""),
        ]
        assert index.version_parts(version.seq, after=1, limit=1) == infos[1:2]
        assert index.version_part(version.seq, 5) == infos[2]
        assert index.version_part(version.seq, 3) is None
    stored.remove("big")
    assert stored.files() == []


@pytest.mark.parametrize("sizes", [[3, 4, 5], [70_000, 0, 70_000], [0, 0], [0, 9], [70_000], [0]])
def test_any_range_of_an_object_of_parts_is_right(stored: StoredBucket, sizes: list[int]) -> None:
    upload = stored.begin("big", "u1")
    whole = b""
    for number, size in enumerate(sizes, 1):
        data = bytes([number]) * size
        stored.part(upload, number, data)
        whole += data
    version = stored.complete(upload)
    edges = {0, 1, *(sum(sizes[:n]) for n in range(len(sizes) + 1)), len(whole) // 2, len(whole)}
    for start in edges:
        for end in edges:
            with stored.store.open(version, start, max(end - start, 0)) as reader:
                assert reader.read() == whole[start:end]
    assert stored.get("big") == whole


def test_a_part_is_replaced_by_a_later_one_of_its_number(stored: StoredBucket) -> None:
    upload = stored.begin("big", "u1")
    stored.part(upload, 1, LARGE)
    stored.part(upload, 1, LARGE + b"!")
    assert len(stored.files()) == 1
    with stored.store.read() as index:
        (part,) = index.get_parts(upload)
        assert (part.number, part.size, part.etag) == (1, len(LARGE) + 1, "etag-1")
    stored.complete(upload)
    assert stored.get("big") == LARGE + b"!"


def test_parts_left_out_of_the_object_are_freed(stored: StoredBucket) -> None:
    upload = stored.begin("big", "u1")
    for number in (1, 2, 3):
        stored.part(upload, number, LARGE)
    with stored.store.write() as index:
        parts = [part for part in index.get_parts(upload) if part.number != 2]
        index.add_version(stored.bucket.id, new_version("big"), parts)
        index.delete_upload(upload)
    assert len(stored.files()) == 2
    assert stored.get("big") == LARGE + LARGE


def test_an_aborted_upload_frees_its_bytes(stored: StoredBucket) -> None:
    upload = stored.begin("big", "u1")
    stored.part(upload, 1, LARGE)
    with stored.store.write() as index:
        index.delete_upload(upload)
        assert index.get_upload(stored.bucket.id, "big", "u1") is None
    assert stored.files() == []
    assert stored.usage() == (0, 0, 0, 0, 0)


def test_a_copy_of_an_object_of_parts_shares_them_and_has_no_parts_itself(stored: StoredBucket) -> None:
    upload = stored.begin("big", "u1")
    stored.part(upload, 1, LARGE)
    stored.part(upload, 2, LARGE)
    copy = stored.copy(stored.complete(upload), "copy")
    assert copy.parts == 0
    stored.remove("big")
    assert len(stored.files()) == 2
    assert stored.get("copy") == LARGE + LARGE
    stored.remove("copy")
    assert stored.files() == []


def test_the_checksum_of_a_part_is_kept(stored: StoredBucket) -> None:
    upload = stored.begin("big", "u1")
    new = NewPart(number=1, etag="e", modified=1.0, checksum=Checksum("CRC32", "AAAAAA=="))
    with stored.store.spool(io.BytesIO(SMALL)) as body, stored.store.write() as index:
        part = index.put_part(upload, new, body)
        assert index.get_parts(upload) == [part]
    assert part.checksum == Checksum("CRC32", "AAAAAA==")
    version = stored.complete(upload)
    with stored.store.read() as index:
        assert index.version_parts(version.seq) == [PartInfo(1, 0, 5, "AAAAAA==")]


def test_parts_are_listed_in_pages(stored: StoredBucket) -> None:
    upload = stored.begin("big", "u1")
    for number in (3, 1, 10_000, 2):
        stored.part(upload, number, SMALL)

    def page(**listing: int) -> tuple[list[int], bool]:
        with stored.store.read() as index:
            found = index.list_parts(upload, **listing)
        return [part.number for part in found.parts], found.truncated

    assert page() == ([1, 2, 3, 10_000], False)
    assert page(limit=2) == ([1, 2], True)
    assert page(after=2, limit=2) == ([3, 10_000], False)
    assert page(after=10_000) == ([], False)
    assert page(limit=0) == ([], False)


def test_uploads_of_one_key_are_listed_oldest_first_and_resumed(stored: StoredBucket) -> None:
    for key, upload_id in (("b", "z"), ("a", "1"), ("b", "m"), ("b", "a"), ("c", "1")):
        stored.begin(key, upload_id)

    def page(**listing: object) -> tuple[list[str], bool, tuple[str, str]]:
        with stored.store.read() as index:
            found = index.list_uploads(stored.bucket.id, **listing)  # type: ignore[arg-type]  # one type for all options
        names = [upload.key + upload.upload_id for upload in found.uploads]
        return names, found.truncated, (found.last_key, found.last_upload_id)

    assert page() == (["a1", "bz", "bm", "ba", "c1"], False, ("c", "1"))
    assert page(limit=2) == (["a1", "bz"], True, ("b", "z"))
    assert page(key_marker="b", upload_id_marker="z", limit=2) == (["bm", "ba"], True, ("b", "a"))
    assert page(key_marker="b") == (["c1"], False, ("c", "1"))
    assert page(key_marker="b", upload_id_marker="gone")[0] == ["bz", "bm", "ba", "c1"]
    assert page(prefix="b", key_marker="a", upload_id_marker="1")[0] == ["bz", "bm", "ba"]


def test_uploads_fold_by_the_delimiter(stored: StoredBucket) -> None:
    for number, key in enumerate(("x/1", "x/2", "y", "z/1")):
        stored.begin(key, f"u{number}")
    with stored.store.read() as index:
        page = index.list_uploads(stored.bucket.id, delimiter="/", limit=2)
        assert (page.prefixes, [u.key for u in page.uploads], page.truncated) == (["x/"], ["y"], True)
        page = index.list_uploads(stored.bucket.id, delimiter="/", key_marker="y", upload_id_marker="u2")
        assert (page.prefixes, page.uploads, page.last_key, page.last_upload_id) == (["z/"], [], "z/", "")
