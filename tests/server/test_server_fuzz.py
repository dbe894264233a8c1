"""Whatever comes over the wire: the server answers or closes, and goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_client import GET, RawClient, echo, hello

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


@pytest.fixture(scope="module", params=[echo, hello], ids=["reading", "not reading"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(request.param, limits=Limits(head_seconds=5, idle_seconds=5, linger_seconds=5)) as server:
        yield server


@given(noise=st.lists(NOISE, min_size=1, max_size=3))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_noise_is_answered_or_closed_and_the_server_goes_on(server: Server, noise: list[bytes]) -> None:
    with RawClient(server.port) as client:
        try:
            for piece in noise:
                client.send(piece)
            client.sock.shutdown(1)
        except OSError:
            pass  # closed already
        try:
            data = b"".join(iter(lambda: client.sock.recv(65536), b""))
        except ConnectionError:
            data = b""
        assert data[:9] in (b"", b"HTTP/1.1 ")
        assert b" 500 " not in data
    with RawClient(server.port) as client:
        assert client.ask(GET).status == 200
