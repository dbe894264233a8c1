"""Access control lists: who is granted what, as canned ACLs, headers and documents say it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from s3fixture import limits, refusals
from s3fixture.auth.identity import Identities, Identity
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple

FULL_CONTROL = "FULL_CONTROL"
_GROUPS = "http://acs.amazonaws.com/groups/"
ALL_USERS = f"{_GROUPS}global/AllUsers"
AUTHENTICATED_USERS = f"{_GROUPS}global/AuthenticatedUsers"
LOG_DELIVERY = f"{_GROUPS}s3/LogDelivery"  # S3's own log writer, which is nobody here
_KNOWN_GROUPS = frozenset({ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY})
_PUBLIC = frozenset({ALL_USERS, AUTHENTICATED_USERS})
# S3's canonical id of callers who do not sign, for what they write where an ACL lets everybody write.
# justincormack/argmin, crates/s3-tests/tests/public_access_acl.rs (run against S3, too)
ANONYMOUS = "65a011a29cdf8ec533ec3d1ccaae921c"
_OPEN = _PUBLIC | {ANONYMOUS}  # grantees without keys of an account, whom IgnorePublicAcls leaves out
BUCKET_OWNER_FULL_CONTROL = "bucket-owner-full-control"
_EC2 = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"  # the reader of aws-exec-read
_CANONICAL_ID = re.compile("[0-9a-f]{64}")

# Parameter -> header and permission, in the order in which S3 lists the grants of headers.
HEADERS: Mapping[str, tuple[str, str]] = {
    "GrantRead": ("x-amz-grant-read", "READ"),
    "GrantWrite": ("x-amz-grant-write", "WRITE"),
    "GrantReadACP": ("x-amz-grant-read-acp", "READ_ACP"),
    "GrantWriteACP": ("x-amz-grant-write-acp", "WRITE_ACP"),
    "GrantFullControl": ("x-amz-grant-full-control", FULL_CONTROL),
}
PARAMETERS = frozenset({"ACL", *HEADERS})

# Action -> the permission that allows it, on the bucket's ACL and on an object's. Tags are not among them:
# they are the bucket owner's, whoever owns the object (API_GetObjectTagging.html).
ON_BUCKET: Mapping[str, str] = {
    "s3:DeleteObject": "WRITE",
    "s3:GetBucketAcl": "READ_ACP",
    "s3:ListBucket": "READ",
    "s3:ListBucketMultipartUploads": "READ",
    "s3:ListBucketVersions": "READ",
    "s3:PutBucketAcl": "WRITE_ACP",
    "s3:PutObject": "WRITE",
}
ON_OBJECT: Mapping[str, str] = {
    "s3:GetObject": "READ",
    "s3:GetObjectAcl": "READ_ACP",
    "s3:GetObjectVersion": "READ",
    "s3:GetObjectVersionAcl": "READ_ACP",
    "s3:PutObjectAcl": "WRITE_ACP",
    "s3:PutObjectVersionAcl": "WRITE_ACP",
}


class Grant(NamedTuple):
    """`who` is a canonical id or the URI of a group, as `kind` says."""

    kind: Literal["id", "uri"]
    who: str
    permission: str

    def includes(self, identity: Identity | None) -> bool:
        """Whether the grantee is, or includes, this identity (None: anonymous)."""
        if self.kind == "id":
            return self.who == (identity.canonical_id if identity else ANONYMOUS)
        return self.who == ALL_USERS or (self.who == AUTHENTICATED_USERS and identity is not None)


Acl = tuple[Grant, ...]


def private(owner: str) -> Acl:
    """What a bucket or an object has from the start: everything for its owner."""
    return (Grant("id", owner, FULL_CONTROL),)


# The grants of a canned ACL behind the owner's own. https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
_CANNED: Mapping[str, Callable[[str], Acl]] = {  # given the owner of the bucket
    "private": lambda _: (),
    "public-read": lambda _: (Grant("uri", ALL_USERS, "READ"),),
    "public-read-write": lambda _: (Grant("uri", ALL_USERS, "READ"), Grant("uri", ALL_USERS, "WRITE")),
    "authenticated-read": lambda _: (Grant("uri", AUTHENTICATED_USERS, "READ"),),
    "aws-exec-read": lambda _: (Grant("id", _EC2, "READ"),),
    "bucket-owner-read": lambda bucket_owner: (Grant("id", bucket_owner, "READ"),),
    BUCKET_OWNER_FULL_CONTROL: lambda bucket_owner: (Grant("id", bucket_owner, FULL_CONTROL),),
    "log-delivery-write": lambda _: (
        Grant("uri", LOG_DELIVERY, "WRITE"),
        Grant("uri", LOG_DELIVERY, "READ_ACP"),
    ),
}


def parse_request(
    params: Mapping[str, Any], identities: Identities, owner: str, bucket_owner: str
) -> Acl | None:
    """The ACL that a request names by x-amz-acl or by x-amz-grant-* headers; None when it names none.

    Headers grant what they say and nothing else, not even to the `owner`. Raises S3Error InvalidRequest
    for both at once, InvalidArgument, UnresolvableGrantByEmailAddress.
    """
    written = [(HEADERS[name], params[name]) for name in HEADERS if params.get(name)]
    name = params.get("ACL")
    if name and written:
        raise refusals.GRANTED_TWICE()
    if name and name not in _CANNED:  # forms have it as well, which no reader of headers has seen
        raise refusals.CANNED_ACL(name)
    if name:
        # A bucket's owner who owns the object, too, is granted everything once.
        return tuple(dict.fromkeys((*private(owner), *_CANNED[name](bucket_owner))))
    if not written:
        return None
    grants: list[Grant] = []
    for (header, permission), value in written:
        grants += (Grant(*grantee, permission) for grantee in _parse_header(header, value, identities))
    return _limited(grants)


def parse_document(document: Mapping[str, Any], identities: Identities | None, owner: str) -> Acl:
    """The ACL of an AccessControlPolicy document, whose Owner must be `owner`.

    `identities` None: the document was accepted before, so its accounts are not looked up again.
    Raises S3Error MalformedACLError, InvalidArgument, UnresolvableGrantByEmailAddress, AccessDenied.
    """
    if "Owner" not in document or "Grants" not in document or "ID" not in document["Owner"]:
        raise S3Error("MalformedACLError")
    named = _known_id(document["Owner"]["ID"], "CanonicalUser/ID", identities)
    grants = [
        Grant(*_parse_grantee(grant.get("Grantee") or {}, identities), _permission(grant))
        for grant in document["Grants"]
    ]
    if named != owner:
        raise S3Error("AccessDenied")
    return _limited(grants)


def _limited(grants: list[Grant]) -> Acl:
    if len(grants) > limits.GRANTS:
        raise S3Error("MalformedACLError")
    return tuple(grants)


def allows(
    acl: Iterable[Grant], identity: Identity | None, permission: str, *, ignore_public: bool = False
) -> bool:
    """Whether an ACL grants READ, WRITE, READ_ACP or WRITE_ACP."""
    return any(
        grant.permission in (permission, FULL_CONTROL)
        and grant.includes(identity)
        and not (ignore_public and grant.who in _OPEN)
        for grant in acl
    )


def is_public(acl: Iterable[Grant]) -> bool:
    """Whether an ACL grants something to everybody, or to everybody with keys.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    return any(grant.who in _PUBLIC for grant in acl)


