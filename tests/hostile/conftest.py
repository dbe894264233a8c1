"""The application that hostile requests are sent to, as it was before for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from model_requests import Place


@pytest.fixture(scope="module")
def places() -> Iterator[Place]:
    """One for a module, as it takes a while to fill; a module may have another."""
    place = Place()
    yield place
    place.app.close()


@pytest.fixture
def place(places: Place) -> Place:
    """The module's, rolled back."""
    places.reset()
    return places
