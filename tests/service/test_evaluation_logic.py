"""IAM's documented evaluation of policies, row by row, and all their combinations against its rules in short.

The sources are in https://docs.aws.amazon.com/IAM/latest/UserGuide/:
LOGIC reference_policies_evaluation-logic_policy-eval-denyallow.html
BASICS reference_policies_evaluation-logic_policy-eval-basics.html
CROSS reference_policies_evaluation-logic-cross-account.html
PRINCIPAL reference_policies_elements_principal.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal

import pytest

from s3fixture.app import App
from s3fixture.auth.identity import Identity
from s3fixture.auth.policies import Policy, parse_identity_policy
from s3fixture.console.caller import Caller
from s3fixture.settings import Settings
from s3fixture.wire.request import Request

Says = Literal["allows", "denies", "nothing", ""]  # "": there is no such policy
To = Literal["user", "session", "role", "account", "everybody", "another", ""]
OBJECT = "arn:aws:s3:::data/k"
KINDS = ("user", "session")


@dataclass(frozen=True)
class Case:
    """Who asks, what its own policies say, and to whom the bucket's policy allows it (or denies it)."""

    who: Literal["root", "user", "session"] = "user"
    identity: Says = "nothing"
    boundary: Says = ""
    session: Says = ""
    bucket: To = ""
    bucket_denies: bool = False
    abroad: bool = False  # whether the bucket is another account's


def policy(says: Says) -> Policy:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECT}
    if says == "denies":
        statement["Effect"] = "Deny"
    elif says == "nothing":
        statement["Action"] = "s3:PutObject"
    return parse_identity_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}))


POLICIES = {says: policy(says) for says in ("allows", "denies", "nothing")}


