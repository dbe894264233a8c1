"""Answers: framing, files, applications that fail, and other people's clients and checks."""

from __future__ import annotations

import http.client
import io
import logging
import wsgiref.validate
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import urllib3
from hypothesis import example, given
from hypothesis import strategies as st
from raw_client import GET, Connect, Contexts, Environ, Serve, StartResponse, echo, hello

from s3fixture.server.responses import Response


@pytest.fixture(params=["plain", "tls"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


HEAD = GET.replace(b"GET", b"HEAD")
OLD = b"GET / HTTP/1.0\r\n\r\n"


def answering(
    status: str, headers: list[tuple[str, str]], body: Iterable[bytes]
) -> Callable[..., Iterable[bytes]]:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, headers)
        return body

    return app


def pieces(*data: bytes) -> Callable[..., Iterable[bytes]]:
    """An application that answers with a generator and calls start_response within it."""

    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield from data

    return app


def test_one_body_gets_a_length_and_a_date_and_leaves_in_one_packet(serve: Serve, connect: Connect) -> None:
    client = connect(serve(answering("200 OK", [("X-A", "é")], [b"hello"])))
    client.send(GET)
    head, _, body = client.sock.recv(65536).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nX-A: \xe9\r\nDate: ")
    assert head.endswith(b" GMT\r\nContent-Length: 5")
    assert body == b"hello"


def test_the_applications_own_date_and_length_stand(serve: Serve, connect: Connect) -> None:
    answer = connect(serve(answering("200 OK", [("date", "now"), ("content-length", "5")], [b"hello"]))).ask(
        GET
    )
    assert answer.headers == {"date": "now", "content-length": "5"}


def test_an_unknown_length_is_chunked_and_the_connection_goes_on(serve: Serve, connect: Connect) -> None:
    client = connect(serve(pieces(b"", b"hello", b"", b", ", b"world" * 50_000)))
    for _ in range(2):
        answer = client.ask(GET)
        assert answer.headers["transfer-encoding"] == "chunked"
        assert "content-length" not in answer.headers
        assert answer.body == b"hello, " + b"world" * 50_000


def test_an_unknown_length_ends_with_the_connection_on_1_0(serve: Serve, connect: Connect) -> None:
    answer = connect(serve(pieces(b"hello", b", world"))).ask(
        b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    )
    assert answer.headers["connection"] == "close"
    assert "transfer-encoding" not in answer.headers
    assert answer.body == b"hello, world"


@pytest.mark.parametrize("body", [[], (), [b""], iter([]), [b"a", b"b", b"c" * 300_000]])
def test_lists_are_measured(serve: Serve, connect: Connect, body: Iterable[bytes]) -> None:
    answer = connect(serve(answering("200 OK", [], body))).ask(GET)
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.body == (b"ab" + b"c" * 300_000 if isinstance(body, list) and len(body) == 3 else b"")


@pytest.mark.parametrize("body", [[b"hello"], [b""], iter([b"he", b"llo"]), [b"x" * 300_000]])
@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_statuses_without_a_body_have_none(
    serve: Serve, connect: Connect, status: str, body: Iterable[bytes]
) -> None:
    client = connect(serve(answering(status, [], body)))
    for _ in range(2):
        answer = client.ask(GET)
        assert answer.status == int(status[:3])
        assert answer.headers.keys() == {"date"}


def test_head_tells_the_length_and_sends_nothing(serve: Serve, connect: Connect) -> None:
    client = connect(serve(answering("200 OK", [("Content-Length", "1000000")], [])))
    for _ in range(2):
        assert client.ask(HEAD, "HEAD").headers["content-length"] == "1000000"
    assert connect(serve(hello)).ask(HEAD + HEAD, "HEAD").headers["content-length"] == "5"
    assert connect(serve(pieces(b"a", b"b"))).ask(HEAD + HEAD, "HEAD").headers.keys() == {"date"}


def test_204_loses_its_length_and_304_keeps_it(serve: Serve, connect: Connect) -> None:
    length = [("Content-Length", "5")]
    assert connect(serve(answering("204 No Content", length, []))).ask(GET).headers.keys() == {"date"}
    answer = connect(serve(answering("304 Not Modified", length, []))).ask(GET)
    assert answer.headers["content-length"] == "5"


def test_the_old_write_callable_works(serve: Serve, connect: Connect) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", [])
        write(b"hello")
        write(b", ")
        return [b"world"]

    client = connect(serve(app))
    for _ in range(2):
        assert client.ask(GET).body == b"hello, world"


def test_a_connection_is_closed_when_the_application_wants_it(serve: Serve, connect: Connect) -> None:
    client = connect(serve(answering("200 OK", [("Connection", "close")], [b"hello"])))
    assert client.ask(GET).headers["connection"] == "close"
    assert client.closed()


# --- files


class Unknown(io.BytesIO):
    """A file without a descriptor."""


@pytest.mark.parametrize("length", [None, 0, 10, 70_000, 3_000_000])
@pytest.mark.parametrize("kind", ["file", "buffer"])
def test_a_file_is_sent_from_its_position_and_as_far_as_its_length(
    serve: Serve, connect: Connect, tmp_path: Path, kind: str, length: int | None
) -> None:
    content = bytes(range(256)) * 16_000
    path = tmp_path / "file"
    path.write_bytes(content)
    opened: list[BinaryIO] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [] if length is None else [("Content-Length", str(length))])
        file = path.open("rb") if kind == "file" else Unknown(content)
        opened.append(file)
        file.seek(5)
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
        return wrapped

    client = connect(serve(app))
    for _ in range(2):
        answer = client.ask(GET)
        assert answer.body == content[5:][:length]
        assert ("content-length" in answer.headers) == (length is not None or kind == "file")
    assert client.ask(HEAD, "HEAD").body == b""
    assert client.ask(HEAD, "HEAD").body == b""
    assert opened[0].closed
    assert opened[1].closed


