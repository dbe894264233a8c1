"""The style sheets, scripts and icons of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from s3fixture.console.visit import PageError

if TYPE_CHECKING:
    from s3fixture.console.application import Console
    from s3fixture.console.sessions import Session

_A_YEAR = 365 * 24 * 3600


def serve_asset(
    console: Console, request: Request, session: Session | None, version: str, name: str
) -> Response:
    """A file that browsers may cache, because its address changes with its content."""
    asset = console.assets.get(name)
    if asset is None:
        raise PageError(404, "There is no such file.")
    response = Response(asset.content, content_type=asset.content_type)
    if version == console.assets.version:
        response.cache_control.public = True
        response.cache_control.max_age = _A_YEAR
        response.cache_control.immutable = True
    else:
        response.cache_control.no_store = True
    return response
