"""The console's listener."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from s3fixture.console.application import Console
from s3fixture.errors import PortError
from s3fixture.server import Limits, Server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from s3fixture.app import App

    Guard = Callable[[WSGIApplication], WSGIApplication]


class ConsoleServer:
    """A console that is being served, until `stop`."""

    def __init__(self, console: Console, server: Server) -> None:
        self._console = console
        self._server = server
        self.url = server.url

    def stop(self, grace: float = 1.0) -> None:
        """End the streams of those who watch, then the listener; safe to call twice."""
        self._console.close()
        self._server.stop(grace)


def start_console(
    app: App, *, api_url: str, host: str, port: int, guard: Guard | None = None
) -> ConsoleServer:
    """Serve the console of `app`, whose API answers at `api_url`, on `host`:`port` (0: any free port).

    `guard` wraps what writes into the store: it keeps uploads under way out of a state that is rolled back.

    Raises S3FixtureError when the port cannot be had.
    """
    console = Console(app, api_url=api_url)
    limits = Limits(head_bytes=app.settings.header_limit, idle_seconds=app.settings.idle_timeout)
    try:
        server = Server(_guarded(console, guard) if guard else console, host, port, limits=limits)
    except BaseException as error:
        console.close()
        if isinstance(error, PortError):
            raise error.asked_by("console_port") from error
        raise
    server.start()
    return ConsoleServer(console, server)


def _guarded(console: Console, guard: Guard) -> WSGIApplication:
    """Only what the modules ask for can write; logging in and out does not."""
    changes = guard(console)

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = changes if environ["PATH_INFO"].startswith("/api/") else console
        return answer(environ, start_response)

    return serve
