"""The console's listener. The console itself is made at the first request to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

from s3fixture.console.usage import UsageSamples
from s3fixture.errors import PortError
from s3fixture.server import Limits, Server

if TYPE_CHECKING:
    import ssl

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from s3fixture.app import App
    from s3fixture.console.application import Console
    from s3fixture.console.control_api import ControlApi

    Middleware = Callable[[WSGIApplication], WSGIApplication]


class ConsoleServer:
    """A running console."""

    def __init__(self, console: _LateConsole, server: Server) -> None:
        self._console = console
        self._server = server
        self.url = server.url

    def stop(self, grace: float = 1.0) -> None:
        """End the streams of all viewers, then the listener; safe to call twice."""
        self._console.close()
        self._server.stop(grace)


def start_console(
    app: App,
    *,
    api_url: str,
    host: str,
    port: int,
    middleware: Middleware | None = None,
    control: object | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> ConsoleServer:
    """Serve the console of `app`, whose API answers at `api_url`, on `host`:`port` (0: any free port).

    `middleware` wraps the application for requests that write: a request that is still running must not write
    into a store that was rolled back. The public methods of `control` are served below /control/.

    Raises S3FixtureError when the port cannot be used.
    """
    api = _control_api(control, app) if control is not None else None
    console = _LateConsole(app, api_url, api)
    limits = Limits(head_bytes=app.settings.header_limit, idle_seconds=app.settings.idle_timeout)
    try:
        pages: WSGIApplication = _with_middleware(console, middleware) if middleware else console
        pages = _with_metrics(_with_control(pages, api), app)
        server = Server(pages, host, port, ssl_context=ssl_context, limits=limits)
    except BaseException as error:
        console.close()
        if isinstance(error, PortError):
            raise error.asked_by("console_port") from error
        raise
    server.start()
    return ConsoleServer(console, server)


class _LateConsole:
    """Makes the console at its first request: importing it would take six times the rest of a start."""

    def __init__(self, app: App, api_url: str, control: Callable[[], ControlApi] | None) -> None:
        self._app = app
        self._api_url = api_url
        self._control = control
        # From the start, so that the chart has earlier values.
        self._usage = UsageSamples(app.store, app.clock)
        self._lock = threading.Lock()
        self._console: Console | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._made()(environ, start_response)

    def close(self) -> None:
        """Safe to call twice."""
        self._usage.close()
        if self._console:
            self._console.close()

    def _made(self) -> Console:
        with self._lock:
            if self._console is None:
                from s3fixture.console.application import Console

                control = self._control() if self._control else None
                self._console = Console(self._app, self._usage, api_url=self._api_url, control=control)
            return self._console


def _with_middleware(console: _LateConsole, middleware: Middleware) -> WSGIApplication:
    """Wrap only /api/, because other addresses do not write.

    Control is not wrapped: a request that rolls the store back must not be one of those that this ends.
    """
    changes = middleware(console)

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        answer = changes if path.startswith("/api/") and not path.startswith("/api/control/") else console
        return answer(environ, start_response)

    return serve


def _control_api(control: object, app: App) -> Callable[[], ControlApi]:
    @cache
    def api() -> ControlApi:
        from s3fixture.console.control_api import ControlApi  # imported when used, as the pages are

        return ControlApi(control, app.settings)

    return api


def _with_control(pages: WSGIApplication, api: Callable[[], ControlApi] | None) -> WSGIApplication:
    """Serve /control/ outside of the middleware, for the same reason."""
    if api is None:
        return pages

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = api() if environ["PATH_INFO"].startswith("/control/") else pages
        return answer(environ, start_response)

    return serve


def _with_metrics(pages: WSGIApplication, app: App) -> WSGIApplication:
    """Serve /metrics without a log-in, because Prometheus cannot log in."""

    @cache
    def page() -> WSGIApplication:
        from s3fixture.console.metrics_page import MetricsPage  # imported when used, as the pages are

        return MetricsPage(app)

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = page() if environ["PATH_INFO"] == "/metrics" else pages
        return answer(environ, start_response)

    return serve
