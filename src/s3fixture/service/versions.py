"""Finding the version that a request means, and describing it in an answer."""

from __future__ import annotations

from email.utils import formatdate

from s3fixture.auth.actions import Permission
from s3fixture.clock import utc
from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.metadata import STANDARD, encryption_header
from s3fixture.store import BucketRow, Index, Version


def find_version(call: Call, index: Index, bucket: BucketRow, params: Params) -> Version:
    """The object, or version of it, that `params` name.

    Raises NoSuchKey (AccessDenied to who may not list the bucket: S3 does not tell them what is there),
    NoSuchVersion, and for delete markers NoSuchKey or MethodNotAllowed with the headers that S3 adds.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    key, version_id = params["Key"], params.get("VersionId")
    if version_id is None:
        current = index.get_current(bucket.id, key)
        if current is None:
            raise _missing(call, bucket, key)
        if current.is_delete_marker:
            raise S3Error("NoSuchKey", Key=key, headers=_marker_headers(current))
        return current
    version = index.get_version(bucket.id, key, version_id)
    if version is None:
        raise no_such_version(key, version_id)
    if version.is_delete_marker:
        raise S3Error(
            "MethodNotAllowed",
            headers={
                **_marker_headers(version),
                "Allow": "DELETE",
                "Last-Modified": formatdate(version.modified, usegmt=True),
            },
            Method=call.request.method,
            ResourceType="DeleteMarker",
        )
    return version


def no_such_version(key: str, version_id: str) -> S3Error:
    """NoSuchVersion for an id that could be one; S3 calls ids of a wrong form invalid."""
    return S3Error("NoSuchVersion", Key=key, VersionId=version_id)


def version_header(bucket: BucketRow, version: Version) -> Result:
    """x-amz-version-id, which S3 sends once versioning was enabled."""
    return {"VersionId": version.version_id} if bucket.versioning else {}


def describe(bucket: BucketRow, version: Version) -> Result:
    """The headers that GetObject and HeadObject have in common."""
    result: Result = {
        "AcceptRanges": "bytes",
        "ETag": version.etag,
        "LastModified": utc(version.modified),
        "Metadata": version.metadata,
        **version.headers,
        **version_header(bucket, version),
        **encryption_header(),
    }
    if version.storage_class != STANDARD:
        result["StorageClass"] = version.storage_class
    if version.tags:
        result["TagCount"] = len(version.tags)
    return result


def _marker_headers(version: Version) -> dict[str, str]:
    return {"x-amz-delete-marker": "true", "x-amz-version-id": version.version_id}


def _missing(call: Call, bucket: BucketRow, key: str) -> S3Error:
    may_list = call.access.allows(call, {"Bucket": bucket.name}, Permission("s3:ListBucket", bucket.name))
    return S3Error("NoSuchKey", Key=key) if may_list else S3Error("AccessDenied")
