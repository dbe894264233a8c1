"""What can go wrong between the listener and its client."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

ErrorBody = Callable[[int, str], tuple[str, bytes]]
"""Status and reason of an error that no application saw -> content type and body of its answer."""


class ClientDisconnected(OSError):  # noqa: N818 - an event, named as what it is
    """The client went away, or fell silent, before its request or the answer was complete.

    `wsgi.input` raises it in the middle of a body. It may pass through the application: the listener closes
    the connection and logs nothing.
    """


class RequestError(Exception):
    """A request that breaks HTTP. The listener answers `status` and closes the connection."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {HTTPStatus(status).phrase}: {reason}")
        self.status = status
        self.reason = reason


class MalformedBody(RequestError):  # noqa: N818 - named like S3's codes
    """Raised by `wsgi.input`: the chunked framing of the body is broken. Uncaught, it becomes a 400."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, reason)


def plain_error(status: int, reason: str) -> tuple[str, bytes]:
    """The default `ErrorBody`: one line of text."""
    line = f"{status} {HTTPStatus(status).phrase}: {reason}\n"
    return "text/plain; charset=utf-8", line.encode()
