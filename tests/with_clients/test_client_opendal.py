"""OpenDAL, led by the variables alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from s3fixture import Endpoint, serve
from s3fixture.environment import applied

opendal: Any = pytest.importorskip("opendal")
MIB = 1024 * 1024


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """In a process of its own: OpenDAL holds the interpreter lock while it waits for a page of a listing."""
    with serve(emulator="process", buckets=["data"]) as endpoint:
        yield endpoint


@pytest.fixture
def operator(endpoint: Endpoint) -> Iterator[Any]:
    with applied(endpoint.environ()):
        yield opendal.Operator("s3", bucket="data")


def test_objects_are_written_listed_copied_and_removed(operator: Any, endpoint: Endpoint) -> None:
    operator.write("a/1", b"one")
    operator.write("a/b/2", b"two", content_type="text/plain")

    found = [entry.path for entry in operator.list("a/", recursive=True)]
    assert sorted(path for path in found if not path.endswith("/")) == ["a/1", "a/b/2"]
    assert operator.stat("a/b/2").content_type == "text/plain"
    operator.copy("a/1", "c")
    operator.remove_all("a/")
    assert endpoint.keys(bucket="data") == ["c"]
    with pytest.raises(opendal.exceptions.NotFound):
        operator.read("a/1")


def test_a_stream_goes_up_in_parts(operator: Any, endpoint: Endpoint) -> None:
    data = os.urandom(11 * MIB)

    with operator.open("large", "wb", chunk=5 * MIB) as file:
        file.write(data)

    assert endpoint.get("large", bucket="data") == data
    endpoint.assert_called("UploadPart", times=3, status=200)
