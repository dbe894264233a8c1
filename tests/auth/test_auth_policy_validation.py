"""Policies that PutBucketPolicy refuses, with S3's messages.

Most cases are those that versitygw checks to be S3's (tests/integration/PutBucketPolicy.go); others have
been reported by people who met them ("Missing required field Principal", "Conditions do not apply ...").
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from policy_helpers import BUCKET_ARN, IDENTITIES, OBJECTS_ARN, parse, statement
from signing_helpers import ALICE

from s3fixture.auth.policies import parse_policy
from s3fixture.errors import S3Error


def refused(text: str | bytes) -> str:
    with pytest.raises(S3Error) as caught:
        parse_policy(text, "bucket", IDENTITIES)
    assert (caught.value.code, caught.value.status) == ("MalformedPolicy", 400)
    return caught.value.message


def refused_statement(**elements: Any) -> str:
    return refused(json.dumps({"Version": "2012-10-17", "Statement": [statement(**elements)]}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Policies must be valid JSON and the first byte must be '{'"),
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        (" {}", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "This policy contains invalid Json"),
        ('{"Statement": [],}', "This policy contains invalid Json"),
        ('{"Statement": [], "Statement": []}', "This policy contains invalid Json"),
        ('{"Id": "\\ud800"}', "This policy contains invalid Json"),
        ('{"Id": NaN}', "This policy contains invalid Json"),
        ('{"Id": 1e400}', "This policy contains invalid Json"),
        (b'{"Id": "\xff"}', "This policy contains invalid Json"),
        ('{"Id":' * 3000, "This policy contains invalid Json"),
        ("{}", "Missing required field Statement"),
        ('{"Statement": []}', "Could not parse the policy: Statement is empty!"),
        ('{"Statement": ["x"]}', "Invalid policy syntax."),
        ('{"Id": 1, "Statement": []}', "Invalid policy syntax."),
        ('{"Version": "2021-01-01", "Statement": []}', "The policy must contain a valid version string"),
        ('{"Version": ["2012-10-17"], "Statement": []}', "The policy must contain a valid version string"),
        ('{"Statements": []}', "Unknown field Statements"),
        (
            json.dumps({"Id": "x" * 20480, "Statement": [{}]}),
            "Normalized policy document exceeds the maximum allowed size of 20480 bytes",
        ),
    ],
)
def test_a_document_that_is_no_policy_is_refused(text: str | bytes, message: str) -> None:
    assert refused(text) == message


@pytest.mark.parametrize("name", ["Effect", "Principal", "Action", "Resource"])
def test_a_statement_must_have_its_elements(name: str) -> None:
    assert refused_statement(**{name: None}) == f"Missing required field {name}"


@pytest.mark.parametrize("name", ["Principal", "Action", "Resource"])
def test_an_element_and_its_negation_exclude_each_other(name: str) -> None:
    both = {"Effect": "Deny", f"Not{name}": statement()[name]}
    assert refused_statement(**both) == "Invalid policy syntax."


@pytest.mark.parametrize("effect", ["invalid_effect", "allow", "", 1])
def test_the_effect_is_allow_or_deny(effect: Any) -> None:
    assert refused_statement(Effect=effect) == f"Invalid effect: {effect}"


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": ""},
        {"AWS": []},
        {"AWS": [1]},
        {"AWS": "a_rarely_existing_user"},
        {"AWS": "12345678901"},
        {"AWS": "arn:aws:iam::111122223333:user/"},
        {"AWS": "arn:aws:iam::111122223333:user/*"},
        {"AWS": "arn:aws:iam::111122223333:group/x"},
        {"AWS": "arn:aws:iam:::user/alice"},
        {"AWS": "arn:aws:s3:::bucket"},
        {"AWS": f"arn:aws:iam::{ALICE.account_id}:user/bob"},
        {"CanonicalUser": "0" * 64},
        {"Service": "example.com"},
        {"User": "alice"},
    ],
)
def test_a_principal_that_is_none_or_does_not_exist_is_refused(principal: Any) -> None:
    assert refused_statement(Principal=principal) == "Invalid principal in policy"


@pytest.mark.parametrize("principal", ["", "alice", "arn:aws:iam::111122223333:root", [], ["*"], {}])
def test_a_principal_that_has_no_kind_is_no_syntax(principal: Any) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs"""
    assert refused_statement(Principal=principal) == "Invalid policy syntax."


