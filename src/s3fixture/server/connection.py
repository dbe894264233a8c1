"""One connection: requests in, answers out, until one side ends it."""

from __future__ import annotations

import logging
import os
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from .bodies import Body, open_body
from .errors import ClientDisconnected, ConnectionCut, ErrorBody, MalformedRequest
from .heads import HeadParser, RequestHead
from .limits import Limits
from .receiver import Receiver
from .responses import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_LOG = logging.getLogger("s3fixture.server")
_SEND = 1024 * 1024  # at once, so that the time limit is for this much and not for a whole object
_BRIEF = 0.002  # seconds that a connection waits before another thread takes over the others
_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Stopping(Protocol):
    """Tells connections that the server is being stopped."""

    def is_set(self) -> bool:
        """Whether no further request is taken."""


@dataclass(frozen=True)
class Setting:
    """What all connections of one server share."""

    app: WSGIApplication
    limits: Limits
    error_body: ErrorBody
    parser: HeadParser
    date: Callable[[], str]
    environ: dict[str, Any]
    stopping: Stopping
    step_down: Callable[[], None]
    """Called by a thread that is about to wait for its client."""


class Connection:
    """Serves one accepted socket. `cut` may be called from any thread, the rest from one at a time."""

    def __init__(self, sock: socket.socket, peer: tuple[Any, ...], setting: Setting) -> None:
        self._sock = sock
        self._setting = setting
        self._receiver = Receiver(sock, setting.limits, self._wait_longer)
        self._environ = setting.environ | {"REMOTE_ADDR": peer[0], "REMOTE_PORT": str(peer[1])}
        self._handshake_due = isinstance(sock, ssl.SSLSocket)
        self._patience = 0
        self.can_sendfile = hasattr(os, "sendfile") and not isinstance(sock, ssl.SSLSocket)
        self.idle = True
        """Whether no request is being answered."""
        self.last_used = time.monotonic()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)

    def fileno(self) -> int:
        """For a selector."""
        return self._sock.fileno()

    def serve(self) -> bool:
        """Answer what the client has sent. Whether the connection goes on. Raises nothing."""
        try:
            goes_on = self._serve_waiting()
            if self._patience:
                self._patience = 0
                self._sock.setblocking(False)
        except OSError:  # ClientDisconnected, or a socket that stop() closed
            return False
        except Exception:
            _LOG.exception("a connection failed")
            return False
        self.idle = True
        self.last_used = time.monotonic()
        return goes_on

    def close(self) -> None:
        """Close the socket."""
        self._notify_close()
        self._sock.close()

    def cut(self) -> None:
        """End the connection now: a thread that waits for the client returns."""
        # Not SSLSocket.shutdown, which takes the TLS object from under the thread that uses it.
        with suppress(OSError):  # the client may be faster
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    # --- what a response writes to

    def send(self, data: bytes) -> None:
        """See responses.Channel."""
        try:
            sent = self._send_briefly(data)
            if sent == len(data):
                return
            self._be_patient()
            view = memoryview(data)
            for start in range(sent, len(data), _SEND):
                self._sock.sendall(view[start : start + _SEND])
        except OSError as error:
            raise ClientDisconnected(f"the client is gone: {error}") from error

    def sendfile(self, file: BinaryIO, offset: int, count: int) -> int:
        """See responses.Channel."""
        self._be_patient()
        try:
            return self._sock.sendfile(file, offset, count)
        except OSError as error:
            raise ClientDisconnected(f"the client is gone: {error}") from error

    # --- the life of a connection

    def _serve_waiting(self) -> bool:
        if isinstance(self._sock, ssl.SSLSocket):
            # A readable socket may hold half a record: every read may wait.
            self._be_patient()
            if self._handshake_due:
                self._handshake_due = False
                return self._shake_hands(self._sock)
        while self._serve_one():
            if not self._receiver.buffered and not self._has_decrypted():
                return True
        return False

    def _has_decrypted(self) -> bool:
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0

    def _shake_hands(self, sock: ssl.SSLSocket) -> bool:
        limits = self._setting.limits
        try:
            sock.settimeout(limits.head_seconds)
            sock.do_handshake()
            sock.settimeout(limits.idle_seconds)
        except OSError:  # also ssl.SSLError: a client that does not trust us, or speaks no TLS
            return False
        return True

    def _wait_longer(self) -> bool:
        """Let the next call on the socket wait: for a moment, then as long as a client may be idle.

        False when that was so before.
        """
        if self._patience == 0:
            self._patience = 1
            self._sock.settimeout(_BRIEF)
            return True
        return self._be_patient()

    def _be_patient(self) -> bool:
        """From now on this thread may wait for its client, so it leaves the other connections to another."""
        if self._patience == 2:
            return False
        self._patience = 2
        self._setting.step_down()
        self._sock.settimeout(self._setting.limits.idle_seconds)
        return True

    def _send_briefly(self, data: bytes) -> int:
        if self._patience == 2:
            return 0
        try:
            return self._sock.send(data)
        except (BlockingIOError, TimeoutError):
            return 0

    def _serve_one(self) -> bool:
        """Answer one request. Whether another may follow."""
        self.idle = True
        if self._setting.stopping.is_set():
            return False
        try:
            raw = self._receiver.head()
            if raw is None:
                return False
            self.idle = False
            head = self._setting.parser.parse(raw)
        except MalformedRequest as error:
            self._refuse(error.status, error.reason)
            return False
        return self._answer(head)

    def _answer(self, head: RequestHead) -> bool:
        invite = self._invite if head.expects_continue else None
        body = open_body(self._receiver, invite, length=head.content_length, chunked=head.chunked)
        response = self._response(head, body)
        try:
            self._run_app(self._environment(head, body), response)
        except ClientDisconnected as gone:
            if isinstance(gone, ConnectionCut) and gone.reset:
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            return False
        except MalformedRequest as error:
            if not response.head_sent:
                self._refuse(error.status, error.reason, head.method)
            return False
        except Exception:
            _LOG.exception("the application failed on %s %s", head.method, head.target)
            if not response.head_sent:
                self._refuse(500, "the application failed; its log says why", head.method)
            return False
        if response.keep_alive and (body.finished or self._drain(body)):
            return True
        if not body.finished or self._receiver.buffered:
            self._linger()
        return False

    def _run_app(self, environ: dict[str, Any], response: Response) -> None:
        result = self._setting.app(environ, response.start_response)
        try:
            response.send(result)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _response(self, head: RequestHead, body: Body) -> Response:
        def may_continue() -> bool:
            return (
                head.keep_alive
                and (body.finished or self._can_drain(body))
                and not self._setting.stopping.is_set()
            )

        return Response(self, self._setting.date, head.method, head.minor, may_continue)

    def _can_drain(self, body: Body) -> bool:
        if body.broken or body.uninvited:
            return False
        unread = body.unread
        return unread is None or unread <= self._setting.limits.drain_bytes

    def _environment(self, head: RequestHead, body: Body) -> dict[str, Any]:
        environ = self._environ | head.variables
        environ["REQUEST_METHOD"] = head.method
        environ["REQUEST_URI"] = head.target
        environ["PATH_INFO"] = head.path_info
        environ["QUERY_STRING"] = head.query_string
        environ["SERVER_PROTOCOL"] = "HTTP/1.1" if head.minor else "HTTP/1.0"
        environ["s3fixture.headers"] = head.headers
        environ["wsgi.input"] = body
        environ["wsgi.input_terminated"] = True
        environ["wsgi.errors"] = sys.stderr
        return environ

    def _invite(self) -> None:
        self.send(_CONTINUE)

    def _drain(self, body: Body) -> bool:
        try:
            return self._can_drain(body) and body.drain(self._setting.limits.drain_bytes)
        except (ClientDisconnected, MalformedRequest):
            return False

    def _refuse(self, status: int, reason: str, method: str = "GET") -> None:
        """Answer what no application answers, and end the connection."""
        content_type, body = self._setting.error_body(status, reason)
        response = Response(self, self._setting.date, method, 1, lambda: False)
        response.start_response(f"{status} {HTTPStatus(status).phrase}", [("Content-Type", content_type)])
        response.send([body])
        self._linger()

    def _linger(self) -> None:
        """Read on until the client closes: a socket closed with unread input resets the connection, and the
        reset may overtake the answer."""
        self.idle = True
        self._be_patient()
        # Methods of the plain socket: what still comes need not be decrypted.
        plain, sock = socket.socket, self._sock
        deadline = time.monotonic() + self._setting.limits.linger_seconds
        try:
            self._notify_close()
            plain.shutdown(sock, socket.SHUT_WR)
            while (left := deadline - time.monotonic()) > 0:
                sock.settimeout(left)
                if not plain.recv(sock, _SEND):
                    return
        except OSError:
            pass  # closed by a reset, by stop(), or by our patience

    def _notify_close(self) -> None:
        """TLS says goodbye, so that the client can tell the end of an answer from a cut."""
        if not isinstance(self._sock, ssl.SSLSocket):
            return
        try:
            self._sock.settimeout(0)  # sends ours, does not wait for the client's
            self._sock.unwrap()
        except (OSError, ValueError):
            pass  # it is to be closed anyway
