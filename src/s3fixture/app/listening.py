"""MinIO's stream of events: an answer that does not end, with one line for each event (`mc watch`).

https://github.com/minio/minio/blob/master/cmd/listen-notification-handlers.go
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from s3fixture import feature_refusals
from s3fixture.auth import sigv4
from s3fixture.errors import S3Error
from s3fixture.limits import KEY_SIZE
from s3fixture.service.event_listeners import MOST, RULE_ID, Listener
from s3fixture.service.notification_rules import Rule
from s3fixture.wire.numbers import parse_count
from s3fixture.wire.request import Response

if TYPE_CHECKING:
    from s3fixture.app.exchange import Exchange
    from s3fixture.auth.authenticator import Authentication

_DEFAULT_PING = 0.5  # seconds between blank lines, if the client does not name a number
_LONGEST_PING = 3600  # seconds

_MOST_EVENTS = 100


def listen(exchange: Exchange) -> Response:
    """The stream. Raises S3Error without the permission, and for wrong parameters.

    A caller who may read the notification configuration of a bucket may listen to it. Only the main keys may
    listen to all buckets at once, because policies here have no action for MinIO's own permission.
    """
    exchange.authentication = _authenticate(exchange)
    _authorize(exchange, exchange.authentication)
    rule, ping = _rule(exchange), _ping(exchange)
    background = exchange.app.background
    may_listen = partial(_may_listen, exchange, exchange.authentication)
    listener = Listener(background, exchange.target.bucket, rule, ping, may_listen)
    if not background.add_listener(listener, MOST):
        raise feature_refusals.LISTENERS(most=str(MOST))
    headers = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache")]
    return Response(200, headers, listener)


def _values(exchange: Exchange, name: str) -> list[str]:
    return [value for key, value in exchange.target.query_items if key == name]


def _rule(exchange: Exchange) -> Rule:
    """The events and keys that the client asks for. Raises InvalidArgument."""
    events = _values(exchange, "events")
    if len(events) > _MOST_EVENTS or not all(event.startswith("s3:") for event in events):
        raise feature_refusals.LISTENED_EVENT()
    prefix, suffix = _filter(exchange, "prefix"), _filter(exchange, "suffix")
    return Rule(RULE_ID, "", tuple(events), prefix, suffix)


def _filter(exchange: Exchange, name: str) -> str:
    values = _values(exchange, name)
    if len(values) > 1:
        raise feature_refusals.LISTENED_FILTER_TWICE(name=name)
    text = "".join(values)
    if len(text.encode()) > KEY_SIZE:
        raise feature_refusals.LISTENED_FILTER_TOO_LONG()
    return text


def _ping(exchange: Exchange) -> float:
    """Seconds between blank lines. Raises InvalidArgument."""
    values = _values(exchange, "ping")
    if not values:
        return _DEFAULT_PING
    seconds = parse_count(values[0])
    if seconds is None or not 1 <= seconds <= _LONGEST_PING:
        raise feature_refusals.LISTENED_PING(most=str(_LONGEST_PING))
    return float(seconds)


def _authenticate(exchange: Exchange) -> Authentication:
    """minio-go signs several values of one name in the order in which they are sent, AWS sorts them."""
    app, request, target = exchange.app, exchange.request, exchange.target
    try:
        return app.authenticator.authenticate(request, target)
    except S3Error as error:
        if error.code != "SignatureDoesNotMatch":
            raise
        as_sent = replace(target, canonical_query=sigv4.canonical_query_as_sent(target.query_items))
        try:
            return app.authenticator.authenticate(request, as_sent)
        except S3Error:
            raise error from None


def _may_listen(exchange: Exchange, authentication: Authentication) -> bool:
    """Whether the caller still may: the permission can have been withdrawn, the bucket be another's now."""
    try:
        _authorize(exchange, authentication)
    except S3Error:
        return False
    return True


def _authorize(exchange: Exchange, authentication: Authentication) -> None:
    bucket = exchange.target.bucket
    if bucket is None:
        if authentication.identity is None or not authentication.identity.root:
            raise S3Error("AccessDenied", reason="only the main keys may listen to all buckets")
        return
    call = exchange.call_of("GetBucketNotificationConfiguration", authentication)
    exchange.app.access.check(call, {"Bucket": bucket})
    with exchange.app.store.read() as index:
        if index.get_bucket(bucket) is None:
            raise S3Error("NoSuchBucket", BucketName=bucket)
