"""IAM users as they are written, and identity policies as they are read: the edges of what is accepted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from signing_helpers import BOB

from s3fixture import limits
from s3fixture.auth.denial import BOUNDARY, IDENTITY, Denial
from s3fixture.auth.identity import Identities, Identity
from s3fixture.auth.policies import parse_identity_policy, usable_policy
from s3fixture.auth.policies.identity_policies import denial_of
from s3fixture.auth.users import load_user
from s3fixture.errors import S3Error, S3FixtureError

STATEMENT = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": STATEMENT})


MAIN = Identity("main", "AKIDMAIN", "secret", root=True)


def load(text: str) -> Identity:
    return load_user(text, Identities([MAIN, BOB]))


def refused(text: str) -> str:
    with pytest.raises(S3FixtureError) as caught:
        load(text)
    return str(caught.value)


def test_the_name_of_a_user_has_one_to_64_characters() -> None:
    for name in ("r", "r" * limits.NAME_LENGTH, "_+=,.@-"):
        assert load(f"{name}:KEY:secret").name == name
        assert load(f"bob/{name}:KEY:secret").account_id == BOB.account_id
    for name in ("", "r" * (limits.NAME_LENGTH + 1), "r r", "é"):
        assert "the name of a user has 1 to 64 letters" in refused(f"bob/{name}:KEY:secret")


@pytest.mark.parametrize(("text", "count"), [("r", 1), ("r:KEY", 2)])
def test_a_user_without_keys_is_told_how_many_fields_it_has(text: str, count: int) -> None:
    assert f"user 'r' has {count} fields; write it as " in refused(text)


def test_a_user_has_as_many_policies_as_iam_allows_and_one_boundary() -> None:
    policies = [POLICY] * limits.IDENTITY_POLICIES
    user = load("r:KEY:secret:" + ",".join([*policies, f"boundary={POLICY}"]))
    assert user.policies is not None
    assert len(user.policies) == limits.IDENTITY_POLICIES
    assert user.boundary is not None
    assert load("r:KEY:secret").policies == ()
    assert load("r:KEY:secret").boundary is None
    assert "more than 20 policies" in refused("r:KEY:secret:" + ",".join([*policies, POLICY]))


def test_what_follows_a_policy_is_quoted_in_part() -> None:
    assert refused("r:KEY:secret:{}" + "x" * 30).endswith(f"a comma must follow a policy, not '{'x' * 20}'")


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_bytes(b"\xff")
    said = refused(f"r:KEY:secret:{tmp_path}/policy.json")
    assert "policy.json is not text in UTF-8; save it as UTF-8" in said


def test_a_policy_is_as_long_as_iam_allows_without_its_white_space() -> None:
    room = limits.IDENTITY_POLICY_LENGTH - len("".join(POLICY.split()))
    for more, fits in ((0, True), (1, False)):
        longer = {**STATEMENT, "Sid": "x" * (room + more - len('"Sid":"",'))}
        text = json.dumps({"Version": "2012-10-17", "Statement": longer}, indent=20)
        if fits:
            assert usable_policy(text).statements
        else:
            with pytest.raises(S3FixtureError, match="6,145 characters besides white space"):
                usable_policy(text)


@pytest.mark.parametrize(
    "changed",
    [
        *({"Effect": "Maybe"}, {"Action": "GetObject"}, {"Resource": "bucket"}, {"Resource": "bucket:arn:"}),
        *({"Action": ["s3:*", "GetObject"]}, {"Resource": ["*", "bucket"]}),
        *({"Principal": "*"}, {"NotPrincipal": "*"}, {"Elsewhere": "*"}, {"Sid": 1}),
    ],
)
def test_a_policy_that_cannot_be_used_names_its_statement(changed: dict[str, Any]) -> None:
    statements = [STATEMENT, {**STATEMENT, **changed}]
    with pytest.raises(S3FixtureError) as caught:
        usable_policy(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert str(caught.value).startswith("the policy cannot be used: ")
    assert str(caught.value).endswith(" (statement 2)")


@pytest.mark.parametrize("text", ["[]", "1", "null", '"x"', "true"])
def test_what_is_no_object_is_no_policy(text: str) -> None:
    with pytest.raises(S3Error) as caught:
        parse_identity_policy(text)
    assert caught.value.code == "MalformedPolicy"
    with pytest.raises(S3FixtureError) as told:
        usable_policy(text)
    assert str(told.value) == f"the policy cannot be used: {caught.value.message}"


def test_an_identity_policy_may_be_of_any_vendor_and_of_any_arn() -> None:
    for changed in (
        {"Action": "*"},
        {"Action": ["iam:PassRole", "S3:getobject"]},
        {"Resource": ["arn:aws:iam::111122223333:role/a", "*"]},
        {"Action": "s3:GetObject", "Condition": {"StringEquals": {"s3:prefix": "a"}}},  # of lists only
        {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::bucket"},  # which has no objects
    ):
        assert parse_identity_policy(json.dumps({"Statement": {**STATEMENT, **changed}})).statements


def test_names_of_actions_are_compared_without_regard_to_case() -> None:
    policy = parse_identity_policy(json.dumps({"Statement": {**STATEMENT, "Action": "S3:getobject"}}))
    assert policy.evaluate(None, "s3:GetObject", "arn:aws:s3:::b/r", {}) == "allow"
    assert policy.evaluate(None, "s3:PutObject", "arn:aws:s3:::b/r", {}) is None


@pytest.mark.parametrize("version", ["2008-10-17", "2012-10-17"])
def test_variables_count_in_an_identity_policy_of_the_newer_version_only(version: str) -> None:
    resource = "arn:aws:s3:::b/${aws:username}"
    document = {"Version": version, "Statement": {**STATEMENT, "Resource": resource}}
    policy = parse_identity_policy(json.dumps(document))
    context = {"aws:username": ("r",)}
    counts = version == "2012-10-17"
    assert (policy.evaluate(None, "s3:GetObject", "arn:aws:s3:::b/r", context) == "allow") is counts
    assert (policy.evaluate(None, "s3:GetObject", resource, context) == "allow") is not counts


def test_of_several_kinds_of_policies_that_do_not_allow_the_first_is_told_unless_one_denies() -> None:
    reads, writes = (
        json.dumps({"Statement": {**STATEMENT, "Action": action}}) for action in ("s3:Get*", "s3:Put*")
    )
    denies = json.dumps({"Statement": {**STATEMENT, "Effect": "Deny", "Action": "s3:PutObject"}})

    def denied(text: str, action: str, *, given: bool = False) -> Denial | None:
        return denial_of(load(text), action, "arn:aws:s3:::b/k", {}, given=given)

    both = f"r:KEY:secret:{reads},boundary={writes}"
    assert denied(both, "s3:GetObject") == Denial(BOUNDARY)
    assert denied(both, "s3:PutObject") == Denial(IDENTITY)
    assert denied(both, "s3:PutObject", given=True) is None
    assert denied(both, "s3:GetObject", given=True) == Denial(BOUNDARY)
    assert denied(both, "s3:DeleteObject") == Denial(IDENTITY)
    by_boundary = denied(f"r:KEY:secret:{reads},boundary={denies}", "s3:PutObject")
    assert by_boundary == Denial(BOUNDARY, explicit=True)
    by_policy = denied(f"r:KEY:secret:{writes},{denies}", "s3:PutObject", given=True)
    assert by_policy == Denial(IDENTITY, explicit=True)
    assert denied(f"r:KEY:secret:{reads},{writes}", "s3:PutObject") is None
    assert denied("r:KEY:secret", "s3:PutObject") == Denial(IDENTITY)
    assert denial_of(MAIN, "s3:PutObject", "arn:aws:s3:::b/k", {}) is None
