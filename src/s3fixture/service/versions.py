"""Finding the version that a request means, and describing it in an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s3fixture import refusals
from s3fixture.clock import Clock, is_version_id
from s3fixture.errors import S3Error
from s3fixture.service.bucket_documents import REPLICATION
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.encryption import describe_encryption
from s3fixture.service.metadata import STANDARD
from s3fixture.store import NULL_VERSION, BucketRow, Index, NewVersion, Version
from s3fixture.wire.times import http_date


def find_version(
    call: Call, index: Index, bucket: BucketRow, params: Params, *, current_marker: str = "NoSuchKey"
) -> Version:
    """The object, or version of it, that `params` name.

    Raises NoSuchKey (AccessDenied to who may not list the bucket: S3 does not tell them what is there),
    NoSuchVersion, InvalidArgument for an id that S3 never gave out, and for delete markers MethodNotAllowed
    with the headers that S3 adds. `current_marker` is the code for one that no version id named.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    key, version_id = params["Key"], params.get("VersionId")
    if version_id is None:
        version = index.get_current(bucket.id, key)
        call.confirm(params, (bucket.id, key, None), version)
        if version is None:
            raise _missing(call, bucket, key)
        if version.is_delete_marker and current_marker == "NoSuchKey":
            raise S3Error("NoSuchKey", Key=key, headers=marker_headers(version))
    else:
        version = get_version(index, bucket, key, version_id)
        call.confirm(params, (bucket.id, key, version_id), version)
        if version is None:
            raise S3Error("NoSuchVersion", Key=key, VersionId=version_id)
    if version.is_delete_marker:
        raise S3Error(
            "MethodNotAllowed",
            headers={
                **marker_headers(version),
                "Allow": "DELETE",
                "Last-Modified": http_date(version.modified),
            },
            Method=call.request.method,
            ResourceType="DeleteMarker",
        )
    return version


def get_version(index: Index, bucket: BucketRow, key: str, version_id: str) -> Version | None:
    """The version; None where it is gone. Raises InvalidArgument for an id that was never given out."""
    if not version_id:
        raise refusals.EMPTY_VERSION_ID("")
    version = index.get_version(bucket.id, key, version_id)
    if version is None and not may_have_been(version_id):
        raise refusals.BAD_VERSION_ID(version_id)
    return version


def is_known(index: Index, bucket: BucketRow, key: str, version_id: str) -> bool:
    """Whether the key has the version, or may have had it."""
    return may_have_been(version_id) or index.get_version(bucket.id, key, version_id) is not None


def may_have_been(version_id: str) -> bool:
    """Whether it has the form of a version id."""
    return version_id == NULL_VERSION or is_version_id(version_id)


def new_version_id(clock: Clock, bucket: BucketRow) -> str:
    """The id of a new version: a fresh one, or that of the null version unless versioning is enabled."""
    return clock.version_id() if bucket.versioning == "Enabled" else NULL_VERSION


def version_of_job(index: Index, body: Mapping[str, Any]) -> tuple[BucketRow, Version] | None:
    """The bucket and the version that a job is about; None when the version has gone, or was replaced."""
    bucket = index.get_bucket(body["bucket"])
    version = index.get_version(bucket.id, body["key"], body["version"]) if bucket else None
    if bucket is None or version is None or version.seq != body["seq"]:
        return None
    return bucket, version


def add_delete_marker(clock: Clock, index: Index, bucket: BucketRow, key: str, modified: float) -> Version:
    """A delete marker as the latest version; without versioning enabled it replaces the null version."""
    marker = NewVersion(
        key=key,
        version_id=new_version_id(clock, bucket),
        modified=modified,
        owner=bucket.owner,
        is_delete_marker=True,
    )
    return index.add_version(bucket.id, marker, None)


def no_version(bucket: BucketRow, key: str) -> Version:
    """What stands for the version of a key that has none."""
    return Version(
        *(0, bucket.id, key, NULL_VERSION, True, False, 0, "", 0.0, bucket.owner, STANDARD, None, None, 0),
        headers={},
        metadata={},
        tags={},
        extra={},
    )


def version_header(bucket: BucketRow, version: Version) -> Result:
    """x-amz-version-id, which S3 sends once versioning was enabled."""
    return {"VersionId": version.version_id} if bucket.versioning else {}


def describe(bucket: BucketRow, version: Version, params: Params) -> Result:
    """The headers that GetObject and HeadObject have in common."""
    result: Result = {
        "AcceptRanges": "bytes",
        "ETag": version.etag,
        "LastModified": version.modified,
        "Metadata": version.metadata,
        **version.headers,
        **version_header(bucket, version),
        **describe_encryption(version.extra, params),
    }
    if version.storage_class != STANDARD:
        result["StorageClass"] = version.storage_class
    if REPLICATION in version.extra:
        result["ReplicationStatus"] = version.extra[REPLICATION]["status"]
    return result


def marker_headers(version: Version) -> dict[str, str]:
    """What S3 says of a delete marker in whose place something was asked for."""
    return {"x-amz-delete-marker": "true", "x-amz-version-id": version.version_id}


def _missing(call: Call, bucket: BucketRow, key: str) -> S3Error:
    return call.access.refusal_to_list(call, bucket, key) or S3Error("NoSuchKey", Key=key)
