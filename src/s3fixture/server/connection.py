"""One connection: requests in, answers out, until one side ends it."""

from __future__ import annotations

import logging
import os
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol

from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple
from s3fixture.steady_clock import monotonic

from .bounds import ClientDisconnected, ConnectionCut, ErrorBody, Limits, MalformedRequest, Overloaded
from .receiver import Receiver
from .requests import Body, HeadParser, RequestHead, open_body
from .responses import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_LOG = logging.getLogger("s3fixture.server")
_SEND = 1024 * 1024  # at once, so that the time limit is for this much and not for a whole object
_BRIEF = 0.002  # seconds that a connection waits before another thread takes over the others
_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_DISCARDED_AT_ONCE = 8  # reads
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# What a connection waits for while no thread does.
_Awaited = Literal["", "handshake", "request", "head", "body", "close"]


class Stopping(Protocol):
    """Tells connections that the server is being stopped."""

    def is_set(self) -> bool:
        """Whether no further request is taken."""


class ServerContext(NamedTuple):
    """What all connections of one server share."""

    app: WSGIApplication
    limits: Limits
    error_body: ErrorBody
    parser: HeadParser
    date: Callable[[], str]
    environ: dict[str, Any]
    stopping: Stopping
    step_down: Callable[[], bool]
    """Called by a thread that is about to wait for its client: whether it may."""
    settle: Callable[[int], None] | None
    """See `Server`."""


