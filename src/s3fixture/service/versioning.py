"""The versioning state of a bucket.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
"""

from __future__ import annotations

from s3fixture import refusals, rule_refusals
from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.documents import REPLICATION


def get_bucket_versioning(call: Call, params: Params) -> Result:
    """Without a Status when versioning was never enabled."""
    with call.store.read() as index:
        state = call.bucket(index, params["Bucket"]).versioning
    return {"Status": state} if state else {}


def put_bucket_versioning(call: Call, params: Params) -> Result:
    """Raises IllegalVersioningConfigurationException without a Status, NotImplemented for MFA Delete, and
    InvalidBucketState for suspending it where objects may be locked.
    """
    configuration = params["VersioningConfiguration"]
    state = configuration.get("Status")
    if configuration.get("MFADelete") == "Enabled" or params.get("MFA"):
        raise S3Error("NotImplemented", Header="x-amz-mfa")
    if state is None:
        raise refusals.VERSIONING_WITHOUT_STATUS()
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if bucket.object_lock and state != "Enabled":
            raise refusals.LOCK_KEEPS_VERSIONING()
        if REPLICATION in bucket.documents and state != "Enabled":
            raise rule_refusals.REPLICATION_KEEPS_VERSIONING()
        index.set_versioning(bucket.id, state)
    return {}