class Scene:
    """A bucket of the main account, and one of another account; each account has a user."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.accounts = {abroad: self._named("other" if abroad else "minioadmin") for abroad in (False, True)}
        self.owner = self._caller(self.accounts[False])
        self.owner.perform("CreateBucket", Bucket="data")
        self.owner.perform("DeletePublicAccessBlock", Bucket="data")
        self.set_bucket_policy({})

    def _named(self, name: str) -> Identity:
        identity = self.app.identities.by_name(name)
        assert identity is not None
        return identity

    def _caller(self, identity: Identity) -> Caller:
        request = Request(method="GET", target="/", headers={}, body=None)  # type: ignore[arg-type]  # none is read
        return Caller(self.app, identity, request)

    def identity(self, case: Case) -> Identity:
        if case.who == "root":
            return self.accounts[case.abroad]
        user = self._named("foreigner" if case.abroad else "user")
        session = f"arn:aws:sts::{user.account_id}:assumed-role/role/me" if case.who == "session" else ""
        return replace(
            user,
            access_key="ASIATEMPORARY" if session else user.access_key,
            role=session,
            policies=(POLICIES[case.identity],) if case.identity else (),
            boundary=POLICIES[case.boundary] if case.boundary else None,
            session_policy=POLICIES[case.session] if case.session else None,
        )

    def principal(self, case: Case) -> Any:
        identity = self.identity(case)
        account = f"arn:aws:iam::{identity.account_id}"
        names: dict[str, Any] = {
            "user": f"{account}:user/{identity.name}",
            "session": f"arn:aws:sts::{identity.account_id}:assumed-role/role/me",
            "role": f"{account}:role/role",
            "account": f"{account}:root",
            "another": "arn:aws:iam::999999999999:root",
        }
        return "*" if case.bucket == "everybody" else {"AWS": names[case.bucket]}

    def set_bucket_policy(self, case_or_none: Case | dict[str, Any]) -> None:
        case = case_or_none if isinstance(case_or_none, Case) else Case()
        statements = []
        if case.bucket:
            statements.append({"Effect": "Allow", "Principal": self.principal(case)})
        if case.bucket_denies:
            statements.append({"Effect": "Deny", "Principal": "*"})
        common = {"Action": "s3:GetObject", "Resource": OBJECT}
        document = {"Version": "2012-10-17", "Statement": [common | statement for statement in statements]}
        if statements:
            self.owner.perform("PutBucketPolicy", Bucket="data", Policy=json.dumps(document))
        else:
            self.owner.perform("DeleteBucketPolicy", Bucket="data")

    def allows(self, case: Case) -> bool:
        self.set_bucket_policy(case)
        return self._caller(self.identity(case)).may("s3:GetObject", "data", "k")


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    users = ("user:USERKEY:usersecret", "other/foreigner:FOREIGNKEY:foreignsecret")
    app = App(Settings(identities=("other:otheraccesskey:othersecretkey",), users=users))
    yield Scene(app)
    app.close()


ROWS: tuple[tuple[str, Case, bool], ...] = (
    ("LOGIC: the root user has full access", Case("root"), True),
    ("LOGIC: all requests are implicitly denied", Case(identity=""), False),
    ("LOGIC: no statement that allows is an implicit deny", Case(identity="nothing"), False),
    ("LOGIC: an explicit deny of an identity policy", Case(identity="denies", bucket="user"), False),
    ("LOGIC: an explicit deny of a resource policy", Case(identity="allows", bucket_denies=True), False),
    ("LOGIC: … which holds for root, too", Case("root", bucket_denies=True), False),
    ("BASICS: either policy is enough: identity", Case(identity="allows"), True),
    ("BASICS: either policy is enough: resource", Case(identity="nothing", bucket="user"), True),
    ("BASICS: … which must be about who asks", Case(identity="nothing", bucket="another"), False),
    ("LOGIC: a boundary must allow, too", Case(identity="allows", boundary="nothing"), False),
    ("LOGIC: a boundary gives nothing", Case(identity="nothing", boundary="allows"), False),
    ("LOGIC: both allow", Case(identity="allows", boundary="allows"), True),
    ("LOGIC: a session policy must allow, too", Case("session", "allows", session="nothing"), False),
    ("LOGIC: a session policy gives nothing", Case("session", "nothing", session="allows"), False),
    ("LOGIC: a session without a policy has its role's", Case("session", "allows"), True),
    (
        "LOGIC, IAM user: a user ARN is not limited by an implicit deny in identity policy or boundary",
        Case(identity="nothing", boundary="nothing", bucket="user"),
        True,
    ),
    (
        "LOGIC, IAM role session: a session ARN is not limited by an implicit deny in any of the three",
        Case("session", "nothing", "nothing", "nothing", "session"),
        True,
    ),
    (
        "LOGIC, IAM role: a role ARN is limited by an implicit deny in a boundary",
        Case("session", "nothing", "nothing", "", "role"),
        False,
    ),
    (
        "LOGIC, IAM role: a role ARN is limited by an implicit deny in a session policy",
        Case("session", "nothing", "", "nothing", "role"),
        False,
    ),
    (
        "LOGIC, IAM role: but not by one of its identity policy",
        Case("session", "nothing", bucket="role"),
        True,
    ),
    (
        "LOGIC, IAM role: … with boundary and session policy that allow",
        Case("session", "nothing", "allows", "allows", "role"),
        True,
    ),
    (
        "LOGIC: an explicit deny of a boundary",
        Case(identity="allows", boundary="denies", bucket="user"),
        False,
    ),
    (
        "LOGIC: an explicit deny of a session policy",
        Case("session", "allows", session="denies", bucket="session"),
        False,
    ),
    ("PRINCIPAL: an account delegates to the account", Case(identity="nothing", bucket="account"), False),
    ("PRINCIPAL: … whose policies decide", Case(identity="allows", bucket="account"), True),
    (
        "PRINCIPAL: * in the account: no other permissions are required",
        Case(identity="nothing", bucket="everybody"),
        True,
    ),
    (
        "PRINCIPAL: * is not limited by boundary or session policy",
        Case("session", "nothing", "nothing", "nothing", "everybody"),
        True,
    ),
    ("PRINCIPAL: * abroad: identity-based permissions, too", Case(bucket="everybody", abroad=True), False),
    ("CROSS: both must allow", Case(identity="allows", bucket="user", abroad=True), True),
    ("CROSS: … the account of the user must", Case(identity="nothing", bucket="user", abroad=True), False),
    ("CROSS: … and that of the bucket", Case(identity="allows", abroad=True), False),
    ("CROSS: an account may be trusted", Case(identity="allows", bucket="account", abroad=True), True),
    ("CROSS: root of the other account", Case("root", bucket="account", abroad=True), True),
    ("CROSS: root of the other account, not trusted", Case("root", abroad=True), False),
    (
        "CROSS: a boundary limits there",
        Case(identity="allows", boundary="nothing", bucket="user", abroad=True),
        False,
    ),
)


@pytest.mark.parametrize(("case", "allowed"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_the_documentation_says(scene: Scene, case: Case, allowed: bool) -> None:
    assert scene.allows(case) is allowed


def by_the_rules(case: Case) -> bool:
    """The documentation's rules in the fewest words."""
    own = {"identity": case.identity or "nothing", "boundary": case.boundary, "session": case.session}
    if case.bucket_denies or "denies" in own.values():
        return False
    missing = {kind for kind, says in own.items() if says == "nothing"}
    by_name = case.bucket in (case.who, "everybody")
    by_role = case.who == "session" and case.bucket == "role"
    if case.abroad:
        return not missing and (by_name or by_role or case.bucket == "account")
    return not missing or by_name or (by_role and missing == {"identity"})


@pytest.mark.parametrize("abroad", [False, True])
@pytest.mark.parametrize("bucket", ["", "user", "session", "role", "account", "everybody", "another"])
@pytest.mark.parametrize("who", KINDS)
def test_all_combinations(scene: Scene, who: Any, bucket: To, abroad: bool) -> None:
    present: tuple[Says, ...] = ("allows", "denies", "nothing", "")
    seen, expected = {}, {}
    for identity, boundary, session, denies in product(present, present, present, (False, True)):
        if session and who == "user":
            continue
        case = Case(who, identity, boundary, session, bucket, denies, abroad)
        seen[case], expected[case] = scene.allows(case), by_the_rules(case)
    assert seen == expected
