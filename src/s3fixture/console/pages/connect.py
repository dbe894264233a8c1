"""How to connect: the variables and lines for each client."""

from __future__ import annotations

from werkzeug.wrappers import Response

from s3fixture.console.snippets import MASK, connection_snippets
from s3fixture.console.visit import Visit


def show_connect(visit: Visit) -> Response:
    """GET /connect?bucket=."""
    bucket = visit.argument("bucket")
    return visit.page(
        "connect.html",
        title="Connect",
        endpoint=visit.endpoint,
        region=visit.connection.region,
        bucket=bucket,
        mask=MASK,
        snippets=connection_snippets(visit.connection, bucket),
    )
