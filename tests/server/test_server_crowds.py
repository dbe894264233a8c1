"""Many clients that are slow, or never come to an end: each costs a buffer, not a thread."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import trustme
from raw_client import GET, Connect, RawClient, Serve, echo, hello

from s3fixture.server import Limits, Server

CROWD = 300
FEW = 8  # threads: those that serve, and those kept for the next


@pytest.fixture
def crowd() -> Iterator[Callable[[Server], list[RawClient]]]:
    """Clients of one server, that have said nothing yet."""
    with ExitStack() as stack:

        def gather(server: Server) -> list[RawClient]:
            return [stack.enter_context(RawClient(server.port)) for _ in range(CROWD)]

        yield gather


PUT = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"


@pytest.mark.parametrize(
    "beginning",
    [b"G", GET[:-2], b"\r\n" * 5, PUT, PUT + b"x" * 59_999, b"nonsense\r\n\r\n", b"\x16\x03"],
    ids=["a letter", "a head", "empty lines", "a body", "all but a byte", "nonsense", "TLS"],
)
def test_what_does_not_come_to_an_end_costs_no_thread(
    serve: Serve,
    connect: Connect,
    crowd: Callable[[Server], list[RawClient]],
    beginning: bytes,
) -> None:
    before = threading.active_count()
    server = serve(echo)
    clients = crowd(server)
    for client in clients:
        client.send(beginning)
    other = connect(server)
    for _ in range(10):
        assert other.ask(GET).status == 200
    assert threading.active_count() - before <= FEW
    if beginning.startswith(PUT):
        for client in clients:
            client.send(b"x" * (len(PUT) + 60_000 - len(beginning)))
        assert [len(client.answer().body) for client in clients] == [60_000] * CROWD
        assert threading.active_count() - before <= FEW


def test_those_who_do_not_take_their_refusal_cost_no_thread(
    serve: Serve, connect: Connect, crowd: Callable[[Server], list[RawClient]]
) -> None:
    before = threading.active_count()
    server = serve(hello)
    clients = crowd(server)
    for client in clients:
        client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n")
    assert all(client.answer().status == 200 for client in clients)  # its body was not read
    assert connect(server).ask(GET).status == 200
    assert threading.active_count() - before <= FEW


def test_handshakes_that_do_not_come_to_an_end_cost_no_thread(
    serve: Serve, crowd: Callable[[Server], list[RawClient]]
) -> None:
    authority = trustme.CA()
    context, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(trusting)
    before = threading.active_count()
    server = serve(hello, ssl_context=context)
    for client in crowd(server):
        client.send(b"\x16\x03\x01\x02")
    raw = socket.create_connection(("127.0.0.1", server.port), 20)
    with trusting.wrap_socket(raw, server_hostname="127.0.0.1") as secure:
        secure.sendall(GET[:-5])  # in a record of its own
        secure.sendall(GET[-5:] + GET)
        assert secure.recv(9) == b"HTTP/1.1 "
    assert threading.active_count() - before <= FEW


def test_there_are_only_so_many_threads_for_large_bodies_that_do_not_come(
    serve: Serve, connect: Connect
) -> None:
    server = serve(echo, limits=Limits(threads=5))
    clients = [connect(server) for _ in range(12)]
    for client in clients:
        client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
    other = connect(server)
    for _ in range(10):
        assert other.ask(GET).status == 200
    for client in clients:
        client.send(b"x" * 100_000)
    statuses = [client.answer().status for client in clients]
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= 4
    again = connect(server)
    assert (
        len(again.ask(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000).body)
        == 100_000
    )


def test_there_are_only_so_many_connections(serve: Serve, connect: Connect) -> None:
    server = serve(hello, limits=Limits(connections=10))
    first = [connect(server) for _ in range(10)]
    assert all(client.ask(GET).status == 200 for client in first)
    later = [connect(server) for _ in range(4)]
    assert all(client.ask(GET).status == 200 for client in later)
    assert all(client.closed() for client in first[:4])  # they were idle for longest
    assert all(client.ask(GET).status == 200 for client in (*first[4:], *later))


def test_empty_lines_are_not_endless(serve: Serve, connect: Connect) -> None:
    client = connect(serve(hello))
    client.send(b"\r\n" * 40_000)
    assert client.answer().status == 400
