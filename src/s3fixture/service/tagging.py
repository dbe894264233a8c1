"""Tags of objects and of buckets."""

from __future__ import annotations

import json

from s3fixture.errors import S3Error
from s3fixture.service import tags
from s3fixture.service.call import Call, Effect, Params, Result
from s3fixture.service.documents import drop_document, keep_document, kept_document
from s3fixture.service.versions import find_version, version_header
from s3fixture.store import BucketRow, Index, Version

TAGGING = "tagging"  # the kind of the document that holds a bucket's tags


def get_object_tagging(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html"""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        version = _tagged_version(call, index, bucket, params)
    return {"TagSet": tags.to_document(version.tags), **version_header(bucket, version)}


def _tagged_version(call: Call, index: Index, bucket: BucketRow, params: Params) -> Version:
    """GetObjectTagging alone names a key that is not there together with its bucket (recorded from S3)."""
    try:
        return find_version(call, index, bucket, params, current_marker="MethodNotAllowed")
    except S3Error as error:
        if error.code == "NoSuchKey":
            error.fields["Key"] = f"{bucket.name}/{params['Key']}"
        raise


def put_object_tagging(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html"""
    wanted = tags.from_document(params["Tagging"], tags.OBJECT)
    return _replace_tags(call, params, wanted, "tagged")


def delete_object_tagging(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html"""
    return _replace_tags(call, params, {}, "untagged")


def _replace_tags(call: Call, params: Params, wanted: dict[str, str], effect: Effect) -> Result:
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        version = find_version(call, index, bucket, params, current_marker="MethodNotAllowed")
        index.update_version(version.seq, tags=wanted)
    call.note(effect, bucket, version._replace(tags=wanted))
    return version_header(bucket, version)


def get_bucket_tagging(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketTagging.html"""
    document = kept_document(call, params, TAGGING, "NoSuchTagSet")
    return {"TagSet": tags.to_document(json.loads(document))}


def put_bucket_tagging(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html"""
    wanted = tags.from_document(params["Tagging"], tags.BUCKET)
    if wanted:
        keep_document(call, params, TAGGING, json.dumps(wanted))
    else:  # no tags are no tag set
        drop_document(call, params, TAGGING)
    return {}


def delete_bucket_tagging(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html"""
    drop_document(call, params, TAGGING)
    return {}
