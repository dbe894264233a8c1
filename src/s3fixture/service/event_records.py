"""The record of an event in S3's notifications, and EventBridge's form of it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from s3fixture.auth.actions import BUCKET_ARN
from s3fixture.named_tuples import NamedTuple
from s3fixture.store import NULL_VERSION, BucketRow, Version
from s3fixture.wire.times import iso_millis, iso_seconds

_NO_BYTES = hashlib.md5(b"").hexdigest()  # the ETag that S3 gives to delete markers in events
_ALL = ("key", "size", "eTag", "versionId", "sequencer")
_GONE = ("key", "versionId", "sequencer")
_MARKER = ("key", "eTag", "versionId", "sequencer")
_CHANGED = ("key", "eTag", "versionId")
_BRIDGE_NAMES = {"eTag": "etag", "versionId": "version-id"}
SERVICE = "s3.amazonaws.com"  # the principal of events without a request


class Kind(NamedTuple):
    """`members` are those of the record's object; the other two are EventBridge's, or ""."""

    version: str
    members: tuple[str, ...]
    detail_type: str = ""
    deletion_type: str = ""


KINDS: Mapping[str, Kind] = {
    "ObjectAccessed:Get": Kind("2.1", _ALL),  # of MinIO alone, as the next
    "ObjectAccessed:Head": Kind("2.1", _ALL),
    "ObjectCreated:Put": Kind("2.1", _ALL, "Object Created"),
    "ObjectCreated:Post": Kind("2.1", _ALL, "Object Created"),
    "ObjectCreated:Copy": Kind("2.1", _ALL, "Object Created"),
    "ObjectCreated:CompleteMultipartUpload": Kind("2.1", _ALL, "Object Created"),
    "ObjectRemoved:Delete": Kind("2.1", _GONE, "Object Deleted", "Permanently Deleted"),
    "ObjectRemoved:DeleteMarkerCreated": Kind("2.1", _MARKER, "Object Deleted", "Delete Marker Created"),
    "ObjectRestore:Post": Kind("2.1", _ALL, "Object Restore Initiated"),
    "ObjectRestore:Completed": Kind("2.1", _ALL, "Object Restore Completed"),
    "ObjectRestore:Delete": Kind("2.3", _ALL, "Object Restore Expired"),
    "ObjectTagging:Put": Kind("2.3", _CHANGED, "Object Tags Added"),
    "ObjectTagging:Delete": Kind("2.3", _CHANGED, "Object Tags Deleted"),
    "ObjectAcl:Put": Kind("2.3", _CHANGED, "Object ACL Updated"),
    "LifecycleExpiration:Delete": Kind("2.3", _GONE, "Object Deleted", "Permanently Deleted"),
    "LifecycleExpiration:DeleteMarkerCreated": Kind(
        "2.3", _MARKER, "Object Deleted", "Delete Marker Created"
    ),
    "Replication:OperationFailedReplication": Kind("2.2", _ALL),
    "LifecycleTransition": Kind("2.3", _ALL, "Object Storage Class Changed"),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of an event: a request, or (the defaults) the service itself."""

    request_id: str
    host_id: str
    principal: str = SERVICE  # as a record has it
    requester: str = SERVICE  # as EventBridge has it: an account id
    address: str = SERVICE
    reason: str = ""  # EventBridge's: the operation
    trace: str = ""  # X-Amzn-Trace-Id, which goes with messages to SQS


@dataclass(frozen=True, slots=True)
class Event:
    """An event of one version. `name` is a key of `KINDS`; `order` grows from event to event."""

    name: str
    bucket: BucketRow
    version: Version
    order: int
    time: float
    origin: Origin
    restore_expiry: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)  # further members of the record


def record(event: Event, rule_id: str) -> dict[str, Any]:
    """The record for the rule with this id."""
    bucket, origin = event.bucket, event.origin
    chosen = _object(event)
    chosen["key"] = quote_plus(event.version.key, safe="/")
    extra = dict(event.data)
    if event.restore_expiry is not None:
        extra["glacierEventData"] = {
            "restoreEventData": {
                "lifecycleRestorationExpiryTime": iso_seconds(event.restore_expiry),
                "lifecycleRestoreStorageClass": event.version.storage_class,
            }
        }
    return {
        "eventVersion": KINDS[event.name].version,
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": iso_millis(event.time),
        "eventName": event.name,
        "userIdentity": {"principalId": origin.principal},
        "requestParameters": {"sourceIPAddress": origin.address},
        "responseElements": {"x-amz-request-id": origin.request_id, "x-amz-id-2": origin.host_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": rule_id,
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": bucket.owner},
                "arn": f"{BUCKET_ARN}{bucket.name}",
            },
            "object": chosen,
        },
        **extra,
    }


def bridge_entry(event: Event) -> dict[str, Any]:
    """An entry of EventBridge's PutEvents, in which `Detail` and `Time` are still plain JSON values."""
    kind = KINDS[event.name]
    origin = event.origin
    chosen = {_BRIDGE_NAMES.get(name, name): value for name, value in _object(event).items()}
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": event.bucket.name},
        "object": chosen,
        "request-id": origin.request_id,
        "requester": origin.requester,
    }
    if origin.address != SERVICE:
        detail["source-ip-address"] = origin.address
    if origin.reason:
        detail["reason"] = origin.reason
    if kind.deletion_type:
        detail["deletion-type"] = kind.deletion_type
    if event.name.startswith("ObjectRestore:"):
        detail["source-storage-class"] = event.version.storage_class
    if event.restore_expiry is not None:
        detail["restore-expiry-time"] = iso_seconds(event.restore_expiry)
    if event.name == "LifecycleTransition":
        detail["destination-storage-class"] = event.version.storage_class
    return {
        "Source": "aws.s3",
        "DetailType": kind.detail_type,
        "Resources": [f"{BUCKET_ARN}{event.bucket.name}"],
        "Time": iso_seconds(event.time),
        "Detail": detail,
    }


def _object(event: Event) -> dict[str, Any]:
    version = event.version
    values: dict[str, Any] = {
        "key": version.key,
        "size": version.size,
        "eTag": _NO_BYTES if version.is_delete_marker else version.etag,
        "versionId": version.version_id if version.version_id != NULL_VERSION else None,
        "sequencer": f"{event.order:018X}",
    }
    members = KINDS[event.name].members
    return {name: values[name] for name in members if values[name] is not None}
