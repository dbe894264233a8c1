"""Events: changes in a bucket become messages to the destinations of its notification configuration.

A message is a job, added before the operation's answer is sent; `event_delivery` sends it. Tests that
watch a bucket, and clients that listen over HTTP, get the record at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from s3fixture.service.bucket_documents import NOTIFICATION, WATCHED
from s3fixture.service.call import Call, Effect, Fact, Result
from s3fixture.service.destinations import BRIDGE
from s3fixture.service.event_records import KINDS, SERVICE, Event, Origin, bridge_entry, record
from s3fixture.service.notification_rules import parse_notifications
from s3fixture.store import Index

if TYPE_CHECKING:
    from s3fixture.service.background import Background

_CREATED: Mapping[str, str] = {
    "CompleteMultipartUpload": "ObjectCreated:CompleteMultipartUpload",
    "CopyObject": "ObjectCreated:Copy",
}
_NAMES: Mapping[Effect, str] = {
    "removed": "ObjectRemoved:Delete",
    "missed": "ObjectRemoved:Delete",  # S3 sends an event for that, too
    "marked": "ObjectRemoved:DeleteMarkerCreated",
    "tagged": "ObjectTagging:Put",
    "untagged": "ObjectTagging:Delete",
    "acl": "ObjectAcl:Put",
    "restoring": "ObjectRestore:Post",
}
_READS: Mapping[str, str] = {"GetObject": "ObjectAccessed:Get", "HeadObject": "ObjectAccessed:Head"}
_REASONS: Mapping[str, str] = {"ObjectCreated:Post": "POST Object", "ObjectRemoved:Delete": "DeleteObject"}


def follow(call: Call, _result: Result) -> None:
    """Send the events of what a request did."""
    events = [event for fact in call.facts if (event := _event(call, fact))]
    if events:
        with call.store.write() as index:
            announce(call.background, index, events)


def announce(background: Background, index: Index, events: Iterable[Event]) -> None:
    """Add the messages of these events, within the write that caused them or a later one."""
    for event in events:
        for listener in background.listeners:
            listener.receive(event)
        document = index.get_document(event.bucket.id, NOTIFICATION)
        if document:
            _send(background, index, event, document)
        watched = index.get_document(event.bucket.id, WATCHED)
        if watched:
            for rule in parse_notifications(watched).rules:
                if rule.matches(event.name, event.version.key):
                    background.destinations.watchers.add(rule.id, record(event, rule.id))


def service_origin(background: Background, reason: str = "") -> Origin:
    """An event of something that the server did by itself."""
    return Origin(background.clock.request_id(), background.clock.host_id, reason=reason)


def _send(background: Background, index: Index, event: Event, document: str) -> None:
    notifications = parse_notifications(document)
    body = {
        "bucket": event.bucket.name,
        "key": event.version.key,
        "event": f"s3:{event.name}",
        "trace": event.origin.trace,
    }
    for rule in notifications.rules:
        if rule.matches(event.name, event.version.key):
            message = {"Records": [record(event, rule.id)]}
            background.add(
                index, "event", queue=f"event {rule.arn}", body={**body, "arn": rule.arn, "message": message}
            )
    if notifications.bridge and KINDS[event.name].detail_type:
        message = bridge_entry(event)
        arn = {"arn": BRIDGE, "region": event.bucket.region}
        background.add(index, "event", queue=f"event {BRIDGE}", body={**body, **arn, "message": message})


def _event(call: Call, fact: Fact) -> Event | None:
    if fact.effect == "created":
        name = _CREATED.get(call.operation, "ObjectCreated:Put")
        if name == "ObjectCreated:Put" and call.request.method == "POST":
            name = "ObjectCreated:Post"
    elif fact.effect == "read":
        return _read_event(call, fact)
    elif fact.effect in _NAMES:
        name = _NAMES[fact.effect]
    else:
        return None
    return Event(name, fact.bucket, fact.version, fact.order, call.clock.time(), _origin(call, name))


def _read_event(call: Call, fact: Fact) -> Event | None:
    """MinIO has events for reads too, where a rule asks for them; S3 has none."""
    name = _READS.get(call.operation)
    if name is None or call.settings.defaults != "minio":
        return None
    event = Event(name, fact.bucket, fact.version, fact.order, call.clock.time(), _origin(call, name))
    if call.background.listeners or WATCHED in fact.bucket.documents:
        return event
    with call.store.read() as index:
        document = index.get_document(fact.bucket.id, NOTIFICATION)
    rules = parse_notifications(document).rules if document else ()
    return event if any(rule.matches(name, fact.version.key) for rule in rules) else None


def _origin(call: Call, name: str) -> Origin:
    identity = call.identity
    kind = KINDS[name]
    reason = _REASONS.get(name) or (
        "DeleteObject" if kind.deletion_type else call.operation if name.startswith("ObjectCreated:") else ""
    )
    return Origin(
        call.request_id,
        call.host_id,
        principal=f"AWS:{identity.access_key}" if identity else "Anonymous",
        requester=identity.account_id if identity else "anonymous",
        address=call.request.remote_addr or SERVICE,
        reason=reason,
        trace=call.request.headers.get("x-amzn-trace-id", ""),
    )
