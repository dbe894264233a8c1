"""The listening socket and the threads behind it."""

from __future__ import annotations

import socket
import ssl
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any

from s3fixture.clock import Clock
from s3fixture.errors import S3FixtureError

from .binding import listen, url_host
from .connection import Connection, Setting
from .dispatcher import Dispatcher
from .errors import ErrorBody, plain_error
from .heads import HeadParser
from .limits import Limits
from .responses import FileWrapper

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Server:
    """Serves one WSGI application over HTTP/1.1. Bound when made, serving between `start` and `stop`.

    A server that was stopped stays stopped.
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
        limits = limits or Limits()
        port_socket = listen(host, port)
        scheme = "https" if ssl_context else "http"
        self.host = host
        self.port: int = port_socket.getsockname()[1]
        self.url = f"{scheme}://{url_host(port_socket)}:{self.port}"
        self._ssl_context = ssl_context
        self._dispatcher = Dispatcher(port_socket, limits)
        self._setting = Setting(
            app=app,
            limits=limits,
            error_body=error_body,
            parser=HeadParser(limits.header_count),
            date=Clock().http_date,
            environ=_environment(host, self.port, scheme),
            stopping=self._dispatcher.stopping,
            step_down=self._dispatcher.step_down,
        )
        self._lock = threading.Lock()
        self._started = self._stopped = False

    def start(self) -> None:
        """Serve, in daemon threads. S3FixtureError after `stop`."""
        with self._lock:
            if self._stopped:
                raise S3FixtureError("this server was stopped; make a new one")
            if not self._started:
                self._started = True
                self._dispatcher.start(self._connect)

    def stop(self, grace: float = 5.0) -> None:
        """Close the port and idle connections at once, the others when answered or after `grace` seconds.

        Returns when all is closed. Only an application that hangs can outlive it, in a daemon thread.
        """
        with self._lock:
            if not self._stopped:
                self._stopped = True
                self._dispatcher.stop(grace)

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _connect(self, sock: socket.socket, peer: tuple[Any, ...]) -> Connection | None:
        try:
            if self._ssl_context is not None:
                sock.getpeername()  # wrap_socket would lose a socket whose client is gone
                # The handshake waits for the client, so it is for the thread that serves the connection.
                sock = self._ssl_context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            return Connection(sock, peer, self._setting)
        except OSError:
            sock.close()
            return None


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
