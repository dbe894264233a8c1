"""ACLs of buckets and objects: stored, read, changed, and given to new objects.

Where ACLs are off (`ownership`), the bucket's owner owns everything, and only an ACL that says so is
accepted. access.py decides what ACLs allow.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from s3fixture.auth import acls
from s3fixture.auth.acls import Acl, Grant
from s3fixture.auth.actions import Permission
from s3fixture.auth.identity import Identity
from s3fixture.errors import S3Error
from s3fixture.service.bucket_documents import ACL, OBJECT_ACLS
from s3fixture.service.bucket_settings import BLOCK_ACLS, IGNORE_ACLS, is_blocked, public_access_blocked
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.listing import owner_entry
from s3fixture.service.ownership import OWNERSHIP, PREFERRED, acls_enabled, owner_of
from s3fixture.service.profiles import how_to_allow
from s3fixture.service.versions import find_version
from s3fixture.store import BucketRow, Index, Upload, Version

# Canned ACLs that give the owner of a bucket nothing beyond what is theirs where ACLs are off: accepted from
# them for new objects, although the documentation has bucket-owner-full-control alone.
# justincormack/argmin, crates/s3-tests/tests/ownership.rs (run against S3, too)
_OWNERS_ALONE = frozenset({"private", "bucket-owner-read"})


def bucket_acl(index: Index, bucket: BucketRow) -> Acl:
    """The bucket's grants; by default only those of its owner."""
    document = index.get_document(bucket.id, ACL) if ACL in bucket.documents else None
    return acls.private(bucket.owner) if document is None else _from_json(json.loads(document))


def object_acl(item: Version | Upload) -> Acl:
    """The grants of an object, or of the object that an upload will make."""
    return _from_json(item.extra[ACL]) if ACL in item.extra else acls.private(item.owner)


def allowed_by_acls(
    index: Index,
    identity: Identity | None,
    permission: Permission,
    bucket: BucketRow,
    *,
    trusted: bool,
    begun: bool,
) -> bool:
    """Whether ACLs allow it; where they do not decide, whether the caller is `trusted`.

    Trusted callers are the bucket's owner, and those whom its policy allows. An object of another account is
    for that account and its grantees, not for the bucket's owner. Who may WRITE into a bucket makes new
    objects there, and replaces and deletes own ones only; `begun` uploads were decided about when they began.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions
    justincormack/argmin, crates/s3-tests/tests/access_matrix.rs, public_access_acl.rs (run against S3, too)
    """
    if not acls_enabled(bucket):
        return trusted
    action = permission.action
    ignore_public = is_blocked(index, bucket, IGNORE_ACLS)
    if action not in acls.ON_OBJECT:
        if trusted or action not in acls.ON_BUCKET:
            return trusted
        needed = acls.ON_BUCKET[action]
        allowed = acls.allows(bucket_acl(index, bucket), identity, needed, ignore_public=ignore_public)
        if not allowed or needed != "WRITE" or begun:
            return allowed
        return _may_replace(index, identity, permission, bucket)
    version = _version_of(index, permission, bucket)
    if version is None or version.is_delete_marker:
        return trusted
    if version.owner != bucket.owner:
        trusted = identity is not None and identity.canonical_id == version.owner
    acl = object_acl(version)
    return trusted or acls.allows(acl, identity, acls.ON_OBJECT[action], ignore_public=ignore_public)


def _may_replace(index: Index, identity: Identity | None, permission: Permission, bucket: BucketRow) -> bool:
    """Whether there is no object, or one of this caller's own."""
    version = _version_of(index, permission, bucket)
    if version is None or version.is_delete_marker:
        return True
    return version.owner == (identity.canonical_id if identity else acls.ANONYMOUS)


def _version_of(index: Index, permission: Permission, bucket: BucketRow) -> Version | None:
    assert permission.key is not None
    if permission.version_id:
        return index.get_version(bucket.id, permission.key, permission.version_id)
    return index.get_current(bucket.id, permission.key)


def is_private(acl: Acl, owner: str) -> bool:
    """Whether it grants full control to the owner, and nothing to others."""
    return acl == acls.private(owner)


def new_owner(call: Call, index: Index, bucket: BucketRow, params: Params) -> tuple[str, dict[str, Any]]:
    """Who owns a new object, and the part of its extra record that is its ACL ({}: none for others).

    Raises AccessControlListNotSupported where ACLs are off, AccessDenied where public ones are blocked, and
    what `acls.parse_request` raises.
    """
    if not acls_enabled(bucket) and acls.PARAMETERS.isdisjoint(params):
        return bucket.owner, {}
    owner = call.identity.canonical_id if call.identity else _owner_without_keys(index, bucket)
    if not acls_enabled(bucket):
        acl = acls.parse_request(params, call.access.identities, bucket.owner, bucket.owner)
        if owner != bucket.owner or params.get("ACL") not in _OWNERS_ALONE:
            _refuse_acl(call, params, acl, bucket)
        return bucket.owner, {}
    preferred = index.get_document(bucket.id, OWNERSHIP) == PREFERRED
    if preferred and params.get("ACL") == acls.BUCKET_OWNER_FULL_CONTROL:
        owner = bucket.owner
    acl = acls.parse_request(params, call.access.identities, owner, bucket.owner)
    if acl is None or is_private(acl, owner):
        return owner, {}
    permission = Permission("s3:PutObject", bucket.name, params["Key"])
    _refuse_public(call, index, bucket, acl, permission)
    return owner, {ACL: acl}


