"""The addresses of a server's metrics, and who may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s3fixture import feature_refusals
from s3fixture.app.metrics import CONTENT_TYPE, Metrics
from s3fixture.auth.metrics_token import check_token
from s3fixture.wire.request import Response

if TYPE_CHECKING:
    from s3fixture.app.app import App
    from s3fixture.app.exchange import Exchange

# For a single server, both have the same content. https://github.com/minio/minio/blob/master/cmd/metrics-router.go
_IMPLEMENTED = frozenset({"/minio/v2/metrics/cluster", "/minio/v2/metrics/node"})


def readable_metrics(app: App, authorization: str) -> Metrics:
    """The metrics of `app`, for a caller with this Authorization header.

    Raises S3Error: NotImplemented when the server keeps none, AccessDenied when a token is missing or wrong.
    """
    settings = app.settings
    if app.metrics is None:
        raise feature_refusals.METRICS_OFF()
    if settings.metrics == "jwt":
        check_token(authorization, settings.access_key, settings.secret_key, app.clock.time())
    return app.metrics


def answer(exchange: Exchange, path: str) -> Response:
    """The answer at one of MinIO's addresses for metrics."""
    if path not in _IMPLEMENTED:
        implemented = " and ".join(sorted(_IMPLEMENTED))
        raise feature_refusals.METRICS_ELSEWHERE(path=path, implemented=implemented)
    metrics = readable_metrics(exchange.app, exchange.request.headers.get("authorization", ""))
    body = metrics.minio_text().encode()
    return Response(200, [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(body)))], body)
