"""Buckets, their documents and what they hold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stored_bucket import LARGE, StoredBucket

from s3fixture.store import BucketRow


@pytest.fixture
def stored() -> Iterator[StoredBucket]:
    with StoredBucket() as stored:
        yield stored


def create(stored: StoredBucket, name: str, owner: str = "me") -> BucketRow:
    with stored.store.write() as index:
        return index.create_bucket(name, owner=owner, region="eu-west-1", created=2.5)


def test_a_bucket_is_found_by_its_name(stored: StoredBucket) -> None:
    created = create(stored, "data")
    with stored.store.read() as index:
        assert index.get_bucket("data") == created
        assert index.get_bucket("other") is None
    assert created[1:] == ("data", "me", "eu-west-1", 2.5, "", "", frozenset())


def test_a_name_is_given_once(stored: StoredBucket) -> None:
    with pytest.raises(ValueError, match="stored"):
        create(stored, "stored")


def test_buckets_are_listed_by_name_prefix_owner_and_page(stored: StoredBucket) -> None:
    for name, owner in (("b-2", "me"), ("a", "you"), ("b-1", "you"), ("b-3", "me")):
        create(stored, name, owner)

    def names(**listing: object) -> tuple[list[str], bool]:
        with stored.store.read() as index:
            page = index.list_buckets(**listing)  # type: ignore[arg-type]
            return [bucket.name for bucket in page.buckets], page.truncated

    assert names() == (["a", "b-1", "b-2", "b-3", "stored"], False)
    assert names(prefix="b-") == (["b-1", "b-2", "b-3"], False)
    assert names(owner="me") == (["b-2", "b-3", "stored"], False)
    assert names(owner="me", prefix="b-", after="b-2") == (["b-3"], False)
    assert names(limit=2) == (["a", "b-1"], True)
    assert names(after="b-1", limit=3) == (["b-2", "b-3", "stored"], False)
    assert names(limit=0) == ([], False)


def test_versioning_is_remembered(stored: StoredBucket) -> None:
    with stored.store.write() as index:
        index.set_versioning(stored.bucket.id, "Enabled")
        bucket = index.get_bucket("stored")
    assert bucket is not None
    assert bucket.versioning == "Enabled"


def test_documents_are_stored_replaced_and_removed(stored: StoredBucket) -> None:
    with stored.store.write() as index:
        assert index.get_document(stored.bucket.id, "policy") is None
        index.put_document(stored.bucket.id, "policy", "one")
        index.put_document(stored.bucket.id, "policy", "two")
        index.put_document(stored.bucket.id, "cors", "rules")
        assert index.get_document(stored.bucket.id, "policy") == "two"
        assert index.delete_document(stored.bucket.id, "policy")
        assert not index.delete_document(stored.bucket.id, "policy")
        assert index.get_document(stored.bucket.id, "policy") is None
        assert index.get_document(stored.bucket.id, "cors") == "rules"


@pytest.mark.parametrize("marker", [True, False])
def test_a_bucket_with_versions_or_delete_markers_is_not_deleted(stored: StoredBucket, marker: bool) -> None:
    if marker:
        stored.mark("a", "m1")
    else:
        stored.put("a")
    with stored.store.read() as index:
        assert not index.is_empty(stored.bucket.id)
    with pytest.raises(ValueError, match="not empty"), stored.store.write() as index:
        index.delete_bucket(stored.bucket.id)


def test_a_bucket_names_the_documents_that_it_has(stored: StoredBucket) -> None:
    with stored.store.write() as index:
        index.put_document(stored.bucket.id, "policy", "text")
        index.put_document(stored.bucket.id, "cors", "rules")
        found = index.get_bucket("stored")
        assert found is not None
        assert found.documents == {"policy", "cors"}
        assert [row.documents for row in index.list_buckets().buckets] == [{"policy", "cors"}]
        index.delete_document(stored.bucket.id, "policy")
        index.delete_document(stored.bucket.id, "cors")
        found = index.get_bucket("stored")
        assert found is not None
        assert found.documents == frozenset()


def test_a_deleted_bucket_takes_its_documents_and_uploads_along(stored: StoredBucket) -> None:
    upload = stored.begin("a", "u1")
    stored.part(upload, 1, LARGE)
    with stored.store.write() as index:
        index.put_document(stored.bucket.id, "policy", "text")
        index.delete_bucket(stored.bucket.id)
        assert index.get_bucket("stored") is None
        assert index.get_document(stored.bucket.id, "policy") is None
        assert index.get_upload(stored.bucket.id, "a", "u1") is None
    again = create(stored, "stored")
    assert again.id != stored.bucket.id


def test_buckets_do_not_see_each_others_objects(stored: StoredBucket) -> None:
    other = create(stored, "other")
    stored.put("a")
    with stored.store.read() as index:
        assert index.get_current(other.id, "a") is None
        assert index.is_empty(other.id)
        assert index.list_objects(other.id).entries == []
        assert index.usage(other.id) == (0, 0, 0, 0, 0)
