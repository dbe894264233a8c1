"""The Principal element of a policy: whom a statement is about.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html

S3 refuses principals that do not exist. Here other accounts, their users and all roles are accepted without a
check, so that a policy made for AWS can be put as it is. A user of one of this server's accounts, a canonical
id or an access key must exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from s3fixture.auth.identity import Identities
from s3fixture.named_tuples import NamedTuple
from s3fixture.regions import PARTITIONS

_RESOURCES = {"iam": ("user/", "role/"), "sts": ("assumed-role/", "federated-user/")}


class Named(Protocol):
    """Somebody with names that a policy may use."""

    @property
    def principals(self) -> frozenset[str]: ...


class Outsider(NamedTuple):
    """A service of AWS, or a role: it sends no requests itself, but acts for a bucket."""

    principals: frozenset[str]


@dataclass(frozen=True, slots=True)
class Principals:
    """`everyone` includes the anonymous; `names` are the forms that `Identity.principals` lists."""

    everyone: bool = False
    names: frozenset[str] = frozenset()

    def include(self, identity: Named | None) -> bool:
        if self.everyone:
            return True
        return identity is not None and not self.names.isdisjoint(identity.principals)


def parse_principals(element: Any, identities: Identities | None) -> Principals:
    """`identities` None: do not check who exists.

    Raises TypeError for what cannot be an element, and ValueError, with the text of S3's detail, for what is
    not a principal.
    """
    if element == "*":
        return Principals(everyone=True)
    if not isinstance(element, dict) or not element:
        raise TypeError(element)
    names: set[str] = set()
    for kind, values in element.items():
        listed = values if isinstance(values, list) else [values]
        if not listed or not all(isinstance(value, str) for value in listed):
            raise ValueError
        names.update(_checked_name(kind, value, identities) for value in listed)
    return Principals("*" in names, frozenset(names - {"*"}))


def _checked_name(kind: str, value: str, identities: Identities | None) -> str:
    try:
        return _name(kind, value, identities)
    except ValueError:
        raise ValueError(f'"{kind}" : "{value}"') from None


def _name(kind: str, value: str, identities: Identities | None) -> str:
    if kind == "AWS":
        return _aws(value, identities)
    if kind == "CanonicalUser":
        if identities is not None and identities.by_canonical_id(value) is None:
            raise ValueError(value)
        return f"canonical:{value}"
    if kind == "Service" and value.endswith(".amazonaws.com"):
        return service_name(value)
    if kind == "Federated" and value:
        return f"federated:{value}"
    raise ValueError(value)


def service_name(host: str) -> str:
    """How `Principals` names a service, such as logging.s3.amazonaws.com."""
    return f"service:{host}"


def _aws(value: str, identities: Identities | None) -> str:
    if value == "*" or (identities is not None and identities.by_access_key(value) is not None):
        return value
    if _is_account(value):
        return f"arn:aws:iam::{value}:root"
    if identities is None and ":" not in value:
        return value
    arn, partition, service, region, account, resource = (*value.split(":", 5), *("",) * 6)[:6]
    if arn != "arn" or partition not in PARTITIONS or region or not _is_account(account) or "*" in value:
        raise ValueError(value)
    if service == "iam" and resource == "root":
        return value
    kinds = _RESOURCES.get(service, ())
    if not any(resource.startswith(kind) and len(resource) > len(kind) for kind in kinds):
        raise ValueError(value)
    ours = [identity.arn for identity in identities or () if identity.account_id == account]
    if ours and service == "iam" and resource.startswith("user/") and value not in ours:
        raise ValueError(value)
    return value


def _is_account(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdigit()
