"""One request, with what the steps have found out so far; from WSGI's environment and to WSGI's body.

The body of an answer is sent at once when it is small, and by the kernel when it is one file.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from s3fixture.store import BodyReader
from s3fixture.wire.request import Request, Stream, Target

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from s3fixture.app.app import App
    from s3fixture.app.faults import ActiveFault
    from s3fixture.app.website_hosting import Website
    from s3fixture.auth.authenticator import Authentication
    from s3fixture.service import Call, Result


NOWHERE = Target(None, None, "", {}, "", [])  # before the target was understood
_RAW_TARGET = ("REQUEST_URI", "RAW_URI")  # the servers' names for the target as it was sent


@dataclass(slots=True, eq=False, repr=False)
class Exchange:
    """Filled in by the steps, in their order."""

    app: App
    request: Request
    request_id: str
    host_id: str
    target: Target = NOWHERE
    operation: str = ""
    fault: ActiveFault | None = None
    authentication: Authentication | None = None
    website: Website | None = None  # if the host is that of a website
    call: Call | None = None  # once caller and operation are known
    cors_headers: list[tuple[str, str]] | None = None  # by the rules before the operation, if it changes them
    metadata: Mapping[str, str] | None = None  # of a form, bounded for the log
    params: dict[str, Any] = field(init=False)
    result: Result = field(init=False)

    def call_of(self, operation: str, authentication: Authentication) -> Call:
        """The call of this request, as an operation sees it."""
        return self.app.call(
            operation, self.request, self.target, authentication, self.request_id, self.host_id
        )

    @property
    def bucket(self) -> str:
        return self.target.bucket or ""

    @property
    def key(self) -> str:
        return self.target.key or ""


def request_of(environ: WSGIEnvironment) -> Request:
    """The request in a WSGI environment; with raw target and headers if the server, like ours, gives them."""
    headers = environ.get("s3fixture.headers")
    if headers is None:
        headers = _wsgi_headers(environ)
        environ["s3fixture.head_bytes"] = sum(map(len, (*headers, *headers.values(), _raw_target(environ))))
    return Request(  # by position, as each request has one
        environ["REQUEST_METHOD"],
        _raw_target(environ),
        headers,
        _body(environ),
        environ["wsgi.url_scheme"],
        environ.get("REMOTE_ADDR", ""),
        environ["s3fixture.head_bytes"],
        environ.get("SSL_PROTOCOL", ""),
        environ.get("SSL_CIPHER", ""),
    )


def _raw_target(environ: WSGIEnvironment) -> str:
    for name in _RAW_TARGET:
        if name in environ:
            return str(environ[name])
    path = quote(environ.get("PATH_INFO", "/").encode("latin-1"))
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def _wsgi_headers(environ: WSGIEnvironment) -> dict[str, str]:
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    return headers


def _body(environ: WSGIEnvironment) -> Stream:
    if environ.get("wsgi.input_terminated"):
        stream: Stream = environ["wsgi.input"]
        return stream
    from werkzeug.wsgi import get_input_stream  # imported when used: our listener ends its bodies itself

    return get_input_stream(environ)


class _ReaderFile(io.FileIO):
    """The file that a reader is about; closing it closes the reader, which keeps the file until then."""

    def __init__(self, reader: BodyReader, path: Path, offset: int) -> None:
        self._reader = reader  # set first, so that it is closed even if the file cannot be opened
        super().__init__(path)
        self.seek(offset)

    def close(self) -> None:
        super().close()
        self._reader.close()


def outgoing(body: bytes | Iterable[bytes] | None, environ: WSGIEnvironment) -> Iterable[bytes]:
    """The WSGI result for `body`; for files, PEP 3333's `wsgi.file_wrapper`."""
    if body is None:
        return ()
    if isinstance(body, bytes):
        return (body,)
    if not isinstance(body, BodyReader):
        return body
    data = body.data
    if data is not None:
        return (data,)
    place, wrapper = body.path_and_offset, environ.get("wsgi.file_wrapper")
    if place is None or wrapper is None:
        return body
    wrapped: Iterable[bytes] = wrapper(_ReaderFile(body, *place))
    return wrapped
