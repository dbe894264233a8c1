"""Object ownership of buckets: whether ACLs are on, and who owns a new object.

A bucket without this document has ACLs off, and its owner owns all objects. This is S3's default for new
buckets since April 2023, so for most requests a look at the bucket's row is enough.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.store import BucketRow, Index

ENFORCED = "BucketOwnerEnforced"
PREFERRED = "BucketOwnerPreferred"
WRITER = "ObjectWriter"
NO_CONTROLS = ""  # the document's text after the controls were deleted; S3 then behaves as with WRITER
OWNERSHIP = "ownership"  # the kind of the document; its text is one of these


def acls_enabled(bucket: BucketRow) -> bool:
    """Whether ACLs are on in this bucket, so that others may own its objects."""
    return OWNERSHIP in bucket.documents


def owner_of(bucket: BucketRow, owner: str) -> str:
    """The owner of an object: as stored, or the bucket's owner if ACLs are off."""
    return owner if acls_enabled(bucket) else bucket.owner


def set_ownership(index: Index, bucket: BucketRow, ownership: str) -> None:
    """One of S3's three values, or NO_CONTROLS."""
    if ownership == ENFORCED:
        index.delete_document(bucket.id, OWNERSHIP)
    else:
        index.put_document(bucket.id, OWNERSHIP, ownership)


def get_bucket_ownership_controls(call: Call, params: Params) -> Result:
    """Raises OwnershipControlsNotFoundError after they were deleted.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketOwnershipControls.html
    """
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        ownership = index.get_document(bucket.id, OWNERSHIP) if acls_enabled(bucket) else ENFORCED
    if ownership == NO_CONTROLS:
        raise S3Error("OwnershipControlsNotFoundError", BucketName=bucket.name)
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}}


def put_bucket_ownership_controls(call: Call, params: Params) -> Result:
    """Raises MalformedXML unless there is one rule.

    Raises InvalidBucketAclWithObjectOwnership when ACLs would be switched off while the bucket's ACL grants
    something to others.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html
    """
    from s3fixture.service.acls import bucket_acl, is_private

    rules = params["OwnershipControls"]["Rules"]
    if len(rules) != 1:
        raise S3Error("MalformedXML")
    ownership = rules[0]["ObjectOwnership"]
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if ownership == ENFORCED and not is_private(bucket_acl(index, bucket), bucket.owner):
            raise S3Error("InvalidBucketAclWithObjectOwnership")
        set_ownership(index, bucket, ownership)
    return {}


def delete_bucket_ownership_controls(call: Call, params: Params) -> Result:
    """Succeeds also when there are no controls.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketOwnershipControls.html
    """
    with call.store.write() as index:
        set_ownership(index, call.bucket(index, params["Bucket"]), NO_CONTROLS)
    return {}