def describe(acl: Iterable[Grant]) -> list[dict[str, Any]]:
    """The Grants of an answer."""
    return [
        {
            "Grantee": {"Type": "CanonicalUser", "ID": who}
            if kind == "id"
            else {"Type": "Group", "URI": who},
            "Permission": permission,
        }
        for kind, who, permission in acl
    ]


def _parse_header(
    header: str, value: str, identities: Identities
) -> Iterable[tuple[Literal["id", "uri"], str]]:
    """The grantees in `id="...", uri="...", emailAddress="..."`."""
    for item in value.split(","):
        name, equals, text = item.partition("=")
        find = _FINDERS.get(name.strip().lower()) if equals else None
        if find is None:
            raise refusals.GRANT_FORMAT(value, ArgumentName=header)
        yield find(text.strip().strip('"'), identities)


_FINDERS: Mapping[str, Callable[[str, Identities], tuple[Literal["id", "uri"], str]]] = {
    "id": lambda text, identities: ("id", _known_id(text, "id", identities)),
    "uri": lambda text, _: ("uri", _known_group(text, "uri")),
    "emailaddress": lambda text, identities: ("id", _by_email(text, identities)),
}


def _parse_grantee(
    grantee: Mapping[str, Any], identities: Identities | None
) -> tuple[Literal["id", "uri"], str]:
    kind = grantee.get("Type")
    if kind == "CanonicalUser" and "ID" in grantee:
        return "id", _known_id(grantee["ID"], "CanonicalUser/ID", identities)
    if kind == "Group" and "URI" in grantee:
        return "uri", _known_group(grantee["URI"], "Group/URI")
    if kind == "AmazonCustomerByEmail" and "EmailAddress" in grantee and identities is not None:
        return "id", _by_email(grantee["EmailAddress"], identities)
    raise S3Error("MalformedACLError")


def _permission(grant: Mapping[str, Any]) -> str:
    if "Permission" not in grant:
        raise S3Error("MalformedACLError")
    permission: str = grant["Permission"]
    return permission


def _known_id(text: str, name: str, identities: Identities | None) -> str:
    """An account that this server lacks is accepted, as in policies, when the text has the form of an id."""
    if identities is None:
        return text
    if identities.by_canonical_id(text) is None and not _CANONICAL_ID.fullmatch(text):
        raise refusals.GRANT_ID(text, ArgumentName=name)
    return text


def _known_group(text: str, name: str) -> str:
    if text not in _KNOWN_GROUPS:
        raise refusals.GRANT_GROUP(text, ArgumentName=name)
    return text


def _by_email(text: str, identities: Identities) -> str:
    identity = identities.by_email(text)
    if identity is None:
        raise S3Error("UnresolvableGrantByEmailAddress")
    return identity.canonical_id
