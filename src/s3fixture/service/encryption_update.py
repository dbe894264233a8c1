"""UpdateObjectEncryption: give an existing object another KMS key; everything else stays.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_UpdateObjectEncryption.html
"""

from __future__ import annotations

import re

from s3fixture import feature_refusals as refusals
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.encryption import ENCRYPTION, KMS, with_kms_key
from s3fixture.service.object_lock import is_locked
from s3fixture.service.versions import find_version

_ARN = re.compile(r"arn:aws[a-zA-Z0-9-]*:kms:[a-z0-9-]+:([0-9]{12}):key/[a-zA-Z0-9-]+")
_MOST_ARN = 2048  # characters


def update_object_encryption(call: Call, params: Params) -> Result:
    """The ETag stays. So the ETag of an object with a KMS key can be the MD5 of its bytes."""
    if call.authentication.signature_version != "AWS4-HMAC-SHA256":
        raise refusals.UPDATE_WANTS_VERSION_4()
    wanted = params["ObjectEncryption"].get("SSEKMS")
    if wanted is None:
        raise refusals.UPDATE_TYPE()
    match = _ARN.fullmatch(wanted["KMSKeyArn"]) if len(wanted["KMSKeyArn"]) <= _MOST_ARN else None
    if match is None:
        raise refusals.UPDATE_ARN()
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        version = find_version(call, index, bucket, params)
        owner = call.access.identities.by_canonical_id(bucket.owner)
        if owner is not None and match[1] != owner.account_id:
            raise refusals.UPDATE_OTHER_ACCOUNT()
        if ENCRYPTION in version.extra and version.extra[ENCRYPTION]["algorithm"] != KMS:
            raise refusals.UPDATE_SOURCE()
        if is_locked(version, call.clock.time()):
            raise refusals.UPDATE_LOCKED()
        bucket_key = bool(wanted.get("BucketKeyEnabled"))
        record = with_kms_key(call, bucket, wanted["KMSKeyArn"], bucket_key=bucket_key)
        index.update_version(version.seq, extra={**version.extra, ENCRYPTION: record})
    return {}
