"""One request to the console, and helpers for answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from s3fixture.app.exchange import request_of
from s3fixture.client_options import Connection
from s3fixture.clock import utc
from s3fixture.console.caller import Caller
from s3fixture.errors import S3Error
from s3fixture.wire.numbers import json_integer

if TYPE_CHECKING:
    from s3fixture.console.application import Console
    from s3fixture.console.sessions import Session

NO_STORE = {"Cache-Control": "no-store"}
# Field of an error -> word for people. Errors of S3 also have other fields, such as StringToSign.
_NAMED = {
    "BucketName": "bucket",
    "Key": "key",
    "VersionId": "version",
    "UploadId": "upload",
    "Name": "name",
    "path": "path",
}


class PageError(Exception):
    """An error of a page, with a message for people."""

    def __init__(self, status: int, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.fields = fields


@dataclass(slots=True)
class Visit:
    """A request of somebody who is logged in."""

    console: Console
    request: Request
    session: Session
    caller: Caller

    @classmethod
    def of(cls, console: Console, request: Request, session: Session) -> Visit:
        caller = Caller(console.app, session.identity, request_of(request.environ))
        return cls(console, request, session, caller)

    def is_current(self) -> bool:
        """Whether the session of this request is still valid."""
        return self.console.session_of(self.request) is not None

    def page(self, template: str, status: int = 200, **names: Any) -> Response:
        """An HTML page, with what the layout of all pages needs."""
        html = self.console.render(template, identity=self.session.identity, csrf=self.session.csrf, **names)
        return html_response(html, status)

    def argument(self, name: str, default: str = "") -> str:
        """A value from the query."""
        return self.request.args.get(name, default)

    def required(self, name: str) -> str:
        """A value from the query. Raises PageError when it is missing."""
        value = self.argument(name)
        if not value:
            raise PageError(400, f"The address of this page has no {name!r}.")
        return value

    def document(self) -> dict[str, Any]:
        """The JSON object in the request. Raises PageError."""
        try:
            found = json.loads(self.request.get_data(), parse_int=json_integer)
            json.dumps(found, ensure_ascii=False).encode()  # refuses an escaped lone surrogate
        except (ValueError, RecursionError):
            raise PageError(400, "The request is not JSON.") from None
        if not isinstance(found, dict):
            raise PageError(400, "The request is not a JSON object.")
        return found

    @property
    def now(self) -> datetime:
        """The server's time, which tests can move."""
        return utc(self.caller.app.clock.time())

    @property
    def connection(self) -> Connection:
        """The API with the keys of this person."""
        identity, settings = self.session.identity, self.caller.app.settings
        return Connection(self.endpoint, identity.access_key, identity.secret_key, settings.region)

    @property
    def endpoint(self) -> str:
        """The API's address for this browser: as configured, else this request's host with the API's port."""
        public = self.caller.app.settings.public_url
        if public:
            return public.rstrip("/")
        configured = urlsplit(self.console.api_url)
        host = urlsplit(f"//{self.request.host}").hostname or configured.hostname or "localhost"
        host = f"[{host}]" if ":" in host else host
        return f"{configured.scheme}://{host}:{configured.port}"


def html_response(html: str, status: int = 200) -> Response:
    """An HTML page that caches do not store."""
    return Response(html, status, NO_STORE, content_type="text/html; charset=utf-8")


def json_response(document: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON answer for the JavaScript modules."""
    return Response(json.dumps(document), status, NO_STORE, content_type="application/json")


def explain(error: Exception) -> tuple[int, dict[str, Any]]:
    """The status and the fields of an error; `named` has pairs of word and name, such as the bucket's."""
    assert isinstance(error, S3Error | PageError)
    code = error.code if isinstance(error, S3Error) else ""
    named = [(word, error.fields[field]) for field, word in _NAMED.items() if error.fields.get(field)]
    shown = {"code": code, "message": error.message, **error.fields}
    return error.status, {**shown, "named": named} if named else shown
