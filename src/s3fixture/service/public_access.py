"""Block Public Access of a bucket: what it says. Access, policies and ACLs obey it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import json

from s3fixture.service.call import Call, Params, Result
from s3fixture.service.documents import drop_document, keep_document, kept_document
from s3fixture.store import BucketRow, Index

BLOCK_ACLS = "BlockPublicAcls"
IGNORE_ACLS = "IgnorePublicAcls"
BLOCK_POLICY = "BlockPublicPolicy"
RESTRICT = "RestrictPublicBuckets"
_SETTINGS = (BLOCK_ACLS, IGNORE_ACLS, BLOCK_POLICY, RESTRICT)
_KIND = "public-access-block"  # of the document that holds them


def is_blocked(index: Index, bucket: BucketRow, setting: str) -> bool:
    """Whether the bucket has this setting."""
    document = index.get_document(bucket.id, _KIND) if _KIND in bucket.documents else None
    return document is not None and json.loads(document)[setting] is True


def block_all(index: Index, bucket: BucketRow) -> None:
    """Switch all four settings on."""
    index.put_document(bucket.id, _KIND, json.dumps(dict.fromkeys(_SETTINGS, True)))


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
