"""What can go wrong between the listener and its client."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from s3fixture.errors import ClientDisconnected, MalformedRequest

__all__ = [
    "ClientDisconnected",
    "ErrorBody",
    "MalformedBody",
    "MalformedRequest",
    "Overloaded",
    "plain_error",
]

ErrorBody = Callable[[int, str], tuple[str, bytes]]
"""Status and reason of an error that no application saw -> content type and body of its answer."""


class MalformedBody(MalformedRequest):
    """Raised by `wsgi.input`: the chunked framing of the body is broken. Uncaught, it becomes a 400."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, reason)


class Overloaded(MalformedRequest):
    """As many slow clients are waited for as there may be. Uncaught, it becomes a 503."""

    def __init__(self) -> None:
        super().__init__(503, "too many slow clients are being waited for")


def plain_error(status: int, reason: str) -> tuple[str, bytes]:
    """The default `ErrorBody`: one line of text."""
    line = f"{status} {HTTPStatus(status).phrase}: {reason}\n"
    return "text/plain; charset=utf-8", line.encode()
