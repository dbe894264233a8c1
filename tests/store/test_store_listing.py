"""Listings: order, prefix, delimiter, markers, pages; and that no step of them scans."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stored_bucket import StoredBucket, steps

from s3fixture.store import Page


@pytest.fixture
def stored() -> Iterator[StoredBucket]:
    with StoredBucket() as stored:
        yield stored


def names(page: Page) -> tuple[list[str], list[str], bool]:
    return [entry.key for entry in page.entries], page.prefixes, page.truncated


def put_all(stored: StoredBucket, *keys: str) -> None:
    for key in keys:
        stored.put(key)


def test_keys_are_ordered_by_their_utf8_bytes(stored: StoredBucket) -> None:
    keys = ["\U0001f600", "\uff5e", "z", "é", "Z", "a", "a/b", "a-b", "a b", "aa"]
    put_all(stored, *keys)
    assert [entry.key for entry in stored.objects().entries] == sorted(keys, key=str.encode)


def test_an_entry_says_what_a_listing_shows(stored: StoredBucket) -> None:
    added = stored.put("a", b"1234", modified=5.0, storage_class="GLACIER")
    (entry,) = stored.objects().entries
    assert entry == (
        "a",
        "null",
        4,
        added.etag,
        5.0,
        "me",
        "GLACIER",
        "",
        "",
        True,
        False,
    )


def test_a_prefix_limits_to_keys_that_begin_with_it(stored: StoredBucket) -> None:
    put_all(stored, "a", "ab", "ab/c", "ac", "b", "a\U0010ffff", "é", "éa")
    assert stored.keys(prefix="ab") == ["ab", "ab/c"]
    assert stored.keys(prefix="a\U0010ffff") == ["a\U0010ffff"]
    assert stored.keys(prefix="é") == ["é", "éa"]
    assert stored.keys(prefix="none") == []


def test_a_delimiter_folds_what_lies_behind_the_prefix(stored: StoredBucket) -> None:
    put_all(stored, "a", "b/1", "b/2", "b/c/3", "b/c/4", "bc", "c//5")
    assert names(stored.objects(delimiter="/")) == (["a", "bc"], ["b/", "c/"], False)
    assert names(stored.objects(delimiter="/", prefix="b/")) == (["b/1", "b/2"], ["b/c/"], False)
    assert names(stored.objects(delimiter="/", prefix="b/c")) == ([], ["b/c/"], False)
    assert names(stored.objects(delimiter="/", prefix="c/")) == ([], ["c//"], False)
    assert names(stored.objects(delimiter="/", prefix="b")) == (["bc"], ["b/"], False)


def test_a_key_that_is_the_prefix_itself_is_an_entry(stored: StoredBucket) -> None:
    put_all(stored, "dir/", "dir/a", "dir/b/c")
    assert names(stored.objects(delimiter="/", prefix="dir/")) == (["dir/", "dir/a"], ["dir/b/"], False)


def test_a_delimiter_may_have_many_characters_or_be_absent(stored: StoredBucket) -> None:
    put_all(stored, "a--b", "a--c", "a-b", "x", "éé1")
    assert names(stored.objects(delimiter="--")) == (["a-b", "x", "éé1"], ["a--"], False)
    assert names(stored.objects(delimiter="%")) == (["a--b", "a--c", "a-b", "x", "éé1"], [], False)
    assert names(stored.objects(delimiter="é")) == (["a--b", "a--c", "a-b", "x"], ["é"], False)


def test_entries_and_prefixes_count_together(stored: StoredBucket) -> None:
    put_all(stored, "a", "b/1", "b/2", "c", "d/1")
    assert names(stored.objects(delimiter="/", limit=1)) == (["a"], [], True)
    assert names(stored.objects(delimiter="/", limit=2)) == (["a"], ["b/"], True)
    assert names(stored.objects(delimiter="/", limit=3)) == (["a", "c"], ["b/"], True)
    assert names(stored.objects(delimiter="/", limit=4)) == (["a", "c"], ["b/", "d/"], False)


def test_a_page_that_ends_in_the_last_group_is_not_truncated(stored: StoredBucket) -> None:
    put_all(stored, "a/1", "a/2", "a/3")
    assert names(stored.objects(delimiter="/", limit=1)) == ([], ["a/"], False)


@pytest.mark.parametrize("delimiter", ["", "/"])
def test_a_limit_of_nought_gives_an_empty_page(stored: StoredBucket, delimiter: str) -> None:
    put_all(stored, "a", "b/1")
    page = stored.objects(delimiter=delimiter, limit=0)
    assert page == ([], [], False, "", "")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("", ["a", "b/", "b0", "c/"]),
        ("a", ["b/", "b0", "c/"]),
        ("aa", ["b/", "b0", "c/"]),
        ("b", ["b/", "b0", "c/"]),
        ("b/", ["b0", "c/"]),  # the group is not greater than the marker
        ("b/1", ["b0", "c/"]),  # nor is it greater than one inside it, though more keys of it follow
        ("b/zzz", ["b0", "c/"]),
        ("b0", ["c/"]),
        ("zzz", []),
    ],
)
def test_what_is_not_greater_than_the_start_is_left_out(
    stored: StoredBucket, start: str, expected: list[str]
) -> None:
    put_all(stored, "a", "b/1", "b/2", "b0", "c/1")
    assert stored.keys(delimiter="/", start=start) == expected


def test_an_inclusive_start_is_let_in(stored: StoredBucket) -> None:
    put_all(stored, "a", "b", "c/1")
    assert stored.keys(start="b", inclusive=True) == ["b", "c/1"]
    assert stored.keys(start="b") == ["c/1"]


def test_a_start_outside_the_prefix_cuts_by_order_alone(stored: StoredBucket) -> None:
    put_all(stored, "a/1", "b/1", "b/2", "c/1")
    assert stored.keys(prefix="b/", start="a/1") == ["b/1", "b/2"]
    assert stored.keys(prefix="b/", start="b") == ["b/1", "b/2"]
    assert stored.keys(prefix="b/", start="c") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_put_together_are_the_whole_listing(stored: StoredBucket, limit: int, delimiter: str) -> None:
    put_all(stored, "a", "b/1", "b/2", "b0", "c/1", "c/2", "d", "e/f/g", "é/1", "é/2")
    whole = stored.keys(delimiter=delimiter)
    together, start, truncated = [], "", True
    while truncated:
        page = stored.objects(delimiter=delimiter, limit=limit, start=start)
        together += [entry.key for entry in page.entries] + page.prefixes
        start, truncated = page.last_key, page.truncated
    assert sorted(together) == whole


def put_versions(stored: StoredBucket) -> None:
    for number in (1, 2, 3):
        stored.put("b", version_id=f"b{number}")
    stored.put("a")
    stored.mark("c", "c1")
    stored.put("d/1", version_id="d1")
    stored.put("d/1", version_id="d2")


def ids(page: Page) -> list[str]:
    return [f"{entry.key}:{entry.version_id}" for entry in page.entries]


def test_versions_are_ordered_by_key_and_then_newest_first(stored: StoredBucket) -> None:
    put_versions(stored)
    page = stored.versions()
    assert ids(page) == ["a:null", "b:b3", "b:b2", "b:b1", "c:c1", "d/1:d2", "d/1:d1"]
    assert [e.is_latest for e in page.entries] == [True, True, False, False, True, True, False]
    assert [e.is_delete_marker for e in page.entries] == [False] * 4 + [True] + [False] * 2


def test_a_listing_of_versions_goes_on_inside_a_key(stored: StoredBucket) -> None:
    put_versions(stored)
    page = stored.versions(limit=2)
    assert (ids(page), page.truncated) == (["a:null", "b:b3"], True)
    assert (page.last_key, page.last_version_id) == ("b", "b3")
    page = stored.versions(key_marker="b", version_id_marker="b3", limit=2)
    assert (ids(page), page.truncated) == (["b:b2", "b:b1"], True)
    assert ids(stored.versions(key_marker="b", version_id_marker="b1")) == ["c:c1", "d/1:d2", "d/1:d1"]
    assert ids(stored.versions(key_marker="b")) == ["c:c1", "d/1:d2", "d/1:d1"]
    assert ids(stored.versions(key_marker="a", version_id_marker="null", limit=1)) == ["b:b3"]


def test_a_listing_of_versions_goes_on_when_the_marker_was_deleted(stored: StoredBucket) -> None:
    put_versions(stored)
    stored.remove("b", "b3")
    assert ids(stored.versions(key_marker="b", version_id_marker="b3", limit=3)) == ["b:b2", "b:b1", "c:c1"]


def test_emptying_a_bucket_page_by_page_leaves_nothing(stored: StoredBucket) -> None:
    for number in range(10):
        stored.put("one", version_id=f"v{number}")
        stored.put(f"many/{number}")
    marker, truncated = ("", ""), True
    while truncated:
        page = stored.versions(key_marker=marker[0], version_id_marker=marker[1], limit=3)
        for entry in page.entries:
            stored.remove(entry.key, entry.version_id)
        marker, truncated = (page.last_key, page.last_version_id), page.truncated
    assert stored.versions().entries == []


def test_versions_fold_and_a_folded_marker_is_passed(stored: StoredBucket) -> None:
    put_versions(stored)
    page = stored.versions(delimiter="/")
    assert (ids(page)[-1], page.prefixes) == ("c:c1", ["d/"])
    assert (page.last_key, page.last_version_id) == ("d/", "")
    page = stored.versions(delimiter="/", key_marker="d/1", version_id_marker="d2")
    assert (page.entries, page.prefixes) == ([], [])
    assert ids(stored.versions(prefix="d/", delimiter="/")) == ["d/1:d2", "d/1:d1"]


def test_a_version_marker_outside_the_prefix_adds_nothing(stored: StoredBucket) -> None:
    put_versions(stored)
    assert ids(stored.versions(prefix="c", key_marker="b", version_id_marker="b3")) == ["c:c1"]


def fill(stored: StoredBucket, keys: Iterator[str]) -> None:
    with stored.store.write():
        for key in keys:
            stored.put(key, b"")


def test_a_page_costs_the_same_at_the_end_as_at_the_start(stored: StoredBucket) -> None:
    fill(stored, (f"key{number:05}" for number in range(10_000)))
    first = steps(stored, lambda: stored.objects(limit=100))
    last = steps(stored, lambda: stored.objects(limit=100, start="key09800"))
    assert last <= first + 20
    assert first < 100 * 40


def test_a_folded_group_costs_the_same_however_much_is_in_it(stored: StoredBucket) -> None:
    fill(stored, (f"group/{number:05}" for number in range(10_000)))
    fill(stored, iter(["small/1", "tail"]))
    folded = steps(stored, lambda: stored.objects(delimiter="/"))
    assert folded < 400
    assert steps(stored, lambda: stored.versions(delimiter="/")) < 400


def test_old_versions_and_delete_markers_cost_a_plain_listing_nothing(stored: StoredBucket) -> None:
    stored.put("z", version_id="v1")
    alone = steps(stored, stored.objects)
    with stored.store.write():
        for number in range(1000):
            stored.put("a", b"", version_id=f"v{number}")
            stored.mark(f"b{number}", "m1")
        stored.mark("a", "m1")
    assert stored.keys() == ["z"]
    assert steps(stored, stored.objects) == alone


def test_resuming_inside_a_key_costs_the_same_for_its_oldest_version(stored: StoredBucket) -> None:
    with stored.store.write():
        for number in range(2000):
            stored.put("a", b"", version_id=f"v{number}")
    new = steps(stored, lambda: stored.versions(key_marker="a", version_id_marker="v1990", limit=10))
    old = steps(stored, lambda: stored.versions(key_marker="a", version_id_marker="v20", limit=10))
    assert old <= new + 20


def test_usage_and_emptiness_are_not_counted_out(stored: StoredBucket) -> None:
    fill(stored, (f"key{number}" for number in range(2000)))

    def ask() -> None:
        with stored.store.read() as index:
            assert index.usage(stored.bucket.id).objects == 2000
            assert not index.is_empty(stored.bucket.id)

    assert steps(stored, ask) < 60
