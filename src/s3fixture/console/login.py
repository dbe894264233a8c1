"""Logging in and out."""

from __future__ import annotations

import hmac
import math
from typing import TYPE_CHECKING

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from s3fixture.console.rendering import link
from s3fixture.console.security import check_origin
from s3fixture.console.sessions import LIFETIME
from s3fixture.console.throttle import digest
from s3fixture.console.visit import Visit, html_response

if TYPE_CHECKING:
    from s3fixture.auth.identity import Identity
    from s3fixture.console.application import Console
    from s3fixture.console.sessions import Session

_FORM_LIMIT = 16 * 1024  # bytes


def cookie_name(request: Request) -> str:
    """Cookies do not know ports: each console of a machine needs a name of its own."""
    return f"s3fixture_console_{request.environ.get('SERVER_PORT', '')}"


def session_token(request: Request) -> str:
    """What the cookie says; "" without one.

    Read here, because Werkzeug before 3.2 takes a time that is quadratic in the length of the header.
    """
    cookies = (cookie.partition("=") for cookie in request.headers.get("Cookie", "").split(";"))
    name = cookie_name(request)
    return next((value.strip() for found, _, value in cookies if found.strip() == name), "")


def show_login(console: Console, request: Request, session: Session | None) -> Response:
    """GET: the form, or on to the pages for who is logged in."""
    target = _local(request.args.get("next", ""))
    if session is not None:
        return redirect(target, 303)
    return html_response(form(console, target))


def log_in(console: Console, request: Request, session: Session | None) -> Response:
    """POST: keys against a cookie. Wrong ones are slowed down by the address that they come from."""
    check_origin(request)
    request.max_content_length = _FORM_LIMIT
    access_key, secret_key = request.form.get("access_key", "").strip(), request.form.get("secret_key", "")
    address = request.remote_addr or ""
    target = _local(request.form.get("next", ""))
    wait = console.throttle.enter(address, access_key)
    if wait > 0:
        seconds = math.ceil(wait)
        message = f"Too many wrong log-ins. Try again in {seconds} s."
        response = html_response(form(console, target, message=message, access_key=access_key), 429)
        response.headers["Retry-After"] = str(seconds)
        return response
    identity = console.app.identities.by_access_key(access_key)
    if not _is_secret_of(identity, secret_key) or identity is None:
        message = "The access key or the secret key is wrong."
        return html_response(form(console, target, message=message, access_key=access_key), 401)
    console.throttle.succeeded(address, access_key)
    if session is not None:  # the former log-in of this browser ends
        console.sessions.end(session_token(request))
    token, _ = console.sessions.begin(identity)
    response = redirect(target, 303)
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=int(LIFETIME),
        httponly=True,
        secure=request.scheme == "https",
        samesite="Lax",
        path="/",
    )
    return response


def log_out(visit: Visit) -> Response:
    """End the session; what a thief copied ends with it."""
    visit.console.sessions.end(session_token(visit.request))
    response = redirect("/login", 303)
    response.delete_cookie(cookie_name(visit.request), path="/", httponly=True, samesite="Lax")
    return response


def redirect_to_login(request: Request) -> Response:
    """On to the form, and afterwards back to the page that was asked for."""
    asked = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(link("/login", next="" if asked == "/" else asked), 303)


def form(console: Console, target: str = "", *, message: str = "", access_key: str = "") -> str:
    """The log-in page, which leads on to `target`; the access key stays in it, to be typed but once."""
    return console.render("login.html", message=message, next=target, access_key=access_key)


def _is_secret_of(identity: Identity | None, secret_key: str) -> bool:
    """Compared in the same time whether there is such an identity or not."""
    expected = identity.secret_key if identity else "\0"
    return hmac.compare_digest(digest(expected), digest(secret_key))


def _local(target: str) -> str:
    """A path of ours; "/" for anything that would lead elsewhere."""
    local = target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target
    return target if local and target.isprintable() else "/"