@pytest.mark.parametrize(
    ("elements", "detail"),
    [
        ({"Action": ["s3:GetObject", "s3:NotARealAction"]}, "s3:NotARealAction"),
        ({"Resource": "arn:aws:s3:::other/*"}, "arn:aws:s3:::other/*"),
        ({"Resource": "arn:aws:s3:::*"}, "arn:aws:s3:::*"),
        ({"Resource": BUCKET_ARN}, 'Action "s3:GetObject" in Statement "NO_ID-0"'),
        ({"Resource": BUCKET_ARN, "Sid": "Mine"}, 'Action "s3:GetObject" in Statement "Mine"'),
        (
            {"Principal": {"AWS": "arn:aws:iam::111122223333:nothing"}},
            '"AWS" : "arn:aws:iam::111122223333:nothing"',
        ),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.*"}}}, None),
        ({"Principal": "alice"}, None),
    ],
)
def test_a_refusal_names_what_is_wrong(elements: Any, detail: str | None) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs"""
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement(**elements)]})
    with pytest.raises(S3Error) as caught:
        parse_policy(text, "bucket", IDENTITIES)
    assert caught.value.fields.get("Detail") == detail


def test_everyone_but_somebody_cannot_be_allowed() -> None:
    message = refused_statement(Principal=None, NotPrincipal={"AWS": ALICE.arn})
    assert message == "Allow with NotPrincipal is not allowed"


@pytest.mark.parametrize(
    "action",
    ["", [], "ListObjects", "s3:NoSuchAction", "s3:GetObjects*", "ec2:*", ["s3:GetObject", ""], [1], "S4:*"],
)
def test_an_action_that_s3_does_not_have_is_refused(action: Any) -> None:
    assert refused_statement(Action=action) == "Policy has invalid action"


@pytest.mark.parametrize(
    "resource",
    [
        "",
        [],
        [1],
        "*",
        "bucket/*",
        "arn:aws:s3:::",
        "arn:aws:s3:::*",
        "arn:aws:s3:::/bucket",
        "arn:aws:s3:::other/*",
        "arn:aws:s3:::bucket2/*",
        "arn:aws:sns:::bucket/*",
        [OBJECTS_ARN, "arn:aws:s3:::other"],
    ],
)
def test_a_resource_outside_the_bucket_is_refused(resource: Any) -> None:
    assert refused_statement(Resource=resource) == "Policy has invalid resource"


MISMATCH = "Action does not apply to any resource(s) in statement"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:PutObject", BUCKET_ARN),
        ("s3:ListBucket", OBJECTS_ARN),
        (["s3:GetObject", "s3:ListBucket"], OBJECTS_ARN),
        ("s3:PutObjectTagging", BUCKET_ARN),
        ("s3:*Object", BUCKET_ARN),
        ("s3:ListAllMyBuckets", [BUCKET_ARN, OBJECTS_ARN]),
    ],
)
def test_an_action_must_apply_to_a_resource(action: Any, resource: Any) -> None:
    assert refused_statement(Action=action, Resource=resource) == MISMATCH


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:*", BUCKET_ARN),
        ("s3:*", OBJECTS_ARN),
        ("*", OBJECTS_ARN),
        ("s3:Get*", BUCKET_ARN),
        (["s3:GetObject", "s3:ListBucket"], [BUCKET_ARN, OBJECTS_ARN]),
        (["s3:GetObject", "s3:ListBucket"], f"{BUCKET_ARN}*"),
        ("s3:GetObject", [OBJECTS_ARN, OBJECTS_ARN]),
    ],
)
def test_an_action_that_applies_is_accepted(action: Any, resource: Any) -> None:
    assert len(parse(statement(Action=action, Resource=resource)).statements) == 1


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ([], "Invalid policy syntax."),
        ({"StringEquals": "x"}, "Invalid policy syntax."),
        ({"StringEquals": {"aws:username": {}}}, "Invalid policy syntax."),
        ({"StringEqual": {"aws:username": "a"}}, "Invalid Condition type : StringEqual"),
        ({"NullIfExists": {"aws:username": "true"}}, "Invalid Condition type : NullIfExists"),
        ({"ForAny:StringEquals": {"aws:username": "a"}}, "Invalid Condition type : ForAny:StringEquals"),
        ({"StringEquals": {"username": "a"}}, "Policy has an invalid condition key"),
        ({"StringEquals": {"s3:x-amz-nothing": "a"}}, "Policy has an invalid condition key"),
        ({"IpAddress": {"aws:SourceIp": "not an address"}}, "Invalid IP address in Conditions"),
        (
            {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "300.1.1.1/4"]}},
            "Invalid IP address in Conditions",
        ),
        ({"ForAnyValue:IpAddress": {"aws:VpcSourceIp": ""}}, "Invalid IP address in Conditions"),
        ({"Null": {"aws:username": "perhaps"}}, "Invalid policy syntax."),
        ({"BinaryEquals": {"aws:username": "not-base64"}}, "Invalid Base64 value for binary condition"),
        (
            {"StringEquals": {"s3:RequestObjectTag/a": "a"}},
            "Conditions do not apply to combination of actions and resources in statement",
        ),
        (
            {"StringEquals": {"s3:x-amz-acl": "private"}},
            "Conditions do not apply to combination of actions and resources in statement",
        ),
        (
            {"StringEquals": {"s3:prefix": "a"}},
            "Conditions do not apply to combination of actions and resources in statement",
        ),
    ],
)
def test_a_condition_that_cannot_be_is_refused(condition: Any, message: str) -> None:
    assert refused_statement(Condition=condition) == message


@pytest.mark.parametrize(
    ("actions", "key"),
    [
        (["s3:GetObject", "s3:PutObject"], "s3:x-amz-copy-source"),
        (["s3:GetObject", "s3:PutObject"], "s3:x-amz-metadata-directive"),
        (["s3:GetObject", "s3:PutObject"], "s3:x-amz-server-side-encryption"),
        (["s3:GetObject", "s3:PutObject"], "s3:x-amz-server-side-encryption-customer-algorithm"),
        (["s3:GetObject", "s3:PutObject"], "s3:x-amz-grant-read"),
        (["s3:GetObject", "s3:PutObject"], "s3:ExistingObjectTag/a"),
        (["s3:GetObjectVersion", "s3:PutObject"], "s3:x-amz-acl"),
        (["s3:PutObject", "s3:PutObjectTagging"], "s3:x-amz-acl"),
        (["s3:PutObject", "s3:PutObjectTagging"], "s3:x-amz-server-side-encryption"),
    ],
)
def test_a_condition_must_go_with_every_action(actions: list[str], key: str) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs"""
    for operator, value in (("StringEquals", "x"), ("Null", "true")):
        assert refused_statement(Action=actions, Condition={operator: {key: value}}) == (
            "Conditions do not apply to combination of actions and resources in statement"
        )


