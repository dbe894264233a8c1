"""The control surface of a running server over HTTP, for tests in any language.

Each public method of the class `Control` is `POST /control/METHOD` with a JSON object of its arguments by
name; `GET /control/openapi.json` describes all of them, made from the class. A saved state is the body of
`GET` and `PUT /control/state`, so that a caller cannot name a file on the server's machine. Only the
console's listener serves it; a request to the S3 port cannot reach it.

A caller sends the server's main keys in an Authorization header (Basic). There is no cookie and no challenge,
so a browser sends nothing by itself, and requests from a web page are refused. The console's own pages use
/api/control/ instead, with the log-in of the main keys (pages/control.py).
"""

from __future__ import annotations

import hmac
import inspect
import json
import logging
import math
import shutil
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import FileWrapper

from s3fixture.console.security import check_host, check_origin, secure
from s3fixture.console.throttle import Throttle, digest
from s3fixture.console.typed_json import (
    WrongValueError,
    arguments_schema,
    parse_object,
    plain,
    read_arguments,
    schema,
)
from s3fixture.console.visit import PageError, json_response
from s3fixture.errors import ClientDisconnected, S3Error, S3FixtureError, did_you_mean
from s3fixture.temporary_folders import TemporaryFolder

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from s3fixture.settings import Settings

PREFIX = "/control/"
_OPENAPI = "openapi.json"
_STATE = "state"  # replaces the methods with a file name, which would be on the server's machine
_BY_FILE = frozenset({"load", "save"})
_BODY_LIMIT = 1024 * 1024  # bytes of a JSON document
_LOG = logging.getLogger("s3fixture.control")


class ControlApi:
    """A WSGI application that serves the public methods of `control`."""

    def __init__(self, control: Any, settings: Settings) -> None:
        self._control = control
        self._settings = settings
        self._throttle = Throttle()
        # One check at a time, so that trying many keys at once does not help.
        self._checking = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = _BODY_LIMIT
        try:
            response = self._answer(request)
        except ClientDisconnected:
            raise
        except PageError as error:
            response = _refusal(error.status, error.message)
        except RequestEntityTooLarge:
            response = _refusal(413, f"the body has more than {_BODY_LIMIT:,} bytes")
        except Exception:
            _LOG.exception("%s %r failed", request.method, request.path)
            response = _refusal(500, "an error occurred; the server's log has the details")
        secure(response)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        check_host(request, self._settings)
        check_origin(request)
        self._authenticate(request)
        return self.perform(request, request.path.removeprefix(PREFIX))

    def perform(self, request: Request, name: str) -> Response:
        """The answer for a method's name or one of the two documents; it checks no keys. Raises PageError."""
        if name == _OPENAPI:
            _check_method(request, "GET")
            return json_response(openapi(type(self._control)))
        if name == _STATE:
            return self._state(request)
        method = methods(type(self._control)).get(name)
        if method is None:
            near = did_you_mean(name, methods(type(self._control)))
            hint = near or f"; {PREFIX}{_OPENAPI} lists the methods"
            raise PageError(404, f"there is no {PREFIX}{name}{hint}")
        _check_method(request, "POST")
        try:
            arguments = read_arguments(method, parse_object(request.get_data()))
            return _json(plain(method(self._control, **arguments)))
        except WrongValueError as error:
            raise PageError(400, f"{name}: {error}") from None
        except (S3FixtureError, S3Error) as error:
            raise PageError(409, f"{name}: {error}") from None

    def _state(self, request: Request) -> Response:
        """GET: the state of all buckets as a file. PUT: replace all buckets by those in a file."""
        folder = TemporaryFolder("state")
        path = folder.path / "state"
        try:
            if request.method == "GET":
                return self._saved(path, folder.remove)
            _check_method(request, "PUT")
            request.max_content_length = None
            with path.open("wb") as file:
                shutil.copyfileobj(request.stream, file)
            self._control.load(str(path))
        except S3FixtureError as error:
            folder.remove()
            raise PageError(409, str(error).replace(str(path), "the file")) from None
        except BaseException:
            folder.remove()
            raise
        folder.remove()
        return _json(None)

    def _saved(self, path: Path, remove: Callable[[], object]) -> Response:
        self._control.save(str(path))
        size = path.stat().st_size
        response = Response(FileWrapper(path.open("rb")), 200, content_type="application/octet-stream")
        response.content_length = size
        response.call_on_close(remove)
        return response

    def _authenticate(self, request: Request) -> None:
        """PageError unless the request has the server's keys. An address with wrong keys is slowed down."""
        given = request.authorization
        if given is None or given.type != "basic":
            raise PageError(
                403,
                "the request has no keys; send the server's access key and secret key with Basic "
                "authorization, for example `curl --user ACCESS_KEY:SECRET_KEY`",
            )
        address, access_key = request.remote_addr or "", given.username or ""
        with self._checking:
            wait = self._throttle.waiting(address)
            is_right = not wait and self._is_right(access_key, given.password or "")
            if not wait and not is_right:
                self._throttle.enter(address, access_key)
        if wait:
            raise PageError(429, f"too many wrong keys; try again in {math.ceil(wait)} s")
        if not is_right:
            raise PageError(403, "the access key or the secret key is wrong; use the server's main keys")

    def _is_right(self, access_key: str, secret_key: str) -> bool:
        """Takes the same time for every wrong key: both are compared, as digests of the same length."""
        right_access = hmac.compare_digest(digest(access_key), digest(self._settings.access_key))
        right_secret = hmac.compare_digest(digest(secret_key), digest(self._settings.secret_key))
        return right_access and right_secret


