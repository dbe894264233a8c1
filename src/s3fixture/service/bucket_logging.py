"""Where a bucket's access logs go: the setting. `access_logs` writes them.

Like S3, it does not check whether the log delivery service may write to the target. If it may not, no log
arrives.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from s3fixture import regions
from s3fixture import rule_refusals as refusals
from s3fixture.errors import S3Error
from s3fixture.service.bucket_documents import LOGGING
from s3fixture.service.call import Call, Params, Result
from s3fixture.store import BucketRow

# S3 also accepts the latter two, which its model does not have.
_PERMISSIONS = frozenset({"FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP"})


def get_bucket_logging(call: Call, params: Params) -> Result:
    """Empty when logging is off."""
    with call.store.read() as index:
        document = index.get_document(call.bucket(index, params["Bucket"]).id, LOGGING)
    return {"LoggingEnabled": json.loads(document)} if document else {}


def put_bucket_logging(call: Call, params: Params) -> Result:
    """Switches logging off when LoggingEnabled is missing.

    Raises InvalidTargetBucketForLogging, CrossLocationLoggingProhibitted (its spelling), MalformedXML.
    """
    setting = params["BucketLoggingStatus"].get("LoggingEnabled")
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if setting is None:
            index.delete_document(bucket.id, LOGGING)
            return {}
        check_setting(setting)
        _check_target(bucket, index.get_bucket(setting["TargetBucket"]), setting["TargetBucket"])
        index.put_document(bucket.id, LOGGING, json.dumps(setting))
    call.background.keeps_access_logs = True
    return {}


def check_setting(setting: Mapping[str, Any]) -> None:
    """Raise MalformedXML for a LoggingEnabled that S3 refuses; the target is not looked at."""
    for grant in setting.get("TargetGrants", ()):
        if grant.get("Permission") not in _PERMISSIONS or "Grantee" not in grant:
            raise S3Error("MalformedXML")
    if len(setting.get("TargetObjectKeyFormat", {"": ""})) != 1:
        raise S3Error("MalformedXML")


def _check_target(bucket: BucketRow, target: BucketRow | None, name: str) -> None:
    if target is None:
        raise S3Error("InvalidTargetBucketForLogging", TargetBucket=name)
    if target.owner != bucket.owner:
        raise refusals.FOREIGN_TARGET(name)
    if target.region != bucket.region:
        source = {} if bucket.region == regions.FIRST else {"SourceBucketLocation": bucket.region}
        raise S3Error(
            "CrossLocationLoggingProhibitted", headers=None, **source, TargetBucketLocation=target.region
        )