def test_a_file_that_is_shorter_than_promised_breaks_the_connection(
    serve: Serve, connect: Connect, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1_000_000)

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "1000001")])
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](path.open("rb"))
        return wrapped

    answer = connect(serve(app)).ask(GET)
    assert len(answer.body) == 1_000_000
    assert "1 bytes less" in caplog.text


# --- applications that fail


def failing(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    raise ValueError("a secret")


def failing_late(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", [])
    raise ValueError("a secret")
    yield b""


@pytest.mark.parametrize(
    "app",
    [
        failing,
        failing_late,
        lambda environ, start_response: [b"no start_response"],
        answering("200 OK", [("X", "a\r\nSet-Cookie: b")], [b"x"]),
        answering("200 OK", [("X", "a\nb")], [b"x"]),
        answering("200 OK", [("X", "\u20ac")], [b"x"]),
        answering("200 OK", [("Transfer-Encoding", "chunked")], [b"x"]),
        answering("200 OK", [("Content-Length", "3")], [b"four"]),
        answering("200 OK", [], ["text"]),  # type: ignore[list-item]  # that is the point
    ],
)
def test_an_application_that_fails_is_a_500_and_a_line_in_the_log(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture, app: Any
) -> None:
    server = serve(app)
    for _ in range(2):
        client = connect(server)
        answer = client.ask(GET)
        assert answer.status == 500
        assert b"secret" not in answer.body
        assert client.closed()
    assert [record.name for record in caplog.records] == ["s3fixture.server"] * 2
    assert caplog.records[0].levelno == logging.ERROR


def test_an_application_that_fails_within_its_answer_breaks_it(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"hello"
        raise ValueError("late")

    client = connect(serve(app))
    client.send(GET)
    assert client.head()[0] == 200
    assert client.sock.recv(100) in (b"", b"5\r\nhello\r\n")  # no last chunk
    assert "ValueError: late" in caplog.text


def test_an_application_may_change_its_mind_before_the_head_is_sent(serve: Serve, connect: Connect) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("X", "1")])
        try:
            raise ValueError
        except ValueError as error:
            start_response("503 Slow Down", [], (ValueError, error, error.__traceback__))
        return [b"sorry"]

    answer = connect(serve(app)).ask(GET)
    assert (answer.status, answer.body) == (503, b"sorry")
    assert "x" not in answer.headers


def test_half_an_answer_is_not_followed_by_another(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect(serve(answering("200 OK", [("Content-Length", "10")], iter([b"hello"]))))
    client.send(GET + GET)
    assert client.answer().body == b"hello"
    assert client.closed()
    assert "5 bytes less" in caplog.text


# --- other people's clients and checks


def test_the_reference_validator_has_nothing_to_say(serve: Serve, connect: Connect) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.errors"].flush()
        body = environ["wsgi.input"].read(100)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    client = connect(serve(wsgiref.validate.validator(app)))
    put = b"PUT /a%20b?c=d HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
    for _ in range(2):
        assert client.ask(put).body == b"hello"


def test_the_standard_library_keeps_its_connection(serve: Serve, contexts: Contexts | None) -> None:
    server = serve(echo)
    connection = (
        http.client.HTTPSConnection("127.0.0.1", server.port, timeout=20, context=contexts.client)
        if contexts
        else http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    )
    connection.connect()
    sock = connection.sock
    for body, sent in (
        (b"one", b"one"),
        (b"", b""),
        (iter([b"two", b"three"]), b"twothree"),
        (io.BytesIO(b"four" * 100_000), b"four" * 100_000),
    ):
        connection.request("PUT", "/", body=body)
        assert connection.getresponse().read() == sent
        assert connection.sock is sock
    connection.close()


def test_urllib3_reuses_one_connection(serve: Serve, contexts: Contexts | None) -> None:
    server = serve(echo)
    trust = {"ssl_context": contexts.client} if contexts else {}
    with urllib3.connection_from_url(server.url, maxsize=1, **trust) as pool:
        for number in range(50):
            body = b"x" * (number * 20_000)
            assert pool.request("PUT", "/", body=body, retries=False).data == body
        assert pool.num_connections == 1


def test_many_clients_at_once_get_their_own_answers(serve: Serve, connect: Connect) -> None:
    server = serve(echo)
    clients = [connect(server) for _ in range(100)]
    for _ in range(3):
        for number, client in enumerate(clients):
            client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n%03d" % number)
        assert [client.answer().body for client in clients] == [b"%03d" % number for number in range(100)]


class Sent:
    """A channel that keeps what is sent."""

    can_sendfile = False

    def __init__(self) -> None:
        self.data = b""

    def send(self, data: bytes) -> None:
        self.data += data

    def sendfile(self, file: BinaryIO, offset: int, count: int) -> int:
        raise AssertionError("this channel sends no files")


def expected_head(status: str, headers: list[tuple[str, str]], method: str, minor: int) -> list[str]:
    """The lines of the answer to an application that returned five bytes, header by header."""
    lines = [f"HTTP/1.1 {status}"]
    keep = True
    for name, value in headers:
        if name.lower() == "connection":
            keep = keep and value.lower() != "close"
        elif name.lower() != "content-length" or not status.startswith("204"):
            lines.append(f"{name}: {value}")
    named = {line.partition(":")[0].lower() for line in lines[1:]}
    if "date" not in named:
        lines.append("Date: today")
    if "content-length" not in named and (method == "HEAD" or not status.startswith(("204", "304"))):
        lines.append("Content-Length: 5")
    if not keep:
        lines.append("Connection: close")
    elif not minor:
        lines.append("Connection: keep-alive")
    return lines


spelled = st.sampled_from(
    ["Date", "Connection", "Content-Length", "ETag", "X-Date", "X-%s%", "x-amz-meta-connection"]
)
SPELLINGS: list[Callable[[str], str]] = [str, str.lower, str.upper]
spellings = st.tuples(spelled, st.sampled_from(SPELLINGS)).map(lambda pair: pair[1](pair[0]))
# The server alone sends Connection: what an application has there is read and left out.
sent_spellings = spellings.filter(lambda name: name.lower() != "connection")
values = st.one_of(
    st.sampled_from(["%s", "close", "Close", "keep-alive", "", " ", "date: x", "content-length: 7", "\x85"]),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=9),
)


@given(
    status=st.sampled_from(["200 OK", "204 No Content", "304 Not Modified", "404 "]),
    headers=st.lists(st.tuples(spellings, values), max_size=6),
    method=st.sampled_from(["GET", "HEAD"]),
    minor=st.sampled_from([0, 1]),
)
@example(status="204 No Content", headers=[("CONTENT-LENGTH", "")], method="GET", minor=1)
def test_heads_are_as_if_written_header_by_header(
    status: str, headers: list[tuple[str, str]], method: str, minor: int
) -> None:
    sized = [(name, "5" if name.lower() == "content-length" else value) for name, value in headers]
    channel = Sent()
    response = Response(channel, lambda: "today", method, minor, lambda: True)
    response.start_response(status, sized)
    response.send([b"hello"])
    head, _, body = channel.data.partition(b"\r\n\r\n")
    assert head.decode("latin-1").split("\r\n") == expected_head(status, sized, method, minor)
    assert body == (b"hello" if method == "GET" and status[0] != "3" and status[:3] != "204" else b"")


@given(
    headers=st.lists(st.tuples(spellings, values), max_size=3),
    broken=st.tuples(sent_spellings, st.sampled_from(["a\r\nSet-Cookie: b", "a\n", "\r", "a\r\n\r\nb"])),
    name_first=st.booleans(),
)
def test_no_head_is_sent_with_a_line_break_within_a_header(
    headers: list[tuple[str, str]], broken: tuple[str, str], name_first: bool
) -> None:
    channel = Sent()
    response = Response(channel, lambda: "today", "GET", 1, lambda: True)
    response.start_response("200 OK", [*headers, broken if name_first else broken[::-1]])
    with pytest.raises(ValueError, match="line break"):
        response.send([b"hello"])
    assert not channel.data