def _owner_without_keys(index: Index, bucket: BucketRow) -> str:
    """Who owns what a caller writes who does not sign.

    Where an ACL lets everybody write, an account that S3 has for them; where only a policy does, the bucket's
    owner: docs/decisions/0013.
    """
    ignore_public = is_blocked(index, bucket, IGNORE_ACLS)
    written = acls.allows(bucket_acl(index, bucket), None, "WRITE", ignore_public=ignore_public)
    return acls.ANONYMOUS if written and acls_enabled(bucket) else bucket.owner


def note_owner(index: Index, bucket: BucketRow, owner: str, extra: Mapping[str, Any]) -> None:
    """Note that the bucket has objects with ACLs of their own. Call it in the transaction that adds one."""
    if (owner != bucket.owner or ACL in extra) and OBJECT_ACLS not in bucket.documents:
        index.put_document(bucket.id, OBJECT_ACLS, "")


def acl_of(extra: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an extra record that is an ACL."""
    return {ACL: extra[ACL]} if ACL in extra else {}


def get_bucket_acl(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html"""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        acl = bucket_acl(index, bucket) if acls_enabled(bucket) else acls.private(bucket.owner)
    return {"Owner": owner_entry(bucket.owner), "Grants": acls.describe(acl)}


def get_object_acl(call: Call, params: Params) -> Result:
    """Raises as GetObject does for an object that is not there.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html
    """
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        version = find_version(call, index, bucket, params)
    acl = object_acl(version) if acls_enabled(bucket) else acls.private(bucket.owner)
    return {
        "Owner": owner_entry(owner_of(bucket, version.owner)),
        "Grants": acls.describe(acl),
        **_version_header(bucket, version),
    }


def put_bucket_acl(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html"""
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        acl = _asked(call, params, bucket.owner, bucket.owner)
        if not acls_enabled(bucket):
            _refuse_acl(call, params, acl, bucket)
            return {}
        _refuse_public(call, index, bucket, acl, Permission("s3:PutBucketAcl", bucket.name))
        set_bucket_acl(index, bucket, acl)
    return {}


def put_object_acl(call: Call, params: Params) -> Result:
    """The answer names the version, which the examples show and the model lacks.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
    """
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        version = find_version(call, index, bucket, params, current_marker="MethodNotAllowed")
        owner = owner_of(bucket, version.owner)
        acl = _asked(call, params, owner, bucket.owner)
        if not acls_enabled(bucket):
            _refuse_acl(call, params, acl, bucket)
            return _version_header(bucket, version)
        permission = Permission("s3:PutObjectAcl", bucket.name, version.key)
        _refuse_public(call, index, bucket, acl, permission)
        extra = {name: value for name, value in version.extra.items() if name != ACL}
        if not is_private(acl, owner):
            extra[ACL] = acl
        index.update_version(version.seq, extra=extra)
        note_owner(index, bucket, owner, extra)
    if acl != object_acl(version):
        call.note("acl", bucket, version)
    return _version_header(bucket, version)


def _version_header(bucket: BucketRow, version: Version) -> Result:
    return {"HTTPHeaders": {"x-amz-version-id": version.version_id}} if bucket.versioning else {}


def set_bucket_acl(index: Index, bucket: BucketRow, acl: Acl) -> None:
    """Store the grants. When only the owner has any, no document is stored."""
    if is_private(acl, bucket.owner):
        index.delete_document(bucket.id, ACL)
    else:
        index.put_document(bucket.id, ACL, json.dumps(acl))


def _asked(call: Call, params: Params, owner: str, bucket_owner: str) -> Acl:
    """The ACL in a request to change one: canned, in headers, or in a document; only one of these."""
    identities = call.access.identities
    acl = acls.parse_request(params, identities, owner, bucket_owner)
    document = params.get("AccessControlPolicy")
    if document is None:
        if acl is None:
            raise S3Error("MissingSecurityHeader", MissingHeaderName="x-amz-acl")
        return acl
    if acl is not None:
        raise S3Error("UnexpectedContent")
    return acls.parse_document(document, identities, owner)


def _refuse_acl(call: Call, params: Params, acl: Acl | None, bucket: BucketRow) -> None:
    """Where ACLs are off, S3 accepts full control for the bucket's owner in any form except "private".

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
    """
    name = params.get("ACL")
    same = name == acls.BUCKET_OWNER_FULL_CONTROL if name else acl in (None, acls.private(bucket.owner))
    if not same:
        raise S3Error("AccessControlListNotSupported", advice=how_to_allow(call.settings, "acls"))


def _refuse_public(call: Call, index: Index, bucket: BucketRow, acl: Acl, permission: Permission) -> None:
    if acls.is_public(acl) and is_blocked(index, bucket, BLOCK_ACLS):
        what = "public access control lists (ACLs)"
        raise public_access_blocked(call, bucket, BLOCK_ACLS, what, permission)


def _from_json(rows: list[list[Any]] | Acl) -> Acl:
    return tuple(Grant(*row) for row in rows)
