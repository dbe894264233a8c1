"""The same over TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from pathlib import Path

import pytest
import trustme
import urllib3
from raw_client import GET, Connect, Environ, RawClient, Serve, StartResponse, echo

from s3fixture.server import Limits, Server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture
def client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def pool(server: Server, context: ssl.SSLContext) -> urllib3.HTTPSConnectionPool:
    return urllib3.HTTPSConnectionPool(
        "127.0.0.1", server.port, ssl_context=context, maxsize=1, retries=False
    )


def test_bodies_go_both_ways_and_the_connection_stays(
    serve: Serve, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    server = serve(echo, ssl_context=server_context)
    assert server.url == f"https://127.0.0.1:{server.port}"
    with pool(server, client_context) as client:
        for size in (0, 5, 3_000_000):
            assert client.request("PUT", "/", body=b"x" * size).data == b"x" * size
        assert client.num_connections == 1


def test_the_application_knows_the_scheme_and_files_are_sent(
    serve: Serve, server_context: ssl.SSLContext, client_context: ssl.SSLContext, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789" * 100_000)

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        assert environ["wsgi.url_scheme"] == "https"
        start_response("200 OK", [("Content-Length", "900000")])
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](path.open("rb"))
        return wrapped

    with pool(serve(app, ssl_context=server_context), client_context) as client:
        assert client.request("GET", "/").data == b"0123456789" * 90_000


def test_the_end_of_an_answer_is_not_a_truncation(
    serve: Serve, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    server = serve(echo, ssl_context=server_context)
    raw = socket.create_connection(("127.0.0.1", server.port), 20)
    with client_context.wrap_socket(raw, server_hostname="127.0.0.1", suppress_ragged_eofs=False) as client:
        client.sendall(b"PUT / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello")
        data = b""
        while piece := client.recv(65536):
            data += piece
    assert data.endswith(b"\r\n\r\nhello")


@pytest.mark.parametrize("hello", [b"", GET, b"\x16\x03\x01\x00\x05hello", b"\x16\x03"])
def test_a_broken_or_missing_handshake_holds_up_nobody_and_is_no_news(
    serve: Serve,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    server_context: ssl.SSLContext,
    client_context: ssl.SSLContext,
    hello: bytes,
) -> None:
    server = serve(echo, ssl_context=server_context)
    silent = connect(server)
    silent.send(hello)
    left = RawClient(server.port)
    left.send(hello)
    left.reset()
    with pool(server, client_context) as client:
        assert client.request("PUT", "/", body=b"x").data == b"x"
    server.stop()
    assert not caplog.records


@pytest.mark.parametrize("request_line", [b"GET / HTTP/1.1", b"PUT /b/k HTTP/1.1", b"HEAD / HTTP/1.0"])
def test_who_speaks_plain_http_is_told_so(
    serve: Serve, connect: Connect, server_context: ssl.SSLContext, request_line: bytes
) -> None:
    client = connect(serve(echo, ssl_context=server_context))
    answer = client.ask(request_line + b"\r\nHost: x\r\n\r\n")
    assert answer.status == 400
    assert answer.headers["connection"] == "close"
    assert b"use https://" in answer.body
    assert client.closed()


def test_a_client_that_distrusts_the_certificate_is_no_news(
    serve: Serve,
    caplog: pytest.LogCaptureFixture,
    server_context: ssl.SSLContext,
    client_context: ssl.SSLContext,
) -> None:
    server = serve(echo, ssl_context=server_context)
    with pool(server, ssl.create_default_context()) as client, pytest.raises(urllib3.exceptions.SSLError):
        client.request("GET", "/")
    with pool(server, client_context) as client:
        assert client.request("GET", "/").status == 200
    server.stop()
    assert not caplog.records


def test_a_handshake_has_a_deadline(serve: Serve, connect: Connect, server_context: ssl.SSLContext) -> None:
    client = connect(serve(echo, ssl_context=server_context, limits=Limits(head_seconds=0.1)))
    client.send(b"\x16\x03")
    assert client.closed()
