"""Nothing is collected while a server starts, and everything again afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from s3fixture.backends.garbage_collection import without_garbage_collection


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_made_meanwhile_is_never_looked_at_again() -> None:
    with without_garbage_collection():
        assert not gc.isenabled()
        made = [object()]

    assert gc.isenabled()
    assert not any(kept is made for kept in gc.get_objects())


def test_a_failed_start_leaves_the_collector_as_it_was() -> None:
    with pytest.raises(ValueError, match="no start"), without_garbage_collection():
        raise ValueError("no start")

    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
