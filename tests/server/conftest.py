"""Servers that end with their test, and clients of them; over TLS where a module asks for that."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import trustme
from raw_client import Application, Connect, Contexts, RawClient, Serve

from s3fixture.server import Server


@pytest.fixture(scope="session")
def tls() -> Contexts:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return Contexts(server, client)


@pytest.fixture
def transport() -> str:
    """ "plain"; a module may have another one, with "tls" as well."""
    return "plain"


@pytest.fixture
def contexts(transport: str, request: pytest.FixtureRequest) -> Contexts | None:
    """None without TLS."""
    return request.getfixturevalue("tls") if transport == "tls" else None


@pytest.fixture
def serve(contexts: Contexts | None) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(app: Application, **options: Any) -> Server:
            if contexts is not None:
                options["ssl_context"] = contexts.server
            return stack.enter_context(Server(app, **options))

        yield start


@pytest.fixture
def connect(contexts: Contexts | None) -> Iterator[Connect]:
    with ExitStack() as stack:

        def open_(server: Server) -> RawClient:
            trusting = contexts.client if contexts else None
            return stack.enter_context(RawClient(server.port, trusting=trusting))

        yield open_
