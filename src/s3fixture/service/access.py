"""May they: ownership of buckets, and bucket policies.

Every identity is an account of its own; a bucket and all objects in it belong to the account that made the
bucket (S3's default since 2023, "bucket owner enforced"). Others may do what the bucket's policy allows.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal

from s3fixture.auth.actions import Permission, permissions
from s3fixture.auth.identity import Identities, account_id
from s3fixture.auth.patterns import Context
from s3fixture.auth.principals import Outsider
from s3fixture.errors import S3Error
from s3fixture.service.public_access import RESTRICT, is_blocked
from s3fixture.store import BucketRow, Store

if TYPE_CHECKING:
    from s3fixture.auth.policy import Policy
    from s3fixture.service.call import Call, Params

POLICY = "policy"  # the kind of the document that holds a bucket's policy
_CACHED_POLICIES = 256
# For the bucket's owner alone, whatever the policy says: who may take back one that locks everybody out.
_OWNERS_ALONE = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})
_ACCOUNT_ID = re.compile("[0-9]{12}")
_NEEDS_NO_BUCKET = frozenset({"s3:ListAllMyBuckets", "s3:CreateBucket"})
Verdict = Literal["allow", "deny", "restrict", "not allowed"]
_REASONS: Mapping[Verdict | None, str] = {
    "deny": "with an explicit deny in a resource-based policy",
    "restrict": f"because the bucket's policy is public and its setting {RESTRICT} lets in its owner only",
}


class Access:
    """Decides for one server; keeps the policies it parsed."""

    def __init__(self, store: Store, identities: Identities) -> None:
        self._store = store
        self.identities = identities
        self._parsed: OrderedDict[tuple[str, str], Policy] = OrderedDict()

    def check(self, call: Call, params: Params) -> None:
        """Raise AccessDenied unless the caller may do `call.operation` with `params`.

        A bucket that does not exist is left to the operation, which says NoSuchBucket.
        """
        for permission in permissions(call.operation, params):
            self.require(call, params, permission)
        if "ExpectedBucketOwner" in params:
            self._check_expected_owner(params["Bucket"], params["ExpectedBucketOwner"])
        if "ExpectedSourceBucketOwner" in params:
            self._check_expected_owner(params["CopySource"].bucket, params["ExpectedSourceBucketOwner"])

    def require(self, call: Call, params: Params, permission: Permission) -> None:
        """Raise AccessDenied (MethodNotAllowed for a bucket's policy) unless the caller has `permission`."""
        decision = self._decide(call, params, permission)
        if decision == "allow":
            return
        if decision == "not allowed":
            raise S3Error("MethodNotAllowed", Method=call.request.method, ResourceType="BUCKETPOLICY")
        raise S3Error("AccessDenied", self._explain(call, permission, decision))

    def allows(self, call: Call, params: Params, permission: Permission) -> bool:
        """Whether the caller has `permission`."""
        return self._decide(call, params, permission) == "allow"

    def lets_in(
        self, bucket: BucketRow, names: frozenset[str], permission: Permission, context: Context
    ) -> bool:
        """Whether the bucket's policy allows it to somebody who acts for another bucket (see `Outsider`)."""
        with self._store.read() as index:
            text = index.get_document(bucket.id, POLICY)
        if text is None:
            return False
        policy, who = self.policy_of(bucket, text), Outsider(names)
        return policy.evaluate(who, permission.action, permission.resource, context) == "allow"

    def _check_expected_owner(self, bucket: str, expected: str) -> None:
        """x-amz-expected-bucket-owner, an account id."""
        if not _ACCOUNT_ID.fullmatch(expected):
            raise S3Error(
                "InvalidBucketOwnerAWSAccountID",
                f"The value of the expected bucket owner parameter must be an AWS Account ID... [{expected}]",
            )
        with self._store.read() as index:
            row = index.get_bucket(bucket)
        if row is None:
            return
        if account_id(row.owner) != expected:
            raise S3Error("AccessDenied")

    def policy_of(self, bucket: BucketRow, text: str) -> Policy:
        """The parsed policy of a bucket; parsed once for each text.

        Its principals were checked when it was put: one that has gone since must not lock the others out.
        """
        from s3fixture.auth.policy import parse_policy  # imported when used: most buckets have none

        key = (bucket.name, text)
        policy = self._parsed.get(key)
        if policy is None:
            policy = self._parsed[key] = parse_policy(text, bucket.name, None)
            if len(self._parsed) > _CACHED_POLICIES:
                self._parsed.popitem(last=False)
        return policy

    def _decide(self, call: Call, params: Params, permission: Permission) -> Verdict | None:
        if permission.action in _NEEDS_NO_BUCKET or permission.bucket is None:
            return "allow" if call.identity else None
        with self._store.read() as index:
            bucket = index.get_bucket(permission.bucket)
            if bucket is None:
                return "allow"
            text = index.get_document(bucket.id, POLICY)
            restricted = text is not None and is_blocked(index, bucket.id, RESTRICT)
        owner = call.identity is not None and call.identity.canonical_id == bucket.owner
        if permission.action in _OWNERS_ALONE:
            return "allow" if owner else "not allowed" if call.identity else None
        if text is None:
            return "allow" if owner else None
        policy = self.policy_of(bucket, text)
        if restricted and not owner and _is_public(policy):
            return "restrict"
        decision = policy.evaluate(
            call.identity,
            permission.action,
            permission.resource,
            call.context(params, permission, partial(self._tags_of, bucket, permission)),
        )
        return decision or ("allow" if owner else None)

    def _tags_of(self, bucket: BucketRow, permission: Permission) -> Mapping[str, str]:
        """Those of the object, or version of it, that the permission is about."""
        if permission.key is None:
            return {}
        with self._store.read() as index:
            version = (
                index.get_version(bucket.id, permission.key, permission.version_id)
                if permission.version_id
                else index.get_current(bucket.id, permission.key)
            )
        return version.tags if version else {}

    def _explain(self, call: Call, permission: Permission, verdict: Verdict | None) -> str | None:
        """AWS names the user, the action and the reason to callers of the bucket's own account only.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
        """
        if call.identity is None or permission.bucket is None:
            return None
        with self._store.read() as index:
            bucket = index.get_bucket(permission.bucket)
        if bucket is None or bucket.owner != call.identity.canonical_id:
            return None
        reason = (
            _REASONS.get(verdict) or f"because no resource-based policy allows the {permission.action} action"
        )
        return (
            f"User: {call.identity.arn} is not authorized to perform: {permission.action} "
            f'on resource: "{permission.resource}" {reason}'
        )


def _is_public(policy: Policy) -> bool:
    from s3fixture.auth.policy import is_public  # imported when there is a policy, as in `policy_of`

    return is_public(policy)
