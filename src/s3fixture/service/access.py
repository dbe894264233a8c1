"""Access decisions: ownership of buckets and objects, bucket policies, ACLs, public access blocks.

Every identity is an account of its own, which owns the buckets that it makes. Others may do what a bucket's
policy allows and, where ACLs are on (`ownership`), what ACLs grant; what another account then has in the
bucket is beyond the bucket's owner and policy. Users of an account, and narrowed sessions, may do what their
own policies allow as well (`auth.policies.identity_policies`).
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal

from s3fixture import refusals
from s3fixture.auth.actions import BUCKET_ARN, Permission, actions_of, permissions
from s3fixture.auth.context import PASS_ROLE
from s3fixture.auth.denial import RESOURCE, Denial, not_authorized
from s3fixture.auth.identity import Identities, account_id
from s3fixture.clock import is_upload_id_of
from s3fixture.errors import S3Error
from s3fixture.expressions import Expression
from s3fixture.model.tables import PAID_BY_REQUESTERS
from s3fixture.service.bucket_documents import ACL, OBJECT_ACLS, PAYMENT, POLICY, REQUESTER
from s3fixture.service.bucket_settings import ABAC, RESTRICT, is_blocked
from s3fixture.service.profiles import how_to_allow
from s3fixture.store import BucketRow, Store

if TYPE_CHECKING:
    from s3fixture.auth.policies import Context, Policy
    from s3fixture.service.call import Call, Params
    from s3fixture.store import Version

ASKED_ENCRYPTION = "asked_encryption"  # the part that is the x-amz-server-side-encryption it was begun with
INITIATOR = "initiator"  # the part of an upload's extra record that says who began it
_CACHED_POLICIES = 256
# For the bucket's owner alone, whatever the policy says: who may take back one that locks everybody out.
_OWNERS_ALONE = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})
_ACCOUNT_ID = Expression("[0-9]{12}")
# Who began an upload may look at it and abort it.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
_INITIATORS = frozenset({"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"})
# What goes on with an upload that was begun before.
_GO_ON = frozenset({"UploadPart", "UploadPartCopy", "CompleteMultipartUpload"})
# What s3:ListAllMyBuckets is asked about, as the examples of policies have it.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
_ALL_BUCKETS = f"{BUCKET_ARN}*"
# Documents without which a bucket is its owner's alone.
_MATTERS = frozenset({POLICY, ACL, OBJECT_ACLS})
_RESTRICTED = f"because the bucket's policy is public and its setting {RESTRICT} lets in its owner only"
_UNPAID = "requesters pay in this bucket: others than its owner sign, and send x-amz-request-payer: requester"
# "not allowed": it is its owner's alone. None: no policy of the bucket allows it.
Verdict = Literal["allow", "deny", "restrict", "not allowed", "unpaid"] | Denial


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
            call.granted.append(permission)
            return
        if decision == "not allowed":
            raise S3Error("MethodNotAllowed", Method=call.request.method, ResourceType="BUCKETPOLICY")
        if permission.action in _INITIATORS and self._is_no_upload(call, params, permission):
            raise S3Error("NoSuchUpload", UploadId=params["UploadId"])
        raise self._refusal(call, permission, decision)

    def allows(self, call: Call, params: Params, permission: Permission) -> bool:
        """Whether the caller has `permission`."""
        allowed = self._decide(call, params, permission) == "allow"
        if allowed:
            call.granted.append(permission)
        return allowed

    def check_pass_role(self, call: Call, params: Params, role: str) -> None:
        """Raise AccessDenied unless the caller's own policies, if any, let S3 act by this role (an ARN).

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html (Permissions)
        """
        permission, identity = Permission(PASS_ROLE), call.identity
        if identity is not None and identity.is_limited:
            from s3fixture.auth.policies.identity_policies import denial_of  # as in `_denial`

            context = self._context(call, params, permission, None)
            if denial := denial_of(identity, PASS_ROLE, role, context):
                why = not_authorized(identity, PASS_ROLE, role, denial.because(PASS_ROLE))
                raise S3Error("AccessDenied", why, reason=why)
        call.granted.append(permission)

    def may_let_in_anyone(self, bucket: str, operation: str) -> bool:
        """Whether anything could let a caller who does not sign do this in a bucket that is there.

        For what is decided by a document that was not read yet: a policy that allows it somewhere, or an ACL.
        """
        from s3fixture.auth.acls import ON_BUCKET  # imported when used: most buckets need none

        with self._store.read() as index:
            row = index.get_bucket(bucket)
            text = index.get_document(row.id, POLICY) if row is not None else None
        if row is None:
            return False
        actions = actions_of(operation)
        if ACL in row.documents and not ON_BUCKET.keys().isdisjoint(actions):
            return True
        policy = self.policy_of(row, text) if text is not None else None
        return policy is not None and any(policy.may_allow(None, action) for action in actions)

    def judge_outsider(
        self,
        bucket: BucketRow,
        names: frozenset[str],
        permission: Permission,
        context: Context,
        account: str = "",
    ) -> Literal["allow", "deny"] | None:
        """What the bucket's policy says to somebody who acts for another bucket (see `Outsider`).

        `account` is the one that this is done for; "" for a service of AWS, which no setting about public
        policies keeps out.
        """
        from s3fixture.auth.policies.principals import Outsider  # imported when used: few buckets act so

        with self._store.read() as index:
            text = index.get_document(bucket.id, POLICY)
            restricted = is_blocked(index, bucket, RESTRICT)
        if text is None:
            return None
        policy, owner = self.policy_of(bucket, text), account_id(bucket.owner)
        if restricted and account not in ("", owner) and _is_public(policy):
            return None
        always = {"aws:resourceaccount": [owner], "aws:securetransport": ["true"]}
        return policy.evaluate(Outsider(names), permission.action, permission.resource, {**always, **context})

    def _check_expected_owner(self, bucket: str, expected: str) -> None:
        """x-amz-expected-bucket-owner, an account id."""
        if not _ACCOUNT_ID.fullmatch(expected):
            raise refusals.EXPECTED_OWNER(value=expected)
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
        from s3fixture.auth.policies import parse_policy

        key = (bucket.name, text)
        policy = self._parsed.get(key)
        if policy is None:
            policy = self._parsed[key] = parse_policy(text, bucket.name, None)
            if len(self._parsed) > _CACHED_POLICIES:
                self._parsed.popitem(last=False)
        return policy

    def _decide(self, call: Call, params: Params, permission: Permission) -> Verdict | None:
        """What bucket's owner, policy, ACLs and public access block say together.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
        """
        identity = call.identity
        limited = identity is not None and identity.is_limited
        # Whose bucket it is that has the name of a new one, CreateBucket says itself.
        if permission.bucket is None or call.operation == "CreateBucket":
            return self._without_bucket(call, params, permission)
        with self._store.read() as index:
            bucket = index.get_bucket(permission.bucket)
            if bucket is None:
                call.judged[permission.bucket] = 0
                return "allow"
            call.judged.setdefault(bucket.name, bucket.id)
            text = index.get_document(bucket.id, POLICY) if POLICY in bucket.documents else None
            restricted = text is not None and is_blocked(index, bucket, RESTRICT)
        owner = identity is not None and identity.canonical_id == bucket.owner
        if limited and (denial := self._denial(call, params, permission, bucket, text)):
            return denial
        if permission.action in _OWNERS_ALONE and not (owner and limited):
            if owner:
                return "allow"
            known = identity or self._is_open(call, params, permission, bucket, text)
            return "not allowed" if known else None
        if bucket.documents.isdisjoint(_MATTERS):
            begun = permission.action in _INITIATORS and self._has_initiated(call, params, bucket)
            return "allow" if owner or begun else None
        verdict: Verdict | None = None
        if text is not None:
            verdict = self._by_policy(call, params, permission, bucket, text)
            if restricted and not owner and _is_public(self.policy_of(bucket, text)):
                return "restrict"
        if verdict == "deny":
            return "deny"
        if owner and OBJECT_ACLS not in bucket.documents:
            return "allow"
        decision = self._unless_denied(call, params, permission, bucket, trusted=owner or verdict == "allow")
        if decision == "allow" and not owner and not self._is_paid(call, params, bucket):
            return "unpaid"
        return decision

    def _is_paid(self, call: Call, params: Params, bucket: BucketRow) -> bool:
        """Whether the bucket's owner pays, or the caller, who is somebody else, agrees to do so.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
        """
        if PAYMENT not in bucket.documents:
            return True
        with self._store.read() as index:
            if index.get_document(bucket.id, PAYMENT) != REQUESTER:
                return True
        if call.identity is None:
            return False
        call.charged = params.get("RequestPayer") == "requester"
        return call.charged or call.operation not in PAID_BY_REQUESTERS

    def _without_bucket(self, call: Call, params: Params, permission: Permission) -> Verdict | None:
        """What is not about an existing bucket: callers with keys may do what their own policies allow."""
        if call.identity is None:
            return None
        denial = self._denial(call, params, permission) if call.identity.is_limited else None
        return denial or "allow"

    def _denial(
        self,
        call: Call,
        params: Params,
        permission: Permission,
        bucket: BucketRow | None = None,
        text: str | None = None,
    ) -> Denial | None:
        """Why the caller's own policies do not allow it; `text` is the policy of `bucket`.

        Within the account, what the bucket's policy gives to a user or to a session itself is not limited by
        what their policies leave out; what it gives to a role is limited by boundary and session policy.
        What it gives to a role of another account, the policies of the user who assumed that must allow too.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
        """
        # Imported when used: few callers are limited.
        from s3fixture.auth.policies.identity_policies import denial_of

        identity = call.identity
        assert identity is not None
        action = permission.action
        resource = permission.resource if permission.bucket else _ALL_BUCKETS
        context = self._context(call, params, permission, bucket)
        denial = denial_of(identity, action, resource, context)
        if denial is None or denial.explicit or bucket is None or bucket.owner != identity.canonical_id:
            return denial
        if action in _INITIATORS and self._has_initiated(call, params, bucket):
            return None
        if text is None or (identity.policies is not None and identity.has_foreign_role):
            return denial
        policy = self.policy_of(bucket, text)
        if policy.evaluate(identity, action, resource, context) == "deny":
            return Denial(RESOURCE, explicit=True)
        if policy.gives_to(identity.own_names, action, resource, context):
            return None
        if identity.role and policy.gives_to(identity.role_names, action, resource, context):
            return denial_of(identity, action, resource, context, given=True)
        return denial

    def _is_open(
        self, call: Call, params: Params, permission: Permission, bucket: BucketRow, text: str | None
    ) -> bool:
        """Whether the bucket's policy allows this."""
        return text is not None and self._by_policy(call, params, permission, bucket, text) == "allow"

    def _by_policy(
        self, call: Call, params: Params, permission: Permission, bucket: BucketRow, text: str
    ) -> Verdict | None:
        context = self._context(call, params, permission, bucket)
        policy = self.policy_of(bucket, text)
        return policy.evaluate(call.identity, permission.action, permission.resource, context)

    def _unless_denied(
        self, call: Call, params: Params, permission: Permission, bucket: BucketRow, *, trusted: bool
    ) -> Verdict | None:
        """`trusted`: the caller owns the bucket, or its policy allows it."""
        from s3fixture.service.acls import allowed_by_acls  # imported when used: most buckets need none

        begun = call.operation in _GO_ON
        with self._store.read() as index:
            if permission.key is not None:  # its ACL, or that it is missing
                self._look_at(call, bucket, permission)
            if allowed_by_acls(index, call.identity, permission, bucket, trusted=trusted, begun=begun):
                return "allow"
        if permission.action in _INITIATORS and self._has_initiated(call, params, bucket):
            return "allow"
        # The ACL of a new object: it is its writer's, who has asked for s3:PutObject as well.
        if permission.action == "s3:PutObjectAcl" and call.operation != "PutObjectAcl":
            return "allow"
        if permission.action == "s3:GetObject" and self._may_know(call, permission, bucket):
            return "allow"
        return None

    def _may_know(self, call: Call, permission: Permission, bucket: BucketRow) -> bool:
        """Whether the caller may learn that an object is missing: only with the permission to list its key.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        """
        assert permission.key is not None
        current = self._look_at(call, bucket, permission)
        missing = current is None or current.is_delete_marker
        return missing and self.refusal_to_list(call, bucket, permission.key) is None

    def refusal_to_list(self, call: Call, bucket: BucketRow, key: str) -> S3Error | None:
        """AccessDenied for a caller who may not find this key by listing the bucket."""
        permission = Permission("s3:ListBucket", bucket.name)
        verdict = self._decide(call, {"Bucket": bucket.name, "Prefix": key}, permission)
        if verdict != "allow":
            return self._refusal(call, permission, verdict)
        call.granted.append(permission)
        return None

    def _context(
        self, call: Call, params: Params, permission: Permission, bucket: BucketRow | None
    ) -> Context:
        tags = partial(self._tags_of, call, bucket, permission) if bucket else dict[str, str]
        begun = (
            partial(self._begun_encryption, bucket, params) if bucket and call.operation in _GO_ON else None
        )
        bucket_tags = partial(self._bucket_tags, bucket) if bucket and ABAC in bucket.documents else None
        owner = bucket.owner if bucket else None
        return call.context(params, permission, tags, begun, bucket_tags, owner)

    def _bucket_tags(self, bucket: BucketRow) -> Mapping[str, str]:
        """Those of a bucket whose tags decide about access.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
        justincormack/argmin, crates/s3-tests/tests/bucket_policy_abac.rs (run against S3, too)
        """
        from s3fixture.service.tagging import TAGGING  # imported when used: few buckets have ABAC

        with self._store.read() as index:
            text = index.get_document(bucket.id, TAGGING)
        tags: Mapping[str, str] = json.loads(text) if text else {}
        return tags

    def _begun_encryption(self, bucket: BucketRow, params: Params) -> str | None:
        """The encryption that the upload was begun with, when the request that began it named one."""
        with self._store.read() as index:
            upload = index.get_upload(bucket.id, params["Key"], params["UploadId"])
        return upload.extra.get(ASKED_ENCRYPTION) if upload else None

    def _tags_of(self, call: Call, bucket: BucketRow, permission: Permission) -> Mapping[str, str]:
        """Those of the object, or version of it, that the permission is about."""
        if permission.key is None:
            return {}
        version = self._look_at(call, bucket, permission)
        return version.tags if version else {}

    def _look_at(self, call: Call, bucket: BucketRow, permission: Permission) -> Version | None:
        """The object, or version of it, that the permission is about; the call remembers which it was."""
        assert permission.key is not None
        with self._store.read() as index:
            version = (
                index.get_version(bucket.id, permission.key, permission.version_id)
                if permission.version_id
                else index.get_current(bucket.id, permission.key)
            )
        call.look_at((bucket.id, permission.key, permission.version_id), version)
        return version

    def _has_initiated(self, call: Call, params: Params, bucket: BucketRow) -> bool:
        """Whether the caller began the upload, which may have ended since."""
        if call.identity is None:
            return False
        with self._store.read() as index:
            upload = index.get_upload(bucket.id, params["Key"], params["UploadId"])
        if upload is None:
            return is_upload_id_of(params["UploadId"], upload_place(params), call.identity.requester)
        return call.identity.began(upload.extra.get(INITIATOR, ""))

    def _is_no_upload(self, call: Call, params: Params, permission: Permission) -> bool:
        """Whether there is no such upload, which callers of the bucket's account learn in any case.

        justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs (run against S3, too)
        """
        if not self._explains(call, permission):
            return False
        with self._store.read() as index:
            bucket = index.get_bucket(params["Bucket"])
            return bucket is not None and not index.get_upload(bucket.id, params["Key"], params["UploadId"])

    def _refusal(self, call: Call, permission: Permission, verdict: Verdict | None) -> S3Error:
        """Names user, action and reason only to callers of the bucket's account; the log has them."""
        resource = f'"{permission.resource}"' if permission.bucket else ""
        if verdict == "restrict":
            why = not_authorized(call.identity, permission.action, resource, _RESTRICTED)
            return S3Error("AccessDenied", reason=why, advice=how_to_allow(call.settings, "public access"))
        if verdict == "unpaid":
            return S3Error("AccessDenied", reason=_UNPAID)
        denial = verdict if isinstance(verdict, Denial) else Denial(RESOURCE, explicit=verdict == "deny")
        why = not_authorized(call.identity, permission.action, resource, denial.because(permission.action))
        return S3Error("AccessDenied", why if self._explains(call, permission) else None, reason=why)

    def _explains(self, call: Call, permission: Permission) -> bool:
        """Whether the request is for no bucket of another account."""
        if call.identity is None:
            return False
        if permission.bucket is None:
            return True
        with self._store.read() as index:
            bucket = index.get_bucket(permission.bucket)
        return bucket is None or bucket.owner == call.identity.canonical_id


def upload_place(params: Params) -> str:
    """What the id of an upload is for."""
    return f"{params['Bucket']}/{params['Key']}"


def _is_public(policy: Policy) -> bool:
    from s3fixture.auth.policies import is_public

    return is_public(policy)
