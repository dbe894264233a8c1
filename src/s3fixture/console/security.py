"""Protections for pages that show what anybody may have uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from s3fixture.console.visit import PageError

if TYPE_CHECKING:
    from s3fixture.console.sessions import Session
    from s3fixture.settings import Settings

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
        "require-trusted-types-for 'script'",  # our modules never turn text into markup or code
        "trusted-types 'none'",
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
    """Add the headers of every answer, unless a page has set its own."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


def check_origin(request: Request) -> None:
    """Raise PageError for a request from a page of another origin.

    For cookies, a page on another port of the same host is the same site, and an object in a bucket can be
    such a page. So the port is compared, too.
    """
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    strange = origin is not None and origin.partition("://")[2] != request.host
    if strange or site not in ("same-origin", "none"):
        raise PageError(403, "The request came from a page of another address and was refused.")


def check_host(request: Request, settings: Settings) -> None:
    """Raise PageError for a host name that somebody could have pointed at this machine (DNS rebinding).

    For a browser, such a page has the console's own origin, and it may know the usual keys. A server that
    listens on other addresses than loopback can have names that we do not know, so it is not checked.
    """
    host = _host_name(request.host)
    if host is None:
        raise PageError(400, "The request has no valid Host header.")
    if not _is_loopback(settings.host) or _is_ours(host) or host in settings.base_hosts:
        return
    raise PageError(
        403,
        f"This console does not accept requests for the host {host}. Open it with the address that the "
        "server printed, or set MINIO_SERVER_URL to the address that its users have.",
    )


def _host_name(netloc: str) -> str | None:
    """The host without its port, in lower case; None when it is invalid."""
    try:
        return urlsplit(f"//{netloc}").hostname
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_ours(host: str) -> bool:
    """Whether it is an IP address, has no domain, or is below localhost: others cannot point these here."""
    try:
        return bool(ip_address(host))
    except ValueError:
        return "." not in host or host.endswith(".localhost")


def check_change(request: Request, session: Session) -> None:
    """Raise PageError for a change that does not come from a page of this session."""
    if request.method in _READING:
        return
    check_origin(request)
    token = request.headers.get(CSRF_HEADER, "")
    if not token and request.mimetype == "application/x-www-form-urlencoded":
        token = request.form.get(CSRF_FIELD, "")
    if not session.accepts(token):
        raise PageError(403, "This page is out of date, so nothing was changed; reload it.")
