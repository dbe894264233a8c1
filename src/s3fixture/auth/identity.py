"""Who may ask: identities, each an account of its own with one user and one pair of keys.

An identity is named as a principal in a policy by any of
- its user, ``arn:aws:iam::<account id>:user/<name>``,
- its account, ``<account id>`` or ``arn:aws:iam::<account id>:root``,
- its canonical id, ``{"CanonicalUser": "<64 characters>"}``,
- its access key (S3 has the unique user id there; ours is the access key).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from s3fixture.auth.policies import Policy

FORMAT = "NAME:ACCESS_KEY:SECRET_KEY[:CANONICAL_ID[:EMAIL]]"


@dataclass(frozen=True)
class Identity:
    """One account and its user. `root` marks the server's main keys; an empty `canonical_id` is derived.

    One with temporary keys is its user, or the session of `role` (an ARN), as far as `session_policy` allows.
    """

    name: str
    access_key: str
    secret_key: str = field(repr=False)
    canonical_id: str = ""
    email: str = ""
    root: bool = False
    user_id: str = ""  # its access key, unless that is a temporary one
    role: str = ""
    session_policy: Policy | None = field(default=None, repr=False)
    account_id: str = field(init=False)
    arn: str = field(init=False)
    principals: frozenset[str] = field(init=False, repr=False)  # the forms above

    @property
    def is_temporary(self) -> bool:
        """Whether its keys came from STS."""
        return self.user_id != self.access_key

    def __post_init__(self) -> None:
        canonical_id = self.canonical_id or _sha256(f"s3fixture:{self.access_key}")
        account = account_id(canonical_id)
        object.__setattr__(self, "canonical_id", canonical_id)
        object.__setattr__(self, "account_id", account)
        arn = self.role or f"arn:aws:iam::{account}:user/{self.name}"
        object.__setattr__(self, "arn", arn)
        object.__setattr__(self, "user_id", self.user_id or self.access_key)
        names = {arn, f"arn:aws:iam::{account}:root", f"canonical:{canonical_id}", self.user_id}
        if self.role:
            names.add(role_of(self.role))
        object.__setattr__(self, "principals", frozenset(names))


def role_of(session: str) -> str:
    """The ARN of the role that a session, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, is of."""
    return session.rpartition("/")[0].replace(":sts:", ":iam:", 1).replace(":assumed-role/", ":role/", 1)


def account_id(canonical_id: str) -> str:
    """The 12 digits of the account that a canonical id belongs to, also of one that this server lacks."""
    return f"{int(_sha256(f'account:{canonical_id}'), 16) % 10**12:012}"


class Identities:
    """All identities of one server, found by whatever names them."""

    def __init__(self, identities: Iterable[Identity] = ()) -> None:
        self._by_access_key: dict[str, Identity] = {}
        self._by_canonical_id: dict[str, Identity] = {}
        self._by_email: dict[str, Identity] = {}
        self._by_name: dict[str, Identity] = {}
        for identity in identities:
            self._add(identity)

    def _add(self, identity: Identity) -> None:
        _claim(self._by_name, identity.name, identity, "name")
        _claim(self._by_access_key, identity.access_key, identity, "access key")
        _claim(self._by_canonical_id, identity.canonical_id, identity, "canonical id")
        if identity.email:
            _claim(self._by_email, identity.email.lower(), identity, "e-mail address")

    def __iter__(self) -> Iterator[Identity]:
        return iter(self._by_access_key.values())

    def __len__(self) -> int:
        return len(self._by_access_key)

    @property
    def main(self) -> Identity:
        """The one with the server's main keys."""
        return next(identity for identity in self if identity.root)

    def by_access_key(self, access_key: str) -> Identity | None:
        return self._by_access_key.get(access_key)

    def by_canonical_id(self, canonical_id: str) -> Identity | None:
        return self._by_canonical_id.get(canonical_id)

    def by_email(self, email: str) -> Identity | None:
        return self._by_email.get(email.lower())

    def by_name(self, name: str) -> Identity | None:
        return self._by_name.get(name)


def parse_identity(text: str) -> Identity:
    """An identity from ``NAME:ACCESS_KEY:SECRET_KEY[:CANONICAL_ID[:EMAIL]]``.

    Raises S3FixtureError. Its text never holds the secret.
    """
    parts = text.split(":")
    name = parts[0]
    if not 3 <= len(parts) <= 5:
        raise S3FixtureError(f"identity {name!r} has {len(parts)} fields; write it as {FORMAT}")
    for label, value in zip(("name", "access key", "secret key"), parts, strict=False):
        if not value or value != value.strip():
            raise S3FixtureError(f"identity {name!r}: the {label} is empty or has spaces; write {FORMAT}")
    access_key, secret_key = parts[1:3]
    canonical_id, email = (*parts[3:], "", "")[:2]
    if "/" in access_key or "," in access_key:
        raise S3FixtureError(f"identity {name!r}: an access key cannot hold '/' or ','")
    return Identity(name, access_key, secret_key, canonical_id, email)


def _claim(index: dict[str, Identity], value: str, identity: Identity, what: str) -> None:
    taken = index.setdefault(value, identity)
    if taken is not identity:
        raise S3FixtureError(
            f"identities {taken.name!r} and {identity.name!r} have the same {what} {value!r}; "
            "give each its own"
        )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
