"""Small settings of a bucket: attribute-based access control, Block Public Access, who pays, versioning."""

from __future__ import annotations

import json

from s3fixture import refusals, rule_refusals
from s3fixture.auth.actions import Permission
from s3fixture.auth.denial import not_authorized
from s3fixture.errors import S3Error
from s3fixture.service.bucket_documents import (
    PAYMENT,
    REPLICATION,
    delete_document,
    get_document,
    put_document,
)
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.profiles import how_to_allow
from s3fixture.store import BucketRow, Index

ABAC = "abac"  # the kind of the document that says that it is on
_ENABLED, _DISABLED = "Enabled", "Disabled"


def get_bucket_abac(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAbac.html"""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
    return {"AbacStatus": {"Status": _ENABLED if ABAC in bucket.documents else _DISABLED}}


def put_bucket_abac(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAbac.html"""
    status = params["AbacStatus"].get("Status")
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if status is None:
            raise S3Error("MalformedXML")
        if status == _ENABLED:
            index.put_document(bucket.id, ABAC, _ENABLED)
        else:
            index.delete_document(bucket.id, ABAC)
    return {}


def check_tagging(call: Call, params: Params) -> None:
    """Raise MethodNotAllowed when only TagResource and UntagResource of S3 Control may change the tags.

    S3's documentation says that it refuses, but not with which error.
    """
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
    if ABAC in bucket.documents:
        raise S3Error("MethodNotAllowed", Method=call.request.method, ResourceType="BUCKET")


BLOCK_ACLS = "BlockPublicAcls"
IGNORE_ACLS = "IgnorePublicAcls"
BLOCK_POLICY = "BlockPublicPolicy"
RESTRICT = "RestrictPublicBuckets"
BLOCK_SETTINGS = (BLOCK_ACLS, IGNORE_ACLS, BLOCK_POLICY, RESTRICT)
PUBLIC_ACCESS_BLOCK = "public-access-block"  # of the document that holds them


def is_blocked(index: Index, bucket: BucketRow, setting: str) -> bool:
    """Whether the bucket has this setting."""
    document = (
        index.get_document(bucket.id, PUBLIC_ACCESS_BLOCK)
        if PUBLIC_ACCESS_BLOCK in bucket.documents
        else None
    )
    return document is not None and json.loads(document)[setting] is True


def public_access_blocked(
    call: Call, bucket: BucketRow, setting: str, what: str, permission: Permission
) -> S3Error:
    """AccessDenied for `what`, which is public. Names user, action and reason only to the bucket's account.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    because = f"because {what} are prevented by the {setting} setting in S3 Block Public Access."
    why = not_authorized(call.identity, permission.action, f'"{permission.resource}"', because)
    same_account = call.identity is not None and call.identity.canonical_id == bucket.owner
    advice = how_to_allow(call.settings, "public access")
    return S3Error("AccessDenied", why if same_account else None, reason=why, advice=advice)


def block_all(index: Index, bucket: BucketRow) -> None:
    """Switch all four settings on."""
    index.put_document(bucket.id, PUBLIC_ACCESS_BLOCK, json.dumps(dict.fromkeys(BLOCK_SETTINGS, True)))


def get_public_access_block(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html"""
    document = get_document(call, params, PUBLIC_ACCESS_BLOCK, "NoSuchPublicAccessBlockConfiguration")
    return {"PublicAccessBlockConfiguration": json.loads(document)}


def put_public_access_block(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html"""
    wanted = params["PublicAccessBlockConfiguration"]
    settings = {name: bool(wanted.get(name)) for name in BLOCK_SETTINGS}
    put_document(call, params, PUBLIC_ACCESS_BLOCK, json.dumps(settings))
    return {}


def delete_public_access_block(call: Call, params: Params) -> Result:
    """Succeeds also when there is no such setting."""
    delete_document(call, params, PUBLIC_ACCESS_BLOCK)
    return {}


def get_bucket_request_payment(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketRequestPayment.html"""
    with call.store.read() as index:
        payer = index.get_document(call.bucket(index, params["Bucket"]).id, PAYMENT)
    return {"Payer": payer or "BucketOwner"}


def put_bucket_request_payment(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketRequestPayment.html"""
    put_document(call, params, PAYMENT, params["RequestPaymentConfiguration"]["Payer"])
    return {}


def get_bucket_versioning(call: Call, params: Params) -> Result:
    """Has no Status when versioning was never enabled."""
    with call.store.read() as index:
        state = call.bucket(index, params["Bucket"]).versioning
    return {"Status": state} if state else {}


def put_bucket_versioning(call: Call, params: Params) -> Result:
    """Raises IllegalVersioningConfigurationException without a Status or with an empty one, MalformedXML for
    another one, NotImplemented for MFA Delete, and InvalidBucketState for suspending versioning in a bucket
    with object lock.
    """
    configuration = params["VersioningConfiguration"]
    state = configuration.get("Status")
    if not state:
        raise refusals.VERSIONING_WITHOUT_STATUS()
    if state not in ("Enabled", "Suspended"):
        raise S3Error("MalformedXML")
    if configuration.get("MFADelete") == "Enabled" or params.get("MFA"):
        raise S3Error("NotImplemented", Header="x-amz-mfa")
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if bucket.object_lock and state != "Enabled":
            raise refusals.LOCK_KEEPS_VERSIONING()
        if REPLICATION in bucket.documents and state != "Enabled":
            raise rule_refusals.REPLICATION_KEEPS_VERSIONING()
        index.set_versioning(bucket.id, state)
    return {}
