"""Object lock: a bucket's setting, retention and legal holds, and what a version's lock forbids.

The lock of a version is in its extra record; an upload has the lock of its future object. The row of a bucket
with object lock has the default retention with boto3's names, {} without a default.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from s3fixture import limits, refusals
from s3fixture.auth.actions import Permission
from s3fixture.clock import utc
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.versions import find_version, get_version
from s3fixture.store import BucketRow, Index, Upload, Version
from s3fixture.wire.times import pacific_time

GOVERNANCE = "GOVERNANCE"
COMPLIANCE = "COMPLIANCE"
MODES = frozenset({GOVERNANCE, COMPLIANCE})
ON = "ON"
LOCK = "lock"  # the part of an extra record that is a lock
_MODE, _UNTIL, _HOLD = "ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"
_MODE_HEADER, _UNTIL_HEADER = "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"
_EVENT_HOLDS: Mapping[str, str] = {
    "ObjectLockEventHold": "x-amz-object-lock-event-hold",
    "ObjectLockEventHoldDurationDays": "x-amz-object-lock-event-hold-duration-days",
    "ObjectLockEventHoldDurationYears": "x-amz-object-lock-event-hold-duration-years",
}
_PARAMETERS = frozenset({_MODE, _UNTIL, _HOLD, *_EVENT_HOLDS})
_DAY = 86400.0  # seconds
_YEAR = 365  # days: S3's longest default retention is 36,500 days or 100 years


class Lock(NamedTuple):
    """`mode` "" and `until` 0 (seconds since the epoch): no retention; `hold` "": it was never set."""

    mode: str = ""
    until: float = 0.0
    hold: str = ""


def lock_of(owner: Version | Upload) -> Lock:
    """The lock of a version, or of an upload's future object."""
    return Lock(**owner.extra.get(LOCK, {}))


def with_lock(extra: Mapping[str, Any], lock: Lock) -> dict[str, Any]:
    """The extra record with this lock."""
    rest = {name: value for name, value in extra.items() if name != LOCK}
    return {**rest, LOCK: lock._asdict()} if any(lock) else rest


def new_lock(call: Call, bucket: BucketRow, params: Params) -> dict[str, Any]:
    """The extra record of a new object: the lock that the request asks for, or the bucket's default.

    Raises InvalidArgument, and InvalidRequest for a lock in a bucket without object lock.
    """
    if not bucket.object_lock and _PARAMETERS.isdisjoint(params):
        return {}
    lock = _asked(call, params)
    if not bucket.object_lock:
        raise refusals.NO_LOCK_FOR_A_WRITE()
    return with_lock({}, lock if lock.mode else lock._replace(**_default(bucket, call.clock.time())))


def _asked(call: Call, params: Params) -> Lock:
    for member, header in _EVENT_HOLDS.items():
        if params.get(member) is not None:
            raise S3Error("NotImplemented", Header=header)
    mode, until = params.get(_MODE) or "", params.get(_UNTIL)
    if bool(mode) != (until is not None):
        raise refusals.LOCK_HALF(ArgumentName=_UNTIL_HEADER if mode else _MODE_HEADER)
    if mode and mode not in MODES:
        raise refusals.LOCK_MODE(mode)
    return Lock(mode, future(call, until, _UNTIL_HEADER) if until else 0.0, params.get(_HOLD) or "")


def future(call: Call, until: datetime, argument: str) -> float:
    """A retain-until date in seconds. Raises InvalidArgument, naming `argument`, for a date in the past."""
    if until.timestamp() <= call.clock.time():
        raise refusals.LOCK_IN_THE_PAST(pacific_time(until), ArgumentName=argument)
    return _whole_milliseconds(until)


def lock_of_replica(source: Version, bucket: BucketRow, now: float) -> Lock:
    """That of its source, whose retention goes before the default of the bucket that it comes into.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
    """
    lock = lock_of(source)
    return lock if lock.mode else lock._replace(**_default(bucket, now))


