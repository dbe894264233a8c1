"""`/metrics` on the console's port: what Prometheus scrapes. It needs no log-in, but may need a token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from s3fixture.app.metrics import CONTENT_TYPE
from s3fixture.app.scraping import readable_metrics
from s3fixture.console.security import check_host, secure
from s3fixture.console.visit import PageError
from s3fixture.errors import S3Error

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from s3fixture.app import App

PATH = "/metrics"


class MetricsPage:
    """A WSGI application for `/metrics`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = self._answer(Request(environ))
        secure(response)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            check_host(request, self._app.settings)
            if request.method not in ("GET", "HEAD"):
                raise PageError(405, f"{PATH} takes GET, not {request.method}")
            metrics = readable_metrics(self._app, request.headers.get("Authorization", ""))
        except (S3Error, PageError) as error:
            return Response(f"{error.message}\n", error.status, content_type="text/plain; charset=utf-8")
        return Response(metrics.text(), 200, {"Cache-Control": "no-store"}, content_type=CONTENT_TYPE)
