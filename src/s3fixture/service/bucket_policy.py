"""Bucket policies as documents; access.py evaluates them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
"""

from __future__ import annotations

from s3fixture.auth.actions import Permission
from s3fixture.auth.policies import is_public, parse_policy
from s3fixture.service.bucket_documents import POLICY, delete_document, get_document
from s3fixture.service.bucket_settings import BLOCK_POLICY, is_blocked, public_access_blocked
from s3fixture.service.call import Call, Params, Result


def get_bucket_policy(call: Call, params: Params) -> Result:
    """The normalized text of the policy (justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs)."""
    return {"Policy": get_document(call, params, POLICY, "NoSuchBucketPolicy")}


def put_bucket_policy(call: Call, params: Params) -> Result:
    """Raises MalformedPolicy, and AccessDenied for a public policy if the bucket blocks those.

    The former policy then stays.
    """
    text = params["Policy"]
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        parsed = parse_policy(text, bucket.name, call.access.identities)
        if is_blocked(index, bucket, BLOCK_POLICY) and is_public(parsed):
            permission = Permission("s3:PutBucketPolicy", bucket.name)
            raise public_access_blocked(call, bucket, BLOCK_POLICY, "public policies", permission)
        index.put_document(bucket.id, POLICY, parsed.text)
    return {"HTTPStatusCode": 204}


def delete_bucket_policy(call: Call, params: Params) -> Result:
    """Succeeds also when there is no policy."""
    delete_document(call, params, POLICY)
    return {}


def get_bucket_policy_status(call: Call, params: Params) -> Result:
    """Whether the policy makes the bucket public."""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
        text = get_document(call, params, POLICY, "NoSuchBucketPolicy")
    return {"PolicyStatus": {"IsPublic": is_public(call.access.policy_of(bucket, text))}}
