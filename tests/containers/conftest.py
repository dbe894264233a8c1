"""For the tests with real containers: they need Docker, and the images of build_images.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from docker_helpers import inventory, missing


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    pytest.importorskip("docker")
    reason = missing()
    if reason:
        pytest.skip(reason)


@pytest.fixture(autouse=True)
def _nothing_left_behind(_engine: None) -> Iterator[None]:
    before = inventory()
    yield
    assert {kind: names - before[kind] for kind, names in inventory().items()} == {
        kind: set() for kind in before
    }
