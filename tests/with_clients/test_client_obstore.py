"""obstore: Rust's object_store, on which Polars, delta-rs, DataFusion and LanceDB stand."""

from __future__ import annotations

import os
import urllib.request
from datetime import timedelta
from typing import Any

import pytest

from s3fixture import S3

obstore = pytest.importorskip("obstore")
MIB = 1024 * 1024


@pytest.fixture
def store(s3_env: object, s3: S3) -> Any:
    """Led by the variables alone."""
    from obstore.store import S3Store

    return S3Store(s3.bucket)


def test_large_objects_go_up_in_parts_and_come_down_in_ranges(store: Any, s3: S3) -> None:
    data = os.urandom(11 * MIB)

    obstore.put(store, "large", data, chunk_size=5 * MIB)

    assert s3.get("large") == data
    assert bytes(obstore.get_range(store, "large", start=5 * MIB, end=5 * MIB + 7)) == data[5 * MIB :][:7]
    s3.assert_called("UploadPart", times=3, status=200)


def test_a_writer_among_many_learns_that_it_lost(store: Any) -> None:
    """The commit of a table format: create only, and swap only what is still the same."""
    from obstore.exceptions import AlreadyExistsError, PreconditionError

    obstore.put(store, "log/0.json", b"0", mode="create")
    with pytest.raises(AlreadyExistsError):
        obstore.put(store, "log/0.json", b"1", mode="create")
    before = obstore.head(store, "log/0.json")["e_tag"]
    obstore.put(store, "log/0.json", b"2", mode={"e_tag": before})
    with pytest.raises(PreconditionError):
        obstore.put(store, "log/0.json", b"3", mode={"e_tag": before})

    assert bytes(obstore.get(store, "log/0.json").bytes()) == b"2"


def test_objects_are_listed_copied_renamed_and_removed(store: Any, s3: S3) -> None:
    for key in ("a/1", "a/2", "sp ace+ü"):
        s3.put(key, key.encode())

    assert obstore.list_with_delimiter(store)["common_prefixes"] == ["a"]
    obstore.copy(store, "sp ace+ü", "copy")
    obstore.rename(store, "a/1", "b")
    obstore.delete(store, ["a/2", "sp ace+ü"])

    assert s3.keys() == ["b", "copy"]


def test_checksums_attributes_and_links(s3_env: object, s3: S3) -> None:
    from obstore.store import S3Store

    store = S3Store(s3.bucket, config={"checksum_algorithm": "sha256"})
    obstore.put(store, "k", b"linked", attributes={"Content-Type": "text/csv", "run": "1"})

    assert obstore.get(store, "k").attributes == {"Content-Type": "text/csv", "run": "1"}
    link = obstore.sign(store, "GET", "k", timedelta(minutes=1))
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"linked"
    with pytest.raises(FileNotFoundError):
        obstore.get(store, "missing")
