"""The console as a WSGI application: log-in, safety checks, and the choice of the page."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from s3fixture.app.app import STORE_ERRORS, store_error
from s3fixture.console import login
from s3fixture.console.assets import Assets
from s3fixture.console.body_switch import BodySwitch
from s3fixture.console.feed import Feed
from s3fixture.console.preview import Renderer
from s3fixture.console.rendering import environment
from s3fixture.console.routes import OPEN, RULES
from s3fixture.console.security import check_change, check_host, secure
from s3fixture.console.sessions import Session, Sessions
from s3fixture.console.throttle import Throttle
from s3fixture.console.usage import UsageSamples
from s3fixture.console.visit import PageError, Visit, explain, html_response, json_response
from s3fixture.errors import ClientDisconnected, S3Error, S3FixtureError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from s3fixture.app import App
    from s3fixture.console.control_api import ControlApi

_LOG = logging.getLogger("s3fixture.console")
_FORM_LIMIT = 1024 * 1024  # bytes of a form or a JSON document; uploads are read as the API reads them


class Console:
    """The console of one server. `api_url` is the address of its API; `control` serves `Control`."""

    def __init__(
        self, app: App, usage: UsageSamples, *, api_url: str, control: ControlApi | None = None
    ) -> None:
        self.app = app
        self.api_url = api_url
        self.control = control
        self.sessions = Sessions()
        self.throttle = Throttle()
        self.assets = Assets()
        self.feed = Feed(app.log)
        self.renderer = Renderer()
        self.bodies = BodySwitch(app)
        self.usage = usage
        self._templates = environment(asset=self.assets.path)
        self._map = Map([rule.empty() for rule in RULES], strict_slashes=False, merge_slashes=False)

    def close(self) -> None:
        """End all streams of this console; safe to call twice."""
        self.feed.close()

    def render(self, template: str, **names: Any) -> str:
        """A template as text."""
        return self._templates.get_template(template).render(names)

    def session_of(self, request: Request) -> Session | None:
        """The session of the request's cookie."""
        return self.sessions.find(login.session_token(request))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = _FORM_LIMIT
        try:
            response = self._answer(request)
        except ClientDisconnected:
            raise
        except Exception:
            _LOG.exception("%s %r failed", request.method, request.path)
            error = PageError(500, "An error occurred in the console; the server's log has the details.")
            response = self._refuse(request, self.session_of(request), error)
        secure(response)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        session = self.session_of(request)
        try:
            check_host(request, self.app.settings)
            page, arguments = self._map.bind_to_environ(request.environ).match()
            if page in OPEN:
                response: Response = page(self, request, session, **arguments)
                return response
            if session is None:
                return _ask_to_log_in(request)
            check_change(request, session)
            visit = Visit.of(self, request, session)
            response = page(visit, **arguments)
        except (S3Error, PageError) as error:
            return self._refuse(request, session, error)
        except STORE_ERRORS as error:
            return self._refuse(request, session, store_error(error))
        except S3FixtureError as error:
            return self._refuse(request, session, PageError(500, str(error)))
        except RequestEntityTooLarge:
            return self._refuse(
                request,
                session,
                PageError(413, f"The request is too large; this page accepts {_FORM_LIMIT:,} bytes."),
            )
        except HTTPException as error:
            return self._refuse_http(request, session, error)
        return response

    def _refuse_http(self, request: Request, session: Session | None, error: HTTPException) -> Response:
        """The answer to an error of routing: a redirect, an unknown page, a method that is not allowed."""
        if error.code is not None and error.code < 400:
            return Response.force_type(error.get_response(), request.environ)
        if session is None:
            return _ask_to_log_in(request)
        return self._refuse(
            request, session, PageError(error.code or 500, "There is no such page.", path=request.path)
        )

    def _refuse(self, request: Request, session: Session | None, error: S3Error | PageError) -> Response:
        status, shown = explain(error)
        if request.path.startswith("/api/"):
            return json_response(shown, status)
        if session is None:
            return html_response(login.form(self, message=error.message), status)
        visit = Visit.of(self, request, session)
        bucket = _bucket_of(request) if error.fields.get("BucketName") is None else ""
        return visit.page("error.html", status, error=shown, bucket=bucket, title=str(status))


def _bucket_of(request: Request) -> str:
    """The bucket in the address of a page; "" on other pages."""
    _, first, bucket, *_ = [*request.path.split("/"), "", ""]
    return bucket if first == "buckets" else ""


def _ask_to_log_in(request: Request) -> Response:
    """The answer without a log-in. It does not show whether the page exists."""
    if request.path.startswith("/api/"):
        return json_response({"code": "LogIn", "message": "You are logged out; log in again."}, 401)
    return login.redirect_to_login(request)
