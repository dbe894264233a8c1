"""What S3 does: one function per operation, named as in boto3, from its parameters to its result.

An operation of the model that has no row here answers NotImplemented by its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from s3fixture import refusals
from s3fixture.service.call import Call, Fact, Operation, Params, Result
from s3fixture.service.following import follow

# Operation -> the module of this room that has its function, imported at its first use.
OPERATIONS: Mapping[str, str] = {
    "AbortMultipartUpload": "multipart",
    "CompleteMultipartUpload": "completing",
    "CopyObject": "copying",
    "CreateBucket": "buckets",
    "CreateMultipartUpload": "multipart",
    "DeleteBucket": "buckets",
    "DeleteBucketAnalyticsConfiguration": "configurations",
    "DeleteBucketCors": "cors",
    "DeleteBucketEncryption": "bucket_encryption",
    "DeleteBucketIntelligentTieringConfiguration": "configurations",
    "DeleteBucketInventoryConfiguration": "configurations",
    "DeleteBucketLifecycle": "lifecycle",
    "DeleteBucketMetricsConfiguration": "configurations",
    "DeleteBucketOwnershipControls": "ownership",
    "DeleteBucketPolicy": "policy",
    "DeleteBucketReplication": "replication",
    "DeleteBucketTagging": "tagging",
    "DeleteBucketWebsite": "website",
    "DeleteObject": "objects",
    "DeleteObjectTagging": "tagging",
    "DeleteObjects": "objects",
    "DeletePublicAccessBlock": "public_access",
    "GetBucketAccelerateConfiguration": "payment",
    "GetBucketAcl": "acls",
    "GetBucketAnalyticsConfiguration": "configurations",
    "GetBucketCors": "cors",
    "GetBucketEncryption": "bucket_encryption",
    "GetBucketIntelligentTieringConfiguration": "configurations",
    "GetBucketInventoryConfiguration": "configurations",
    "GetBucketLifecycleConfiguration": "lifecycle",
    "GetBucketLocation": "buckets",
    "GetBucketLogging": "bucket_logging",
    "GetBucketMetricsConfiguration": "configurations",
    "GetBucketNotificationConfiguration": "notifications",
    "GetBucketOwnershipControls": "ownership",
    "GetBucketPolicy": "policy",
    "GetBucketPolicyStatus": "policy",
    "GetBucketReplication": "replication",
    "GetBucketRequestPayment": "payment",
    "GetBucketTagging": "tagging",
    "GetBucketVersioning": "versioning",
    "GetBucketWebsite": "website",
    "GetObject": "objects",
    "GetObjectAcl": "acls",
    "GetObjectAttributes": "attributes",
    "GetObjectLegalHold": "object_lock",
    "GetObjectLockConfiguration": "object_lock",
    "GetObjectRetention": "object_lock",
    "GetObjectTagging": "tagging",
    "GetPublicAccessBlock": "public_access",
    "HeadBucket": "buckets",
    "HeadObject": "objects",
    "ListBucketAnalyticsConfigurations": "configurations",
    "ListBucketIntelligentTieringConfigurations": "configurations",
    "ListBucketInventoryConfigurations": "configurations",
    "ListBucketMetricsConfigurations": "configurations",
    "ListBuckets": "buckets",
    "ListMultipartUploads": "multipart",
    "ListObjectVersions": "listing",
    "ListObjects": "listing",
    "ListObjectsV2": "listing",
    "ListParts": "multipart",
    "PutBucketAccelerateConfiguration": "payment",
    "PutBucketAcl": "acls",
    "PutBucketAnalyticsConfiguration": "configurations",
    "PutBucketCors": "cors",
    "PutBucketEncryption": "bucket_encryption",
    "PutBucketIntelligentTieringConfiguration": "configurations",
    "PutBucketInventoryConfiguration": "configurations",
    "PutBucketLifecycleConfiguration": "lifecycle",
    "PutBucketLogging": "bucket_logging",
    "PutBucketMetricsConfiguration": "configurations",
    "PutBucketNotificationConfiguration": "notifications",
    "PutBucketOwnershipControls": "ownership",
    "PutBucketPolicy": "policy",
    "PutBucketReplication": "replication",
    "PutBucketRequestPayment": "payment",
    "PutBucketTagging": "tagging",
    "PutBucketVersioning": "versioning",
    "PutBucketWebsite": "website",
    "PutObject": "objects",
    "PutObjectAcl": "acls",
    "PutObjectLegalHold": "object_lock",
    "PutObjectLockConfiguration": "object_lock",
    "PutObjectRetention": "object_lock",
    "PutObjectTagging": "tagging",
    "PutPublicAccessBlock": "public_access",
    "RestoreObject": "restoring",
    "SelectObjectContent": "selecting",
    "UploadPart": "multipart",
    "UploadPartCopy": "copying",
}


_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _function_name(operation: str) -> str:
    """ "ListObjectsV2" -> "list_objects_v2", as boto3 names its methods."""
    return _WORD_START.sub("_", operation).lower()


@cache  # a function of the code alone
def implementation(operation: str) -> Operation:
    """The function that does `operation`. Raises NotImplemented with the operation's name."""
    module = OPERATIONS.get(operation)
    if module is None:
        raise refusals.NOT_IMPLEMENTED(Operation=operation)
    function: Operation = getattr(import_module(f"{__name__}.{module}"), _function_name(operation))
    return function


def perform(call: Call, params: Params) -> Result:
    """Do what the caller may do, and then what the settings of the bucket say must follow."""
    result = implementation(call.operation)(call, params)
    if call.facts:
        follow(call, result)
    return result


__all__ = ["OPERATIONS", "Call", "Fact", "Operation", "Params", "Result", "implementation", "perform"]
