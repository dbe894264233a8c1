"""Whatever comes over the wire: the server answers or closes, and goes on."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_client import GET, Contexts, RawClient, echo, hello

from s3fixture.server import Limits, Server

FRAGMENTS = st.sampled_from(
    [
        b"GET ", b"PUT ", b"OPTIONS ", b"/", b"*", b"http://a/", b"%zz", b" HTTP/1.1", b" HTTP/1.0",
        b"\r\n", b"\r\n\r\n",
        b"\n", b"\r", b"\0", b" ", b"\t", b":", b"Host: a\r\n", b"Content-Length: ", b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n",
        b"5\r\nhello\r\n",
        b"0\r\n\r\n", b"ffff", b";x=y", b"hello", b"\xff", b"\x16\x03\x01",
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
    ]
)  # fmt: skip
NOISE = st.lists(FRAGMENTS | st.binary(max_size=20), max_size=12).map(b"".join)


@pytest.fixture(scope="module", params=["plain", "tls"])
def contexts(request: pytest.FixtureRequest, tls: Contexts) -> Contexts | None:
    return tls if request.param == "tls" else None


@pytest.fixture(scope="module", params=[echo, hello], ids=["reading", "not reading"])
def open_client(
    request: pytest.FixtureRequest, contexts: Contexts | None
) -> Iterator[Callable[[], RawClient]]:
    limits = Limits(head_seconds=5, idle_seconds=5, linger_seconds=5)
    context = contexts.server if contexts else None
    with Server(request.param, limits=limits, ssl_context=context) as server:
        yield lambda: RawClient(server.port, trusting=contexts.client if contexts else None)


@given(noise=st.lists(NOISE, min_size=1, max_size=3))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_noise_is_answered_or_closed_and_the_server_goes_on(
    open_client: Callable[[], RawClient], noise: list[bytes]
) -> None:
    with open_client() as client:
        try:
            for piece in noise:
                client.send(piece)
            socket.socket.shutdown(client.sock, socket.SHUT_WR)  # in TLS, without a goodbye
        except OSError:
            pass  # closed already
        try:
            data = b"".join(iter(lambda: client.sock.recv(65536), b""))
        except OSError:
            data = b""
        assert data[:9] in (b"", b"HTTP/1.1 ")
        assert b" 500 " not in data
    with open_client() as client:
        assert client.ask(GET).status == 200
