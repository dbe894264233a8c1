"""Object lock of buckets, retention and legal holds of versions. What they forbid is in locks.py.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from s3fixture import limits, refusals
from s3fixture.clock import utc
from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.locks import Lock, check_retention, future, lock_of, with_lock
from s3fixture.service.versions import find_version
from s3fixture.store import BucketRow, Index, Version

ENABLED = "Enabled"
NO_DEFAULT = "{}"  # what a bucket keeps whose object lock has no default retention
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
    """Switch object lock on, for good, and set the default retention, or none without a Rule.

    Since November 2023 S3 takes this for a bucket that is there already. Raises MalformedXML,
    InvalidArgument, and InvalidBucketState unless versioning is enabled.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
    """
    configuration = params["ObjectLockConfiguration"]
    if configuration.get("ObjectLockEnabled") != ENABLED:
        raise S3Error("MalformedXML")
    default = _default_retention(configuration["Rule"]) if "Rule" in configuration else {}
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if bucket.versioning != ENABLED:
            raise refusals.LOCK_NEEDS_VERSIONING()
        index.set_object_lock(bucket.id, json.dumps(default))
    return {}


def _default_retention(rule: Mapping[str, Any]) -> Mapping[str, Any]:
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
    """Replace the retention; an empty one takes it away. Raises as `locks.check_retention`.

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
    if not bucket.object_lock:
        raise refusals.NO_LOCK_CONFIGURATION()
    return bucket, find_version(call, index, bucket, params, current_marker="MethodNotAllowed")
