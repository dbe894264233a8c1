"""Owners and ACLs as names and values for the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s3fixture.auth.identity import Identities

# The last part of a group's URI -> who is in it.
_GROUPS: Mapping[str, str] = {
    "AllUsers": "Everybody",
    "AuthenticatedUsers": "Everybody with keys",
    "LogDelivery": "The delivery of access logs",
}
_OWNERSHIP: Mapping[str, str] = {
    "BucketOwnerEnforced": "ACLs are off; everything belongs to the bucket's owner",
    "BucketOwnerPreferred": "ACLs are on; uploads that ask for it belong to the bucket's owner",
    "ObjectWriter": "ACLs are on; uploads belong to whoever uploads",
}


def acl_facts(answer: Mapping[str, Any], identities: Identities) -> list[tuple[str, str]]:
    """The owner and the grants in an answer of GetBucketAcl or GetObjectAcl."""
    granted: dict[str, list[str]] = {}
    for grant in answer["Grants"]:
        granted.setdefault(_grantee(grant["Grantee"], identities), []).append(grant["Permission"])
    owner = _name(answer["Owner"]["ID"], identities)
    return [("Owner", owner)] + [(who, ", ".join(permissions)) for who, permissions in granted.items()]


def ownership_fact(answer: Mapping[str, Any] | None) -> str:
    """The ownership in an answer of GetBucketOwnershipControls; None: the bucket has no controls."""
    if answer is None:
        return "No controls: ACLs are on; uploads belong to whoever uploads"
    (rule,) = answer["OwnershipControls"]["Rules"]
    name = rule["ObjectOwnership"]
    return f"{name}: {_OWNERSHIP[name]}"


def _grantee(grantee: Mapping[str, str], identities: Identities) -> str:
    if "URI" in grantee:
        group = grantee["URI"].rpartition("/")[2]
        return _GROUPS.get(group, group)
    return _name(grantee["ID"], identities)


def _name(canonical_id: str, identities: Identities) -> str:
    identity = identities.by_canonical_id(canonical_id)
    return identity.name if identity else canonical_id
