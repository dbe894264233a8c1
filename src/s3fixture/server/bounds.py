"""The limits of a listener, and the errors for clients that exceed them or send malformed requests."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from s3fixture.errors import ClientDisconnected, ConnectionCut, MalformedRequest


class Limits(NamedTuple):
    """Bounds of one connection, and of all together: bytes, counts and seconds."""

    connections: int = 4096
    """Beyond it, the connection that would be given up next is closed for a new one."""
    threads: int = 512
    """Of clients that are waited for within a large body or answer; beyond it 503."""

    head_bytes: int = 64 * 1024
    """Request line and headers together; beyond it 431, or 414 when the request line alone is longer."""
    header_count: int = 256
    head_seconds: float = 20.0
    """From the first byte of a head to its last (and for a TLS handshake); beyond it 408."""
    idle_seconds: float = 60.0
    """Without a byte sent or received: between requests, within a body, within an answer."""
    body_bytes: int = 64 * 1024
    """A body up to this size costs no thread while it comes: the application is asked when all of it is
    there, which may take `idle_seconds`; beyond that 408."""
    body_rate: int = 1024
    """Bytes in a second that a larger body must have come with, on average, after `idle_seconds`."""
    drain_bytes: int = 64 * 1024
    """An unread request body up to this size is thrown away, so that the connection can be used again."""
    linger_seconds: float = 5.0
    """How long a connection closed with unread input is read on, lest a reset destroys the answer."""


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
    """As many slow clients are waited for as there may be. Uncaught, it becomes a 503."""

    def __init__(self) -> None:
        super().__init__(503, "too many slow clients are being waited for")


def plain_error(status: int, reason: str, _header: str = "") -> tuple[str, bytes]:
    """The default `ErrorBody`: one line of text."""
    line = f"{status} {HTTPStatus(status).phrase}: {reason}\n"
    return "text/plain; charset=utf-8", line.encode()
