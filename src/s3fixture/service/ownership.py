"""Ownership controls: in every bucket here ACLs are off and its owner owns all objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result

ENFORCED = "BucketOwnerEnforced"  # S3's own choice for new buckets since April 2023


def get_bucket_ownership_controls(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html"""
    with call.store.read() as index:
        call.bucket(index, params["Bucket"])
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": ENFORCED}]}}


def put_bucket_ownership_controls(call: Call, params: Params) -> Result:
    """Raises MalformedXML unless there is one rule, NotImplemented for one that would switch ACLs on.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html
    """
    with call.store.read() as index:
        call.bucket(index, params["Bucket"])
    rules = params["OwnershipControls"]["Rules"]
    if len(rules) != 1:
        raise S3Error("MalformedXML")
    if rules[0]["ObjectOwnership"] != ENFORCED:
        raise S3Error("NotImplemented", Element="ObjectOwnership")
    return {}
