"""Many clients that are slow, or never come to an end: each costs a buffer, not a thread."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from raw_client import GET, Connect, Contexts, RawClient, Serve, echo, hello

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


@pytest.mark.parametrize("whole", [False, True], ids=["begun", "greeted"])
def test_handshakes_that_do_not_come_to_an_end_cost_no_thread(
    serve: Serve, crowd: Callable[[Server], list[RawClient]], tls: Contexts, *, whole: bool
) -> None:
    """`whole`: the server has answered with its certificate, and waits for the rest."""
    outgoing = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        tls.client.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="127.0.0.1").do_handshake()
    greeting = outgoing.read() if whole else b"\x16\x03\x01\x02"
    before = threading.active_count()
    server = serve(hello, ssl_context=tls.server)
    for client in crowd(server):
        client.send(greeting)
    with RawClient(server.port, trusting=tls.client) as secure:
        secure.send(GET[:-5])  # in a record of its own
        secure.send(GET[-5:] + GET)
        assert [secure.answer().status for _ in range(2)] == [200, 200]
    assert threading.active_count() - before <= FEW


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
def test_more_clients_than_files_that_may_be_open_hold_up_nobody() -> None:
    """Many systems allow 1,024, some 256; in a process of its own, which may open few."""
    program = """
import resource, sys
from raw_client import GET, RawClient, hello
from s3fixture.server import Limits, Server
resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
with Server(hello, limits=Limits(head_seconds=120)) as server:
    print(server.port, flush=True)
    sys.stdin.read()
"""
    with (
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent,
        ) as process,
        ExitStack() as stack,
    ):
        assert process.stdout is not None
        port = int(process.stdout.readline())
        for _ in range(CROWD):
            stack.enter_context(RawClient(port)).send(GET[:-2])
        with RawClient(port) as client:
            assert [client.ask(GET).status for _ in range(3)] == [200] * 3
        assert process.stdin is not None
        process.stdin.close()


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
