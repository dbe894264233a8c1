"""The listening socket and the threads behind it."""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from s3fixture.errors import S3FixtureError

from .binding import listen, url_host
from .connection import Connection, Setting
from .errors import ErrorBody, plain_error
from .heads import HeadParser
from .limits import Limits
from .responses import DateLine, FileWrapper

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_LOG = logging.getLogger("s3fixture.server")
_CUT_SECONDS = 2.0  # what a thread gets to end after its connection was cut
_PAUSE = 0.05  # after a failed accept, such as "too many open files"


class Server:
    """Serves one WSGI application over HTTP/1.1. Bound when made, serving between `start` and `stop`.

    Each connection has a thread. A server that was stopped stays stopped.
    """

    def __init__(
        self,
        app: WSGIApplication,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        ssl_context: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        error_body: ErrorBody = plain_error,
    ) -> None:
        """Bind `host`:`port` (0: a free port). S3FixtureError when that cannot be done."""
        self._ssl_context = ssl_context
        self._socket = listen(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        scheme = "https" if ssl_context else "http"
        self.url = f"{scheme}://{url_host(self._socket)}:{self.port}"
        self._stopping = threading.Event()
        limits = limits or Limits()
        self._setting = Setting(
            app=app,
            limits=limits,
            error_body=error_body,
            parser=HeadParser(limits.header_count),
            date=DateLine(),
            environ=_environment(host, self.port, scheme),
            stopping=self._stopping,
        )
        self._waker, self._woken = socket.socketpair()
        self._starting_or_stopping = threading.Lock()
        self._accepting: threading.Thread | None = None
        self._lock = threading.Lock()  # of the two below
        self._connections: dict[Connection, threading.Thread] = {}
        self._ended: list[threading.Thread] = []

    def start(self) -> None:
        """Accept connections, in a thread. S3FixtureError after `stop`."""
        with self._starting_or_stopping:
            if self._stopping.is_set():
                raise S3FixtureError("this server was stopped; make a new one")
            if self._accepting is None:
                self._accepting = threading.Thread(target=self._accept, name="s3fixture-accept", daemon=True)
                self._accepting.start()

    def stop(self, grace: float = 5.0) -> None:
        """Close the port and idle connections at once, the others when answered or after `grace` seconds.

        Returns when all is closed. Only an application that hangs can outlive it, in a daemon thread.
        """
        with self._starting_or_stopping:
            self._stopping.set()
            self._close_port()
            self._cut(only_idle=True)
            self._join(grace)
            self._cut(only_idle=False)
            self._join(_CUT_SECONDS)

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- the accepting thread

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._stopping.is_set():
                selector.select()
                self._accept_waiting()
                self._reap()

    def _accept_waiting(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, peer = self._socket.accept()
            except BlockingIOError:
                return
            except ConnectionError:
                continue  # gone before we came to it
            except OSError as error:
                _LOG.error("cannot accept a connection: %s", error)
                self._stopping.wait(_PAUSE)
                return
            self._serve(sock, peer)

    def _serve(self, sock: socket.socket, peer: tuple[Any, ...]) -> None:
        try:
            if self._ssl_context is not None:
                sock.getpeername()  # wrap_socket would lose a socket whose client is gone
                # The handshake itself waits for the client, so it is the connection's thread that does it.
                sock = self._ssl_context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            connection = Connection(sock, peer, self._setting)
            thread = threading.Thread(
                target=self._run, args=(connection,), name="s3fixture-connection", daemon=True
            )
            with self._lock:
                self._connections[connection] = thread
            thread.start()
        except OSError:
            sock.close()  # gone before TLS began

    def _run(self, connection: Connection) -> None:
        connection.run()
        with self._lock:
            self._ended.append(self._connections.pop(connection))

    def _reap(self) -> None:
        with self._lock:
            ended, self._ended = self._ended, []
        for thread in ended:
            thread.join()

    # --- stopping

    def _close_port(self) -> None:
        if self._accepting is not None:
            self._waker.send(b"x")
            self._accepting.join()
            self._accepting = None
        for sock in (self._socket, self._waker, self._woken):
            sock.close()

    def _cut(self, *, only_idle: bool) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            if connection.idle or not only_idle:
                connection.cut()

    def _join(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with self._lock:
            threads = [*self._connections.values(), *self._ended]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _environment(host: str, port: int, scheme: str) -> dict[str, Any]:
    """What is the same in the environ of every request."""
    return {
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_SOFTWARE": "s3fixture",
        "SCRIPT_NAME": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
