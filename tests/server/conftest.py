"""Servers that end with their test, and clients of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from raw_client import Application, Connect, RawClient, Serve

from s3fixture.server import Server


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(app: Application, **options: Any) -> Server:
            return stack.enter_context(Server(app, **options))

        yield start


@pytest.fixture
def connect() -> Iterator[Connect]:
    with ExitStack() as stack:
        yield lambda server: stack.enter_context(RawClient(server.port))
