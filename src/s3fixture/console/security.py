"""What keeps a page safe that shows what anyone may have uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from s3fixture.console.visit import PageError

if TYPE_CHECKING:
    from s3fixture.console.sessions import Session

CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
_READING = frozenset({"GET", "HEAD"})
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers send forms with "Origin: null"
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def secure(response: Response) -> None:
    """Add the headers that every answer has, unless a page has chosen stricter ones."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


def check_origin(request: Request) -> None:
    """Raise PageError for a change that a page of another origin sends.

    A page on another port of the same host counts as the same site for cookies, and what is in a bucket can
    be such a page: so the port is compared too.
    """
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if (origin is not None and urlsplit(origin).netloc != request.host) or site not in (
        "same-origin",
        "none",
    ):
        raise PageError(403, "This request came from a page of another address, and was not carried out.")


def check_change(request: Request, session: Session) -> None:
    """Raise PageError for a change that does not come from one of our pages."""
    if request.method in _READING:
        return
    check_origin(request)
    token = request.headers.get(CSRF_HEADER, "")
    if not token and request.mimetype == "application/x-www-form-urlencoded":
        token = request.form.get(CSRF_FIELD, "")
    if not session.accepts(token):
        raise PageError(403, "This page is out of date, and nothing was changed; load it again.")
