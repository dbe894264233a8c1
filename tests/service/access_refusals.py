"""What may be refused, to whom: what the matrix of access tests holds every way against."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from access_ways import BUCKET, Goal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OTHER = {"CanonicalUser": "0123456789abcdef" * 4}
EVERYTHING = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
READ_ACTIONS = (
    *("s3:GetObject", "s3:GetObjectVersion"),
    *("s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation"),
)
SECRET, OPEN = "top secret.txt", "top/open.txt"


@dataclass
class Vault:
    """A versioned bucket of the main account: a secret, one that was, and something open."""

    client: S3Client
    old: Goal
    current: Goal
    open: Goal
    public: bool = False  # what its policies allow, they allow to everybody

    def put_policy(self, *statements: Mapping[str, Any], public: bool = False) -> None:
        """Everything is allowed to the other account, or to everybody, but for `statements`."""
        allow = {"Effect": "Allow", "Principal": "*" if public or self.public else OTHER, "Action": "s3:*"}
        policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": EVERYTHING}, *statements]}
        self.client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    def versions(self) -> list[str]:
        """The ids of all versions that are there."""
        found = self.client.list_object_versions(Bucket=BUCKET).get("Versions", [])
        return [entry["VersionId"] for entry in found]

    def publish(self) -> None:
        """Let policies and ACLs be public, which a new bucket blocks."""
        self.client.delete_public_access_block(Bucket=BUCKET)
        self.public = True

    @property
    def goals(self) -> tuple[Goal, ...]:
        return self.old, self.current, self.open


Arrange = Callable[[Vault], None]
Refuses = Callable[[Vault, str, Goal], bool]  # vault, who, what


def to_nobody(_vault: Vault, _who: str, _goal: Goal) -> bool:
    return False


def to_all(_vault: Vault, _who: str, _goal: Goal) -> bool:
    return True


def to_strangers(_vault: Vault, who: str, _goal: Goal) -> bool:
    return who in ("other", "anonymous")


def to_other_names(_vault: Vault, who: str, _goal: Goal) -> bool:
    """A role's session is its role's, and no user."""
    return who not in ("owner", "token")


def its_own_policies_refuse(who: str, goal: Goal, *, public: bool) -> bool:
    """The policy of one user denies the secret; that of the other does not mention it, a public one does."""
    return goal.key == SECRET and (who == "denied" or (who == "unmentioned" and not public))


def of_the_secret(_vault: Vault, _who: str, goal: Goal) -> bool:
    return goal.key == SECRET


def of_the_old_version(vault: Vault, _who: str, goal: Goal) -> bool:
    return goal == vault.old


def denial(*actions: str, resource: str = "*", **condition: Mapping[str, str]) -> dict[str, Any]:
    """A statement, without a principal."""
    statement: dict[str, Any] = {"Effect": "Deny", "Action": actions}
    statement["Resource"] = f"arn:aws:s3:::{BUCKET}/{resource}"
    return statement | ({"Condition": condition} if condition else {})


def deny(*actions: str, resource: str = "*", **condition: Mapping[str, str]) -> Arrange:
    """A policy that denies this."""
    statement = denial(*actions, resource=resource, **condition)
    return lambda vault: vault.put_policy({**statement, "Principal": "*"})


def deny_old_version(vault: Vault) -> None:
    actions = "s3:GetObjectVersion", "s3:GetObjectVersionAnnotation"
    deny(*actions, StringEquals={"s3:VersionId": vault.old.version})(vault)


def restrict(vault: Vault) -> None:
    block: Any = {"RestrictPublicBuckets": True}
    vault.client.delete_public_access_block(Bucket=BUCKET)
    vault.put_policy(public=True)
    vault.client.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)


def allow_all(vault: Vault) -> None:
    vault.put_policy()


def leave(_vault: Vault) -> None:
    """No policy."""


TAGGED = {"s3:ExistingObjectTag/secret": "yes"}
HERE = {"aws:SourceIp": "127.0.0.0/8"}
PLAIN = {"aws:SecureTransport": "false"}
OWNERS = {"aws:PrincipalArn": "arn:aws:iam::*:user/minioadmin"}

# What is arranged, and to whom it refuses what.
READ_REFUSALS: Mapping[str, tuple[Arrange, Refuses]] = {
    "nothing": (allow_all, to_nobody),
    "no policy": (leave, to_strangers),
    "a deny by key": (deny(*READ_ACTIONS, resource=SECRET), of_the_secret),
    "a deny by prefix": (deny(*READ_ACTIONS, resource="top *"), of_the_secret),
    "a deny by version": (deny_old_version, of_the_old_version),
    "a deny by tag": (deny(*READ_ACTIONS, StringEquals=TAGGED), of_the_old_version),
    "a deny by address": (deny(*READ_ACTIONS, IpAddress=HERE), to_all),
    "a deny by transport": (deny(*READ_ACTIONS, Bool=PLAIN), to_all),
    "a deny by name": (deny(*READ_ACTIONS, StringNotLike=OWNERS), to_other_names),
    "a public access block": (restrict, to_strangers),
}


# The tags of what is there are nothing to a write: S3 has no such key there.
WRITE_REFUSALS: Mapping[str, tuple[Arrange, Refuses]] = {
    "nothing": (allow_all, to_nobody),
    "no policy": (leave, to_strangers),
    "a deny by key": (deny("s3:PutObject", resource=SECRET), of_the_secret),
    "a deny by prefix": (deny("s3:PutObject", resource="top *"), of_the_secret),
    "a deny by tag": (deny("s3:*Object", StringEquals=TAGGED), to_nobody),
    "a deny by address": (deny("s3:PutObject", IpAddress=HERE), to_all),
    "a deny by transport": (deny("s3:PutObject", Bool=PLAIN), to_all),
    "a deny by name": (deny("s3:PutObject", StringNotEquals={"aws:username": "minioadmin"}), to_other_names),
    "a public access block": (restrict, to_strangers),
}


def hold(vault: Vault) -> None:
    vault.put_policy()
    vault.client.put_object_legal_hold(**vault.old.params, LegalHold={"Status": "ON"})


def retain(mode: str) -> Arrange:
    def arrange(vault: Vault) -> None:
        vault.put_policy()
        until = datetime.now(timezone.utc) + timedelta(days=1)
        retention: Any = {"Mode": mode, "RetainUntilDate": until}
        vault.client.put_object_retention(**vault.old.params, Retention=retention)

    return arrange


DELETE_REFUSALS: Mapping[str, tuple[Arrange, Refuses]] = {
    "nothing": (allow_all, to_nobody),
    "no policy": (leave, to_strangers),
    "a legal hold": (hold, to_all),
    "a retention in governance mode": (retain("GOVERNANCE"), to_all),
    "a retention in compliance mode": (retain("COMPLIANCE"), to_all),
    "a deny by key": (deny("s3:DeleteObjectVersion", resource=SECRET), to_all),
    "a deny by tag": (deny("s3:*Object*", StringEquals=TAGGED), to_nobody),
    "a public access block": (restrict, to_strangers),
}


# What ACLs let others read, and what takes it back.


def acl(name: str, *others: Arrange) -> Arrange:
    """A canned ACL on every version, and then `others`."""

    def arrange(vault: Vault) -> None:
        vault.publish()
        _own(vault, "ObjectWriter")
        for goal in (*vault.goals, Goal(SECRET, vault.old.version)):
            vault.client.put_object_acl(**goal.params, ACL=name)  # type: ignore[arg-type]  # any name
        for other in others:
            other(vault)

    return arrange


def _own(vault: Vault, ownership: Any) -> None:
    controls: Any = {"Rules": [{"ObjectOwnership": ownership}]}
    vault.client.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=controls)


def _switch_off(vault: Vault) -> None:
    _own(vault, "BucketOwnerEnforced")


def _ignore(vault: Vault) -> None:
    block: Any = {"IgnorePublicAcls": True}
    vault.client.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)


def _close_old(vault: Vault) -> None:
    vault.client.put_object_acl(**vault.old.params, ACL="private")


def only_deny(*actions: str, resource: str = "*", **condition: Mapping[str, str]) -> Arrange:
    """A policy that allows nothing."""

    def arrange(vault: Vault) -> None:
        statement = denial(*actions, resource=resource, **condition)
        policy = {"Version": "2012-10-17", "Statement": [{**statement, "Principal": "*"}]}
        vault.client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    return arrange


def to_nobody_unsigned(_vault: Vault, who: str, _goal: Goal) -> bool:
    return who == "anonymous"


ACL_REFUSALS: Mapping[str, tuple[Arrange, Refuses]] = {
    "nothing": (acl("public-read"), to_nobody),
    "an ACL for those with keys": (acl("authenticated-read"), to_nobody_unsigned),
    "a private ACL": (acl("private"), to_all),
    "a private ACL of one version": (acl("public-read", _close_old), of_the_old_version),
    "ACLs that are off": (acl("public-read", _switch_off), to_all),
    "public ACLs that are ignored": (acl("public-read", _ignore), to_all),
    "a deny by key": (acl("public-read", only_deny(*READ_ACTIONS, resource=SECRET)), of_the_secret),
    "a deny by tag": (
        acl("public-read", only_deny(*READ_ACTIONS, StringEquals=TAGGED)),
        of_the_old_version,
    ),
    "a deny by address": (acl("public-read", only_deny(*READ_ACTIONS, IpAddress=HERE)), to_all),
    "a deny by transport": (acl("public-read", only_deny(*READ_ACTIONS, Bool=PLAIN)), to_all),
}

# What narrows temporary keys: the statements of their session policy.

Statements = Callable[[Vault], list[Mapping[str, Any]]]


def session(*statements: Mapping[str, Any]) -> Statements:
    """Everything is allowed but for `statements`."""
    return lambda _vault: [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, *statements]


def _old_version(vault: Vault) -> list[Mapping[str, Any]]:
    actions = "s3:GetObjectVersion", "s3:GetObjectVersionAnnotation"
    condition = {"s3:VersionId": vault.old.version}
    return session(denial(*actions, StringEquals=condition))(vault)


def _only(*resources: str) -> Statements:
    """Nothing in the vault is allowed but this."""
    mine = ["arn:aws:s3:::sessions-own", "arn:aws:s3:::sessions-own/*"]
    found = [f"arn:aws:s3:::{BUCKET}/{resource}" for resource in resources]
    return lambda _vault: [{"Effect": "Allow", "Action": "s3:*", "Resource": [*mine, *found]}]


SESSION_REFUSALS: Mapping[str, tuple[Statements, Refuses]] = {
    "nothing": (session(), to_nobody),
    "no allow": (_only(), to_all),
    "an allow of another key": (_only(OPEN), of_the_secret),
    "an allow of a prefix": (_only("top/*"), of_the_secret),
    "a deny by key": (session(denial(*READ_ACTIONS, resource=SECRET)), of_the_secret),
    "a deny by prefix": (session(denial(*READ_ACTIONS, resource="top *")), of_the_secret),
    "a deny by version": (_old_version, of_the_old_version),
    "a deny by tag": (session(denial(*READ_ACTIONS, StringEquals=TAGGED)), of_the_old_version),
    "a deny by address": (session(denial(*READ_ACTIONS, IpAddress=HERE)), to_all),
    "a deny by transport": (session(denial(*READ_ACTIONS, Bool=PLAIN)), to_all),
}
