"""Buckets: create, head, list, delete, and their region."""

from __future__ import annotations

import json
from typing import Any

from s3fixture import limits, refusals, regions
from s3fixture.auth.acls import Acl, is_public, parse_request, private
from s3fixture.auth.actions import BUCKET_ARN
from s3fixture.errors import S3Error
from s3fixture.feature_refusals import DIRECTORY_BUCKETS, NOT_HERE
from s3fixture.service import tag_rules
from s3fixture.service.acls import is_private, set_bucket_acl
from s3fixture.service.bucket_settings import block_all
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.continuation import from_token, to_token
from s3fixture.service.listing import owner_entry
from s3fixture.service.names import check_bucket_name, check_namespace
from s3fixture.service.object_lock import ENABLED, NO_DEFAULT
from s3fixture.service.ownership import ENFORCED, acls_enabled, set_ownership
from s3fixture.service.profiles import PROFILES, Profile, how_to_allow
from s3fixture.service.tagging import TAGGING
from s3fixture.store import BucketRow, Index

EUROPE = "EU"  # the oldest location constraint: another name of eu-west-1
LOCATION = "location"  # the kind of the document that holds the constraint
_PAGED = frozenset({"BucketRegion", "ContinuationToken", "MaxBuckets", "Prefix"})


def create_bucket(call: Call, params: Params) -> Result:
    """Make a bucket that the caller owns. A bucket with object lock is versioned from the start.

    For a bucket that the caller already owns, the request succeeds in us-east-1, where it resets the ACL, and
    raises BucketAlreadyOwnedByYou elsewhere.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    """
    name = params["Bucket"]
    configuration = params.get("CreateBucketConfiguration") or {}
    if name.endswith("--x-s3") or "Bucket" in configuration or "Location" in configuration:
        raise NOT_HERE(Operation="CreateBucket", reason=DIRECTORY_BUCKETS)
    namespace = params.get("BucketNamespace")
    check_bucket_name(name, namespace)
    constraint = configuration.get("LocationConstraint") or None
    region = _region(call, constraint)
    tag_set = {"TagSet": configuration.get("Tags", [])}
    wanted = tag_rules.from_document(tag_set, tag_rules.NEW_BUCKET)
    assert call.identity is not None  # access.check refuses anonymous callers
    check_namespace(name, namespace, call.identity.account_id, region)
    owner = call.identity.canonical_id
    profile = PROFILES[call.settings.defaults]
    ownership = params.get("ObjectOwnership") or profile.ownership
    acl = parse_request(params, call.access.identities, owner, owner)
    _check_acl(call, acl, owner, ownership)
    locked = bool(params.get("ObjectLockEnabledForBucket"))
    with call.store.write() as index:
        existing = index.get_bucket(name)
        if existing is not None:
            _answer_existing(existing, owner, region, tagged=bool(wanted))
            if acls_enabled(existing):
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
            if constraint == EUROPE:
                index.put_document(row.id, LOCATION, EUROPE)
    return {"Location": _location(call, name, constraint), "BucketArn": _arn(name)}


def _location(call: Call, name: str, constraint: str | None) -> str:
    """The Location header: the bucket's path, or its address when the request has a location constraint."""
    if constraint is None:
        return f"/{name}"
    return f"{call.request.scheme}://{name}.{call.request.host.removeprefix(f'{name}.')}/"


def _region(call: Call, constraint: str | None) -> str:
    """The region that a LocationConstraint asks for, checked as S3 does.

    us-east-1 makes buckets in any other region, but refuses its own name as a constraint; MinIO takes it.
    """
    here = call.region
    region = "eu-west-1" if constraint == EUROPE else constraint
    if here == regions.FIRST:
        if region == here and PROFILES[call.settings.defaults].first_as_constraint:
            return here
        if region == here or (region is not None and region not in regions.NAMES):
            raise S3Error("InvalidLocationConstraint", LocationConstraint=constraint or "")
        return region or here
    if region != here:
        raise refusals.LOCATION_CONSTRAINT(constraint=constraint or "unspecified")
    return here


