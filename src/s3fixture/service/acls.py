"""ACLs, which are off ("bucket owner enforced"; docs/decisions/0004).

An ACL can be read, and grants its owner everything; to change one is refused as S3 refuses it.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.listing import owner_entry
from s3fixture.service.versions import find_version


def get_bucket_acl(call: Call, params: Params) -> Result:
    """Full control for the bucket's owner."""
    with call.store.read() as index:
        return _full_control(call, call.bucket(index, params["Bucket"]).owner)


def get_object_acl(call: Call, params: Params) -> Result:
    """Full control for the bucket's owner. Raises as GetObject does for an object that is not there."""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        find_version(call, index, bucket, params)
        return _full_control(call, bucket.owner)


def put_bucket_acl(call: Call, params: Params) -> Result:
    """Raises AccessControlListNotSupported."""
    with call.store.read() as index:
        call.bucket(index, params["Bucket"])
    raise S3Error("AccessControlListNotSupported")


def put_object_acl(call: Call, params: Params) -> Result:
    """Raises AccessControlListNotSupported."""
    with call.store.read() as index:
        find_version(call, index, call.bucket(index, params["Bucket"]), params)
    raise S3Error("AccessControlListNotSupported")


def _full_control(call: Call, canonical_id: str) -> Result:
    owner = owner_entry(call, canonical_id)
    grantee = {**owner, "Type": "CanonicalUser"}
    return {"Owner": owner, "Grants": [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]}
