"""What bucket policies allow and deny, and which are public."""

from __future__ import annotations

import json
from typing import Any

import pytest
from policy_helpers import BUCKET_ARN, IDENTITIES, OBJECTS_ARN, ask, parse, statement
from signing_helpers import ALICE, BOB

from s3fixture.auth.policies import is_public, parse_policy
from s3fixture.errors import S3Error

# AWS's example "Granting read-only permission to an anonymous user":
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
PUBLIC_READ = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "PublicRead",
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": ["arn:aws:s3:::bucket/*"],
        }
    ],
}
# What `mc anonymous set download` of MinIO puts.
DOWNLOAD = {
    "Statement": [
        {
            "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
            "Effect": "Allow",
            "Principal": {"AWS": ["*"]},
            "Resource": ["arn:aws:s3:::bucket"],
        },
        {
            "Action": ["s3:GetObject"],
            "Effect": "Allow",
            "Principal": {"AWS": ["*"]},
            "Resource": ["arn:aws:s3:::bucket/*"],
        },
    ],
    "Version": "2012-10-17",
}


def test_public_read_lets_everyone_get_objects_and_nothing_else() -> None:
    policy = parse_policy(json.dumps(PUBLIC_READ), "bucket", IDENTITIES)
    for principal in (None, ALICE, BOB):
        assert ask(policy, principal) == "allow"
        assert ask(policy, principal, "s3:GetObjectVersion") == "allow"
        assert ask(policy, principal, "s3:PutObject") is None
        assert ask(policy, principal, "s3:ListBucket", BUCKET_ARN) is None
        assert ask(policy, principal, resource="arn:aws:s3:::bucket2/key") is None
    assert is_public(policy)


def test_what_minio_puts_for_download_lets_everyone_list_and_get() -> None:
    policy = parse_policy(json.dumps(DOWNLOAD).encode(), "bucket", IDENTITIES)
    assert ask(policy, None, "s3:ListBucket", BUCKET_ARN) == "allow"
    assert ask(policy, None) == "allow"
    assert ask(policy, None, "s3:DeleteObject") is None
    assert is_public(policy)


def test_an_explicit_deny_wins_whatever_its_place() -> None:
    allow, deny = statement(), statement(Effect="Deny", Principal={"AWS": ALICE.arn})
    for policy in (parse(allow, deny), parse(deny, allow)):
        assert ask(policy, ALICE) == "deny"
        assert ask(policy, BOB) == "allow"
        assert ask(policy, None) == "allow"


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": ALICE.arn},
        {"AWS": ALICE.account_id},
        {"AWS": f"arn:aws:iam::{ALICE.account_id}:root"},
        {"AWS": ALICE.access_key},
        {"AWS": ["111122223333", ALICE.arn]},
        {"CanonicalUser": ALICE.canonical_id},
        {"CanonicalUser": [ALICE.canonical_id], "Service": "logging.s3.amazonaws.com"},
    ],
)
def test_an_identity_is_named_by_its_arn_account_canonical_id_or_key(principal: Any) -> None:
    policy = parse(statement(Principal=principal))
    assert ask(policy, ALICE) == "allow"
    assert ask(policy, BOB) is None
    assert ask(policy, None) is None
    assert not is_public(policy)


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "111122223333"},
        {"AWS": "arn:aws:iam::111122223333:role/lambda/run"},
        {"AWS": "arn:aws:sts::111122223333:assumed-role/role/session"},
        {"Service": ["cloudtrail.amazonaws.com"]},
        {"Federated": "cognito-identity.amazonaws.com"},
    ],
)
def test_principals_of_elsewhere_are_taken_and_match_nobody_here(principal: Any) -> None:
    policy = parse(statement(Principal=principal))
    assert [ask(policy, who) for who in (ALICE, BOB, None)] == [None, None, None]


def test_a_deny_for_all_but_one_spares_that_one() -> None:
    policy = parse(statement(), statement(Effect="Deny", Principal=None, NotPrincipal={"AWS": ALICE.arn}))
    assert ask(policy, ALICE) == "allow"
    assert ask(policy, BOB) == "deny"
    assert ask(policy, None) == "deny"


@pytest.mark.parametrize(
    ("pattern", "action", "matched"),
    [
        ("s3:GetObject", "s3:GetObject", True),
        ("s3:GetObject", "s3:GetObjectAcl", False),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:Get*", "s3:GetObjectTagging", True),
        ("s3:Get*", "s3:PutObject", False),
        ("s3:*Object", "s3:DeleteObject", True),
        ("s3:?etObject", "s3:GetObject", True),
        ("s3:*", "s3:AbortMultipartUpload", True),
        ("*", "s3:GetObject", True),
    ],
)
def test_actions_match_by_wildcards_and_without_regard_to_case(
    pattern: str, action: str, matched: bool
) -> None:
    assert ask(parse(statement(Action=pattern)), None, action) == ("allow" if matched else None)
    inverted = parse(statement(Action=None, NotAction=pattern))
    assert ask(inverted, None, action) == (None if matched else "allow")


@pytest.mark.parametrize(
    ("pattern", "resource", "matched"),
    [
        ("bucket/*", "bucket/a/b/c", True),
        ("bucket/*", "bucket", False),
        ("bucket*", "bucket/a", True),
        ("bucket/a*c", "bucket/a/b/c", True),
        ("bucket/a*c", "bucket/a/b/d", False),
        ("bucket/a*b*c", "bucket/axbxbxc", True),
        ("bucket/a*b*b*c", "bucket/axbxc", False),
        ("bucket/*.jpg", "bucket/x.jpg", True),
        ("bucket/*.jpg", "bucket/x.JPG", False),
        ("bucket/?at", "bucket/cat", True),
        ("bucket/?at", "bucket/at", False),
        ("bucket/?*?", "bucket/a", False),
        ("bucket/*a?c*", "bucket/xxabcxx", True),
        ("bucket/[a]", "bucket/a", False),
        ("bucket/a.b", "bucket/axb", False),
        ("bucket/ü/*", "bucket/ü/1", True),
    ],
)
def test_resources_match_by_wildcards_that_span_slashes(pattern: str, resource: str, matched: bool) -> None:
    policy = parse(statement(Resource=f"arn:aws:s3:::{pattern}"))
    assert ask(policy, resource=f"arn:aws:s3:::{resource}") == ("allow" if matched else None)
    inverted = parse(statement(Resource=None, NotResource=f"arn:aws:s3:::{pattern}"))
    assert ask(inverted, resource=f"arn:aws:s3:::{resource}") == (None if matched else "allow")


def test_a_pattern_of_many_stars_is_matched_in_no_time() -> None:
    policy = parse(statement(Resource=f"{BUCKET_ARN}/{'a*' * 500}b"))
    assert ask(policy, resource=f"{BUCKET_ARN}/{'a' * 1024}") is None


def test_variables_stand_for_what_the_request_has_and_are_no_wildcards() -> None:
    policy = parse(statement(Resource=BUCKET_ARN + "/home/${aws:username}/*"))
    mine = "arn:aws:s3:::bucket/home/alice/x"
    assert ask(policy, ALICE, resource=mine, context={"aws:username": ("alice",)}) == "allow"
    assert ask(policy, BOB, resource=mine, context={"aws:username": ("bob",)}) is None
    assert ask(policy, None, resource=mine) is None
    assert ask(policy, BOB, resource=mine, context={"aws:username": ("*",)}) is None


def test_a_variable_may_have_a_default_and_special_characters_may_be_escaped() -> None:
    policy = parse(statement(Resource=BUCKET_ARN + "/${aws:username, 'nobody'}/${*}${?}${$}"))
    assert ask(policy, resource=f"{BUCKET_ARN}/nobody/*?$") == "allow"
    assert ask(policy, resource=f"{BUCKET_ARN}/nobody/xy$") is None


@pytest.mark.parametrize("text", ["${", "${}", "${ }", "${a", "${a,b}", "${a,'b}", "$ {a}"])
def test_what_is_no_variable_stands_for_itself(text: str) -> None:
    policy = parse(statement(Resource=f"{BUCKET_ARN}/{text}"))
    assert ask(policy, resource=f"{BUCKET_ARN}/{text}", context={"a": ("x",), "": ("x",)}) == "allow"


@pytest.mark.parametrize(
    ("pattern", "key", "matched"),
    [
        ("*a?c*", "xxabcx", True),
        ("*a?c*", "aacxabx", True),
        ("*a?c*", "ac", False),
        ("*a?c", "abcabd", False),
        ("*?*?*", "ab", True),
        ("*?*?*", "a", False),
        ("*a?*a?", "abab", True),
        ("*a?*a?", "aba", False),
        ("*??*", "a", False),
        ("*?b*b?*", "abb", False),
    ],
)
def test_question_marks_between_stars(pattern: str, key: str, matched: bool) -> None:
    policy = parse(statement(Resource=f"{BUCKET_ARN}/{pattern}"))
    assert ask(policy, resource=f"{BUCKET_ARN}/{key}") == ("allow" if matched else None)


def test_the_old_version_has_no_variables() -> None:
    policy = parse(statement(Resource=BUCKET_ARN + "/${aws:username}"), version="2008-10-17")
    assert ask(policy, resource=BUCKET_ARN + "/${aws:username}") == "allow"
    assert ask(policy, ALICE, resource=f"{BUCKET_ARN}/alice", context={"aws:username": ("alice",)}) is None


def test_one_statement_needs_no_list() -> None:
    text = json.dumps({"Version": "2012-10-17", "Id": "x", "Statement": statement(Sid="one")})
    assert ask(parse_policy(text, "bucket", IDENTITIES)) == "allow"


def test_a_policy_that_was_put_stays_good_when_its_principal_has_left() -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": statement(Principal={"AWS": "AKIDGONE"})})
    with pytest.raises(S3Error):
        parse_policy(text, "bucket", IDENTITIES)
    assert ask(parse_policy(text, "bucket", None), ALICE) is None


FIXED = "arn:aws:s3:::bucket/*"


@pytest.mark.parametrize(
    ("condition", "public"),
    [
        ({}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/32"}}, False),  # ceph/s3-tests, test_get_nonpublicpolicy_*
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}}, False),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}, True),
        ({"IpAddress": {"aws:SourceIp": "8.0.0.0/8"}}, False),
        ({"IpAddress": {"aws:SourceIp": "8.0.0.0/7"}}, True),
        ({"IpAddress": {"aws:SourceIp": "2001::/32"}}, False),
        ({"IpAddress": {"aws:SourceIp": "2001::/31"}}, True),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}, True),
        ({"IpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}, False),  # AWS's page, "Examples"
        ({"StringLike": {"aws:SourceVpc": "vpc-*"}}, True),  # AWS's page, "Examples"
        ({"StringLike": {"aws:SourceVpc": "vpc-9123732?"}}, True),
        ({"StringLike": {"aws:SourceVpc": ["vpc-91237329", "vpc-*"]}}, True),
        ({"StringNotEquals": {"aws:SourceVpc": "vpc-91237329"}}, True),
        ({"ForAllValues:StringEquals": {"aws:SourceVpc": "vpc-91237329"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:SourceVpc": "vpc-91237329"}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}, False),
        ({"StringEquals": {"aws:PrincipalArn": "${aws:username}"}}, True),
        ({"StringLike": {"aws:PrincipalArn": "a${*}"}}, False),  # a star that stands for itself
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:topic"}}, False),
        ({"StringEquals": {"aws:Referer": "https://example.com"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Null": {"aws:SourceVpc": "false"}}, True),
    ],
)
def test_a_grant_to_everyone_is_public_unless_a_condition_ties_it_down(
    condition: dict[str, Any], public: bool
) -> None:
    assert is_public(parse(statement(Condition=condition))) is public


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
# (section "The meaning of public")
@pytest.mark.parametrize(
    "key",
    [
        *("aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"),
        *("aws:SourceAccount", "aws:SourceArn", "aws:SourceOwner", "aws:SourceVpc", "aws:SourceVpce"),
        *("aws:userid", "s3:DataAccessPointAccount", "s3:DataAccessPointArn"),
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    ],
)
def test_each_key_that_ties_a_grant_to_somebody_needs_a_fixed_value(key: str) -> None:
    for operator in ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"):
        for value, public in (("a:b:c:d:e:f", False), ("a:b:c:d:e:${aws:username}", True)):
            policy = parse(statement(Action="s3:PutObject", Condition={operator: {key: value}}))
            assert is_public(policy) is public, operator


def test_denials_and_grants_to_someone_are_not_public() -> None:
    assert not is_public(parse(statement(Effect="Deny")))
    assert not is_public(parse(statement(Principal={"AWS": ALICE.arn})))
    assert is_public(parse(statement(Principal={"AWS": ALICE.arn}), statement(Principal={"AWS": "*"})))


def test_a_policy_is_a_value_that_can_be_kept() -> None:
    assert parse(statement()) == parse(statement())
    assert hash(parse(statement())) == hash(parse(statement()))
    assert OBJECTS_ARN in parse(statement()).text


LOGS = "arn:aws:s3:::bucket/logs/*"
LOGGING = "service:logging.s3.amazonaws.com"


def test_whether_some_request_can_be_allowed_is_a_question_of_caller_and_action_alone() -> None:
    policy = parse(
        statement(Principal={"AWS": ALICE.arn}, Action="s3:PutObject", Effect="Deny"),
        statement(Principal={"AWS": ALICE.arn}, Resource=LOGS, Condition={"Null": {"aws:Referer": False}}),
    )
    assert policy.may_allow(ALICE, "s3:GetObject")
    assert policy.may_allow(ALICE, "S3:GETOBJECT")
    assert not policy.may_allow(ALICE, "s3:PutObject")
    assert not policy.may_allow(BOB, "s3:GetObject")
    assert not policy.may_allow(None, "s3:GetObject")


def test_a_service_is_given_what_a_statement_allows_to_it_or_to_everybody() -> None:
    service = {"Service": "logging.s3.amazonaws.com"}
    names = frozenset({LOGGING})

    def gives(*statements: Any, action: str = "s3:PutObject", key: str = "logs/1") -> bool:
        return parse(*statements).gives_to(names, action, f"arn:aws:s3:::bucket/{key}", {})

    to_it = statement(Principal=service, Action="s3:PutObject", Resource=LOGS)
    assert gives(to_it)
    assert gives(to_it, action="S3:PUTOBJECT")
    assert gives(statement(Principal={"AWS": ALICE.arn}), to_it)
    assert gives({**to_it, "Principal": "*"})
    assert not gives(to_it, action="s3:GetObject")
    assert not gives(to_it, key="other")
    assert not gives({**to_it, "Principal": {"AWS": ALICE.arn}})
    assert not gives({**to_it, "Principal": {"Service": "s3.amazonaws.com"}})
    assert not gives({**to_it, "Effect": "Deny"})
    assert not gives({**to_it, "Condition": {"StringEquals": {"aws:Referer": "a"}}})
    assert gives(to_it, {**to_it, "Effect": "Deny"})  # what is denied is another question
