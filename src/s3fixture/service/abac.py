"""Attribute-based access control of a bucket: whether policies may ask for its tags.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
"""

from __future__ import annotations

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result

ABAC = "abac"  # the kind of the document that says that it is on
_ENABLED, _DISABLED = "Enabled", "Disabled"


def get_bucket_abac(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAbac.html"""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
    return {"AbacStatus": {"Status": _ENABLED if ABAC in bucket.documents else _DISABLED}}


def put_bucket_abac(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAbac.html"""
    status = params["AbacStatus"].get("Status")
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if status is None:
            raise S3Error("MalformedXML")
        if status == _ENABLED:
            index.put_document(bucket.id, ABAC, _ENABLED)
        else:
            index.delete_document(bucket.id, ABAC)
    return {}


def check_tagging(call: Call, params: Params) -> None:
    """Raise MethodNotAllowed where only TagResource and UntagResource of S3 Control may change the tags.

    What S3 answers is not known; that it refuses is in its documentation.
    """
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
    if ABAC in bucket.documents:
        raise S3Error("MethodNotAllowed", Method=call.request.method, ResourceType="BUCKET")
