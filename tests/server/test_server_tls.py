"""The same over TLS."""

from __future__ import annotations

import queue
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
import urllib3
from raw_client import GET, Connect, Contexts, Environ, RawClient, Serve, StartResponse, echo, hello

from s3fixture import certificates
from s3fixture.server import ClientDisconnected, Limits, Server


@pytest.fixture
def server_context(tls: Contexts) -> ssl.SSLContext:
    return tls.server


@pytest.fixture
def client_context(tls: Contexts) -> ssl.SSLContext:
    return tls.client


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


METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND", "g"]


@pytest.mark.parametrize("body", [b"", b"x" * 100_000], ids=["without a body", "with a body"])
@pytest.mark.parametrize("method", METHODS)
def test_who_speaks_plain_http_is_told_so(
    serve: Serve,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
    server_context: ssl.SSLContext,
    method: str,
    body: bytes,
) -> None:
    client = connect(serve(echo, ssl_context=server_context))
    head = f"{method} /b/k HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    answer = client.ask(head.encode() + body)
    assert answer.status == 400
    assert answer.headers["connection"] == "close"
    assert b"use https://" in answer.body
    assert client.closed()
    assert not caplog.records


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


class Records(RawClient):
    """A client over TLS whose records can be sent in pieces."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        super().__init__(port)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="127.0.0.1")
        while not self._shake_hands():
            self._incoming.write(self.sock.recv(65536))
        self.send(self._outgoing.read())

    def __enter__(self) -> Records:
        return self

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self.send(self._outgoing.read())
            return False
        return True

    def record(self, data: bytes) -> bytes:
        """It encrypted, not sent."""
        self._tls.write(data)
        return self._outgoing.read()

    def close_notify(self) -> bytes:
        """Likewise."""
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.unwrap()
        return self._outgoing.read()

    def received(self) -> bytes:
        """All until the server closes."""
        self._incoming.write(b"".join(iter(lambda: self.sock.recv(65536), b"")))
        self._incoming.write_eof()
        pieces = []
        with suppress(ssl.SSLError):
            while piece := self._tls.read(65536):
                pieces.append(piece)
        return b"".join(pieces)


@pytest.mark.parametrize("size", [1, 7, 100, 5000])
def test_requests_and_records_need_not_begin_and_end_together(
    serve: Serve, server_context: ssl.SSLContext, client_context: ssl.SSLContext, size: int
) -> None:
    """Pipelined requests, cut into records of one size, which are sent in pieces of another."""
    server = serve(echo, ssl_context=server_context)
    requests = b"".join(
        b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % number + b"<" * number
        for number in range(40)
    )
    requests += GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with Records(server.port, client_context) as client:
        sent = b"".join(client.record(requests[at : at + size]) for at in range(0, len(requests), size))
        for at in range(0, len(sent), 13 * size):
            client.send(sent[at : at + 13 * size])
        answers = client.received()
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 41
    assert answers.count(b"<") == sum(range(40))


@pytest.mark.parametrize("length", [10, 100_000])
@pytest.mark.parametrize("behind", [b"", GET, b"x" * 100_000])
def test_a_close_notify_within_a_body_ends_it(
    serve: Serve,
    caplog: pytest.LogCaptureFixture,
    server_context: ssl.SSLContext,
    client_context: ssl.SSLContext,
    length: int,
    behind: bytes,
) -> None:
    """What comes behind it is not looked at, encrypted or not."""
    bodies: queue.Queue[bytes | Exception] = queue.Queue()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            bodies.put(environ["wsgi.input"].read())
        except ClientDisconnected as error:
            bodies.put(error)
            raise
        return hello(environ, start_response)

    server = serve(app, ssl_context=server_context)
    with Records(server.port, client_context) as client:
        client.send(client.record(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\nhello" % length))
        with suppress(ConnectionError):
            client.send(client.close_notify() + behind)
        assert type(bodies.get(timeout=20)) is ClientDisconnected
        with suppress(ConnectionError):
            assert b"HTTP/1.1" not in client.received()
    with pool(server, client_context) as other:
        assert other.request("GET", "/").status == 200
    assert bodies.get(timeout=20) == b""
    assert not caplog.records


@pytest.mark.parametrize("cut", [3, 40, -1])
def test_half_a_record_holds_up_nobody_and_is_no_request(
    serve: Serve, server_context: ssl.SSLContext, client_context: ssl.SSLContext, cut: int
) -> None:
    served: list[str] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        served.append(environ["PATH_INFO"])
        return hello(environ, start_response)

    server = serve(app, ssl_context=server_context)
    with Records(server.port, client_context) as client, pool(server, client_context) as other:
        record = client.record(GET.replace(b"/ ", b"/half ") + b"X" * 100)
        client.send(record[:cut])
        assert other.request("GET", "/other").status == 200
        client.send(record[cut:-1] + bytes([record[-1] ^ 1]))  # not what was encrypted
        assert b"200 OK" not in client.received()
    assert served == ["/other"]


def test_a_client_cannot_ask_for_another_handshake(
    serve: Serve, tmp_path: Path, client_context: ssl.SSLContext
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl command")
    authority, context = trustme.CA(), certificates.new_context()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = serve(hello, ssl_context=context)
    command = [openssl, "s_client", "-tls1_2", "-connect", f"127.0.0.1:{server.port}"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            if b"Verify return code" in line:
                break
        process.stdin.write(b"R\n")  # renegotiate
        process.stdin.flush()
        said = process.stdout.read()
        process.stdin.close()
    assert b"RENEGOTIATING" in said
    assert b"no renegotiation" in said or b"alert" in said


def test_a_handshake_has_a_deadline(serve: Serve, connect: Connect, server_context: ssl.SSLContext) -> None:
    client = connect(serve(echo, ssl_context=server_context, limits=Limits(head_seconds=0.1)))
    client.send(b"\x16\x03")
    assert client.closed()
