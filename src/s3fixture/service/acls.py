"""ACLs, which are off: "bucket owner enforced", see docs/decisions/0004.

An ACL can be read, and grants the bucket's owner everything; to change one is refused as S3 refuses it.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.listing import owner_entry
from s3fixture.service.versions import find_version
from s3fixture.store import BucketRow

_SAME = "bucket-owner-full-control"
_FULL_CONTROL = "FULL_CONTROL"


def get_bucket_acl(call: Call, params: Params) -> Result:
    """Full control for the bucket's owner."""
    with call.store.read() as index:
        return _full_control(call.bucket(index, params["Bucket"]).owner)


def get_object_acl(call: Call, params: Params) -> Result:
    """Full control for the bucket's owner. Raises as GetObject does for an object that is not there."""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        find_version(call, index, bucket, params)
        return _full_control(bucket.owner)


def put_bucket_acl(call: Call, params: Params) -> Result:
    """Raises AccessControlListNotSupported, unless it says what is so already."""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
    _refuse_change(bucket, params)
    return {}


def put_object_acl(call: Call, params: Params) -> Result:
    """Raises AccessControlListNotSupported, unless it says what is so already."""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        find_version(call, index, bucket, params)
    _refuse_change(bucket, params)
    return {}


def _refuse_change(bucket: BucketRow, params: Params) -> None:
    """Canned or written out, full control for the bucket's owner is what S3 takes when ACLs are off.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
    """
    policy = params.get("AccessControlPolicy")
    if policy is None:
        same = params.get("ACL") == _SAME
    else:
        grants = [
            (grant.get("Grantee", {}).get("ID"), grant.get("Permission"))
            for grant in policy.get("Grants", [])
        ]
        same = grants == [(bucket.owner, _FULL_CONTROL)]
    if not same:
        raise S3Error("AccessControlListNotSupported")


def _full_control(canonical_id: str) -> Result:
    owner = owner_entry(canonical_id)
    grantee = {**owner, "Type": "CanonicalUser"}
    return {"Owner": owner, "Grants": [{"Grantee": grantee, "Permission": _FULL_CONTROL}]}
