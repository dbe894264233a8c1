"""Ownership controls: in every bucket here ACLs are off and its owner owns all objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.documents import keep_document

ENFORCED = "BucketOwnerEnforced"  # S3's own choice for new buckets since April 2023
_KIND = "ownership"  # of the document that holds the rule; a bucket without one has ENFORCED
_NONE = ""  # what the document says once the rule was deleted


def get_bucket_ownership_controls(call: Call, params: Params) -> Result:
    """Raises OwnershipControlsNotFoundError once they were deleted.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html
    """
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        document = index.get_document(bucket.id, _KIND)
    if document == _NONE:
        raise S3Error("OwnershipControlsNotFoundError", BucketName=bucket.name)
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": document or ENFORCED}]}}


def put_bucket_ownership_controls(call: Call, params: Params) -> Result:
    """Raises MalformedXML unless there is one rule, NotImplemented for one that would switch ACLs on.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html
    """
    rules = params["OwnershipControls"]["Rules"]
    if len(rules) != 1:
        raise S3Error("MalformedXML")
    if rules[0]["ObjectOwnership"] != ENFORCED:
        raise S3Error("NotImplemented", Element="ObjectOwnership")
    keep_document(call, params, _KIND, ENFORCED)
    return {}


def delete_bucket_ownership_controls(call: Call, params: Params) -> Result:
    """Succeeds also where there are none.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketOwnershipControls.html
    """
    keep_document(call, params, _KIND, _NONE)
    return {}
