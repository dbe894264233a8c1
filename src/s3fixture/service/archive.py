"""Archived objects: RestoreObject, and the restored copy of a version.

A restore takes hours, by the server's clock. The version's extra record holds when the copy becomes ready and
when it expires, so a reader only compares these times with the clock.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from s3fixture import rule_refusals as refusals
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.lifecycle_rules import after
from s3fixture.service.metadata import ARCHIVED
from s3fixture.service.versions import find_version, version_header, version_of_job
from s3fixture.store import BucketRow, Index, Job, Version
from s3fixture.wire.times import http_date

if TYPE_CHECKING:
    from s3fixture.service.background import Background

RESTORE = "restore"  # the part of an extra record about the restored copy
# Storage class -> tier -> how long it takes, in days: the longest that the guide names.
_DURATIONS: Mapping[str, Mapping[str, float]] = {
    "GLACIER": {"Expedited": 5 / 1440, "Standard": 5 / 24, "Bulk": 12 / 24},
    "DEEP_ARCHIVE": {"Standard": 12 / 24, "Bulk": 48 / 24},
}
_NOT_FOR_ARCHIVES = ("Tier", "SelectParameters", "OutputLocation")  # members of SELECT requests


class Restore(NamedTuple):
    """A restored copy: it exists from `ready` until `expires`, in seconds since the epoch."""

    ready: float
    expires: float
    days: int


def restore_of(version: Version, now: float) -> Restore | None:
    """The restore in progress, or the copy that exists now; None without either."""
    kept = version.extra.get(RESTORE)
    restore = Restore(**kept) if kept else None
    return restore if restore and now < restore.expires else None


def without_restore(extra: Mapping[str, Any]) -> dict[str, Any]:
    """The extra record without a restored copy."""
    return {name: value for name, value in extra.items() if name != RESTORE}


def is_offline(version: Version, now: float) -> bool:
    """Whether the version is archived and has no readable copy."""
    if version.storage_class not in ARCHIVED:
        return False
    restore = restore_of(version, now)
    return restore is None or now < restore.ready


def describe_restore(version: Version, now: float) -> Result:
    """x-amz-restore."""
    restore = restore_of(version, now)
    if restore is None:
        return {}
    if now < restore.ready:
        return {"Restore": 'ongoing-request="true"'}
    expires = http_date(restore.expires)
    return {"Restore": f'ongoing-request="false", expiry-date="{expires}"'}


def restore_status(version: Version, now: float) -> Result:
    """The RestoreStatus element of a listing."""
    restore = restore_of(version, now) if version.storage_class in ARCHIVED else None
    if restore is None:
        return {}
    if now < restore.ready:
        return {"RestoreStatus": {"IsRestoreInProgress": True}}
    return {"RestoreStatus": {"IsRestoreInProgress": False, "RestoreExpiryDate": restore.expires}}


def restore_object(call: Call, params: Params) -> Result:
    """202 when a restore begins, 200 when an existing copy stays longer.

    Raises InvalidObjectState, RestoreAlreadyInProgress, InvalidTier, InvalidArgument, MalformedXML.
    """
    now = call.clock.time()
    day = call.settings.lifecycle_day
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        version = find_version(call, index, bucket, params)
        if version.storage_class not in ARCHIVED:
            raise refusals.NOT_ARCHIVED(version.storage_class)
        days, duration = _wanted(params.get("RestoreRequest") or {}, version.storage_class)
        former = restore_of(version, now)
        ready = now + duration * day
        if former is None:
            restore = Restore(ready, after(ready, days, day), days)
        elif former.ready <= now:  # a new period for the existing copy
            restore = Restore(former.ready, after(now, days, day), days)
        elif ready < former.ready and days == former.days:  # a faster tier
            restore = Restore(ready, after(ready, days, day), days)
        else:
            raise S3Error("RestoreAlreadyInProgress")
        index.update_version(version.seq, extra={**version.extra, RESTORE: restore._asdict()})
        call.note("restoring", bucket, version)
        _schedule(call.background, index, bucket, version, restore, begins=former is None)
    status = 200 if former and former.ready <= now else 202
    return {"HTTPStatusCode": status, **version_header(bucket, version)}


def _schedule(
    background: Background,
    index: Index,
    bucket: BucketRow,
    version: Version,
    restore: Restore,
    *,
    begins: bool,
) -> None:
    """Add the jobs that send events when the copy becomes ready and when it expires."""
    queue = f"{RESTORE} {version.seq}"
    if index.set_due(queue, restore.ready) or not begins:
        return
    body = {
        "bucket": bucket.name,
        "key": version.key,
        "version": version.version_id,
        "seq": version.seq,
        "came": False,
    }
    background.add(index, RESTORE, queue=queue, due=restore.ready, body=body)


def run(background: Background, job: Job) -> float | None:
    """Send the event that the copy is ready, and later that it has expired."""
    now = background.clock.time()
    body = job.body
    with background.store.write() as index:
        found = version_of_job(index, body)
        if found is None:
            return None
        bucket, version = found
        kept = version.extra.get(RESTORE)
        if not kept:
            return None
        restore = Restore(**kept)
        if now < restore.ready:
            return restore.ready
        if not body["came"]:
            _tell(background, index, bucket, version, restore)
            index.update_job(job, {**body, "came": True})
        if now < restore.expires:
            return restore.expires
        index.update_version(version.seq, extra=without_restore(version.extra))
        _tell(background, index, bucket, version, None)
        return None


def _tell(
    background: Background, index: Index, bucket: BucketRow, version: Version, restore: Restore | None
) -> None:
    """An event, if the bucket has notifications. `restore`: the copy that is ready; None: it has expired."""
    if not background.has_event_receivers(bucket):
        return
    from s3fixture.service.event_records import Event  # imported when used: few buckets have events
    from s3fixture.service.events import announce, service_origin

    origin = service_origin(background)
    if restore:
        origin = replace(origin, principal=f"AmazonCustomer:{bucket.owner}")
    event = Event(
        "ObjectRestore:Completed" if restore else "ObjectRestore:Delete",
        bucket,
        version,
        index.next_id(),
        background.clock.time(),
        origin,
        restore_expiry=restore.expires if restore else None,
    )
    announce(background, index, [event])


def _wanted(request: Mapping[str, Any], storage_class: str) -> tuple[int, float]:
    """For how many days the copy stays, and how many days the restore takes."""
    if request.get("Type") == "SELECT":
        raise S3Error("MethodNotAllowed", Method="POST", ResourceType="OBJECT")
    if "Days" not in request or any(name in request for name in _NOT_FOR_ARCHIVES):
        raise S3Error("MalformedXML")
    days = request["Days"]
    if days < 1:
        raise refusals.RESTORED_FOR_NO_DAY(str(days))
    tier = (request.get("GlacierJobParameters") or {}).get("Tier", "Standard")
    duration = _DURATIONS[storage_class].get(tier)
    if duration is None:
        raise S3Error("InvalidTier")
    return days, duration
