"""From binding to the last thread: ports, start, stop, grace."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Iterable, Iterator

import pytest
from raw_client import GET, Connect, Environ, RawClient, Serve, StartResponse, hello

from s3fixture.errors import S3FixtureError
from s3fixture.server import ClientDisconnected, Limits, Server

LONG = 30.0  # seconds that no test takes unless it fails


class Blocking:
    """An application whose request for /block waits until the test lets it go on."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.release = threading.Event()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/block":
            self.entered.release()
            assert self.release.wait(LONG)
        return hello(environ, start_response)


BLOCK = GET.replace(b"/ ", b"/block ")


@pytest.fixture
def no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_a_taken_port_is_an_error_that_says_what_to_do() -> None:
    with Server(hello) as first, pytest.raises(S3FixtureError) as caught:
        Server(hello, port=first.port)
    assert str(caught.value) == (
        f"port {first.port} on 127.0.0.1 is already in use; "
        "choose another with port=, or stop what runs there"
    )


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("no-such-host.invalid", 0, "the host 'no-such-host.invalid' is unknown"),
        ("a" * 100, 0, "is unknown"),
        ("192.0.2.1", 0, "192.0.2.1 is not an address of this machine"),
        ("127.0.0.1", 70_000, "port 70000 does not exist"),
        ("127.0.0.1", -1, "port -1 does not exist"),
    ],
)
def test_what_cannot_be_bound_is_an_error_that_says_what_to_do(host: str, port: int, message: str) -> None:
    with pytest.raises(S3FixtureError, match=message):
        Server(hello, host, port)


def test_a_port_that_the_user_may_not_open_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(sock: socket.socket, address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(S3FixtureError, match=r"port 80 on .* is forbidden to this user"):
        Server(hello, port=80)


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - the point of the row
        ("", "127.0.0.1"),
        ("::1", "[::1]"),
        ("::", "[::1]"),
    ],
)
def test_both_families_of_addresses_are_served(host: str, reached: str) -> None:
    if ":" in host and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with Server(hello, host) as server:
        assert server.url == f"http://{reached}:{server.port}"
        with RawClient(server.port, reached.strip("[]")) as client:
            assert client.ask(GET).status == 200


