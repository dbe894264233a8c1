"""Every way to the bytes of an object against every kind of refusal: all ways get the same answer.

The ways stand in `access_ways`. Which operations need one is found in the model and in the table of
permissions, so that an operation that is added and has no way in the matrix fails here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from access_ways import (
    BODY,
    BUCKET,
    DELETES,
    NOT_THERE,
    READ,
    READS,
    REFUSED,
    WRITES,
    Caller,
    Goal,
    begin_uploads,
    make_caller,
)
from service_helpers import NewClient

from s3fixture.app import App
from s3fixture.auth.actions import permissions
from s3fixture.console.application import Console
from s3fixture.console.usage import UsageSamples
from s3fixture.model import load_model
from s3fixture.model.shapes import OperationModel
from s3fixture.service import OPERATIONS
from s3fixture.wire.copy_source import CopySource

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MODEL = load_model()
OTHER = {"CanonicalUser": "0123456789abcdef" * 4}
EVERYTHING = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
READ_ACTIONS = (
    *("s3:GetObject", "s3:GetObjectVersion"),
    *("s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation"),
)
SECRET, OPEN = "top secret.txt", "top/open.txt"


def actions_of(operation: str) -> set[str]:
    """What an operation needs at the most."""
    shape = MODEL.operation_model(operation).input_shape
    members = shape.members if shape else {}
    params = {"Bucket": "b", "Key": "k", "VersionId": "v", "CopySource": CopySource("b", "k", "v")}
    named = {name: value for name, value in params.items() if name in members}
    both = (named, {**named, "VersionId": None})
    return {permission.action for params in both for permission in permissions(operation, params)}


def gives_bytes(operation: OperationModel) -> bool:
    """Whether an answer is a stream of what an object holds."""
    members = operation.output_shape.members.values() if operation.output_shape else ()
    return any({"streaming", "eventstream"} & member.serialization.keys() for member in members)


def test_every_operation_that_reads_objects_has_a_way_in_the_matrix() -> None:
    reading = {
        name
        for name in MODEL.operation_names
        if gives_bytes(MODEL.operation_model(name)) or not actions_of(name).isdisjoint(READ_ACTIONS)
    }
    assert reading - {row.operation for row in READS.values()} == set()


def test_every_operation_that_writes_objects_has_a_way_in_the_matrix() -> None:
    writing = {name for name in MODEL.operation_names if "s3:PutObject" in actions_of(name)}
    assert writing - {operation for operation, _ in WRITES.values()} == set()


def test_every_operation_that_deletes_versions_has_a_way_in_the_matrix() -> None:
    deleting = {name for name in MODEL.operation_names if "s3:DeleteObjectVersion" in actions_of(name)}
    assert deleting - {operation for operation, _ in DELETES.values()} == set()


KNOWN = OPERATIONS.keys() & set(load_model().operation_names)  # an older botocore knows fewer


@dataclass
class Vault:
    """A versioned bucket of the main account: a secret, one that was, and something open."""

    client: S3Client
    old: Goal
    current: Goal
    open: Goal

    def put_policy(self, *statements: Mapping[str, Any], public: bool = False) -> None:
        """Everything is allowed to the other account, or to everybody, but for `statements`."""
        allow = {"Effect": "Allow", "Principal": "*" if public else OTHER, "Action": "s3:*"}
        policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": EVERYTHING}, *statements]}
        self.client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    def versions(self) -> list[str]:
        """The ids of all versions that are there."""
        found = self.client.list_object_versions(Bucket=BUCKET).get("Versions", [])
        return [entry["VersionId"] for entry in found]

    @property
    def goals(self) -> tuple[Goal, ...]:
        return self.old, self.current, self.open


@pytest.fixture
def vault(client: S3Client) -> Vault:
    client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)

    def put(key: str, **options: Any) -> str:
        version = client.put_object(Bucket=BUCKET, Key=key, Body=BODY, **options)["VersionId"]
        if "GetObjectAnnotation" in KNOWN:
            client.put_object_annotation(Bucket=BUCKET, Key=key, AnnotationName="a", AnnotationPayload=BODY)
        return version

    old = put(SECRET, Tagging="secret=yes")
    put(SECRET)
    put(OPEN)
    return Vault(client, Goal(SECRET, old), Goal(SECRET), Goal(OPEN))


@pytest.fixture(scope="module")
def known_callers(app: App, url: str, new_client: NewClient) -> Iterator[Mapping[str, Caller]]:
    usage = UsageSamples(app.store, app.clock)
    console = Console(app, usage, api_url=url)
    yield {
        "owner": make_caller(console, url, new_client, ("minioadmin", "minioadmin123"), "owners-own"),
        "other": make_caller(console, url, new_client, ("otheraccesskey", "othersecretkey"), "others-own"),
        **{
            name: make_caller(console, url, new_client, (f"{name}key", f"{name}secret"), f"{name}s-own")
            for name in ("denied", "unmentioned")
        },
    }
    console.close()
    usage.close()


@pytest.fixture
def callers(known_callers: Mapping[str, Caller]) -> Mapping[str, Caller]:
    """Each with an empty bucket."""
    for caller in known_callers.values():
        caller.client.create_bucket(Bucket=caller.own)
    return known_callers


Arrange = Callable[[Vault], None]
Refuses = Callable[[Vault, str, Goal], bool]  # vault, who, what


def to_nobody(_vault: Vault, _who: str, _goal: Goal) -> bool:
    return False


def to_all(_vault: Vault, _who: str, _goal: Goal) -> bool:
    return True


def to_others(_vault: Vault, who: str, _goal: Goal) -> bool:
    return who == "other"


def to_all_but_root(_vault: Vault, who: str, _goal: Goal) -> bool:
    return who != "owner"


def its_own_policies_refuse(who: str, goal: Goal, *, public: bool) -> bool:
    """The policy of one user denies the secret; that of the other does not mention it, a public one does."""
    return goal.key == SECRET and (who == "denied" or (who == "unmentioned" and not public))


def of_the_secret(_vault: Vault, _who: str, goal: Goal) -> bool:
    return goal.key == SECRET


def of_the_old_version(vault: Vault, _who: str, goal: Goal) -> bool:
    return goal == vault.old


def deny(*actions: str, resource: str = "*", **condition: Mapping[str, str]) -> Arrange:
    """A policy that denies this."""
    statement: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": actions}
    statement["Resource"] = f"arn:aws:s3:::{BUCKET}/{resource}"
    if condition:
        statement["Condition"] = condition
    return lambda vault: vault.put_policy(statement)


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

# What is arranged, and to whom it refuses what.
READ_REFUSALS: Mapping[str, tuple[Arrange, Refuses]] = {
    "nothing": (allow_all, to_nobody),
    "no policy": (leave, to_others),
    "a deny by key": (deny(*READ_ACTIONS, resource=SECRET), of_the_secret),
    "a deny by prefix": (deny(*READ_ACTIONS, resource="top *"), of_the_secret),
    "a deny by version": (deny_old_version, of_the_old_version),
    "a deny by tag": (deny(*READ_ACTIONS, StringEquals=TAGGED), of_the_old_version),
    "a deny by address": (deny(*READ_ACTIONS, IpAddress=HERE), to_all),
    "a deny by transport": (deny(*READ_ACTIONS, Bool=PLAIN), to_all),
    "a deny by name": (deny(*READ_ACTIONS, StringNotEquals={"aws:username": "minioadmin"}), to_all_but_root),
    "a public access block": (restrict, to_others),
}


@pytest.mark.parametrize("who", ["owner", "other", "denied", "unmentioned"])
@pytest.mark.parametrize("refusal", READ_REFUSALS)
def test_all_ways_to_read_get_the_same_answer(
    vault: Vault, callers: Mapping[str, Caller], refusal: str, who: str
) -> None:
    arrange, refuses = READ_REFUSALS[refusal]
    arrange(vault)
    seen, expected = {}, {}
    for name, reading in READS.items():
        for goal in vault.goals:
            if goal.version and not reading.names_version:
                continue
            seen[name, goal] = reading.way(callers[who], goal)
            expected[name, goal] = READ
            if refuses(vault, who, goal) or its_own_policies_refuse(who, goal, public=arrange is restrict):
                expected[name, goal] = REFUSED
            if reading.operation not in KNOWN:
                expected[name, goal] = NOT_THERE
    assert seen == expected


@pytest.mark.parametrize("name", [name for name, reading in READS.items() if reading.names_owner])
def test_all_ways_to_read_check_the_owner_that_is_expected(
    app: App, vault: Vault, callers: Mapping[str, Caller], name: str
) -> None:
    account = next(identity.account_id for identity in app.identities if identity.root)
    for goal in vault.goals:
        for owner, verdict in ((account, READ), ("000000000002", REFUSED)):
            asked = Goal(goal.key, goal.version, owner)
            assert READS[name].way(callers["owner"], asked) == verdict


# The tags of what is there are nothing to a write: S3 has no such key there.
WRITE_REFUSALS: Mapping[str, tuple[Arrange, Refuses]] = {
    "nothing": (allow_all, to_nobody),
    "no policy": (leave, to_others),
    "a deny by key": (deny("s3:PutObject", resource=SECRET), of_the_secret),
    "a deny by prefix": (deny("s3:PutObject", resource="top *"), of_the_secret),
    "a deny by tag": (deny("s3:PutObject", "s3:GetObject", StringEquals=TAGGED), to_nobody),
    "a deny by address": (deny("s3:PutObject", IpAddress=HERE), to_all),
    "a deny by transport": (deny("s3:PutObject", Bool=PLAIN), to_all),
    "a deny by name": (deny("s3:PutObject", StringNotEquals={"aws:username": "minioadmin"}), to_all_but_root),
    "a public access block": (restrict, to_others),
}


@pytest.mark.parametrize("who", ["owner", "other", "denied", "unmentioned"])
@pytest.mark.parametrize("refusal", WRITE_REFUSALS)
def test_all_ways_to_write_get_the_same_answer(
    vault: Vault, callers: Mapping[str, Caller], refusal: str, who: str
) -> None:
    arrange, refuses = WRITE_REFUSALS[refusal]
    vault.client.put_object(Bucket=BUCKET, Key=SECRET, Body=BODY, Tagging="secret=yes")
    begin_uploads(callers[who], vault.client, vault.current, vault.open)
    arrange(vault)
    seen, expected = {}, {}
    for name, (_, way) in WRITES.items():
        for goal in (vault.current, vault.open):
            before = vault.versions()
            seen[name, goal] = way(callers[who], goal)
            expected[name, goal] = READ
            if refuses(vault, who, goal) or its_own_policies_refuse(who, goal, public=arrange is restrict):
                expected[name, goal] = REFUSED
            assert seen[name, goal] == READ or vault.versions() == before
    assert seen == expected


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
    "no policy": (leave, to_others),
    "a legal hold": (hold, to_all),
    "a retention in governance mode": (retain("GOVERNANCE"), to_all),
    "a retention in compliance mode": (retain("COMPLIANCE"), to_all),
    "a deny by key": (deny("s3:DeleteObjectVersion", resource=SECRET), to_all),
    "a deny by tag": (deny("s3:DeleteObjectVersion", "s3:GetObject", StringEquals=TAGGED), to_nobody),
    "a public access block": (restrict, to_others),
}


@pytest.mark.parametrize("who", ["owner", "other", "denied", "unmentioned"])
@pytest.mark.parametrize("way", DELETES)
@pytest.mark.parametrize("refusal", DELETE_REFUSALS)
def test_all_ways_to_delete_a_version_get_the_same_answer(
    vault: Vault, callers: Mapping[str, Caller], refusal: str, way: str, who: str
) -> None:
    arrange, refuses = DELETE_REFUSALS[refusal]
    arrange(vault)
    refused = its_own_policies_refuse(who, vault.old, public=arrange is restrict)
    expected = REFUSED if refused or refuses(vault, who, vault.old) else READ
    assert DELETES[way][1](callers[who], vault.old) == expected
    assert (vault.old.version in vault.versions()) is (expected == REFUSED)
