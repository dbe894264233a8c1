"""Buckets: make, find, list, delete, and where they are."""

from __future__ import annotations

import json
from typing import Any

from s3fixture.auth.acls import Acl, is_public, parse_request, private
from s3fixture.clock import utc
from s3fixture.errors import S3Error
from s3fixture.service import tags
from s3fixture.service.acls import is_private, set_bucket_acl
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.listing import owner_entry
from s3fixture.service.names import check_bucket_name
from s3fixture.service.object_lock import ENABLED, NO_DEFAULT
from s3fixture.service.ownership import ENFORCED, acls_count, set_ownership
from s3fixture.service.profiles import PROFILES, Profile, way_out
from s3fixture.service.public_access import block_all
from s3fixture.service.tagging import TAGGING
from s3fixture.service.tokens import from_token, to_token
from s3fixture.store import BucketRow, Index

_LEGACY_REGION = "us-east-1"
_MAX_BUCKETS = 10_000


def create_bucket(call: Call, params: Params) -> Result:
    """Make a bucket of the caller's own; one with object lock is versioned from the start.

    Making one's own bucket again succeeds in us-east-1, where it resets the ACL, and is
    BucketAlreadyOwnedByYou elsewhere.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    """
    name = params["Bucket"]
    check_bucket_name(name)
    configuration = params.get("CreateBucketConfiguration") or {}
    region = _region(call, configuration.get("LocationConstraint"))
    tag_set = {"TagSet": configuration.get("Tags", [])}
    wanted = tags.from_document(tag_set, limit=tags.BUCKET_TAGS, kind="Bucket")
    assert call.identity is not None  # access.check refuses anonymous callers
    owner = call.identity.canonical_id
    profile = PROFILES[call.settings.defaults]
    ownership = params.get("ObjectOwnership") or profile.ownership
    acl = parse_request(params, call.access.identities, owner, owner)
    _check_acl(call, acl, owner, ownership)
    locked = bool(params.get("ObjectLockEnabledForBucket"))
    with call.store.write() as index:
        existing = index.get_bucket(name)
        if existing is not None:
            _answer_existing(existing, owner, region)
            if acls_count(existing):
                set_bucket_acl(index, existing, acl or private(owner))
        else:
            row = index.create_bucket(
                name,
                owner=owner,
                region=region,
                created=call.clock.time(),
                versioning=ENABLED if locked else "",
                object_lock=NO_DEFAULT if locked else "",
            )
            _configure(index, row, wanted, acl, ownership, profile)
    return {"Location": f"/{name}", "BucketArn": f"arn:aws:s3:::{name}"}


def _region(call: Call, constraint: str | None) -> str:
    """The region a LocationConstraint asks for, checked as S3 does.

    us-east-1 makes buckets in any other region, but does not take its own name as a constraint.
    """
    here = call.settings.region
    if constraint is None:
        if here != _LEGACY_REGION:
            raise S3Error("IllegalLocationConstraintException")
        return here
    region = {"EU": "eu-west-1"}.get(constraint, constraint)
    if here == _LEGACY_REGION:
        if region in ("", _LEGACY_REGION):
            raise S3Error("InvalidLocationConstraint", LocationConstraint=constraint)
        return region
    if region != here:
        raise S3Error(
            "IllegalLocationConstraintException",
            f"The {constraint} location constraint is incompatible for the region specific endpoint this "
            "request was sent to.",
        )
    return region


def _check_acl(call: Call, acl: Acl | None, owner: str, ownership: str) -> None:
    if acl is None or is_private(acl, owner):
        return
    if ownership == ENFORCED:
        raise S3Error("InvalidBucketAclWithObjectOwnership", advice=way_out(call.settings, "acls"))
    if PROFILES[call.settings.defaults].block_public_access and is_public(acl):
        raise S3Error(
            "InvalidBucketAclWithBlockPublicAccessError", advice=way_out(call.settings, "public access")
        )


def _configure(
    index: Index, row: BucketRow, wanted: dict[str, str], acl: Acl | None, ownership: str, profile: Profile
) -> None:
    """Give a new bucket what was asked for, and what the profile says."""
    if ownership != ENFORCED:
        set_ownership(index, row, ownership)
    if acl is not None:
        set_bucket_acl(index, row, acl)
    if profile.block_public_access:
        block_all(index, row)
    if wanted:
        index.put_document(row.id, TAGGING, json.dumps(wanted))


def _answer_existing(bucket: BucketRow, owner: str, region: str) -> None:
    if bucket.owner != owner:
        raise S3Error("BucketAlreadyExists", BucketName=bucket.name)
    if region != _LEGACY_REGION or bucket.region != _LEGACY_REGION:
        raise S3Error("BucketAlreadyOwnedByYou", BucketName=bucket.name)


def head_bucket(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html"""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
    return {"BucketRegion": bucket.region, "AccessPointAlias": False}


def get_bucket_location(call: Call, params: Params) -> Result:
    """An empty constraint means us-east-1.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    """
    with call.store.read() as index:
        region = call.bucket(index, params["Bucket"]).region
    return {"LocationConstraint": "" if region == _LEGACY_REGION else region}


def delete_bucket(call: Call, params: Params) -> Result:
    """Only when no version and no delete marker is left; unfinished uploads go with the bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
    """
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if not index.is_empty(bucket.id):
            raise S3Error("BucketNotEmpty", BucketName=bucket.name)
        index.delete_bucket(bucket.id)
    return {}


def list_buckets(call: Call, params: Params) -> Result:
    """The caller's own buckets, in order of name; paged only when MaxBuckets is given.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
    """
    assert call.identity is not None  # access.check refuses anonymous callers
    limit = _limit(params.get("MaxBuckets"))
    prefix = params.get("Prefix") or ""
    token = params.get("ContinuationToken")
    after = "" if token is None else from_token(token)
    region = params.get("BucketRegion")
    with call.store.read() as index:
        found = index.list_buckets(prefix, after, _MAX_BUCKETS, call.identity.canonical_id).buckets
    rows = [row for row in found if region in (None, row.region)]
    page = rows[:limit]
    result: Result = {
        "Buckets": [_bucket_entry(row, paged="MaxBuckets" in params) for row in page],
        "Owner": owner_entry(call.identity.canonical_id),
    }
    if "Prefix" in params:
        result["Prefix"] = prefix
    if len(rows) > limit:
        result["ContinuationToken"] = to_token(page[-1].name)
    return result


def _bucket_entry(row: BucketRow, *, paged: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "Name": row.name,
        "CreationDate": utc(row.created),
        "BucketArn": f"arn:aws:s3:::{row.name}",
    }
    if paged:  # S3 names the region only in the paged form
        entry["BucketRegion"] = row.region
    return entry


def _limit(max_buckets: int | None) -> int:
    if max_buckets is None:
        return _MAX_BUCKETS
    if not 1 <= max_buckets <= _MAX_BUCKETS:
        raise S3Error(
            "InvalidArgument",
            f"Argument max-buckets must be an integer between 1 and {_MAX_BUCKETS}",
            ArgumentName="max-buckets",
            ArgumentValue=str(max_buckets),
        )
    return max_buckets
