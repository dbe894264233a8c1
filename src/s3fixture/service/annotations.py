"""Annotations: named texts of up to 1 MiB that belong to a version of an object.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html
"""

from __future__ import annotations

from s3fixture import checksums, limits
from s3fixture import feature_refusals as refusals
from s3fixture.auth.actions import Permission
from s3fixture.errors import S3Error
from s3fixture.refusals import MAX_ANNOTATIONS
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.continuation import from_token, to_token
from s3fixture.service.encryption import describe_encryption, is_customers
from s3fixture.service.object_lock import check_removal
from s3fixture.service.objects import checksum_members
from s3fixture.service.preconditions import matches
from s3fixture.service.versions import find_version
from s3fixture.store import BucketRow, Checksum, Index, Version
from s3fixture.store.annotations import Annotation

_RESERVED = ("aws", "s3")  # in any case
_BYPASS = "x-amz-bypass-governance-retention"


def put_object_annotation(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAnnotation.html"""
    name = _checked_name(params)
    source = params["AnnotationPayload"]
    if source.size > limits.ANNOTATION_SIZE:
        raise S3Error(
            "EntityTooLarge", ProposedSize=str(source.size), MaxSizeAllowed=str(limits.ANNOTATION_SIZE)
        )
    algorithm = source.declared_algorithm or checksums.DEFAULT_ALGORITHM
    source.want(algorithm)
    payload = source.read_all(limits.ANNOTATION_SIZE)
    _check_text(payload)
    checksum = Checksum(algorithm, source.checksum(algorithm), checksums.FULL_OBJECT)
    etag = source.md5.hex()
    with call.store.write() as index:
        bucket, version = _find(call, index, params)
        if is_customers(version.extra):
            raise refusals.ANNOTATION_OF_KEYED_OBJECT()
        is_new = index.get_annotation(version.seq, name) is None
        if is_new and index.count_annotations(version.seq) >= limits.ANNOTATIONS:
            raise S3Error("AnnotationLimitExceeded")
        modified = call.clock.time()
        index.put_annotation(version.seq, name, payload, modified=modified, etag=etag, checksum=checksum)
    return {
        "Key": version.key,
        "AnnotationName": name,
        "ETag": etag,
        **checksum_members(checksum),
        **_version_id(bucket, version),
        **describe_encryption(version.extra, params),
    }


def _checked_name(params: Params) -> str:
    """Raises AnnotationNameTooLong and InvalidAnnotationName."""
    name: str = params["AnnotationName"]
    if len(name.encode()) > limits.ANNOTATION_NAME_SIZE:
        raise S3Error("AnnotationNameTooLong")
    if not name or name.lower().startswith(_RESERVED):
        raise S3Error("InvalidAnnotationName")
    return name


def _check_text(payload: bytes) -> None:
    if not payload:
        raise refusals.ANNOTATION_EMPTY()
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise S3Error("UnsupportedMediaType") from None


def _find(call: Call, index: Index, params: Params) -> tuple[BucketRow, Version]:
    """The requested version. Raises PreconditionFailed when the request expects another state of it."""
    bucket = call.bucket(index, params["Bucket"])
    version = find_version(call, index, bucket, params)
    tags = params.get("ObjectIfMatch")
    if tags is not None and not matches(tags, version.etag):
        raise S3Error("PreconditionFailed", Condition="x-amz-object-if-match")
    return bucket, version


def _version_id(bucket: BucketRow, version: Version) -> Result:
    return {"ObjectVersionId": version.version_id} if bucket.versioning else {}


def get_object_annotation(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAnnotation.html"""
    with call.store.read() as index:
        if not params["AnnotationName"]:
            call.bucket(index, params["Bucket"])
            raise S3Error("UserAnnotationNameMustBeSpecified")
        bucket, version = _find(call, index, params)
        annotation = index.get_annotation(version.seq, params["AnnotationName"])
    if annotation is None:
        raise S3Error("NoSuchAnnotation", AnnotationName=params["AnnotationName"])
    asked = params.get("ChecksumMode", "").upper() == "ENABLED"
    return {
        "AnnotationPayload": annotation.payload,
        "ContentLength": annotation.size,
        "ETag": annotation.etag,
        "LastModified": annotation.modified,
        **(checksum_members(annotation.checksum) if asked else {}),
        **_version_id(bucket, version),
        **describe_encryption(version.extra, params),
    }


def list_object_annotations(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectAnnotations.html"""
    prefix, token = params.get("AnnotationPrefix") or "", params.get("ContinuationToken")
    if len(prefix.encode()) > limits.ANNOTATION_NAME_SIZE:
        raise S3Error("InvalidPrefix")
    limit = _page_size(params.get("MaxAnnotationResults"))
    with call.store.read() as index:
        bucket, version = _find(call, index, params)
        found = index.list_annotations(version.seq, prefix, from_token(token or ""), limit + 1)
    page = found[:limit]
    result: Result = {
        "Bucket": bucket.name,
        "Key": version.key,
        "MaxAnnotationResults": limit,
        "AnnotationCount": len(page),
        "Annotations": [_entry(annotation) for annotation in page],
        **_version_id(bucket, version),
    }
    if prefix:
        result["AnnotationPrefix"] = prefix
    if token is not None:
        result["ContinuationToken"] = token
    if len(found) > limit:
        result["NextContinuationToken"] = to_token(page[-1].name)
    return result


def _page_size(wanted: int | None) -> int:
    if wanted is None:
        return limits.ANNOTATIONS
    if not 1 <= wanted <= limits.ANNOTATIONS:
        raise MAX_ANNOTATIONS(str(wanted))
    return wanted


def _entry(annotation: Annotation) -> Result:
    return {
        "AnnotationName": annotation.name,
        "LastModified": annotation.modified,
        "ETag": annotation.etag,
        "ChecksumAlgorithm": [annotation.checksum.algorithm],
        "Size": annotation.size,
    }


def delete_object_annotation(call: Call, params: Params) -> Result:
    """Succeeds also when there is no such annotation. A lock of the object protects its annotations, too.

    Who wants to bypass governance must be allowed to, as for the object itself.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectAnnotation.html
    """
    bypass = call.request.headers.get(_BYPASS, "").lower() == "true"
    if bypass:
        place = params["Bucket"], params["Key"], params.get("VersionId")
        call.access.require(call, params, Permission("s3:BypassGovernanceRetention", *place))
    with call.store.write() as index:
        bucket, version = _find(call, index, params)
        check_removal(call, version, {"BypassGovernanceRetention": bypass})
        index.delete_annotation(version.seq, params["AnnotationName"])
    return _version_id(bucket, version)