class Connection:
    """Serves one accepted socket. `cut` may be called from any thread, the rest from one at a time."""

    is_secure = False
    # What the socket raises where reading has nothing yet, and where sending has no room.
    nothing_yet: tuple[type[OSError], ...] = (BlockingIOError, TimeoutError)
    no_room: tuple[type[OSError], ...] = (BlockingIOError, TimeoutError)

    def __init__(self, sock: socket.socket, peer: tuple[Any, ...], context: ServerContext) -> None:
        self._sock = sock
        self._context = context
        self._receiver = Receiver(sock, context.limits, self._wait_longer, self.nothing_yet)
        self._environ = context.environ | {"REMOTE_ADDR": _address(peer[0]), "REMOTE_PORT": str(peer[1])}
        self._patience = 0
        self._head: RequestHead | None = None  # of a request whose body is not all there
        self._awaited: _Awaited = ""
        self._hurries = False  # whether nothing may wait any more, not even an answer
        self._keeps = False  # whether what is sent is kept as `_kept`, for the next `serve`
        self._kept = b""
        self._mark = 0  # to be settled before that
        self.can_sendfile = hasattr(os, "sendfile") and not self.is_secure
        self.idle = True
        """Whether no request is being answered."""
        self.deadline = 0.0
        """When the connection is given up, by `steady_clock.monotonic`, unless it is served before."""
        self._await_request()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)

    def fileno(self) -> int:
        """For a selector."""
        return self._sock.fileno()

    def serve(self) -> bool:
        """Do what can be done with what the client has sent. Whether the connection goes on. Raises nothing.

        Nothing waits for a head, a handshake or a small body that comes in pieces: this is called again when
        there is more of it.
        """
        try:
            goes_on = self._serve_available()
        except OSError:  # ClientDisconnected, or a socket that stop() closed
            return False
        except Exception:
            _LOG.exception("a connection failed")
            return False
        self.idle = not self._kept
        return goes_on

    @property
    def is_unsettled(self) -> bool:
        """Whether there is an answer that waits for the next `serve`, which settles it and those before."""
        return bool(self._kept)

    def give_up(self) -> None:
        """Close the connection at its deadline; a client that has begun a request gets a 408."""
        if self._awaited in ("head", "body"):
            limits = self._context.limits
            seconds = limits.head_seconds if self._awaited == "head" else limits.idle_seconds
            self._hurries = True
            with suppress(OSError):
                self._refuse(408, f"the {self._awaited} of the request did not end within {seconds:g} s")
        self.close()

    def close(self) -> None:
        """Close the socket. An answer that was to be settled is lost."""
        self._kept = b""
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
        if self._keeps:
            self._kept += data
            return
        try:
            sent = self._send_briefly(data)
            if sent == len(data):
                return
            self._be_patient()
            view = memoryview(data)
            for start in range(sent, len(data), _SEND):
                self._sock.sendall(view[start : start + _SEND])
        except (OSError, Overloaded) as error:
            raise ClientDisconnected(f"the client is gone, or too slow: {error}") from error

    def sendfile(self, file: BinaryIO, offset: int, count: int) -> int:
        """See responses.Channel."""
        try:
            self._be_patient()
            return self._sock.sendfile(file, offset, count)
        except (OSError, Overloaded) as error:
            raise ClientDisconnected(f"the client is gone, or too slow: {error}") from error

    # --- the life of a connection

    def _serve_available(self) -> bool:
        if self._awaited == "close":
            return self._discard()
        if self._kept:
            self._send_kept()
            if self._is_leaving():
                return True
        receiver = self._receiver
        while not self._context.stopping.is_set():
            head = self._head or self._next_head()
            if head is None:
                return True
            if head.content_length > receiver.buffered and not self._has_body(head):
                self._head = head
                self._await("body", self._context.limits.idle_seconds)
                return True
            self._head = None
            if not self._answer(head):
                return self._is_leaving()
            if self._patience:
                self._be_quick()
            self._await_request()
            if self._kept:
                if not receiver.buffered:
                    return True
                self._send_kept()
                if self._is_leaving():
                    return True
            if not receiver.buffered and not (self.is_secure and self._has_decrypted()):
                return True
        return False

    def _is_leaving(self) -> bool:
        return self._awaited == "close"

    def _await_request(self) -> None:
        """The next one, from now on."""
        self._awaited = "request"
        self.deadline = monotonic() + self._context.limits.idle_seconds

    def _await(self, what: _Awaited, seconds: float) -> None:
        """The rest of something that has begun, from now on unless it was so before."""
        if self._awaited != what:
            self._awaited = what
            self.deadline = monotonic() + seconds

    def _next_head(self) -> RequestHead | None:
        """None when it is not all there, or was refused."""
        try:
            raw = self._receiver.head()
            if raw is None:
                if self._receiver.has_begun:
                    self._await("head", self._context.limits.head_seconds)
                return None
            return self._context.parser.parse(raw)
        except MalformedRequest as error:
            self._refuse(error.status, error.reason, header=error.header)
            return None

    def _has_body(self, head: RequestHead) -> bool:
        """Whether the application can be asked: a small body is all there, unless it is to be invited."""
        if head.content_length > self._context.limits.body_bytes or head.expects_continue:
            return True
        return self._receiver.gather(head.content_length)

    def _wait_longer(self) -> bool:
        """Let the next call on the socket wait: for a moment, then as long as a client may be idle.

        False when that was so before.
        """
        if self._patience == 0:
            self._patience = 1
            self._receiver.forget_waiting()
            self._sock.settimeout(_BRIEF)
            return True
        return self._be_patient()

    def _be_patient(self) -> bool:
        """From now on this thread may wait for its client, so it leaves the other connections to another.

        False when that was so before. Overloaded when there are too many threads that wait already.
        """
        if self._patience == 2:
            return False
        if self._hurries or not self._context.step_down():
            raise Overloaded
        self._patience = 2
        self._sock.settimeout(self._context.limits.idle_seconds)
        return True

    def _be_quick(self) -> None:
        """From now on nothing waits: this thread may lead, and there may be other connections."""
        self._patience = 0
        self._sock.setblocking(False)
        self._receiver.forget_waiting()

    def _send_briefly(self, data: bytes) -> int:
        if self._patience == 2:
            return 0
        try:
            return self._sock.send(data)
        except self.no_room:
            return 0

    def _answer(self, head: RequestHead) -> bool:
        """Whether another request may follow."""
        self.idle = False
        self._awaited = ""
        invite = self._invite if head.expects_continue else None
        body = open_body(self._receiver, invite, length=head.content_length, chunked=head.chunked)
        response = self._response(head, body)
        try:
            if self.is_secure or self._waits_for_disk(head):  # a record of TLS may be there in part
                self._be_patient()
            self._run_app(self._environment(head, body), response)
        except ClientDisconnected as gone:
            if isinstance(gone, ConnectionCut) and gone.reset:
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            return False
        except MalformedRequest as error:
            if not response.head_sent:
                self._refuse(error.status, error.reason, head.method, error.header)
            return False
        except Exception:
            _LOG.exception("the application failed on %s %s", head.method, head.path_info)
            if not response.head_sent:
                self._refuse(500, "the application failed; its log says why", head.method)
            return False
        if self._kept and not (response.keep_alive and body.finished):
            self._send_kept()
            if self._is_leaving():
                return False
        if response.keep_alive and (body.finished or self._drain(body)):
            return True
        if not body.finished or self._receiver.buffered:
            self._linger()
        return False

    def _waits_for_disk(self, head: RequestHead) -> bool:
        """Whether the application is going to wait for the disk before it answers."""
        return self._context.settle is not None and head.content_length > self._context.limits.body_bytes

    def _run_app(self, environ: dict[str, Any], response: Response) -> None:
        result = self._context.app(environ, response.start_response)
        try:
            settle, mark = self._context.settle, environ.get("s3fixture.unsettled")
            if settle and mark:
                self._mark, self._keeps = mark, isinstance(result, (list, tuple))
                if not self._keeps:
                    settle(mark)
            response.send(result)
        finally:
            self._keeps = False
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _response(self, head: RequestHead, body: Body) -> Response:
        def may_continue() -> bool:
            return (
                head.keep_alive
                and (body.finished or self._can_drain(body))
                and not self._context.stopping.is_set()
            )

        return Response(self, self._context.date, head.method, head.minor, may_continue)

    def _can_drain(self, body: Body) -> bool:
        if body.broken or body.uninvited:
            return False
        unread = body.unread
        return unread is None or unread <= self._context.limits.drain_bytes

    def _environment(self, head: RequestHead, body: Body) -> dict[str, Any]:
        environ = self._environ | head.variables
        environ["REQUEST_METHOD"] = head.method
        environ["REQUEST_URI"] = head.target
        environ["PATH_INFO"] = head.path_info
        environ["QUERY_STRING"] = head.query_string
        environ["SERVER_PROTOCOL"] = "HTTP/1.1" if head.minor else "HTTP/1.0"
        environ["s3fixture.headers"] = head.headers
        environ["s3fixture.head_bytes"] = head.size
        environ["wsgi.input"] = body
        environ["wsgi.input_terminated"] = True
        environ["wsgi.errors"] = sys.stderr
        return environ

    def _send_kept(self) -> None:
        """What its request wrote must be settled before."""
        assert self._context.settle is not None
        answer, self._kept = self._kept, b""
        try:
            self._context.settle(self._mark)
        except Exception as error:
            unexpected = None if isinstance(error, S3FixtureError) else error
            _LOG.error("what a request wrote could not be settled: %s", error, exc_info=unexpected)
            self._refuse(500, "what the request wrote could not be settled; the log says why")
        else:
            self.send(answer)

    def _invite(self) -> None:
        self.send(_CONTINUE)

    def _drain(self, body: Body) -> bool:
        try:
            return self._can_drain(body) and body.drain(self._context.limits.drain_bytes)
        except (ClientDisconnected, MalformedRequest):
            return False

    def _refuse(self, status: int, reason: str, method: str = "GET", header: str = "") -> None:
        """Answer a request that the application does not see with an error, and end the connection."""
        content_type, body = self._context.error_body(status, reason, header)
        response = Response(self, self._context.date, method, 1, lambda: False)
        response.start_response(f"{status} {HTTPStatus(status).phrase}", [("Content-Type", content_type)])
        response.send([body])
        self._linger()

    def _linger(self) -> None:
        """Stop sending, and read on until the client closes: a socket closed with unread input resets the
        connection, and the reset may overtake the answer."""
        self._await("close", self._context.limits.linger_seconds)
        self._be_quick()
        self._notify_close()
        # Of the plain socket: TLS has ended.
        socket.socket.shutdown(self._sock, socket.SHUT_WR)

    def _discard(self) -> bool:
        """Throw away what has come, but not for so long that others wait. Whether there may be more."""
        try:
            for _ in range(_DISCARDED_AT_ONCE):
                if not socket.socket.recv(self._sock, _SEND):  # of the plain socket: it need not be decrypted
                    return False
        except BlockingIOError:
            pass
        return True

    def _notify_close(self) -> None:
        """Tell the client that this is the end and no cut, where the protocol can."""

    def _has_decrypted(self) -> bool:
        """Whether there is something that the socket's selector does not tell."""
        return False


def _address(text: str) -> str:
    """An IPv4 address as such, also on a socket for both kinds: policies and logs know it by that name."""
    return text.removeprefix("::ffff:") if "." in text else text
