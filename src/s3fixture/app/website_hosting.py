"""Serves a bucket as a website: pages, errors as HTML, redirects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from html import escape
from http import HTTPStatus
from urllib.parse import quote

from s3fixture.app.exchange import Exchange
from s3fixture.auth.authentication import Authentication
from s3fixture.errors import S3Error
from s3fixture.service import perform
from s3fixture.service.call import Result
from s3fixture.service.website import WEBSITE, Redirect, Site, redirect_all, redirect_by_rule
from s3fixture.wire.header_values import url_value
from s3fixture.wire.request import Response, Target, parse_target
from s3fixture.wire.router import PREFLIGHT

_METHODS: Mapping[str, str] = {"GET": "GetObject", "HEAD": "HeadObject"}
_ANYONE = Authentication(None, "anonymous")
_HTML = ("Content-Type", "text/html; charset=utf-8")
_NO_BODY = ("Content-Length", "0")
_ERROR = "x-amz-error-"


class Website:
    """One request to a website: `find` chooses the object, `answer` makes the page, `fail` the error page."""

    def __init__(self, exchange: Exchange, bucket: str, region: str) -> None:
        self._exchange = exchange
        self._bucket = bucket
        self._region = region
        self._key = ""  # from the path
        self._query = ""  # as it was sent
        self._site: Site = {}

    def find(self) -> Response | None:
        """Point the exchange at the object to read. Raises S3Error."""
        exchange = self._exchange
        request = exchange.request
        exchange.authentication = _ANYONE
        path, _, self._query = request.target.partition("?")
        exchange.target = Target(self._bucket, None, path, {}, "", [])
        if request.method == "OPTIONS":  # the same answer as from the API
            exchange.operation = PREFLIGHT
            return None
        if request.method not in _METHODS:
            raise S3Error("MethodNotAllowed", Method=request.method, ResourceType="OBJECT")
        exchange.operation = _METHODS[request.method]
        self._site = self._configuration()
        self._key = parse_target(f"/{self._bucket}{path}", "", ()).key or ""
        redirect = redirect_all(self._site, request.scheme, request.target) or self._rule()
        if redirect:
            return _redirection(redirect)
        is_folder = not self._key or self._key.endswith("/")
        key = self._key + self._index if is_folder else self._key
        exchange.target = Target(self._bucket, key, path, {}, "", [])
        return None

    def _rule(self, status: int = 0) -> Redirect | None:
        request = self._exchange.request
        return redirect_by_rule(self._site, self._key, request.scheme, request.host, self._query, status)

    @property
    def _index(self) -> str:
        suffix: str = self._site["IndexDocument"]["Suffix"]
        return suffix

    def _configuration(self) -> Site:
        """Raises NoSuchBucket, IncorrectEndpoint, NoSuchWebsiteConfiguration."""
        with self._exchange.app.store.read() as index:
            bucket = index.get_bucket(self._bucket)
            if bucket is None:
                raise S3Error("NoSuchBucket", BucketName=self._bucket)
            if self._region not in ("", bucket.region):
                place = f"{bucket.name}.s3-website-{bucket.region}.amazonaws.com"
                raise S3Error("IncorrectEndpoint", Endpoint=place)
            document = index.get_document(bucket.id, WEBSITE)
        if document is None:
            raise S3Error("NoSuchWebsiteConfiguration", BucketName=self._bucket)
        site: Site = json.loads(document)
        return site

    def answer(self, result: Result) -> Response:
        """The page, or the redirect of its x-amz-website-redirect-location."""
        location = result.get("WebsiteRedirectLocation")
        if location is None:
            return self._serialize(result)
        _close(result)
        return _redirection(Redirect(301, location))

    def _serialize(self, result: Result) -> Response:
        exchange = self._exchange
        return exchange.app.protocol.serialize(exchange.operation, result, exchange.request.method)

    def fail(self, error: S3Error) -> Response:
        """The answer to an error: the redirect of a folder or a rule, the error document, or a page."""
        if self._is_folder_without_slash(error):
            return self._page(S3Error("Found", headers={"Location": f"/{quote(self._key)}/"}))
        redirect = self._rule(error.status)
        if redirect:
            return _redirection(redirect)
        if "ErrorDocument" not in self._site or not 400 <= error.status < 500:
            return self._page(error)
        try:
            return self._error_document(error)
        except S3Error as second:
            return self._page(error, second)

    def _is_folder_without_slash(self, error: S3Error) -> bool:
        """Whether the key is a folder with an index page; the caller need not be allowed to list it."""
        if error.status not in (403, 404) or not self._site or not self._key or self._key.endswith("/"):
            return False
        with self._exchange.app.store.read() as index:
            bucket = index.get_bucket(self._bucket)
            if bucket is None or index.get_current(bucket.id, self._key) is not None:
                return False
            page = index.get_current(bucket.id, f"{self._key}/{self._index}")
        return page is not None and not page.is_delete_marker

    def _error_document(self, error: S3Error) -> Response:
        """The error document. Raises S3Error when it cannot be read."""
        exchange = self._exchange
        params = {"Bucket": self._bucket, "Key": self._site["ErrorDocument"]["Key"]}
        call = exchange.call_of(exchange.operation, _ANYONE)
        exchange.app.access.check(call, params)
        response = self.answer({**perform(call, params), "HTTPStatusCode": error.status})
        response.headers += _error_headers(error)
        return response

    def _page(self, error: S3Error, second: S3Error | None = None) -> Response:
        headers = [*error.headers.items(), *_error_headers(error)]
        if self._exchange.request.method == "HEAD":
            return Response(error.status, headers, None)
        title = f"{error.status} {HTTPStatus(error.status).phrase}"
        ids = {"RequestId": self._exchange.request_id, "HostId": self._exchange.host_id}
        again = (
            ""
            if second is None
            else (
                "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n"
                + _list(_described(second))
            )
        )
        body = (
            f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n"
            f"{_list({**_described(error), **ids})}{again}<hr/>\n</body>\n</html>\n"
        ).encode()
        return Response(error.status, [*headers, _HTML, ("Content-Length", str(len(body)))], body)


def _described(error: S3Error) -> dict[str, str]:
    return {"Code": error.code, "Message": error.message, **error.fields}


def _list(items: Mapping[str, str]) -> str:
    entries = "".join(f"<li>{name}: {escape(value)}</li>\n" for name, value in items.items())
    return f"<ul>\n{entries}</ul>\n"


def _error_headers(error: S3Error) -> list[tuple[str, str]]:
    """The error in headers, which S3 adds to each error page and to answers to HEAD (seen in its answers)."""
    details = [(f"{_ERROR}detail-{name}", _header(value)) for name, value in error.fields.items()]
    return [(f"{_ERROR}code", error.code), (f"{_ERROR}message", _header(error.message)), *details]


def _header(value: str) -> str:
    return value if value.isascii() and value.isprintable() else quote(value)


def _redirection(redirect: Redirect) -> Response:
    location = url_value(redirect.location)  # it may hold whatever a document held
    return Response(redirect.status, [("Location", location), _NO_BODY], b"")


def _close(result: Result) -> None:
    close: Callable[[], object] | None = getattr(result.get("Body"), "close", None)
    if close:
        close()


def site_of(host: str, base_hosts: Iterable[str]) -> tuple[str, str] | None:
    """The bucket and region ("" if not named) in a website's host name; None for a host of the API.

    BUCKET.s3-website-REGION.any.name, BUCKET.s3-website.REGION.any.name, BUCKET.s3-website.any.name, and
    BUCKET.NAME for the names in `base_hosts`.
    """
    name = host.partition(":")[0].lower()
    for base in base_hosts:
        if name.endswith(f".{base}"):
            return name[: -len(base) - 1], ""
    bucket, mark, rest = name.partition(".s3-website")
    if not mark or not bucket or rest[:1] not in ("", "-", "."):
        return None
    region = rest[1:].partition(".")[0]
    return bucket, region if region.count("-") >= 2 else ""
