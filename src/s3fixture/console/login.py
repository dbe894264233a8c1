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
    """The cookie's name, with the port, because browsers share cookies between the ports of a host."""
    return f"s3fixture_console_{request.environ.get('SERVER_PORT', '')}"


def session_token(request: Request) -> str:
    """The token in the cookie; "" without one.

    Parsed here, because Werkzeug before 3.2 needs time quadratic in the length of the header.
    """
    cookies = (cookie.partition("=") for cookie in request.headers.get("Cookie", "").split(";"))
    name = cookie_name(request)
    return next((value.strip() for found, _, value in cookies if found.strip() == name), "")


def show_login(console: Console, request: Request, session: Session | None) -> Response:
    """GET: the form, or a redirect if the person is logged in."""
    target = _local(request.args.get("next", ""))
    if session is not None:
        return redirect(target, 303)
    return html_response(form(console, target))


def log_in(console: Console, request: Request, session: Session | None) -> Response:
    """POST: check the keys and set the cookie. An address with wrong keys is slowed down."""
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
    if session is not None:  # end the former session of this browser
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
    """End the session, also for stolen copies of the cookie."""
    visit.console.sessions.end(session_token(visit.request))
    response = redirect("/login", 303)
    response.delete_cookie(cookie_name(visit.request), path="/", httponly=True, samesite="Lax")
    return response


def redirect_to_login(request: Request) -> Response:
    """Redirect to the form, which leads back to the requested page."""
    asked = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(link("/login", next="" if asked == "/" else asked), 303)


def form(console: Console, target: str = "", *, message: str = "", access_key: str = "") -> str:
    """The log-in page, which leads to `target`; after an error it still has the access key."""
    return console.render("login.html", message=message, next=target, access_key=access_key)


def _is_secret_of(identity: Identity | None, secret_key: str) -> bool:
    """Compare in the same time for known and unknown identities."""
    expected = identity.secret_key if identity else "\0"
    return hmac.compare_digest(digest(expected), digest(secret_key))


def _local(target: str) -> str:
    """A path of the console; "/" for anything else, so that nobody is redirected elsewhere."""
    local = target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target
    return target if local and target.isprintable() else "/"
