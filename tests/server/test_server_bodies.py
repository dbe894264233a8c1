"""Request bodies: framing, reading, refusing, and clients that leave in the middle."""

from __future__ import annotations

import queue
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from itertools import accumulate

import pytest
from raw_client import GET, Connect, Environ, RawClient, Serve, StartResponse, echo, hello

from s3fixture.server import ClientDisconnected, Limits, MalformedBody, receiver


@pytest.fixture(params=["plain", "tls"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


PUT = b"PUT / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = PUT + b"Transfer-Encoding: chunked\r\n\r\n"
EXPECTING = PUT + b"Expect: 100-continue\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def test_all_ways_of_reading_see_the_same_bytes(serve: Serve, connect: Connect) -> None:
    seen: queue.Queue[object] = queue.Queue()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"]
        seen.put((body.read(0), body.read(2), body.readline(2), body.readline(), body.read1(1)))
        seen.put((body.readlines(4), list(body), body.read(), body.read(5), body.readline(), body.read1()))
        return hello(environ, start_response)

    server = serve(app)
    content = b"0123\n\n67\n9\nabc\nd\ne"
    pieces = b"".join(
        b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (content[:5], content[5:6], content[6:])
    )
    for request in (
        PUT + b"Content-Length: %d\r\n\r\n" % len(content) + content,
        CHUNKED + pieces + b"0\r\n\r\n",
    ):
        assert connect(server).ask(request).status == 200
        assert seen.get() == (b"", b"01", b"23", b"\n", b"\n")
        assert seen.get() == ([b"67\n", b"9\n"], [b"abc\n", b"d\n", b"e"], b"", b"", b"", b"")


def test_read_returns_as_much_as_was_asked_however_it_arrives(serve: Serve, connect: Connect) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"]
        start_response("200 OK", [])
        return [b"%d %d %d" % (len(body.read(700_000)), len(body.read(700_000)), len(body.read(1)))]

    client = connect(serve(app))
    client.send(PUT + b"Content-Length: 1000000\r\n\r\n")
    for _ in range(100):
        client.send(b"x" * 10_000)
    assert client.answer().body == b"700000 300000 0"


def test_a_chunked_body_is_decoded_with_extensions_and_trailers(serve: Serve, connect: Connect) -> None:
    client = connect(serve(echo))
    body = b'5;a=b\r\nhello\r\n00A ;x="y"\r\n, world\r\n!\r\n0;last\r\nX-Sum: 1\r\nEmpty:\r\n\r\n'
    assert client.ask(CHUNKED + body).body == b"hello, world\r\n!"
    assert client.ask(GET).status == 200


@pytest.mark.parametrize(
    "framing",
    [
        b"x\r\n",
        b"\r\n",
        b"-1\r\n",
        b"0x5\r\nhello\r\n",
        b"5 \r\nhello\r\n",
        b" 5\r\nhello\r\n",
        b"5\nhello\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"ffffffffffffffffff\r\n",
        b"5;" + b"x" * 5000 + b"\r\nhello\r\n",
        b"5" * 5000,
        b"5;\r\r\nhello\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\na: b\rc\n\r\n",
        b"0\r\n folded: 1\r\n\r\n",
        b"0\r\n" + b"X: 1\r\n" * 100 + b"\r\n",
        b"0\r\nX: " + b"1" * 20_000 + b"\r\n\r\n",
    ],
)
def test_chunk_framing_that_lies_is_refused(serve: Serve, connect: Connect, framing: bytes) -> None:
    client = connect(serve(echo))
    answer = client.ask(CHUNKED + framing)
    assert answer.status == 400
    assert client.closed()


def test_an_application_may_answer_for_broken_framing_itself(serve: Serve, connect: Connect) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with pytest.raises(MalformedBody):
            environ["wsgi.input"].read()
        with pytest.raises(ClientDisconnected):
            environ["wsgi.input"].read()
        start_response("409 Conflict", [])
        return [b"no"]

    client = connect(serve(app))
    answer = client.ask(CHUNKED + b"x\r\n0\r\n\r\n" + GET)
    assert (answer.status, answer.headers["connection"]) == (409, "close")
    assert client.closed()


# --- 100-continue


def test_the_client_is_asked_for_its_body_when_the_application_reads(serve: Serve, connect: Connect) -> None:
    client = connect(serve(echo))
    for framing, body in (
        (b"Content-Length: 5\r\n\r\n", b"hello"),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n"),
    ):
        client.send(EXPECTING + framing)
        assert client.head() == (100, {})
        assert client.ask(body).status == 200


def test_a_refused_body_is_never_asked_for_and_the_connection_closes(serve: Serve, connect: Connect) -> None:
    client = connect(serve(hello))
    answer = client.ask(EXPECTING + b"Content-Length: 5\r\n\r\n")
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert client.closed()


def test_a_client_that_does_not_wait_is_not_asked(serve: Serve, connect: Connect) -> None:
    client = connect(serve(echo))
    assert client.ask(EXPECTING + b"Content-Length: 5\r\n\r\nhello").body == b"hello"
    assert client.ask(EXPECTING + b"Content-Length: 0\r\n\r\n").status == 200
    assert client.ask(b"PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n1").body == b"1"


# --- bodies that nobody reads


def test_a_small_unread_body_is_thrown_away_and_the_connection_goes_on(
    serve: Serve, connect: Connect
) -> None:
    client = connect(serve(hello))
    requests = (
        PUT + b"Content-Length: 60000\r\n\r\n" + GET.ljust(60_000, b"x"),
        CHUNKED + b"ea60\r\n" + GET.ljust(60_000, b"x") + b"\r\n0\r\n\r\n",
    )
    for request in requests * 2:
        answer = client.ask(request)
        assert (answer.status, answer.headers.get("connection")) == (200, None)
    assert client.ask(GET).status == 200


def test_a_chunked_body_that_nobody_reads_is_thrown_away_up_to_a_limit(
    serve: Serve, connect: Connect
) -> None:
    client = connect(serve(hello, limits=Limits(drain_bytes=1000)))
    assert client.ask(CHUNKED + b"384\r\n" + b"x" * 900 + b"\r\n0\r\n\r\n").status == 200
    assert client.ask(CHUNKED + b"ea60\r\n" + b"x" * 60_000 + b"\r\n0\r\n\r\n").status == 200
    assert client.closed()


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 20000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n1312d00\r\n"]
)
def test_the_answer_to_a_large_unread_body_reaches_a_client_that_still_sends(
    serve: Serve, connect: Connect, framing: bytes
) -> None:
    client = connect(serve(hello))
    client.send(PUT + framing)
    client.send(b"x" * 20_000_000)
    assert client.answer().body == b"hello"
    assert client.closed()


def test_lingering_ends_when_the_client_does_not(serve: Serve, connect: Connect) -> None:
    client = connect(serve(hello, limits=Limits(linger_seconds=0.1)))
    client.send(PUT + b"Content-Length: 20000000\r\n\r\n")
    assert client.answer().status == 200
    with pytest.raises((ConnectionError, ssl.SSLEOFError)):
        send_for_ever(client)


def send_for_ever(client: RawClient) -> None:
    while True:
        client.send(b"x" * 65536)


# --- clients that leave


@pytest.mark.parametrize(
    "request_bytes",
    [
        PUT + b"Content-Length: 10\r\n\r\nhello",
        CHUNKED,
        CHUNKED + b"5\r\nhel",
        CHUNKED + b"5\r\nhello\r\n",
        CHUNKED + b"0\r\n",
    ],
)
@pytest.mark.parametrize("way", ["close", "reset"])
def test_a_client_that_leaves_within_its_body_is_an_exception_and_not_a_traceback(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture, request_bytes: bytes, way: str
) -> None:
    errors: queue.Queue[Exception] = queue.Queue()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            return hello(environ, start_response)
        try:
            return echo(environ, start_response)
        except Exception as error:
            errors.put(error)
            raise

    server = serve(app)
    client = connect(server)
    assert client.ask(GET).status == 200  # so a handshake is done: a reset takes what was not read with it
    client.send(request_bytes)
    getattr(client, way)()
    assert type(errors.get(timeout=20)) is ClientDisconnected
    assert connect(server).ask(GET).status == 200
    assert not caplog.records


def test_a_client_that_falls_silent_within_its_body_is_given_up(serve: Serve, connect: Connect) -> None:
    client = connect(serve(echo, limits=Limits(idle_seconds=0.1)))
    client.send(PUT + b"Content-Length: 100000\r\n\r\nhello")
    assert client.closed()


def test_a_client_that_falls_silent_within_a_small_body_is_told(serve: Serve, connect: Connect) -> None:
    client = connect(serve(echo, limits=Limits(idle_seconds=0.1)))
    answer = client.ask(PUT + b"Content-Length: 10\r\n\r\nhello")
    assert (answer.status, b"the body of the request did not end within 0.1 s" in answer.body) == (408, True)
    assert client.closed()


@pytest.mark.parametrize(
    ("pauses", "rate", "served"),
    [
        ((0.1, 9.0, 0.1), 1_000_000, True),  # not enough, but within the first ten seconds
        ((4.0, 4.0, 4.0), 250, True),  # longer in all, but enough
        ((4.0, 4.0, 4.0), 251, False),
    ],
)
def test_pauses_count_by_their_sum_and_by_what_was_sent(
    monkeypatch: pytest.MonkeyPatch, pauses: tuple[float, ...], rate: int, *, served: bool
) -> None:
    moments = accumulate(step for pause in pauses for step in (0.0, pause))
    monkeypatch.setattr(receiver, "monotonic", lambda: next(moments))
    ours, theirs = socket.socketpair()
    limits = Limits(idle_seconds=10, body_rate=rate)
    with ours, theirs:
        sent = receiver.Receiver(ours, limits, lambda: False, (BlockingIOError,))
        for _ in pauses[:-1]:
            theirs.send(b"x" * 1000)
            assert len(sent.some(1000)) == 1000
        theirs.send(b"x" * 1000)
        with nullcontext() if served else pytest.raises(ClientDisconnected):
            assert len(sent.some(1000)) == 1000


@pytest.mark.parametrize("settle", [None, lambda mark: None], ids=["in memory", "in a folder"])
def test_a_client_that_drips_is_given_up(
    serve: Serve, connect: Connect, settle: Callable[[int], None] | None
) -> None:
    client = connect(serve(echo, limits=Limits(idle_seconds=0.1, body_rate=10_000_000), settle=settle))
    assert client.ask(PUT + b"Content-Length: 100000\r\n\r\n" + b"x" * 100_000).status == 200  # no credit
    client.send(PUT + b"Content-Length: 100000\r\n\r\n")
    client.sock.settimeout(0.02)
    for _ in range(1000):
        try:
            client.send(b"a")
            assert client.sock.recv(100) == b""
        except TimeoutError:
            continue
        except ConnectionError:
            pass
        return
    pytest.fail("the server waits for ever")


def test_a_client_that_leaves_within_the_answer_is_no_news(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    closed: queue.Queue[bool] = queue.Queue()

    class Endless:
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x" * 65536

        def close(self) -> None:
            closed.put(True)

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/":
            return hello(environ, start_response)
        start_response("200 OK", [])
        return Endless()

    server = serve(app)
    client = connect(server)
    client.send(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.head()[0] == 200
    client.close()
    assert closed.get(timeout=20)
    assert connect(server).ask(GET).status == 200
    assert not caplog.records
