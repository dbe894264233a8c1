"""One server's parts, and the one place where exceptions become answers."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from s3fixture import feature_refusals
from s3fixture.app.exchange import Exchange, outgoing, request_of
from s3fixture.app.faults import Faults, change_response
from s3fixture.app.request_log import RequestLog
from s3fixture.app.steps import LISTEN, STEPS, follow
from s3fixture.auth.actions import Permission
from s3fixture.auth.authenticator import Authentication, Authenticator
from s3fixture.auth.identity import identities_of
from s3fixture.clock import Clock
from s3fixture.errors import ClientDisconnected, ConnectionCut, MalformedRequest, S3Error
from s3fixture.records import LONGEST_TEXT, SETUP_USER_AGENT, RequestRecord
from s3fixture.regions import regions_of
from s3fixture.service import Call
from s3fixture.service.access import Access
from s3fixture.service.background import Background
from s3fixture.service.kms import KmsKeys
from s3fixture.service.profiles import PROFILES
from s3fixture.settings import Settings
from s3fixture.steady_clock import monotonic
from s3fixture.store import Damaged, StorageFull, Store, Superseded, trace_of
from s3fixture.wire.numbers import parse_count
from s3fixture.wire.protocol import Protocol
from s3fixture.wire.request import Request, Response, Target

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from s3fixture.app.metrics import Metrics
    from s3fixture.app.recorded_bodies import BodyRecorder
    from s3fixture.auth.web_identity import WebIdentities

_LOG = logging.getLogger("s3fixture")
_LISTENER_CODES = {
    408: "RequestTimeout",
    431: "RequestHeaderSectionTooLarge",
    500: "InternalError",
    501: "NotImplemented",
    503: "SlowDown",
}
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_NO_ANSWER = Response(0)
_NO_FIELDS: Mapping[str, str] = {}
STORE_ERRORS = (StorageFull, Superseded)
"""What the store raises on its own account; `store_error` tells what S3 calls it."""


class App:
    """S3 as a WSGI application: its settings, store, clock, identities, and what tests do with them.

    Opens the store: raises S3FixtureError when the data folder cannot be used, or an identity is wrong.
    """

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.identities = identities_of(settings)
        self.web_identities = _web_identities(settings)
        self.kms = KmsKeys(settings.kms_keys)
        # Last of what the settings may make impossible: an open store has the folder until it is closed.
        self.store = Store(settings.data_dir, durable=settings.durability == "power")
        self.protocol = _protocol()
        regions = regions_of(
            settings.region,
            pinned=settings.pinned,
            version_4_only=PROFILES[settings.defaults].version_4_only,
        )
        self.authenticator = Authenticator(self.identities, self.clock, regions)
        self.access = Access(self.store, self.identities)
        self.log = RequestLog()
        self.metrics = self._metrics()
        self.needs: set[Permission] | None = None  # what requests of a test asked for and had
        self.bodies: BodyRecorder | None = None  # while somebody looks at bodies in the console
        self.faults = Faults()
        self.background = Background(self.store, self.clock, settings, self.access, self.kms)

    def _metrics(self) -> Metrics | None:
        if self.settings.metrics == "off":
            return None
        from s3fixture.app.metrics import Metrics  # imported when used: few servers are scraped
        from s3fixture.app.sts import OPERATIONS
        from s3fixture.wire.router import POST_OBJECT, PREFLIGHT

        of_sts = [f"sts:{name}" for name in OPERATIONS]
        metrics = Metrics([*self.protocol.operations, POST_OBJECT, PREFLIGHT, LISTEN, *of_sts])
        self.log.observe(metrics.add)
        return metrics

    def call(
        self,
        operation: str,
        request: Request,
        target: Target,
        authentication: Authentication,
        request_id: str,
        host_id: str,
    ) -> Call:
        """A request of someone who is known, ready to be allowed and performed."""
        return Call(
            operation,
            request,
            target,
            authentication,
            self.store,
            self.clock,
            self.settings,
            self.access,
            self.kms,
            self.background,
            request_id,
            host_id,
        )

    def close(self) -> None:
        """End the jobs in the background and let go of the store; safe to call twice."""
        self.background.stop()
        self.store.close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self._respond(environ, start_response)
        except ConnectionCut:
            raise
        except Exception:  # a bug outside the steps, or an answer that the server refuses
            _LOG.exception("%s could not be answered", environ.get("REQUEST_METHOD"))
            content_type, body = self.error_body(500, "")
            headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
            start_response(_STATUS_LINES[500], headers, sys.exc_info())
            return (body,)

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = monotonic()
        exchange = Exchange(self, request_of(environ), self.clock.request_id(), self.clock.host_id)
        environ["s3fixture.exchange"] = exchange  # for those who name a request that is still running
        error: S3Error | None = None
        if self.bodies is not None:
            self.bodies.begin(exchange)
        try:
            response = follow(STEPS, exchange)
            if exchange.fault is not None:
                response = change_response(exchange, response)
            body = outgoing(response.body, environ)
        except ConnectionCut:
            self._record(exchange, _NO_ANSWER, None, started)
            raise
        except Exception as exception:
            error = self._translate(exchange, exception)
            response = self.error_response(exchange, error)
            if error.advice:
                _LOG.warning(
                    "%s in %r: %s; %s", exchange.operation, exchange.bucket, error.code, error.advice
                )
            body = outgoing(response.body, environ)
        response.headers += (
            *(self.cors_headers(exchange) if exchange.cors_headers is None else exchange.cors_headers),
            ("x-amz-request-id", exchange.request_id),
            ("x-amz-id-2", exchange.host_id),
            ("Date", self.clock.http_date()),
            ("Server", "s3fixture"),
        )
        self._record(exchange, response, error, started)
        start_response(_STATUS_LINES.get(response.status) or f"{response.status} ", response.headers)
        return body

    def cors_headers(self, exchange: Exchange) -> list[tuple[str, str]]:
        """What the bucket's rules add for a browser, to errors as well; nothing when they cannot be read."""
        origin = exchange.request.headers.get("origin")
        if origin is None or not exchange.bucket or exchange.operation == "PreflightRequest":
            return []
        from s3fixture.service.cors import response_headers  # imported when used: only browsers ask

        try:
            return response_headers(
                self.store, exchange.bucket, origin, exchange.request.method, exchange.request.headers
            )
        except Exception as exception:
            self._translate(exchange, exception)  # into the log
            return []

    def _translate(self, exchange: Exchange, exception: Exception) -> S3Error:
        """The S3Error for an exception. An unexpected one is InternalError, with its traceback in the log."""
        if isinstance(exception, S3Error):
            return exception
        if isinstance(exception, STORE_ERRORS):
            return store_error(exception)
        if isinstance(exception, Damaged):
            _LOG.error("%s %s failed: %s", exchange.request.method, exchange.request.path, exception)
            return feature_refusals.DAMAGED()
        if isinstance(exception, ClientDisconnected):  # it may have closed only its own half
            return S3Error("IncompleteBody")
        if isinstance(exception, MalformedRequest):
            return _listener_error(exception.status, exception.reason, exception.header)
        _LOG.exception("%s %s failed", exchange.request.method, exchange.request.path)
        return S3Error("InternalError")

    def error_body(self, status: int, reason: str, header: str = "") -> tuple[str, bytes]:
        """S3's document for what the listener refused (`MalformedRequest`): content type and bytes."""
        error = _listener_error(status, reason, header)
        if self.metrics is not None:
            self.metrics.refuse(error.code)
        response = self.protocol.serialize_error(
            error, request_id=self.clock.request_id(), host_id=self.clock.host_id
        )
        assert isinstance(response.body, bytes)
        return dict(response.headers)["Content-Type"], response.body

    def error_response(self, exchange: Exchange, error: S3Error, *, status: int | None = None) -> Response:
        """The document of an error; under another status than its own when given."""
        if exchange.website:
            return exchange.website.fail(error)
        response = self.protocol.serialize_error(
            error,
            request_id=exchange.request_id,
            host_id=exchange.host_id,
            method=exchange.request.method,
            operation=exchange.operation,
        )
        if status is not None:
            response.status = status
        if exchange.request.method == "HEAD":
            response.headers += self._minio_headers(exchange.request, error)
        return response

    def speaks_minio(self, request: Request) -> bool:
        """Whether what MinIO has beside S3 is meant: the profile is MinIO's, or the client is."""
        return self.settings.defaults == "minio" or "minio" in request.headers.get("user-agent", "").lower()

    def _minio_headers(self, request: Request, error: S3Error) -> list[tuple[str, str]]:
        """What MinIO says of an error whose answer has no document; `mc alias set` checks keys by it.

        https://github.com/minio/minio/blob/master/cmd/api-response.go (writeErrorResponseHeadersOnly)
        """
        if not self.speaks_minio(request):
            return []
        text = "".join(character if " " <= character <= "~" else "?" for character in error.message)
        return [("x-minio-error-code", error.code), ("x-minio-error-desc", f'"{text[:LONGEST_TEXT]}"')]

    def _record(self, exchange: Exchange, response: Response, error: S3Error | None, started: float) -> None:
        """Add to the request log and the access logs. Errors here do not change the answer."""
        try:
            record = self._record_of(exchange, response, error, started)
            if exchange.metadata is not None:
                record = record._replace(metadata=exchange.metadata)
            self.log.add(record, exchange.request, exchange.target.raw_query, started)
            if self.bodies is not None:
                self.bodies.end(exchange, response)
            if self.needs is not None:
                self._note_needs(self.needs, exchange, error)
            if self.background.keeps_access_logs and exchange.bucket:
                from s3fixture.app.access_log import log_access  # imported when used: few buckets have a log

                log_access(exchange, record, response)
        except Exception as failure:
            message = "%s %s was answered, but not logged: %s"
            _LOG.error(message, exchange.request.method, exchange.bucket, failure, exc_info=trace_of(failure))

    def _note_needs(self, needs: set[Permission], exchange: Exchange, error: S3Error | None) -> None:
        """A refused request does not count, because what else it would have needed is not known."""
        call = exchange.call
        if call is None or call.identity is None or (error and error.code == "AccessDenied"):
            return
        if SETUP_USER_AGENT not in exchange.request.headers.get("user-agent", ""):
            needs.update(call.granted)

    def _record_of(
        self, exchange: Exchange, response: Response, error: S3Error | None, started: float
    ) -> RequestRecord:
        request, who = exchange.request, exchange.authentication
        headers, answered = request.headers, dict(response.headers)
        return RequestRecord(  # by position: names cost twice as much, and each request has a record
            self.clock.time(),
            exchange.operation,
            request.method[:LONGEST_TEXT],
            exchange.bucket[:LONGEST_TEXT],
            exchange.key,
            response.status,
            error.code if error else "",
            error.message[:LONGEST_TEXT] if error else "",
            monotonic() - started,
            parse_count(headers.get("content-length", "0")) or 0,
            0 if request.method == "HEAD" else int(answered.get("Content-Length", 0)),
            who.identity.access_key if who and who.identity else "",
            request.remote_addr,
            headers.get("user-agent", "")[:LONGEST_TEXT],
            exchange.request_id,
            _fields_kept(error, request) if error else _NO_FIELDS,
            "; ".join(filter(None, (error.reason, error.advice))) if error else "",
            answered.get("x-amz-version-id", ""),
        )


def _listener_error(status: int, reason: str, header: str) -> S3Error:
    if header:
        return S3Error("NotImplemented", Header=header)
    return S3Error(_LISTENER_CODES.get(status, "BadRequest"), reason or None)


def store_error(error: Exception) -> S3Error:
    """The answer to one of STORE_ERRORS."""
    if isinstance(error, Superseded):
        return feature_refusals.ROLLED_BACK()
    return S3Error("XMinioStorageFull")


@cache  # it depends on the model alone, and keeps nothing of a server
def _protocol() -> Protocol:
    return Protocol()


def _fields_kept(error: S3Error, request: Request) -> Mapping[str, str]:
    from s3fixture.app.redaction import redacted_fields  # imported when used: most requests succeed

    return redacted_fields(error.fields, request.target)


def _web_identities(settings: Settings) -> WebIdentities | None:
    if not settings.web_identity:
        return None
    from s3fixture.auth.web_identity import WebIdentities  # imported when used: few servers believe tokens

    return WebIdentities(settings.web_identity)
