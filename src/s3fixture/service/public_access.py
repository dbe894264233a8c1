"""Block Public Access of a bucket. ACLs are off here, so that its two settings for them have nothing to do.

A new bucket has no block, as in S3 until April 2023: public buckets are what a box for development is for.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import json

from s3fixture.service.call import Call, Params, Result
from s3fixture.service.documents import drop_document, keep_document, kept_document
from s3fixture.store import Index

BLOCK_POLICY = "BlockPublicPolicy"
RESTRICT = "RestrictPublicBuckets"
_SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", BLOCK_POLICY, RESTRICT)
_KIND = "public-access-block"  # of the document that holds them


def is_blocked(index: Index, bucket_id: int, setting: str) -> bool:
    """Whether the bucket has this setting."""
    document = index.get_document(bucket_id, _KIND)
    return document is not None and json.loads(document)[setting] is True


def get_public_access_block(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html"""
    document = kept_document(call, params, _KIND, "NoSuchPublicAccessBlockConfiguration")
    return {"PublicAccessBlockConfiguration": json.loads(document)}


def put_public_access_block(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html"""
    wanted = params["PublicAccessBlockConfiguration"]
    settings = {name: bool(wanted.get(name)) for name in _SETTINGS}
    keep_document(call, params, _KIND, json.dumps(settings))
    return {}


def delete_public_access_block(call: Call, params: Params) -> Result:
    """Succeeds also where there is none."""
    drop_document(call, params, _KIND)
    return {}
