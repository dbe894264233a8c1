"""The default encryption of a bucket, and which encryptions it blocks.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
"""

from __future__ import annotations

import json
from typing import Any

from s3fixture import feature_refusals as refusals
from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.encryption import AES256, BLOCKED, BY_DEFAULT, ENCRYPTION, OF_KMS, encryption_rule
from s3fixture.store import Index


def get_bucket_encryption(call: Call, params: Params) -> Result:
    """The bucket's rule; AES256 by default.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html
    """
    with call.store.read() as index:
        rule = encryption_rule(index, call.bucket(index, params["Bucket"]).id)
    rule = {BY_DEFAULT: {"SSEAlgorithm": AES256}, "BucketKeyEnabled": False, **rule}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def put_bucket_encryption(call: Call, params: Params) -> Result:
    """Like S3, does not check that the key exists. Blocked encryption types stay until a rule changes them.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
    https://github.com/hashicorp/terraform-provider-aws/issues/47320 (a rule without BlockedEncryptionTypes)
    """
    rules = params["ServerSideEncryptionConfiguration"]["Rules"]
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if len(rules) != 1:
            raise S3Error("MalformedXML")
        rule = checked(rules[0])
        index.put_document(bucket.id, ENCRYPTION, json.dumps({**_blocked(index, bucket.id), **rule}))
    return {}


def delete_bucket_encryption(call: Call, params: Params) -> Result:
    """Back to AES256. Blocked encryption types stay blocked.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html
    """
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        blocked = _blocked(index, bucket.id)
        if blocked:
            index.put_document(bucket.id, ENCRYPTION, json.dumps(blocked))
        else:
            index.delete_document(bucket.id, ENCRYPTION)
    return {}


def _blocked(index: Index, bucket_id: int) -> dict[str, Any]:
    rule = encryption_rule(index, bucket_id)
    return {BLOCKED: rule[BLOCKED]} if BLOCKED in rule else {}


def checked(rule: dict[str, Any]) -> dict[str, Any]:
    """Raises MalformedXML for an empty rule, InvalidArgument for an encryption that cannot be a default."""
    if not rule:
        raise S3Error("MalformedXML")
    default = rule.get(BY_DEFAULT, {})
    algorithm = default.get("SSEAlgorithm", AES256)
    if algorithm != AES256 and algorithm not in OF_KMS:
        raise refusals.DEFAULT_METHOD()
    if algorithm == AES256 and "KMSMasterKeyID" in default:
        raise refusals.DEFAULT_KEY_WITHOUT_KMS()
    return rule
