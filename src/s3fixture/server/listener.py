"""The listening socket and the threads behind it."""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import TYPE_CHECKING

from .errors import ErrorBody, plain_error
from .limits import Limits

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Server:
    """Serves one WSGI application over HTTP/1.1. Bound when made, serving between `start` and `stop`."""

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
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port in use."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where clients on this machine reach the server, without a final slash."""
        raise NotImplementedError

    def start(self) -> None:
        """Accept connections, in a thread."""
        raise NotImplementedError

    def stop(self, grace: float = 5.0) -> None:
        """Close the port and idle connections at once, the others when answered or after `grace` seconds."""
        raise NotImplementedError

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