def _check_acl(call: Call, acl: Acl | None, owner: str, ownership: str) -> None:
    if acl is None or is_private(acl, owner):
        return
    if ownership == ENFORCED:
        raise S3Error("InvalidBucketAclWithObjectOwnership", advice=how_to_allow(call.settings, "acls"))
    if PROFILES[call.settings.defaults].block_public_access and is_public(acl):
        raise S3Error(
            "InvalidBucketAclWithBlockPublicAccessError", advice=how_to_allow(call.settings, "public access")
        )


def _configure(
    index: Index, row: BucketRow, wanted: dict[str, str], acl: Acl | None, ownership: str, profile: Profile
) -> None:
    """Give a new bucket the requested settings, and those of the profile."""
    if ownership != ENFORCED:
        set_ownership(index, row, ownership)
    if acl is not None:
        set_bucket_acl(index, row, acl)
    if profile.block_public_access:
        block_all(index, row)
    if wanted:
        index.put_document(row.id, TAGGING, json.dumps(wanted))


def _answer_existing(bucket: BucketRow, owner: str, region: str, *, tagged: bool) -> None:
    if bucket.owner != owner:
        raise S3Error("BucketAlreadyExists", BucketName=bucket.name)
    if region != regions.FIRST or bucket.region != regions.FIRST or tagged:
        raise S3Error("BucketAlreadyOwnedByYou", BucketName=bucket.name)


def head_bucket(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html"""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
    return {
        "BucketArn": _arn(bucket.name),
        "BucketRegion": bucket.region,
        "AccessPointAlias": False,
        "HTTPHeaders": {"Content-Type": "application/xml"},
    }


def get_bucket_location(call: Call, params: Params) -> Result:
    """An empty constraint means us-east-1; EU is returned as it was put.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    """
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        written = index.get_document(bucket.id, LOCATION)
    return {"LocationConstraint": written or ("" if bucket.region == regions.FIRST else bucket.region)}


def delete_bucket(call: Call, params: Params) -> Result:
    """Raises BucketNotEmpty while a version or delete marker is left. Unfinished uploads are removed, too.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
    """
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if not index.is_empty(bucket.id):
            raise (
                refusals.VERSIONS_LEFT(BucketName=bucket.name)
                if bucket.versioning
                else S3Error("BucketNotEmpty", BucketName=bucket.name)
            )
        index.delete_bucket(bucket.id)
    return {}


def list_buckets(call: Call, params: Params) -> Result:
    """The caller's own buckets, ordered by name; paged only when MaxBuckets is given.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
    """
    assert call.identity is not None  # access.check refuses anonymous callers
    limit = params.get("MaxBuckets") or limits.LISTED_BUCKETS
    prefix = params.get("Prefix") or ""
    token = params.get("ContinuationToken")
    after = "" if token is None else from_token(token)
    region = params.get("BucketRegion")
    if region is not None and region not in regions.NAMES | {call.settings.region}:
        raise refusals.BAD_BUCKET_REGION(region=region)
    with call.store.read() as index:
        found = index.list_buckets(prefix, after, limits.LISTED_BUCKETS, call.identity.canonical_id).buckets
    rows = [row for row in found if region in (None, row.region)]
    page = rows[:limit]
    result: Result = {
        "Buckets": [_bucket_entry(row, with_region=bool(_PAGED & params.keys())) for row in page],
        "Owner": owner_entry(call.identity.canonical_id),
    }
    if "Prefix" in params:
        result["Prefix"] = prefix
    if len(rows) > limit:
        result["ContinuationToken"] = to_token(page[-1].name)
    return result


def _bucket_entry(row: BucketRow, *, with_region: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "Name": row.name,
        "CreationDate": row.created,
        "BucketArn": _arn(row.name),
    }
    if with_region:  # S3 names the region only in the newer form of the request, which pages and filters
        entry["BucketRegion"] = row.region
    return entry


def _arn(name: str) -> str:
    return f"{BUCKET_ARN}{name}"
