"""Answers that wait until what their requests wrote is settled: once for all that wait at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from raw_client import Connect, Serve

from s3fixture.server import Limits, Server, dispatcher


@pytest.fixture(params=["plain", "tls"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

PATIENCE = 20.0  # seconds for anything that a test waits for
PUT = b"PUT /%d HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


class Journal:
    """An application whose PUTs have to be settled, and a slow disk."""

    def __init__(self) -> None:
        self.written = 0
        self.settled = 0
        self.syncs = 0
        self.failure: Exception | None = None
        self.may_sync = threading.Event()
        self.may_sync.set()
        self.syncing = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        body = b"read"
        if environ["REQUEST_METHOD"] == "PUT":
            environ["wsgi.input"].read()
            with self._lock:
                self.written += 1
                environ["s3fixture.unsettled"] = self.written
            body = b"%d" % environ["s3fixture.unsettled"]
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return iter([body]) if environ["PATH_INFO"] == "/pieces" else [body]

    def settle(self, mark: int) -> None:
        with self._lock:
            if self.settled >= mark:
                return
            self.syncing.set()
            assert self.may_sync.wait(PATIENCE)
            if self.failure:
                raise self.failure
            self.syncs += 1
            self.settled = self.written


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def server(serve: Serve, journal: Journal) -> Server:
    return serve(journal, settle=journal.settle)


def test_an_answer_comes_after_what_it_tells_of_is_settled(
    server: Server, connect: Connect, journal: Journal
) -> None:
    client = connect(server)
    for number in range(1, 4):
        assert client.ask(PUT % number).body == b"%d" % number
        assert journal.settled == number
    assert journal.syncs == 3


def test_writers_at_the_same_time_share_a_sync(server: Server, connect: Connect, journal: Journal) -> None:
    clients = [connect(server) for _ in range(20)]
    assert all(client.ask(GET).body == b"read" for client in clients)
    journal.may_sync.clear()
    clients[0].send(PUT % 0)
    assert journal.syncing.wait(PATIENCE)
    for client in clients[1:]:
        client.send(PUT % 1)
    journal.may_sync.set()
    numbers = {int(client.answer("PUT").body) for client in clients}
    assert numbers == set(range(1, 21))
    assert journal.syncs < 10


def test_answers_on_one_connection_stay_in_order(server: Server, connect: Connect) -> None:
    client = connect(server)
    client.send(PUT % 1 + GET + PUT % 2 + PUT % 3 + GET)
    assert [client.answer().body for _ in range(5)] == [b"1", b"read", b"2", b"3", b"read"]


def test_an_answer_in_pieces_is_settled_before_the_first(
    server: Server, connect: Connect, journal: Journal
) -> None:
    client = connect(server)
    assert client.ask(PUT.replace(b"/%d", b"/pieces")).body == b"1"
    assert journal.settled == 1


def test_an_answer_that_waits_is_sent_before_the_connection_ends(server: Server, connect: Connect) -> None:
    client = connect(server)
    head = b"PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"
    assert client.ask(head).body == b"1"
    assert client.closed()


def test_a_large_body_holds_nobody_up_while_it_is_taken_in(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "_TICK", 2 * PATIENCE)  # nobody deposes the leader
    begun, ended = threading.Semaphore(0), threading.Event()

    def slow(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        begun.release()
        assert ended.wait(PATIENCE)
        environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

    server = serve(slow, settle=lambda _mark: None, limits=Limits(body_bytes=10))
    clients = [connect(server) for _ in range(3)]
    for client in clients:
        client.send(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n" + b"x" * 11)
    for _ in clients:
        assert begun.acquire(timeout=PATIENCE)
    ended.set()
    assert [client.answer("PUT").status for client in clients] == [200, 200, 200]


def test_who_cannot_be_told_for_sure_is_told_of_an_error(
    server: Server, connect: Connect, journal: Journal
) -> None:
    journal.failure = OSError("the disk is gone")
    clients = [connect(server) for _ in range(3)]
    for client in clients:
        client.send(PUT % 1)
    assert [client.answer("PUT").status for client in clients] == [500, 500, 500]
    assert connect(server).ask(GET).status == 200


def test_a_flood_of_other_requests_holds_no_answer_back(
    server: Server, connect: Connect, journal: Journal
) -> None:
    with ExitStack() as stack:
        ended = threading.Event()
        for _ in range(4):
            thread = threading.Thread(target=_ask_on, args=(connect(server), ended))
            thread.start()
            stack.callback(thread.join, PATIENCE)
        stack.callback(ended.set)
        client = connect(server)
        for number in range(1, 50):
            assert client.ask(PUT % number).body == b"%d" % number


def _ask_on(client: Any, ended: threading.Event) -> None:
    while not ended.is_set():
        assert client.ask(GET).body == b"read"


def test_a_server_that_is_stopped_sends_what_was_settled_late(
    serve: Serve, connect: Connect, journal: Journal
) -> None:
    server = serve(journal, settle=journal.settle)
    client = connect(server)
    journal.may_sync.clear()
    client.send(PUT % 1)
    assert journal.syncing.wait(PATIENCE)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    journal.may_sync.set()
    assert client.answer("PUT").body == b"1"
    stopping.join(PATIENCE)
