"""The listening socket, opened with errors that say what to do, and the threads behind it."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from s3fixture.clock import Clock
from s3fixture.errors import PortForbiddenError, PortInUseError, S3FixtureError, SettingError

from .bounds import ErrorBody, Limits, plain_error
from .connection import Connection, ServerContext
from .dispatcher import Dispatcher
from .requests import HeadParser
from .responses import FileWrapper

if TYPE_CHECKING:
    import ssl

    from _typeshed.wsgi import WSGIApplication


_BACKLOG = 1024
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - how a client reaches such a server


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on `host`:`port`. S3FixtureError when that cannot be done."""
    if not 0 <= port <= 65535:
        raise S3FixtureError(f"port {port} does not exist; choose one from 1 to 65535, or 0 for a free one")
    family, address = _resolve(host, port)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        _set_options(sock, family)
        sock.bind(address)
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise _explained(error, host, port) from error
    return sock


def url_host(sock: socket.socket) -> str:
    """The address of `sock` as a URL writes it; one of this machine when it listens on all."""
    host = str(sock.getsockname()[0])
    host = _ANY_ADDRESS.get(host, host)
    return f"[{host}]" if ":" in host else host


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    try:
        # As bytes a name needs no codec for international ones, whose import takes 3 ms.
        name = host.encode("ascii") if host.isascii() else host
        found = socket.getaddrinfo(name or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise S3FixtureError(
            f"the host {host!r} is unknown ({error}); use 127.0.0.1, or 0.0.0.0 for all addresses"
        ) from error
    # A name such as localhost may have both kinds of address; clients try IPv4 in any case.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    family, _, _, _, address = found[0]
    return family, address


def _set_options(sock: socket.socket, family: socket.AddressFamily) -> None:
    if sys.platform == "win32":
        # SO_REUSEADDR would let two servers share a port there.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6 and socket.has_dualstack_ipv6():
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)


def _explained(error: OSError, host: str, port: int) -> S3FixtureError:
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(host, port)
    if error.errno == errno.EACCES:
        return PortForbiddenError(host, port)
    if error.errno == errno.EADDRNOTAVAIL:
        return SettingError(
            f"{host} is not an address of this machine",
            "choose 127.0.0.1, or 0.0.0.0 for all addresses, with {host}",
        )
    return S3FixtureError(f"cannot listen on port {port} of {host}: {error.strerror or error}")


class Server:
    """Serves one WSGI application over HTTP/1.1: binds its port when made, serves between `start` and `stop`.

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
        settle: Callable[[int], None] | None = None,
    ) -> None:
        """Bind `host`:`port` (0: a free port). S3FixtureError when that cannot be done.

        `settle` is called with the mark that `app` put as "s3fixture.unsettled" into an environment, before
        the answer is sent: so what it does can be done for several at once. When it raises they are 500.
        An application with such marks waits for the disk within a large body, too, which is given a thread.
        """
        limits = limits or Limits()
        port_socket = listen(host, port)
        scheme = "https" if ssl_context else "http"
        self.host = host
        self.port: int = port_socket.getsockname()[1]
        self.url = f"{scheme}://{url_host(port_socket)}:{self.port}"
        self._ssl_context = ssl_context
        self._connection = Connection if ssl_context is None else _tls_connection()
        self._dispatcher = Dispatcher(port_socket, limits)
        self._context = ServerContext(
            app=app,
            limits=limits,
            error_body=error_body,
            parser=HeadParser(limits.header_count),
            date=Clock().http_date,
            environ=_environment(host, self.port, scheme),
            stopping=self._dispatcher.stopping,
            step_down=self._dispatcher.step_down,
            settle=settle,
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
            return self._connection(sock, peer, self._context)
        except OSError:
            sock.close()
            return None


def _tls_connection() -> type[Connection]:
    from .tls import TlsConnection  # imported when used: `ssl` takes as long as a fifth of a start

    return TlsConnection


def _environment(host: str, port: int, scheme: str) -> dict[str, Any]:
    """The part of the WSGI environ that is the same for every request."""
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
