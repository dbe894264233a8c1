"""What the listener takes for a request, and what it refuses (RFC 9112)."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from raw_client import GET, HOST, Connect, Serve, describe, echo, hello

from s3fixture.server import Limits
from s3fixture.server.requests import HeadParser


@pytest.fixture(params=["plain", "tls"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


REFUSED = {
    "no version": b"GET /\r\nHost: a\r\n\r\n",
    "two blanks": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a blank in the target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tab in the target": b"GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method with a bracket": b"GE(T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "no method": b" / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a target without slash": b"GET a HTTP/1.1\r\nHost: a\r\n\r\n",
    "a star for GET": b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "a name for OPTIONS": b"OPTIONS a HTTP/1.1\r\nHost: a\r\n\r\n",
    "an authority": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "another scheme": b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "user info": b"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "raw UTF-8 in the target": b"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n",
    "NUL in the target": b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "another protocol": b"GET / SPDY/1.1\r\nHost: a\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "no host, absolute target": b"GET http://a/ HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "a host with a path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
    "a fold at once": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "a blank before the colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    "no name": b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "a bare LF": b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "only bare LFs": b"GET / HTTP/1.1\nHost: a\n\n",
    "a bare CR": b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "a bare LF in a value": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\nY: c\r\n\r\n",
    "a bare CR in a value": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n",
    "a bare CR at the end of a value": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\r\n\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\x00c\r\n\r\n",
    "two equal lengths": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "two other lengths": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "a list of lengths": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx",
    "a signed length": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
    "a negative length": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nx",
    "an empty length": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nx",
    "a length in other digits": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \xb2\r\n\r\nx",
    "an endless length": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nx",
    "length and chunked": (
        b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "chunked twice": b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked not last": b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked on 1.0": b"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("request_bytes", REFUSED.values(), ids=REFUSED.keys())
def test_a_request_that_breaks_http_is_refused_and_the_connection_closed(
    serve: Serve, connect: Connect, request_bytes: bytes
) -> None:
    client = connect(serve(hello))
    answer = client.ask(request_bytes)
    assert answer.status == 400
    assert answer.headers["connection"] == "close"
    assert answer.body.startswith(b"400 Bad Request: ")
    assert client.closed()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        (b"GET /" + b"a" * 70_000, 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000, 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 300 + b"\r\n", 431),
    ],
)
def test_what_is_not_served_here_has_a_status_of_its_own(
    serve: Serve, connect: Connect, request_bytes: bytes, status: int
) -> None:
    client = connect(serve(hello))
    assert client.ask(request_bytes).status == status
    assert client.closed()


@pytest.mark.parametrize("expectation", [b"", b"200", b"the-moon"])
def test_other_expectations_than_100_continue_are_ignored(
    serve: Serve, connect: Connect, expectation: bytes
) -> None:
    client = connect(serve(hello))
    head = b"GET / HTTP/1.1\r\nHost: a\r\nExpect: " + expectation + b"\r\n\r\n"
    assert client.ask(head).status == 200
    assert client.ask(GET).status == 200


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_head_may_come_in_pieces(serve: Serve, connect: Connect, size: int) -> None:
    client = connect(serve(echo))
    data = b"\r\n\r\nPUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\na\nb\r\n\r\n" + GET
    for start in range(0, len(data), size):
        client.send(data[start : start + size])
    assert client.answer().body == b"a\nb\r\n\r\n"
    assert client.answer().body == b""


def test_a_request_after_its_limit_in_pieces_is_refused(serve: Serve, connect: Connect) -> None:
    client = connect(serve(hello, limits=Limits(head_bytes=200)))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
    answer = client.ask(b"X: " + b"a" * 300 + b"\r\n\r\n")
    assert answer.status == 431


def test_empty_lines_before_a_request_do_not_count_up_to_a_limit(serve: Serve, connect: Connect) -> None:
    server = serve(hello, limits=Limits(head_bytes=200))
    client = connect(server)
    for pieces in ((b"\r\n" * 100 + GET,), (b"\r\n" * 50, b"\r\n" * 50, GET)):
        for piece in pieces:
            client.send(piece)
        assert client.answer().status == 200
    client.send(b"\r\n" * 60)
    answer = client.ask(b"\r\n" * 60)
    assert (answer.status, b"nothing but empty lines" in answer.body) == (400, True)
    assert client.closed()


def test_a_head_without_end_is_given_up_at_its_deadline(serve: Serve, connect: Connect) -> None:
    client = connect(serve(hello, limits=Limits(head_seconds=0.2)))
    answer = client.ask(b"GET / HTTP/1.1\r\n")
    assert answer.status == 408
    assert client.closed()


def test_dripping_bytes_do_not_move_the_deadline_of_a_head(serve: Serve, connect: Connect) -> None:
    client = connect(serve(hello, limits=Limits(head_seconds=0.3)))
    client.sock.settimeout(0.02)
    client.send(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(1000):
        client.send(b"a")
        try:
            assert client.sock.recv(100).startswith(b"HTTP/1.1 408 ")
        except TimeoutError:
            continue
        return
    pytest.fail("the server waits for ever")


def test_an_idle_connection_is_closed_without_a_word(serve: Serve, connect: Connect) -> None:
    client = connect(serve(hello, limits=Limits(idle_seconds=0.1)))
    assert client.ask(GET).status == 200
    assert client.closed()


def test_the_environ_tells_what_was_sent(serve: Serve, connect: Connect) -> None:
    server = serve(describe)
    answer = connect(server).ask(
        b"PUT /b/k%C3%A4%20%2f//../x?versions&a=%20 HTTP/1.1\r\nHost: b.s3:80\r\nContent-Type: text/plain\r\n"
        b"Content-Length: 0\r\nX-Amz-Meta-A_b:  v\xe9 \t\r\nx-amz-meta-n: 1\r\nX-AMZ-META-N: 2\r\n\r\n"
    )
    environ = json.loads(answer.body)
    assert environ.pop("s3fixture.headers") == {
        "host": "b.s3:80",
        "content-type": "text/plain",
        "content-length": "0",
        "x-amz-meta-a_b": "vé",
        "x-amz-meta-n": "1,2",
    }
    assert environ.pop("REMOTE_PORT").isdigit()
    if server.url.startswith("https:"):
        assert environ.pop("SSL_PROTOCOL") == "TLSv1.3"
        assert environ.pop("SSL_CIPHER").startswith("TLS_")
    assert environ == {
        "REQUEST_METHOD": "PUT",
        "REQUEST_URI": "/b/k%C3%A4%20%2f//../x?versions&a=%20",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/b/k\xc3\xa4 ///../x",
        "QUERY_STRING": "versions&a=%20",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "0",
        "HTTP_HOST": "b.s3:80",
        "HTTP_X_AMZ_META_A_B": "vé",
        "HTTP_X_AMZ_META_N": "1,2",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(server.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "s3fixture",
        "wsgi.url_scheme": server.url.partition(":")[0],
    }


@pytest.mark.parametrize(
    ("target", "reduced"),
    [
        (b"http://b.s3:80/k?x", "/k?x"),
        (b"HTTP://b.s3:80", "/"),
        (b"https://b.s3:80?x", "/?x"),
    ],
)
def test_an_absolute_target_is_reduced_and_its_host_wins(
    serve: Serve, connect: Connect, target: bytes, reduced: str
) -> None:
    answer = connect(serve(describe)).ask(b"GET " + target + b" HTTP/1.1\r\nHost: other\r\n\r\n")
    environ = json.loads(answer.body)
    assert environ["REQUEST_URI"] == reduced
    assert environ["HTTP_HOST"] == environ["s3fixture.headers"]["host"] == "b.s3:80"


def test_options_of_the_server_as_a_whole_reach_the_application(serve: Serve, connect: Connect) -> None:
    environ = json.loads(connect(serve(describe)).ask(b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n").body)
    assert (environ["REQUEST_URI"], environ["PATH_INFO"]) == ("*", "")


def test_an_unusual_method_is_the_applications_business(serve: Serve, connect: Connect) -> None:
    environ = json.loads(connect(serve(describe)).ask(b"M-SEARCH / HTTP/1.1\r\n" + HOST + b"\r\n").body)
    assert environ["REQUEST_METHOD"] == "M-SEARCH"


def test_http_1_0_closes_unless_it_asks_to_stay(serve: Serve, connect: Connect) -> None:
    server = serve(hello)
    once, twice = connect(server), connect(server)
    assert once.ask(b"GET / HTTP/1.0\r\n\r\n").headers["connection"] == "close"
    assert once.closed()
    for _ in range(2):
        answer = twice.ask(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
        assert answer.headers["connection"] == "keep-alive"


def test_connection_close_is_obeyed(serve: Serve, connect: Connect) -> None:
    client = connect(serve(hello))
    answer = client.ask(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n")
    assert answer.headers["connection"] == "close"
    assert client.closed()


def test_pipelined_requests_are_answered_in_order(serve: Serve, connect: Connect) -> None:
    client = connect(serve(echo))
    client.send(
        b"".join(
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n%03d" % number for number in range(200)
        )
    )
    assert [client.answer().body for _ in range(200)] == [b"%03d" % number for number in range(200)]


def test_the_bodies_of_errors_can_be_chosen(serve: Serve, connect: Connect) -> None:
    def error_body(status: int, reason: str, _header: str) -> tuple[str, bytes]:
        return "application/xml", f"<Error><Code>{status}</Code><Message>{reason}</Message></Error>".encode()

    answer = connect(serve(hello, error_body=error_body)).ask(b"GET / HTTP/1.1\r\n\r\n")
    assert answer.headers["content-type"] == "application/xml"
    assert answer.body == (
        b"<Error><Code>400</Code><Message>an HTTP/1.1 request needs a Host header</Message></Error>"
    )


@pytest.mark.parametrize(
    ("lines", "keep_alive", "expects_continue"),
    [
        (["HTTP/1.1"], True, False),
        (["HTTP/1.0"], False, False),
        (["HTTP/1.1", "Connection: upgrade"], True, False),
        (["HTTP/1.1", "Connection: upgrade, Close"], False, False),
        (["HTTP/1.0", "Connection: upgrade"], False, False),
        (["HTTP/1.0", "Connection: upgrade, Keep-Alive"], True, False),
        (["HTTP/1.0", "Connection: keep-alive, close"], False, False),
        (["HTTP/1.1", "Expect: 100-Continue"], True, True),
        (["HTTP/1.1", "Expect: 100-continued"], True, False),
        (["HTTP/1.0", "Expect: 100-continue"], False, False),
    ],
)
def test_what_a_head_says_of_its_connection(
    lines: list[str], *, keep_alive: bool, expects_continue: bool
) -> None:
    version, *headers = lines
    head = HeadParser(header_count=256).parse("\r\n".join([f"PUT / {version}", "Host: a", *headers]).encode())
    assert (head.keep_alive, head.expects_continue) == (keep_alive, expects_continue)


def test_names_that_clients_invent_are_remembered_up_to_a_bound() -> None:
    parser = HeadParser(header_count=256)
    tracemalloc.start()
    try:
        for number in range(10_000):
            name = f"X-{number}" if number % 5 else f"X-{number}-{'x' * 10_000}"
            parser.parse(f"GET / HTTP/1.1\r\nHost: a\r\n{name}: 1".encode())
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_000_000


def test_a_client_that_leaves_at_once_harms_nobody(serve: Serve, connect: Connect) -> None:
    server = serve(hello)
    for data in (b"", b"GET", b"GET / HTTP/1.1\r\n", GET):
        client = connect(server)
        client.send(data)
        client.reset()
    assert connect(server).ask(GET).status == 200
