"""What S3 does: one function per operation, named as in boto3, from its parameters to its result.

An operation of the model that has no row here answers NotImplemented by its name.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from s3fixture import refusals
from s3fixture.feature_refusals import DIRECTORY_BUCKETS, NOT_HERE
from s3fixture.service.call import Call, Fact, Operation, Params, Result
from s3fixture.store import trace_of

# Operation -> the module of this package that has its function, imported at its first use.
OPERATIONS: Mapping[str, str] = {
    "AbortMultipartUpload": "multipart",
    "CompleteMultipartUpload": "complete_upload",
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
    "DeleteBucketPolicy": "bucket_policy",
    "DeleteBucketReplication": "replication",
    "DeleteBucketTagging": "tagging",
    "DeleteBucketWebsite": "website",
    "DeleteObject": "objects",
    "DeleteObjectAnnotation": "annotations",
    "DeleteObjectTagging": "tagging",
    "DeleteObjects": "objects",
    "DeletePublicAccessBlock": "bucket_settings",
    "GetBucketAbac": "bucket_settings",
    "GetBucketAccelerateConfiguration": "acceleration",
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
    "GetBucketPolicy": "bucket_policy",
    "GetBucketPolicyStatus": "bucket_policy",
    "GetBucketReplication": "replication",
    "GetBucketRequestPayment": "bucket_settings",
    "GetBucketTagging": "tagging",
    "GetBucketVersioning": "bucket_settings",
    "GetBucketWebsite": "website",
    "GetObject": "objects",
    "GetObjectAcl": "acls",
    "GetObjectAnnotation": "annotations",
    "GetObjectAttributes": "attributes",
    "GetObjectLegalHold": "object_lock",
    "GetObjectLockConfiguration": "object_lock",
    "GetObjectRetention": "object_lock",
    "GetObjectTagging": "tagging",
    "GetPublicAccessBlock": "bucket_settings",
    "HeadBucket": "buckets",
    "HeadObject": "objects",
    "ListBucketAnalyticsConfigurations": "configurations",
    "ListBucketIntelligentTieringConfigurations": "configurations",
    "ListBucketInventoryConfigurations": "configurations",
    "ListBucketMetricsConfigurations": "configurations",
    "ListBuckets": "buckets",
    "ListMultipartUploads": "multipart",
    "ListObjectAnnotations": "annotations",
    "ListObjectVersions": "listing",
    "ListObjects": "listing",
    "ListObjectsV2": "listing",
    "ListParts": "multipart",
    "PutBucketAbac": "bucket_settings",
    "PutBucketAccelerateConfiguration": "acceleration",
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
    "PutBucketPolicy": "bucket_policy",
    "PutBucketReplication": "replication",
    "PutBucketRequestPayment": "bucket_settings",
    "PutBucketTagging": "tagging",
    "PutBucketVersioning": "bucket_settings",
    "PutBucketWebsite": "website",
    "PutObject": "objects",
    "PutObjectAcl": "acls",
    "PutObjectAnnotation": "annotations",
    "PutObjectLegalHold": "object_lock",
    "PutObjectLockConfiguration": "object_lock",
    "PutObjectRetention": "object_lock",
    "PutObjectTagging": "tagging",
    "PutPublicAccessBlock": "bucket_settings",
    "RestoreObject": "archive",
    "SelectObjectContent": "select",
    "UpdateObjectEncryption": "encryption_update",
    "UploadPart": "multipart",
    "UploadPartCopy": "copying",
}

# Modules whose settings are only checked and stored -> what S3 does with them and this server does not.
STORED_ONLY: Mapping[str, str] = {
    "acceleration": "no transfer is accelerated",
    "configurations": "nothing is measured, reported or moved to another tier",
}

# Operations of S3 that will not be implemented -> why; `docs/operations.md` shows this.
REFUSED: Mapping[str, str] = {
    **dict.fromkeys(("CreateSession", "ListDirectoryBuckets", "RenameObject"), DIRECTORY_BUCKETS),
    **dict.fromkeys(
        (
            "CreateBucketMetadataConfiguration",
            "CreateBucketMetadataTableConfiguration",
            "DeleteBucketMetadataConfiguration",
            "DeleteBucketMetadataTableConfiguration",
            "GetBucketMetadataConfiguration",
            "GetBucketMetadataTableConfiguration",
            "UpdateBucketMetadataAnnotationTableConfiguration",
            "UpdateBucketMetadataInventoryTableConfiguration",
            "UpdateBucketMetadataJournalTableConfiguration",
        ),
        "metadata tables live in S3 Tables, which is a service of its own",
    ),
    "GetObjectTorrent": "S3 itself gave up BitTorrent in 2022",
    "WriteGetObjectResponse": "Object Lambda needs AWS Lambda to call",
}

# Kind of a bucket's document -> the module of this package whose `follow(call, result)` acts on it. It may
# add members to the result. It must not raise, because the operation has succeeded.
FOLLOWERS: Mapping[str, str] = {
    "lifecycle": "lifecycle_headers",
    "notification": "events",
    "replication": "replication_jobs",
    "watched": "events",
}

_LOG = logging.getLogger("s3fixture")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _function_name(operation: str) -> str:
    """ "ListObjectsV2" -> "list_objects_v2", as boto3 names its methods."""
    return _WORD_START.sub("_", operation).lower()


@cache  # a function of the code alone
def implementation(operation: str) -> Operation:
    """The function that does `operation`. Raises NotImplemented with the operation's name."""
    module = OPERATIONS.get(operation)
    if operation in REFUSED:
        raise NOT_HERE(Operation=operation, reason=REFUSED[operation])
    if module is None:
        raise refusals.NOT_IMPLEMENTED(Operation=operation)
    function: Operation = getattr(import_module(f"{__name__}.{module}"), _function_name(operation))
    return function


def perform(call: Call, params: Params) -> Result:
    """Perform an operation that access checks have allowed, then what the bucket's settings add to it."""
    result = implementation(call.operation)(call, params)
    if call.charged:
        result["RequestCharged"] = "requester"
    if call.facts:
        _follow(call, result)
    return result


def _follow(call: Call, result: Result) -> None:
    """Let the settings of the buckets in `call.facts` react to these facts.

    Operations note facts and do not know who reacts. A bucket without such a setting costs one comparison of
    two sets.
    """
    followed: set[str] = set()
    for fact in call.facts:
        if not FOLLOWERS.keys().isdisjoint(fact.bucket.documents):
            followed |= fact.bucket.documents & FOLLOWERS.keys()
    if call.background.listeners:
        followed.add("watched")
    if not followed:
        return
    for module in sorted({FOLLOWERS[kind] for kind in followed}):
        try:
            import_module(f"{__name__}.{module}").follow(call, result)
        except Exception as error:  # the operation has succeeded, so its answer is sent
            message = "what follows %s in %s failed: %s"
            _LOG.error(message, call.operation, module, error, exc_info=trace_of(error))


__all__ = [
    "OPERATIONS",
    "REFUSED",
    "STORED_ONLY",
    "Call",
    "Fact",
    "Operation",
    "Params",
    "Result",
    "implementation",
    "perform",
]
