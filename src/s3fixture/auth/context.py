"""The condition keys of a request, computed when a policy asks for them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from s3fixture.auth.actions import parse_copy_source
from s3fixture.wire import times

if TYPE_CHECKING:
    from s3fixture.auth.authentication import Authentication
    from s3fixture.clock import Clock
    from s3fixture.wire.request import Request
    from s3fixture.wire.target import Target

Values = Sequence[str] | None  # None: the request has no such key

_AUTH_TYPES = {"header": "REST-HEADER", "presigned": "REST-QUERY-STRING", "post": "POST"}
_EXISTING_TAG = "s3:existingobjecttag/"
_REQUEST_TAG = "s3:requestobjecttag/"
_HEADER_KEYS = "s3:x-amz-"
_MOST_TAGS = 50  # of a bucket; an object has at most 10
# Where a POST form, which has no such headers, keeps them.
_FORM_MEMBERS = {
    "x-amz-acl": "ACL",
    "x-amz-grant-full-control": "GrantFullControl",
    "x-amz-grant-read": "GrantRead",
    "x-amz-grant-read-acp": "GrantReadACP",
    "x-amz-grant-write-acp": "GrantWriteACP",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "x-amz-storage-class": "StorageClass",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
}


class RequestContext(Mapping[str, Sequence[str]]):
    """Lower-case condition key -> values, of one request.

    `params` are boto3's; `existing_tags` is called only for s3:ExistingObjectTag/<key>. As everywhere in
    the policy language, the names of tags are compared without regard to case.
    """

    __slots__ = ("_hoisted", "authentication", "clock", "existing_tags", "params", "request", "target")

    def __init__(
        self,
        request: Request,
        target: Target,
        authentication: Authentication,
        clock: Clock,
        params: Mapping[str, Any],
        existing_tags: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        self.request = request
        self.target = target
        self.authentication = authentication
        self.clock = clock
        self.params = params
        self.existing_tags = existing_tags
        self._hoisted: dict[str, str] | None = None

    def __getitem__(self, key: str) -> Sequence[str]:
        resolve = _RESOLVERS.get(key)
        values = resolve(self) if resolve else self._patterned(key)
        if values is None:
            raise KeyError(key)
        return values

    def __iter__(self) -> Iterator[str]:
        """The fixed keys that the request has; those made of tags and headers are found by asking."""
        return (key for key, resolve in _RESOLVERS.items() if resolve(self) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def hoisted(self, name: str) -> str | None:
        """The query parameter that a presigned URL has in place of the header `name`."""
        if self._hoisted is None:  # the first of a name counts, so that it is put last
            self._hoisted = {name.lower(): value for name, value in reversed(self.target.query_items)}
        return self._hoisted.get(name)

    def _patterned(self, key: str) -> Values:
        if key.startswith(_HEADER_KEYS):
            return _one(_amz_header(self, key[3:]))
        if key.startswith(_REQUEST_TAG):
            return _tag(request_tags(self.params), key[len(_REQUEST_TAG) :])
        if key.startswith(_EXISTING_TAG) and self.existing_tags is not None:
            return _tag(self.existing_tags(), key[len(_EXISTING_TAG) :])
        return None


def request_tags(params: Mapping[str, Any]) -> Mapping[str, str]:
    """The tags that a request would set, from its header or its document.

    No more than `_MOST_TAGS`, because policies compare each of them; a request with more is refused anyway.
    """
    tagging = params.get("Tagging")
    if isinstance(tagging, str):
        return dict(parse_qsl(tagging, keep_blank_values=True)[:_MOST_TAGS])
    if isinstance(tagging, Mapping):
        return {tag["Key"]: tag.get("Value", "") for tag in tagging.get("TagSet", ())[:_MOST_TAGS]}
    return {}


def _one(value: str | None) -> Values:
    return None if value is None else (value,)


def _tag(tags: Mapping[str, str], name: str) -> Values:
    return next(((value,) for key, value in tags.items() if key.lower() == name), None)


def _amz_header(context: RequestContext, name: str) -> str | None:
    value = context.request.headers.get(name)
    if value is None and context.authentication.kind == "presigned":  # clients may move headers there
        value = context.hoisted(name)
    if value is None and context.authentication.kind == "post":
        value = context.params.get(_FORM_MEMBERS.get(name, ""))
    return value


def _copy_source(context: RequestContext) -> Values:
    """With and without the leading slash, because the examples of policies have both."""
    parsed = parse_copy_source(context.request.headers.get("x-amz-copy-source", ""))
    return (f"{parsed[0]}/{parsed[1]}", f"/{parsed[0]}/{parsed[1]}") if parsed else None


def _version_id(context: RequestContext) -> Values:
    version_id = context.params.get("VersionId") or context.target.query.get("versionId")
    if not version_id:
        parsed = parse_copy_source(context.request.headers.get("x-amz-copy-source", ""))
        version_id = parsed[2] if parsed else None
    return _one(version_id)


def _request_tag_keys(context: RequestContext) -> Values:
    return tuple(request_tags(context.params)) or None


def _signature_age(context: RequestContext) -> Values:
    """In milliseconds."""
    signed_at = context.authentication.signed_at
    if signed_at is None:
        return None
    return (str(int((context.clock.time() - signed_at) * 1000)),)


def _creates_object(context: RequestContext) -> Values:
    """Whether the request makes an object whole: not a part of one, and nothing about one."""
    query = context.target.query
    if context.target.key is None or context.request.method not in ("PUT", "POST"):
        return None
    if context.request.method == "POST":
        return ("true" if "uploadId" in query else "false",)
    return ("false" if set(query) & {"partNumber", "acl", "tagging", "retention", "legal-hold"} else "true",)


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


def _query(name: str) -> Callable[[RequestContext], Values]:
    return lambda context: _one(context.target.query.get(name))


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
    "aws:principalarn": _identity("arn"),
    "aws:principalisawsservice": lambda _: ("false",),
    "aws:principaltype": lambda context: ("User" if context.authentication.identity else "Anonymous",),
    "aws:referer": _header("referer"),
    "aws:securetransport": lambda context: ("true" if context.request.scheme == "https" else "false",),
    "aws:sourceip": lambda context: _one(context.request.remote_addr or None),
    "aws:useragent": _header("user-agent"),
    "aws:userid": _identity("access_key", "anonymous"),
    "aws:username": _identity("name"),
    "aws:viaawsservice": lambda _: ("false",),
    "s3:authtype": lambda context: _one(_AUTH_TYPES.get(context.authentication.kind)),
    "s3:delimiter": _query("delimiter"),
    "s3:if-match": _header("if-match"),
    "s3:if-none-match": _header("if-none-match"),
    "s3:locationconstraint": _location_constraint,
    "s3:max-keys": _query("max-keys"),
    "s3:object-lock-legal-hold": _legal_hold,
    "s3:object-lock-mode": lambda context: _one(_retention(context, "ObjectLockMode", "Mode")),
    "s3:object-lock-remaining-retention-days": _remaining_retention_days,
    "s3:object-lock-retain-until-date": _retain_until_date,
    "s3:objectcreationoperation": _creates_object,
    "s3:prefix": _query("prefix"),
    "s3:requestobjecttagkeys": _request_tag_keys,
    "s3:signatureage": _signature_age,
    "s3:signatureversion": lambda context: _one(context.authentication.signature_version or None),
    "s3:versionid": _version_id,
    "s3:x-amz-content-sha256": lambda context: _one(context.authentication.content_sha256 or None),
    "s3:x-amz-copy-source": _copy_source,
}