@pytest.mark.parametrize(
    ("actions", "key"),
    [
        (["s3:GetObject", "s3:GetObjectAttributes"], "s3:ExistingObjectTag/a"),
        (["s3:PutObject", "s3:PutObjectTagging"], "s3:RequestObjectTag/a"),
        (["s3:GetObjectVersionAcl", "s3:PutObjectVersionAcl"], "s3:versionid"),
        (["s3:GetObject", "s3:PutObject"], "aws:Referer"),
        ("s3:*", "s3:x-amz-acl"),
        (["s3:Get*", "s3:PutObjectAcl"], "s3:ExistingObjectTag/a"),
        (["s3:PutObject", "s3:ReplicateObject"], "s3:x-amz-server-side-encryption"),
        (["s3:PutObject", "s3:ReplicateObject"], "s3:x-amz-server-side-encryption-customer-algorithm"),
        (["s3:PutObject", "s3:UpdateObjectEncryption"], "s3:x-amz-server-side-encryption"),
        ("s3:UpdateObjectEncryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
        *(
            (["s3:PutObject", "s3:BypassGovernanceRetention"], key)
            for key in ("s3:RequestObjectTag/a", "s3:RequestObjectTagKeys", "s3:x-amz-acl")
        ),
        *(
            ("s3:BypassGovernanceRetention", f"s3:x-amz-{name}")
            for name in ("copy-source", "grant-read", "metadata-directive", "storage-class")
        ),
        ("s3:BypassGovernanceRetention", "s3:x-amz-website-redirect-location"),
    ],
)
def test_a_condition_that_goes_with_every_action_is_accepted(actions: Any, key: str) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""
    assert parse(statement(Action=actions, Condition={"StringEquals": {key: "x"}})).statements


KEYS = (
    *("s3:AccessGrantsInstanceArn", "s3:AccessPointNetworkOrigin", "s3:AccessPointTag/a", "s3:authType"),
    *("s3:BucketTag/a", "s3:DataAccessPointAccount", "s3:DataAccessPointArn", "s3:delimiter"),
    *("s3:ExistingObjectTag/a", "s3:if-match", "s3:if-none-match", "s3:InventoryAccessibleOptionalFields"),
    *("s3:LocationConstraint", "s3:max-keys", "s3:object-lock-legal-hold", "s3:object-lock-mode"),
    *("s3:object-lock-remaining-retention-days", "s3:object-lock-retain-until-date"),
    *("s3:ObjectCreationOperation", "s3:prefix", "s3:RequestObjectTag/a", "s3:RequestObjectTagKeys"),
    *("s3:ResourceAccount", "s3:signatureAge", "s3:signatureversion", "s3:TlsVersion", "s3:VersionId"),
    *("s3:x-amz-acl", "s3:x-amz-content-sha256", "s3:x-amz-copy-source", "s3:x-amz-grant-full-control"),
    *("s3:x-amz-grant-read", "s3:x-amz-grant-read-acp", "s3:x-amz-grant-write", "s3:x-amz-grant-write-acp"),
    *("s3:x-amz-metadata-directive", "s3:x-amz-object-ownership", "s3:x-amz-server-side-encryption"),
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    *("s3:x-amz-storage-class", "s3:x-amz-website-redirect-location"),
)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_s3_may_be_in_a_condition(key: str) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""
    assert parse(statement(Action="s3:*", Condition={"StringEquals": {key: "x"}})).statements
    assert refused_statement(
        Action="s3:*", Condition={"StringEquals": {key.replace("s3:", "s3:x"): "x"}}
    ) == ("Policy has an invalid condition key")


def test_a_policy_has_a_normal_form() -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs"""
    text = """{
      "Statement": {
        "Resource": ["arn:aws:s3:::bucket"], "Action": ["s3:ListBucket"],
        "Principal": {"AWS": ["arn:aws:iam::111122223333:root"]}, "Effect": "Allow", "Sid": "One"
      },
      "Version": "2012-10-17"
    }"""
    assert parse_policy(text, "bucket", IDENTITIES).text == (
        '{"Version":"2012-10-17","Statement":[{"Sid":"One","Effect":"Allow",'
        '"Principal":{"AWS":"arn:aws:iam::111122223333:root"},'
        '"Action":"s3:ListBucket","Resource":"arn:aws:s3:::bucket"}]}'
    )


def test_a_list_of_one_is_the_one_in_the_elements_of_a_statement_only() -> None:
    block = {"StringEquals": {"aws:Referer": ["é"]}}
    sent = {"Sid": "é", "Effect": "Deny", "NotPrincipal": {"AWS": [ALICE.arn]}, "NotAction": ["s3:GetObject"]}
    text = parse({**sent, "NotResource": [OBJECTS_ARN], "Condition": block}).text
    assert text == (
        '{"Version":"2012-10-17","Statement":[{"Sid":"é","Effect":"Deny",'
        f'"NotPrincipal":{{"AWS":"{ALICE.arn}"}},"NotAction":"s3:GetObject","NotResource":"{OBJECTS_ARN}",'
        '"Condition":{"StringEquals":{"aws:Referer":["é"]}}}]}'
    )


@pytest.mark.parametrize("value", [None, 1, True, 1.5, "x", [], [None], [[]]])
def test_what_is_no_statement_or_element_is_refused_as_malformed(value: Any) -> None:
    names = ("Effect", "Principal", "Action", "Resource")
    for sent in (value, *({**statement(), name: value} for name in names)):
        with pytest.raises(S3Error) as caught:
            parse(sent)
        assert (caught.value.code, caught.value.status) == ("MalformedPolicy", 400)


@pytest.mark.parametrize(
    "changed",
    [
        *({"Elsewhere": "x"}, {"Sid": 1}, {"Action": ["s3:GetObject", 5]}, {"Resource": [OBJECTS_ARN, 5]}),
        *({"Action": "?3:GetObject"}, {"Action": "*:GetObject"}, {"Action": "s3:Get${aws:username}"}),
        *({"Action": ["s3:GetObject", ""]}, {"Resource": [OBJECTS_ARN, ""]}),
        *(
            {"Resource": "arn:aws:s3:::${aws:username}/*"},
            {"Resource": "arn:aws:s3:::bucket${aws:username}/*"},
        ),
        {"Condition": {"StringEquals": {"aws:Referer": ["a", None]}}},
    ],
)
def test_one_wrong_value_makes_a_statement_malformed(changed: dict[str, Any]) -> None:
    with pytest.raises(S3Error) as caught:
        parse(statement(**changed))
    assert (caught.value.code, caught.value.status) == ("MalformedPolicy", 400)


def test_what_a_negated_element_leaves_out_need_not_go_together() -> None:
    """Actions with resources and with keys of conditions: only those that are named must."""
    listing = {"StringEquals": {"s3:prefix": "a"}}
    others = {"Action": None, "NotAction": "s3:GetObject"}
    for accepted in (
        statement(**others, Resource=BUCKET_ARN),
        statement(**others, Condition=listing),
        statement(Resource=None, NotResource=BUCKET_ARN),
    ):
        assert parse(accepted).statements
    for refused_one in (statement(Resource=BUCKET_ARN), statement(Condition=listing)):
        with pytest.raises(S3Error, match="MalformedPolicy"):
            parse(refused_one)


def test_the_conditions_of_a_policy_that_was_put_are_not_checked_again() -> None:
    text = json.dumps({"Statement": statement(Condition={"StringEquals": {"s3:prefix": "a"}})})
    with pytest.raises(S3Error, match="MalformedPolicy"):
        parse_policy(text, "bucket", IDENTITIES)
    assert parse_policy(text, "bucket", None).statements


@pytest.mark.parametrize("value", ["1", 1, 1.5, True])
def test_the_value_of_a_condition_may_be_of_each_simple_type_of_json(value: Any) -> None:
    for values in (value, [value, "x"]):
        assert parse(statement(Condition={"StringEquals": {"aws:Referer": values}})).statements


def test_the_size_is_that_of_the_normal_form() -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs"""
    document: dict[str, Any] = {"Version": "2012-10-17", "Id": "", "Statement": [statement()]}
    length = len(parse_policy(json.dumps(document), "bucket", IDENTITIES).text)
    document["Id"] = "x" * (20480 - length)
    assert len(parse_policy(json.dumps(document, indent=40), "bucket", IDENTITIES).text) == 20480
    document["Id"] += "x"
    assert refused(json.dumps(document)) == (
        "Normalized policy document exceeds the maximum allowed size of 20480 bytes"
    )