def methods(interface: type) -> dict[str, Any]:
    """The public methods of a class by name, except those that take the name of a file on this machine."""
    return {
        name: value
        for name, value in vars(interface).items()
        if inspect.isfunction(value) and not name.startswith("_") and name not in _BY_FILE
    }


def openapi(interface: type) -> dict[str, Any]:
    """The OpenAPI 3.1 description of the methods of `interface`."""
    records: dict[str, Any] = {}
    paths = {
        f"{PREFIX}{name}": {"post": _operation(name, method, records)}
        for name, method in methods(interface).items()
    }
    paths[PREFIX + _STATE] = _STATE_PATH
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "s3fixture control",
            "version": "1",
            "description": inspect.getdoc(interface) or "",
        },
        "security": [{"keys": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"keys": {"type": "http", "scheme": "basic"}},
            "schemas": records,
        },
    }


def _operation(name: str, method: Any, records: dict[str, Any]) -> dict[str, Any]:
    summary, _, description = (inspect.getdoc(method) or "").partition("\n\n")
    arguments = arguments_schema(method, records)
    result = schema(get_type_hints(method)["return"], records)
    failure = {"content": {"application/json": {"schema": _FAILURE}}}
    return {
        "operationId": name,
        "summary": summary,
        "description": description,
        "requestBody": {
            "required": bool(arguments["required"]),
            "content": {"application/json": {"schema": arguments}},
        },
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": result}}},
            **{status: {"description": text, **failure} for status, text in _FAILURES.items()},
        },
    }


_FAILURE = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
_FAILURES = {
    "400": "An argument is wrong; nothing was done.",
    "403": "The keys are wrong or missing, or the request came from a page of another address.",
    "409": "The method failed; the message says why.",
    "429": "Too many wrong keys came from this address.",
}

_FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_STATE_PATH: dict[str, Any] = {
    "get": {
        "operationId": "save",
        "summary": "The state of all buckets as one file.",
        "responses": {"200": {"description": "The file.", "content": _FILE}},
    },
    "put": {
        "operationId": "load",
        "summary": "Replace all buckets by the state in a file.",
        "requestBody": {"required": True, "content": _FILE},
        "responses": {
            "200": {"description": "Done."},
            "409": {"description": "The file is not a saved state; the message says why."},
        },
    },
}


def _check_method(request: Request, wanted: str) -> None:
    if request.method != wanted:
        raise PageError(405, f"{request.path} takes {wanted}, not {request.method}")


def _json(value: Any) -> Response:
    return Response(json.dumps(value), 200, {"Cache-Control": "no-store"}, content_type="application/json")


def _refusal(status: int, message: str) -> Response:
    return json_response({"message": message}, status)