def test_a_client_has_one_address_on_sockets_of_both_kinds() -> None:
    """Policies name IPv4 addresses as such: one that denies 127.0.0.0/8 must know it again."""
    if not socket.has_ipv6 or not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no sockets for both kinds of addresses")

    def name_client(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["REMOTE_ADDR"].encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    with Server(name_client, "::") as server:
        for address in ("127.0.0.1", "::1"):
            with RawClient(server.port, address) as client:
                assert client.ask(GET).body.decode() == address


def test_a_port_can_be_used_again_at_once(connect: Connect) -> None:
    with Server(hello) as first:
        connect(first).ask(GET)
    with Server(hello, port=first.port) as second:
        assert connect(second).ask(GET).status == 200


@pytest.mark.usefixtures("no_thread_stays")
def test_stop_closes_idle_connections_at_once_and_leaves_nothing(recwarn: pytest.WarningsRecorder) -> None:
    server = Server(hello)
    server.start()
    server.start()
    clients = [RawClient(server.port) for _ in range(20)]
    for client in clients[:10]:
        assert client.ask(GET).status == 200
    for client in clients[10:15]:
        client.send(b"GET / HTTP/1.1\r\n")
    began = time.monotonic()
    server.stop(LONG)
    assert time.monotonic() - began < LONG / 3
    assert all(client.closed() for client in clients)
    for client in clients:
        client.close()
    with pytest.raises(ConnectionError):
        RawClient(server.port)
    server.stop()
    gc.collect()
    assert not recwarn.list


@pytest.mark.usefixtures("no_thread_stays")
def test_a_server_that_never_started_can_be_stopped_and_then_not_started() -> None:
    server = Server(hello)
    server.stop()
    with pytest.raises(S3FixtureError, match="was stopped"):
        server.start()


def test_a_client_may_connect_before_the_server_starts(connect: Connect) -> None:
    server = Server(hello)
    client = connect(server)
    client.send(GET)
    with server:
        assert client.answer().status == 200


@pytest.mark.usefixtures("no_thread_stays")
def test_stop_lets_a_request_in_flight_finish() -> None:
    app = Blocking()
    server = Server(app)
    server.start()
    with RawClient(server.port) as busy, RawClient(server.port) as idle:
        idle.ask(GET)
        busy.send(BLOCK)
        app.entered.acquire()
        stopping = threading.Thread(target=server.stop, args=(LONG,))
        stopping.start()
        assert idle.closed()
        app.release.set()
        answer = busy.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        stopping.join(LONG)
        assert not stopping.is_alive()


@pytest.mark.usefixtures("no_thread_stays")
def test_a_request_that_outlasts_the_grace_time_is_cut() -> None:
    gone = threading.Event()
    reading = threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        reading.set()
        try:
            environ["wsgi.input"].read()
        except ClientDisconnected:
            gone.set()
            raise
        return []

    server = Server(app)
    server.start()
    with RawClient(server.port) as client:
        client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        assert reading.wait(LONG)
        server.stop(grace=0.05)
        assert gone.is_set()
        assert client.closed()


def test_an_application_that_hangs_does_not_hang_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s3fixture.server.dispatcher._CUT_SECONDS", 0.05)
    app = Blocking()
    server = Server(app)
    server.start()
    with RawClient(server.port) as client:
        client.send(BLOCK)
        app.entered.acquire()
        server.stop(grace=0.05)
        assert client.closed()
    app.release.set()


@pytest.mark.usefixtures("no_thread_stays")
def test_stopping_from_many_threads_is_stopping_once() -> None:
    server = Server(hello)
    server.start()
    threads = [threading.Thread(target=server.stop) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)


def test_threads_do_not_pile_up(serve: Serve) -> None:
    before = threading.active_count()
    server = serve(hello)
    for _ in range(200):
        with RawClient(server.port) as client:
            assert client.ask(GET).status == 200
    assert threading.active_count() - before < 100


def test_requests_that_wait_do_not_hold_up_others(serve: Serve, connect: Connect) -> None:
    app = Blocking()
    server = serve(app)
    waiting = [connect(server) for _ in range(20)]
    for client in waiting:
        client.send(BLOCK)
    for _ in waiting:
        assert app.entered.acquire(timeout=LONG)
    uploading = connect(server)
    uploading.send(b"PUT /block HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n")
    other = connect(server)
    for _ in range(10):
        assert other.ask(GET).status == 200
    app.release.set()
    assert all(client.answer().status == 200 for client in waiting)
    assert uploading.ask(b"\r\nhello").status == 200


def test_a_waiting_request_and_those_pipelined_behind_it_are_all_answered(
    serve: Serve, connect: Connect
) -> None:
    app = Blocking()
    client = connect(serve(app))
    client.send(BLOCK + GET * 50)
    assert app.entered.acquire(timeout=LONG)
    client.send(GET * 50)
    app.release.set()
    assert [client.answer().status for _ in range(101)] == [200] * 101


def test_an_idle_connection_is_not_closed_while_its_request_takes_long(
    serve: Serve, connect: Connect
) -> None:
    app = Blocking()
    client = connect(serve(app, limits=Limits(idle_seconds=0.05)))
    client.send(BLOCK)
    assert app.entered.acquire(timeout=LONG)
    assert not app.release.wait(0.3)  # longer than any idle time
    app.release.set()
    assert client.answer().status == 200


def test_slow_clients_do_not_hold_up_others(serve: Serve, connect: Connect) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        start_response("200 OK", [])
        return [body or b"x" * 20_000_000] if environ["PATH_INFO"] == "/slow" else [b"quick"]

    server = serve(app)
    uploading, downloading = connect(server), connect(server)
    uploading.send(b"PUT /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
    downloading.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    other = connect(server)
    for _ in range(10):
        assert other.ask(GET).body == b"quick"
    assert uploading.ask(b"llo").body == b"hello"
    assert len(downloading.answer().body) == 20_000_000
