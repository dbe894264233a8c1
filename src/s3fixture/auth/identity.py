"""Who may ask: identities, each an account of its own with one pair of keys, and users of these accounts.

An identity is named as a principal in a policy by any of
- its user, ``arn:aws:iam::<account id>:user/<name>``,
- its account, ``<account id>`` or ``arn:aws:iam::<account id>:root``,
- its canonical id, ``{"CanonicalUser": "<64 characters>"}``,
- its access key (S3 has the unique user id there; ours is the access key).

An identity may do everything in its account. A user of the account (`users`) has identity policies, and may
do what these allow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from s3fixture.auth.policies import Policy
    from s3fixture.settings import Settings

FORMAT = "NAME:ACCESS_KEY:SECRET_KEY[:CANONICAL_ID[:EMAIL]]"
USER_FORMAT = "[ACCOUNT/]NAME:ACCESS_KEY:SECRET_KEY[:POLICY[,POLICY ...][,boundary=POLICY]]"


@dataclass(frozen=True, eq=False, repr=False)
class Identity:
    """One account, or a user of one. `root` marks the server's main keys, never when they are limited; an
    empty `canonical_id` is derived.

    A user has `policies`, and may do what one of them allows, as far as `boundary` allows it. One with
    temporary keys is its user, or the session of `role` (an ARN), as far as `session_policy` allows.
    """

    name: str
    access_key: str
    secret_key: str
    canonical_id: str = ""
    email: str = ""
    root: bool = False
    user_id: str = ""  # its access key, unless that is a temporary one
    role: str = ""
    session_policy: Policy | None = None
    policies: tuple[Policy, ...] | None = None  # None: of an account's own keys
    boundary: Policy | None = None
    is_limited: bool = field(init=False)  # whether any of these policies must be asked
    account_id: str = field(init=False)
    arn: str = field(init=False)
    principals: frozenset[str] = field(init=False)  # the forms above

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
        limits = (self.session_policy, self.policies, self.boundary)
        limited = any(limit is not None for limit in limits)
        object.__setattr__(self, "is_limited", limited)
        object.__setattr__(self, "root", self.root and not limited)
        names = {arn, f"arn:aws:iam::{account}:root", f"canonical:{canonical_id}", self.user_id}
        if self.role:
            names.add(role_of(self.role))
        object.__setattr__(self, "principals", frozenset(names))

    @property
    def own_names(self) -> frozenset[str]:
        """The principals that are this user, or this very session, and nobody else of the account."""
        return frozenset({self.role} if self.role else {self.arn, self.user_id})

    @property
    def role_names(self) -> frozenset[str]:
        """The principals that are the role whose session this is, or who assumed it."""
        return frozenset({role_of(self.role), self.user_id})

    @property
    def has_foreign_role(self) -> bool:
        """Whether it is the session of a role of another account."""
        return bool(self.role) and self.role.split(":")[4] != self.account_id

    @property
    def requester(self) -> str:
        """How S3 names who asked in logs and who began an upload: an account by its canonical id."""
        return self.arn if self.role or self.policies is not None else self.canonical_id

    def began(self, initiator: str) -> bool:
        """Whether an upload is its own, or a user's of this account; told the `requester` that began it."""
        of_account = not self.is_limited and initiator.split(":")[4:5] == [self.account_id]
        return initiator == self.requester or of_account

    # What the keys aws:PrincipalArn, aws:PrincipalType, aws:userid and aws:username have.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable

    @property
    def principal_arn(self) -> str:
        """The ARN of the user, or of the role whose session this is."""
        return role_of(self.role) if self.role else self.arn

    @property
    def principal_type(self) -> str:
        return "AssumedRole" if self.role else "User"

    @property
    def unique_id(self) -> str:
        """That of the user, or of the role with the name of the session."""
        return role_id(self.role) if self.role else self.user_id

    @property
    def username(self) -> str | None:
        """None for a role's session."""
        return None if self.role else self.name


def role_of(session: str) -> str:
    """The ARN of the role that a session, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, is of."""
    return session.rpartition("/")[0].replace(":sts:", ":iam:", 1).replace(":assumed-role/", ":role/", 1)


def role_id(session: str) -> str:
    """The unique id of a session's role, and the session's name."""
    role, _, name = session.rpartition("/")
    return f"AROA{_sha256(role)[:17].upper()}:{name}"


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
        if identity.policies is not None:
            return  # a user, who shares these with the account
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
        """The account, never one of its users."""
        return self._by_canonical_id.get(canonical_id)

    def has_other(self, account: str, identity_account: str) -> bool:
        """Whether an account id is that of another account of this server."""
        return account != identity_account and any(found.account_id == account for found in self)

    def by_email(self, email: str) -> Identity | None:
        return self._by_email.get(email.lower())

    def by_name(self, name: str) -> Identity | None:
        return self._by_name.get(name)


def identities_of(settings: Settings) -> Identities:
    """All that the settings name. Raises S3FixtureError, also for a user's policy that cannot be used."""
    root = Identity(settings.access_key, settings.access_key, settings.secret_key, root=True)
    accounts = Identities([root, *map(parse_identity, settings.identities)])
    if not settings.users:
        return accounts
    from s3fixture.auth.users import load_user  # imported when used: policies take their time

    return Identities([*accounts, *(load_user(text, accounts) for text in settings.users)])


def parse_identity(text: str) -> Identity:
    """An identity from ``NAME:ACCESS_KEY:SECRET_KEY[:CANONICAL_ID[:EMAIL]]``.

    Raises S3FixtureError. Its text never holds the secret.
    """
    parts = text.split(":")
    name = parts[0]
    if not 3 <= len(parts) <= 5:
        raise S3FixtureError(f"identity {name!r} has {len(parts)} fields; write it as {FORMAT}")
    check_keys(f"identity {name!r}", parts, FORMAT)
    access_key, secret_key = parts[1:3]
    canonical_id, email = (*parts[3:], "", "")[:2]
    return Identity(name, access_key, secret_key, canonical_id, email)


def check_keys(who: str, parts: list[str], form: str) -> None:
    """S3FixtureError unless `parts` begin with a name, an access key and a secret, as `form` says."""
    for label, value in zip(("name", "access key", "secret key"), parts, strict=False):
        if not value or value != value.strip():
            raise S3FixtureError(f"{who}: the {label} is empty or has spaces; write {form}")
    if "/" in parts[1] or "," in parts[1]:
        raise S3FixtureError(f"{who}: an access key cannot hold '/' or ','")


def _claim(index: dict[str, Identity], value: str, identity: Identity, what: str) -> None:
    taken = index.setdefault(value, identity)
    if taken is not identity:
        raise S3FixtureError(
            f"identities {taken.name!r} and {identity.name!r} have the same {what} {value!r}; "
            "give each its own"
        )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