def replicated_lock(replica: Version, source: Version, now: float) -> Lock:
    """The lock of a replica whose source has changed: nothing that is in force there becomes weaker by it.

    A retention that PutObjectRetention could not put there is not put, so that the replica's own stays as it
    is: governance until a later date does not replace compliance, nor does it follow when that has ended.
    """
    own, wanted = lock_of(replica), lock_of(source)
    if own.until > now and not _is_as_strong(wanted, own):
        wanted = wanted._replace(mode=own.mode, until=own.until)
    return wanted if wanted.hold else wanted._replace(hold=own.hold)


def _is_as_strong(lock: Lock, other: Lock) -> bool:
    return lock.until >= other.until and lock.mode in (other.mode, COMPLIANCE)


def _default(bucket: BucketRow, now: float) -> dict[str, Any]:
    rule = json.loads(bucket.object_lock)
    if not rule:
        return {}
    days = rule.get("Days") or rule["Years"] * _YEAR
    return {"mode": rule["Mode"], "until": _whole_milliseconds(utc(now + days * _DAY))}


def _whole_milliseconds(moment: datetime) -> float:
    """Cut to milliseconds, as answers are, so that a date from an answer can be put again."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000).timestamp()


def require_digest(declared_algorithm: str | None, params: Params, what: str) -> None:
    """Raise InvalidRequest unless the upload of a locked object has a Content-MD5 or checksum.

    S3 demands it also for the bucket's default lock: s3tools/s3cmd issue 1436.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    """
    if declared_algorithm is None and params.get("ContentMD5") is None:
        raise refusals.LOCK_WITHOUT_DIGEST(what=what)


def check_bypass(bucket: BucketRow, params: Params) -> None:
    """Raise InvalidArgument for x-amz-bypass-governance-retention in a bucket without object lock.

    S3 refuses the value `false`, too.
    """
    if "BypassGovernanceRetention" in params and not bucket.object_lock:
        raise refusals.BYPASS_WITHOUT_LOCK()


def is_locked(version: Version, now: float) -> bool:
    """Whether a legal hold or a retention in force protects the version."""
    lock = lock_of(version)
    return lock.hold == ON or lock.until > now


def check_removal(call: Call, version: Version, params: Params) -> None:
    """Raise AccessDenied if a legal hold or a retention protects the version.

    The permission to bypass governance was checked with the other permissions.
    """
    lock = lock_of(version)
    if lock.hold == ON or (_retains(call, lock) and not _bypasses(lock, params)):
        raise refusals.LOCKED()


def check_retention(call: Call, lock: Lock, wanted: Lock, params: Params) -> None:
    """Raise AccessDenied for a change that weakens a retention in force, unless governance is bypassed."""
    longer = wanted.mode == lock.mode and wanted.until >= lock.until
    if _retains(call, lock) and not longer and not _bypasses(lock, params):
        raise refusals.LOCKED()


def _retains(call: Call, lock: Lock) -> bool:
    return lock.until > call.clock.time()


def _bypasses(lock: Lock, params: Params) -> bool:
    return lock.mode == GOVERNANCE and bool(params.get("BypassGovernanceRetention"))


def describe_lock(call: Call, params: Params, version: Version) -> Result:
    """The headers of GetObject and HeadObject about the lock, each only with the permission to get it."""
    lock = lock_of(version)
    result: Result = {}
    if lock.mode and _may(call, params, "s3:GetObjectRetention"):
        result |= {_MODE: lock.mode, _UNTIL: utc(lock.until)}
    if lock.hold and _may(call, params, "s3:GetObjectLegalHold"):
        result[_HOLD] = lock.hold
    return result


def _may(call: Call, params: Params, action: str) -> bool:
    permission = Permission(action, params["Bucket"], params["Key"], params.get("VersionId"))
    return call.access.allows(call, params, permission)


ENABLED = "Enabled"
NO_DEFAULT = "{}"  # the row of a bucket with object lock and no default retention
_LONGEST: Mapping[str, int] = {"Days": limits.LOCK_DAYS, "Years": limits.LOCK_YEARS}


