"""What S3 does: one function per operation, named after it, from boto3's parameters to boto3's result.

An operation of the model that has no row here answers NotImplemented by its name.
"""

from __future__ import annotations

from collections.abc import Mapping

from s3fixture.errors import S3Error
from s3fixture.service import (
    attributes,
    buckets,
    completing,
    copying,
    cors,
    lifecycle,
    listing,
    multipart,
    object_lock,
    objects,
    policy,
    tagging,
    versioning,
)
from s3fixture.service.call import Call, Operation, Params, Result

OPERATIONS: Mapping[str, Operation] = {
    "AbortMultipartUpload": multipart.abort_multipart_upload,
    "CompleteMultipartUpload": completing.complete_multipart_upload,
    "CopyObject": copying.copy_object,
    "CreateBucket": buckets.create_bucket,
    "CreateMultipartUpload": multipart.create_multipart_upload,
    "DeleteBucket": buckets.delete_bucket,
    "DeleteBucketCors": cors.delete_bucket_cors,
    "DeleteBucketLifecycle": lifecycle.delete_bucket_lifecycle,
    "DeleteBucketPolicy": policy.delete_bucket_policy,
    "DeleteBucketTagging": tagging.delete_bucket_tagging,
    "DeleteObject": objects.delete_object,
    "DeleteObjectTagging": tagging.delete_object_tagging,
    "DeleteObjects": objects.delete_objects,
    "GetBucketCors": cors.get_bucket_cors,
    "GetBucketLifecycleConfiguration": lifecycle.get_bucket_lifecycle_configuration,
    "GetBucketLocation": buckets.get_bucket_location,
    "GetBucketPolicy": policy.get_bucket_policy,
    "GetBucketPolicyStatus": policy.get_bucket_policy_status,
    "GetBucketTagging": tagging.get_bucket_tagging,
    "GetBucketVersioning": versioning.get_bucket_versioning,
    "GetObject": objects.get_object,
    "GetObjectAttributes": attributes.get_object_attributes,
    "GetObjectLegalHold": object_lock.get_object_legal_hold,
    "GetObjectLockConfiguration": object_lock.get_object_lock_configuration,
    "GetObjectRetention": object_lock.get_object_retention,
    "GetObjectTagging": tagging.get_object_tagging,
    "HeadBucket": buckets.head_bucket,
    "HeadObject": objects.head_object,
    "ListBuckets": buckets.list_buckets,
    "ListMultipartUploads": multipart.list_multipart_uploads,
    "ListObjectVersions": listing.list_object_versions,
    "ListObjects": listing.list_objects,
    "ListObjectsV2": listing.list_objects_v2,
    "ListParts": multipart.list_parts,
    "PutBucketCors": cors.put_bucket_cors,
    "PutBucketLifecycleConfiguration": lifecycle.put_bucket_lifecycle_configuration,
    "PutBucketPolicy": policy.put_bucket_policy,
    "PutBucketTagging": tagging.put_bucket_tagging,
    "PutBucketVersioning": versioning.put_bucket_versioning,
    "PutObject": objects.put_object,
    "PutObjectLegalHold": object_lock.put_object_legal_hold,
    "PutObjectLockConfiguration": object_lock.put_object_lock_configuration,
    "PutObjectRetention": object_lock.put_object_retention,
    "PutObjectTagging": tagging.put_object_tagging,
    "UploadPart": multipart.upload_part,
    "UploadPartCopy": copying.upload_part_copy,
}


def implementation(operation: str) -> Operation:
    """The function that does `operation`. Raises NotImplemented with the operation's name."""
    function = OPERATIONS.get(operation)
    if function is None:
        raise S3Error("NotImplemented", f"{operation} is not implemented", Operation=operation)
    return function


__all__ = ["OPERATIONS", "Call", "Operation", "Params", "Result", "implementation"]
