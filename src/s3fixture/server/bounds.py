"""The limits of a listener, and the errors for clients that exceed them or send malformed requests."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from s3fixture.errors import ClientDisconnected, ConnectionCut, MalformedRequest
from s3fixture.named_tuples import NamedTuple


class Limits(NamedTuple):
    """Bounds of one connection, and of all together: bytes, counts and seconds."""

    connections: int = 4096
    """Beyond it, or beyond three quarters of the files that the process may open, the connection with the
    nearest deadline is closed to make room for a new one."""
    threads: int = 512
    """That may wait for clients within a large body or answer; beyond it 503."""

    head_bytes: int = 64 * 1024
    """Request line and headers together; beyond it 431, or 414 when the request line alone is longer."""
    header_count: int = 256
    head_seconds: float = 20.0
    """From the first byte of a head to its last (and for a TLS handshake); beyond it 408."""
    idle_seconds: float = 60.0
    """Without a byte sent or received: between requests, within a body, within an answer."""
    body_bytes: int = 64 * 1024
    """A body up to this size costs no thread while it arrives: the application is called once all of it is
    there, which may take `idle_seconds`; beyond that 408."""
    body_rate: int = 1024
    """Bytes per second at which a larger body must arrive, on average, once `idle_seconds` have passed."""
    drain_bytes: int = 64 * 1024
    """An unread request body up to this size is thrown away, so that the connection can be used again."""
    linger_seconds: float = 5.0
    """How long a closed connection with unread input is still read, so that no reset destroys the answer."""


__all__ = [
    "ClientDisconnected",
    "ConnectionCut",
    "ErrorBody",
    "MalformedBody",
    "MalformedRequest",
    "Overloaded",
    "plain_error",
]

ErrorBody = Callable[[int, str, str], tuple[str, bytes]]
"""Status, reason and header (`MalformedRequest`) of an error that no application saw -> content type and body
of its answer."""


class MalformedBody(MalformedRequest):
    """Raised by `wsgi.input`: the chunked framing of the body is broken. Uncaught, it becomes a 400."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, reason)


class Overloaded(MalformedRequest):
    """All `Limits.threads` wait for slow clients. Uncaught, it becomes a 503."""

    def __init__(self) -> None:
        super().__init__(503, "the server waits for too many slow clients; try again later")


def plain_error(status: int, reason: str, _header: str = "") -> tuple[str, bytes]:
    """The default `ErrorBody`: one line of text."""
    line = f"{status} {HTTPStatus(status).phrase}: {reason}\n"
    return "text/plain; charset=utf-8", line.encode()
