"""Tags of objects and of buckets."""

from __future__ import annotations

import json

from s3fixture.errors import S3Error
from s3fixture.service import tag_rules
from s3fixture.service.bucket_documents import delete_document, get_document, put_document
from s3fixture.service.bucket_settings import check_tagging
from s3fixture.service.call import Call, Effect, Params, Result
from s3fixture.service.versions import find_version, version_header
from s3fixture.store import BucketRow, Index, Version

TAGGING = "tagging"  # the kind of the document that holds a bucket's tags


def get_object_tagging(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html"""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        version = _tagged_version(call, index, bucket, params)
    return {"TagSet": tag_rules.to_document(version.tags), **version_header(bucket, version)}


def _tagged_version(call: Call, index: Index, bucket: BucketRow, params: Params) -> Version:
    """GetObjectTagging is the only operation whose NoSuchKey has BUCKET/KEY as its Key (recorded from S3)."""
    try:
        return find_version(call, index, bucket, params, current_marker="MethodNotAllowed")
    except S3Error as error:
        if error.code == "NoSuchKey":
            error.fields["Key"] = f"{bucket.name}/{params['Key']}"
        raise


def put_object_tagging(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html"""
    wanted = tag_rules.from_document(params["Tagging"], tag_rules.OBJECT)
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
    document = get_document(call, params, TAGGING, "NoSuchTagSet")
    return {"TagSet": tag_rules.to_document(json.loads(document))}


def put_bucket_tagging(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html"""
    wanted = tag_rules.from_document(params["Tagging"], tag_rules.BUCKET)
    check_tagging(call, params)
    if wanted:
        put_document(call, params, TAGGING, json.dumps(wanted))
    else:  # without tags there is no tag set
        delete_document(call, params, TAGGING)
    return {}


def delete_bucket_tagging(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketTagging.html"""
    check_tagging(call, params)
    delete_document(call, params, TAGGING)
    return {}
