"""For the tests with real containers: they need Docker, and the images of build_images.py."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from docker_helpers import inventory, missing

# Read by testcontainers when it is imported, here and in the processes that tests start. Ryuk's image comes
# from a registry; and the engine is on this machine, also where the machine itself is a container.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    pytest.importorskip("testcontainers")
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
