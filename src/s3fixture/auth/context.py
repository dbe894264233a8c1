"""The condition keys of a request, computed when a policy asks for them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from s3fixture import limits
from s3fixture.auth.actions import ACTION_SCOPES
from s3fixture.auth.identity import account_id
from s3fixture.wire import times

if TYPE_CHECKING:
    from s3fixture.auth.actions import Permission
    from s3fixture.auth.authentication import Authentication
    from s3fixture.clock import Clock
    from s3fixture.wire.copy_source import CopySource
    from s3fixture.wire.request import Request

PASS_ROLE = "iam:PassRole"  # noqa: S105 - the action that lets a service of AWS act by a role
Values = Sequence[str] | None  # None: the request has no such key

_AUTH_TYPES = {"header": "REST-HEADER", "presigned": "REST-QUERY-STRING", "post": "POST"}
# Actions, in lower case, by the condition keys that their requests can have.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_PUT = frozenset({"s3:putobject"})
_PUT_OR_BYPASS = _PUT | {"s3:bypassgovernanceretention"}
_PUT_OBJECT_ACL = frozenset({"s3:putobjectacl", "s3:putobjectversionacl"})
_PUT_ACL = _PUT_OR_BYPASS | _PUT_OBJECT_ACL | {"s3:createbucket", "s3:putbucketacl"}
_PUT_RETENTION = _PUT | {"s3:putobjectretention"}
_PUT_TAGS = _PUT_OR_BYPASS | {"s3:putobjecttagging", "s3:putobjectversiontagging"}
_PUT_CUSTOMER_KEY = _PUT_OR_BYPASS | {"s3:replicateobject"}
_PUT_ENCRYPTION = _PUT_CUSTOMER_KEY | {"s3:updateobjectencryption"}
_CREATE_BUCKET = frozenset({"s3:createbucket"})
_LIST = frozenset({"s3:listbucket", "s3:listbucketversions"})
_NAME_VERSION = frozenset(
    {
        *("s3:deleteobjectversion", "s3:deleteobjectversiontagging", "s3:getobjectversion"),
        *("s3:getobjectversionacl", "s3:getobjectversionattributes", "s3:getobjectversiontagging"),
        *("s3:getobjectversiontorrent", "s3:putobjectversionacl", "s3:putobjectversiontagging"),
        *("s3:getobjectversionannotation", "s3:listobjectversionannotations"),
        *("s3:putobjectversionannotation", "s3:deleteobjectversionannotation"),
    }
)
_HAVE_EXISTING_TAGS = _PUT_OBJECT_ACL | {
    *("s3:deleteobjecttagging", "s3:deleteobjectversiontagging", "s3:getobject", "s3:getobjectacl"),
    *("s3:getobjectattributes", "s3:getobjecttagging", "s3:getobjectversion", "s3:getobjectversionacl"),
    *("s3:getobjectversionattributes", "s3:getobjectversiontagging", "s3:putobjecttagging"),
    *("s3:putobjectversiontagging", "s3:getobjectannotation", "s3:getobjectversionannotation"),
}
# Actions that a policy may tie to the tags of an object, and whose requests do not have them all the same.
# justincormack/argmin, crates/s3-tests/tests/bucket_policy_conditions.rs (run against S3, too)
_WITHOUT_EXISTING_TAGS = frozenset({"s3:getobjectattributes", "s3:getobjectversionattributes"})
# Condition key -> the only actions whose requests have it. Keys that are not here go with every action.
_ACTIONS_WITH: Mapping[str, frozenset[str]] = {
    "s3:buckettag/": frozenset(ACTION_SCOPES) - _CREATE_BUCKET,
    "s3:delimiter": _LIST,
    "s3:existingobjecttag/": _HAVE_EXISTING_TAGS,
    "s3:if-match": _PUT | {"s3:deleteobject"},
    "s3:if-none-match": _PUT,
    "s3:locationconstraint": _CREATE_BUCKET,
    "s3:max-keys": _LIST,
    "s3:object-lock-legal-hold": _PUT | {"s3:putobjectlegalhold"},
    "s3:object-lock-mode": _PUT_RETENTION,
    "s3:object-lock-remaining-retention-days": _PUT_RETENTION,
    "s3:object-lock-retain-until-date": _PUT_RETENTION,
    "s3:objectcreationoperation": _PUT,
    "s3:prefix": _LIST,
    "s3:requestobjecttag/": _PUT_TAGS,
    "s3:requestobjecttagkeys": _PUT_TAGS,
    "s3:versionid": _NAME_VERSION,
    "s3:x-amz-acl": _PUT_ACL,
    "s3:x-amz-copy-source": _PUT_OR_BYPASS,
    "s3:x-amz-grant-full-control": _PUT_ACL,
    "s3:x-amz-grant-read": _PUT_ACL,
    "s3:x-amz-grant-read-acp": _PUT_ACL,
    "s3:x-amz-grant-write": _PUT_ACL,
    "s3:x-amz-grant-write-acp": _PUT_ACL,
    "s3:x-amz-metadata-directive": _PUT_OR_BYPASS,
    "s3:x-amz-object-ownership": _CREATE_BUCKET | {"s3:putbucketownershipcontrols"},
    "s3:x-amz-server-side-encryption": _PUT_ENCRYPTION,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _PUT_ENCRYPTION,
    "s3:x-amz-server-side-encryption-customer-algorithm": _PUT_CUSTOMER_KEY,
    "s3:x-amz-storage-class": _PUT_OR_BYPASS | _PUT_OBJECT_ACL,
    "s3:x-amz-website-redirect-location": _PUT_OR_BYPASS,
}
_EXISTING_TAG = "s3:existingobjecttag/"
_REQUEST_TAG = "s3:requestobjecttag/"
_BUCKET_TAGS = ("s3:buckettag/", "aws:resourcetag/")

# Whether what needs s3:PutObject makes an object whole, rather than prepare one or a part of one.
_CREATES_OBJECT: Mapping[str, str] = {
    **dict.fromkeys(("CompleteMultipartUpload", "CopyObject", "PostObject", "PutObject"), "true"),
    **dict.fromkeys(("CreateMultipartUpload", "UploadPart", "UploadPartCopy"), "false"),
}
# Condition key -> the parameter that has its value, wherever in the request that stood: in a header, in the
# query of a presigned URL, in the field of a form.
_MEMBERS: Mapping[str, str] = {
    "s3:delimiter": "Delimiter",
    "s3:if-none-match": "IfNoneMatch",
    "s3:max-keys": "MaxKeys",
    "s3:prefix": "Prefix",
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-grant-full-control": "GrantFullControl",
    "s3:x-amz-grant-read": "GrantRead",
    "s3:x-amz-grant-read-acp": "GrantReadACP",
    "s3:x-amz-grant-write": "GrantWrite",
    "s3:x-amz-grant-write-acp": "GrantWriteACP",
    "s3:x-amz-metadata-directive": "MetadataDirective",
    "s3:x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "s3:x-amz-storage-class": "StorageClass",
    "s3:x-amz-website-redirect-location": "WebsiteRedirectLocation",
}


class RequestContext(Mapping[str, Sequence[str]]):
    """Lower-case condition key -> values, of one request and one permission that it needs.

    What a request asks for is read from `params` (boto3's), never from its headers or query: a policy judges
    the value that the operation acts upon. Keys that the permission's action does not have are absent.
    `existing_tags` gives the tags of the object, or version, that the permission is about; it is called only
    for s3:ExistingObjectTag/<key>. `begun_encryption` gives what the upload was begun with that the request
    goes on with, `bucket_tags` the tags of its bucket where these decide about access. `bucket_owner` is a
    canonical id. As everywhere in the policy language, the names of tags are compared without regard to case.
    """

    __slots__ = (
        *("authentication", "begun_encryption", "bucket_tags", "clock", "existing_tags", "operation"),
        *("bucket_owner", "params", "permission", "request"),
    )

    def __init__(
        self,
        operation: str,
        request: Request,
        authentication: Authentication,
        clock: Clock,
        params: Mapping[str, Any],
        permission: Permission,
        existing_tags: Callable[[], Mapping[str, str]] | None = None,
        begun_encryption: Callable[[], str | None] | None = None,
        bucket_tags: Callable[[], Mapping[str, str]] | None = None,
        bucket_owner: str | None = None,
    ) -> None:
        self.operation = operation
        self.request = request
        self.authentication = authentication
        self.clock = clock
        self.params = params
        self.permission = permission
        self.existing_tags = existing_tags
        self.begun_encryption = begun_encryption
        self.bucket_tags = bucket_tags
        self.bucket_owner = bucket_owner

    def __getitem__(self, key: str) -> Sequence[str]:
        values = self._find(key)
        if values is None:
            raise KeyError(key)
        return values

    def __iter__(self) -> Iterator[str]:
        """The fixed keys that the request has; those made of tags and headers are found by asking."""
        return (key for key in _RESOLVERS if self._find(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _find(self, key: str) -> Values:
        actions = actions_with(key)
        if actions is not None and self.permission.action.lower() not in actions:
            return None
        resolve = _RESOLVERS.get(key)
        return resolve(self) if resolve else self._patterned(key)

    def _patterned(self, key: str) -> Values:
        if key.startswith(_REQUEST_TAG):
            return _tag(_request_tags(self.params), key[len(_REQUEST_TAG) :])
        if key.startswith(_EXISTING_TAG) and self.existing_tags is not None:
            if self.permission.action.lower() in _WITHOUT_EXISTING_TAGS:
                return None
            return _tag(self.existing_tags(), key[len(_EXISTING_TAG) :])
        if key.startswith(_BUCKET_TAGS) and self.bucket_tags is not None:
            return _tag(self.bucket_tags(), key.partition("/")[2])
        return None


def actions_with(key: str) -> frozenset[str] | None:
    """The actions, in lower case, whose permission may be tied to a condition key; None: all of them."""
    name, slash, _ = key.partition("/")
    return _ACTIONS_WITH.get(name + slash)


def _request_tags(params: Mapping[str, Any]) -> Mapping[str, str]:
    """The tags that a request would set; a copy names them only when it does not take those of its source.

    At most as many as a bucket can have: policies compare each of them, and S3 refuses a request with more.
    """
    if "CopySource" in params and params.get("TaggingDirective") != "REPLACE":
        return {}
    tagging = params.get("Tagging") or {}
    return {tag["Key"]: tag.get("Value", "") for tag in tagging.get("TagSet", ())[: limits.BUCKET_TAGS]}


def _one(value: str | None) -> Values:
    return None if value is None else (value,)


def _tag(tags: Mapping[str, str], name: str) -> Values:
    """Tags whose names differ by case only are one key with several values."""
    return tuple(value for key, value in tags.items() if key.lower() == name) or None


def _copy_source(context: RequestContext) -> Values:
    """As the request spells it, which is what S3 compares (refusals.ARGMIN): escapes, version id and all.

    With and without the leading slash, because the examples of policies have both.
    """
    source: CopySource | None = context.params.get("CopySource")
    if source is None:
        return None
    sent = context.request.headers.get("x-amz-copy-source") or f"{source.bucket}/{source.key}"
    return sent.removeprefix("/"), f"/{sent.removeprefix('/')}"


def _if_match(context: RequestContext) -> Values:
    """With and without the quotation marks; without is what S3 compares.

    justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs
    """
    tag: str | None = context.params.get("IfMatch")
    return None if tag is None else tuple(dict.fromkeys((tag, tag.strip('"'))))


def _encryption(context: RequestContext) -> Values:
    """As the request asks, or as the upload was begun with; a customer's key counts in each request.

    justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs
    """
    asked: str | None = context.params.get("ServerSideEncryption")
    if _new_kms_key(context) is not None:
        asked = "aws:kms"
    return _one(context.begun_encryption() if asked is None and context.begun_encryption else asked)


def _kms_key(context: RequestContext) -> Values:
    return _one(context.params.get("SSEKMSKeyId") or _new_kms_key(context))


def _new_kms_key(context: RequestContext) -> str | None:
    """That UpdateObjectEncryption asks for."""
    asked: Mapping[str, Any] = context.params.get("ObjectEncryption") or {}
    return (asked.get("SSEKMS") or {}).get("KMSKeyArn")


def _object_ownership(context: RequestContext) -> Values:
    rules = (context.params.get("OwnershipControls") or {}).get("Rules") or [{}]
    return _one(context.params.get("ObjectOwnership") or rules[0].get("ObjectOwnership"))


def _request_tag_keys(context: RequestContext) -> Values:
    return tuple(_request_tags(context.params)) or None


def _signature_age(context: RequestContext) -> Values:
    """In milliseconds."""
    signed_at = context.authentication.signed_at
    if signed_at is None:
        return None
    return (str(int((context.clock.time() - signed_at) * 1000)),)


def _location_constraint(context: RequestContext) -> Values:
    return _one((context.params.get("CreateBucketConfiguration") or {}).get("LocationConstraint"))


def _retention(context: RequestContext, member: str, inner: str) -> Any:
    return context.params.get(member) or (context.params.get("Retention") or {}).get(inner)


def _retain_until(context: RequestContext) -> datetime | None:
    until = _retention(context, "ObjectLockRetainUntilDate", "RetainUntilDate")
    return until if isinstance(until, datetime) else None


def _retain_until_date(context: RequestContext) -> Values:
    until = _retain_until(context)
    return None if until is None else (times.iso_extended(until.timestamp()),)


def _remaining_retention_days(context: RequestContext) -> Values:
    until = _retain_until(context)
    return None if until is None else (str((until.timestamp() - context.clock.time()) / 86400),)


def _legal_hold(context: RequestContext) -> Values:
    whole = context.params.get("LegalHold") or {}
    return _one(context.params.get("ObjectLockLegalHoldStatus") or whole.get("Status"))


def _member(name: str) -> Callable[[RequestContext], Values]:
    def resolve(context: RequestContext) -> Values:
        value = context.params.get(name)
        return None if value is None else (str(value),)

    return resolve


def _resource_account(context: RequestContext) -> Values:
    return None if context.bucket_owner is None else (account_id(context.bucket_owner),)


def _header(name: str) -> Callable[[RequestContext], Values]:
    return lambda context: _one(context.request.headers.get(name))


def _identity(attribute: str, anonymous: str | None = None) -> Callable[[RequestContext], Values]:
    def resolve(context: RequestContext) -> Values:
        identity = context.authentication.identity
        return _one(anonymous if identity is None else getattr(identity, attribute))

    return resolve


_RESOLVERS: Mapping[str, Callable[[RequestContext], Values]] = {
    "aws:currenttime": lambda context: (times.iso_extended(context.clock.time()),),
    "aws:epochtime": lambda context: (str(int(context.clock.time())),),
    "aws:principalaccount": _identity("account_id"),
    "aws:principalarn": _identity("principal_arn"),
    "aws:principalisawsservice": lambda _: ("false",),
    "aws:principaltype": _identity("principal_type", "Anonymous"),
    "aws:referer": _header("referer"),
    "aws:resourceaccount": _resource_account,
    "aws:securetransport": lambda context: ("true" if context.request.scheme == "https" else "false",),
    "aws:sourceip": lambda context: _one(context.request.remote_addr or None),
    "aws:useragent": _header("user-agent"),
    "aws:userid": _identity("unique_id", "anonymous"),
    "aws:username": _identity("username"),
    "aws:viaawsservice": lambda _: ("false",),
    "iam:passedtoservice": lambda context: (
        ("s3.amazonaws.com",) if context.permission.action == PASS_ROLE else None
    ),
    "s3:authtype": lambda context: _one(_AUTH_TYPES.get(context.authentication.kind)),
    "s3:if-match": _if_match,
    "s3:locationconstraint": _location_constraint,
    "s3:object-lock-legal-hold": _legal_hold,
    "s3:object-lock-mode": lambda context: _one(_retention(context, "ObjectLockMode", "Mode")),
    "s3:object-lock-remaining-retention-days": _remaining_retention_days,
    "s3:object-lock-retain-until-date": _retain_until_date,
    "s3:objectcreationoperation": lambda context: _one(_CREATES_OBJECT.get(context.operation)),
    "s3:requestobjecttagkeys": _request_tag_keys,
    "s3:resourceaccount": _resource_account,
    "s3:signatureage": _signature_age,
    "s3:signatureversion": lambda context: _one(context.authentication.signature_version or None),
    "s3:tlsversion": lambda context: _one(context.request.tls_version.removeprefix("TLSv") or None),
    "s3:versionid": lambda context: _one(context.permission.version_id),
    "s3:x-amz-content-sha256": lambda context: _one(context.authentication.content_sha256 or None),
    "s3:x-amz-copy-source": _copy_source,
    "s3:x-amz-object-ownership": _object_ownership,
    "s3:x-amz-server-side-encryption": _encryption,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _kms_key,
    **{key: _member(name) for key, name in _MEMBERS.items()},
}