def get_object_lock_configuration(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html"""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
    if not bucket.object_lock:
        raise S3Error("ObjectLockConfigurationNotFoundError", BucketName=bucket.name)
    default = json.loads(bucket.object_lock)
    rule = {"Rule": {"DefaultRetention": default}} if default else {}
    return {"ObjectLockConfiguration": {"ObjectLockEnabled": ENABLED, **rule}}


def put_object_lock_configuration(call: Call, params: Params) -> Result:
    """Switch object lock on for good, and set the default retention, or none without a Rule.

    Since November 2023, S3 accepts this for an existing bucket. Raises MalformedXML,
    InvalidArgument, and InvalidBucketState unless versioning is enabled.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
    """
    configuration = params["ObjectLockConfiguration"]
    if configuration.get("ObjectLockEnabled") != ENABLED:
        raise S3Error("MalformedXML")
    default = default_retention(configuration["Rule"]) if "Rule" in configuration else {}
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if bucket.versioning != ENABLED:
            raise refusals.LOCK_NEEDS_VERSIONING()
        index.set_object_lock(bucket.id, json.dumps(default))
    return {}


def default_retention(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """The default retention of a rule. Raises MalformedXML, InvalidArgument, NotImplemented."""
    retention: Mapping[str, Any] = rule.get("DefaultRetention") or {}
    if retention.get("DefaultEventHold") is not None:
        raise S3Error("NotImplemented", Element="DefaultEventHold")
    periods = [name for name in _LONGEST if name in retention]
    if "Mode" not in retention or len(periods) != 1:
        raise S3Error("MalformedXML")
    name, number = periods[0], retention[periods[0]]
    if not 0 < number <= _LONGEST[name]:
        row = refusals.DEFAULT_RETENTION_TOO_LONG if number > 0 else refusals.DEFAULT_RETENTION_NOT_POSITIVE
        raise row(str(number), ArgumentName=name)
    return retention


def get_object_retention(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html"""
    with call.store.read() as index:
        lock = lock_of(_version(call, index, params)[1])
    if not lock.mode:
        raise S3Error("NoSuchObjectLockConfiguration")
    return {"Retention": {"Mode": lock.mode, "RetainUntilDate": utc(lock.until)}}


def put_object_retention(call: Call, params: Params) -> Result:
    """Replace the retention; an empty one removes it. Raises what `check_retention` raises.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html
    """
    retention = params["Retention"]
    for member in ("EventHold", "EventHoldDuration"):
        if retention.get(member) is not None:
            raise S3Error("NotImplemented", Element=member)
    if ("Mode" in retention) != ("RetainUntilDate" in retention):
        raise S3Error("MalformedXML")
    until = future(call, retention["RetainUntilDate"], "RetainUntilDate") if retention else 0.0
    with call.store.write() as index:
        bucket, version = _version(call, index, params)
        lock = lock_of(version)
        wanted = Lock(retention.get("Mode", ""), until, lock.hold)
        check_retention(call, lock, wanted, params)
        index.update_version(version.seq, extra=with_lock(version.extra, wanted))
    call.note("locked", bucket, version)
    return {}


def get_object_legal_hold(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLegalHold.html"""
    with call.store.read() as index:
        lock = lock_of(_version(call, index, params)[1])
    if not lock.hold:
        raise S3Error("NoSuchObjectLockConfiguration")
    return {"LegalHold": {"Status": lock.hold}}


def put_object_legal_hold(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html"""
    status = params["LegalHold"].get("Status")
    if status is None:
        raise S3Error("MalformedXML")
    with call.store.write() as index:
        bucket, version = _version(call, index, params)
        wanted = lock_of(version)._replace(hold=status)
        index.update_version(version.seq, extra=with_lock(version.extra, wanted))
    call.note("locked", bucket, version)
    return {}


def _version(call: Call, index: Index, params: Params) -> tuple[BucketRow, Version]:
    bucket: BucketRow = call.bucket(index, params["Bucket"])
    if params.get("VersionId"):
        get_version(index, bucket, params["Key"], params["VersionId"])  # an invalid id is refused first
    if not bucket.object_lock:
        raise refusals.NO_LOCK_CONFIGURATION()
    return bucket, find_version(call, index, bucket, params, current_marker="MethodNotAllowed")
