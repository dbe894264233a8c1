"""POST forms, signed by botocore. Many cases are those of ceph/s3-tests (test_post_object_*)."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone
from time import gmtime, strftime
from typing import Any

import pytest
from botocore.auth import BaseSigner, HmacV1PostAuth, S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from signing_helpers import ALICE, CREDENTIALS, clock_at, make_authenticator

from s3fixture.auth.authenticator import Authentication
from s3fixture.auth.post_form import verify_post_policy
from s3fixture.auth.sigv2 import signature
from s3fixture.clock import Clock
from s3fixture.errors import S3Error

V4 = S3SigV4PostAuth(CREDENTIALS, "s3", "us-east-1")
V2 = HmacV1PostAuth(CREDENTIALS)
FIELDS = {"key": "foo.txt", "acl": "private", "Content-Type": "text/plain"}
CONDITIONS: list[Any] = [
    {"bucket": "bucket"},
    ["starts-with", "$key", "foo"],
    {"acl": "private"},
    ["starts-with", "$Content-Type", "text/plain"],
    ["content-length-range", 0, 1024],
]


def in_time(seconds: float = 600) -> str:
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def form(
    signer: BaseSigner = V4,
    fields: dict[str, str] | None = None,
    conditions: Any = None,
    policy: dict[str, Any] | None = None,
) -> dict[str, str]:
    """The fields of a form that botocore signed, by lower-case name."""
    request = AWSRequest("POST", "http://127.0.0.1:9000/bucket", {}, b"")
    request.context["s3-presign-post-fields"] = dict(FIELDS if fields is None else fields)
    conditions = list(CONDITIONS if conditions is None else conditions)
    policy = {"expiration": in_time(), "conditions": conditions} if policy is None else policy
    policy.setdefault("conditions", [])
    request.context["s3-presign-post-policy"] = policy
    signer.add_auth(request)
    return {name.lower(): value for name, value in request.context["s3-presign-post-fields"].items()}


def verify(fields: dict[str, str], bucket: str = "bucket", clock: Clock | None = None) -> Authentication:
    return verify_post_policy(make_authenticator(clock), fields, bucket)[0]


def refused(fields: dict[str, str], bucket: str = "bucket", clock: Clock | None = None) -> S3Error:
    with pytest.raises(S3Error) as caught:
        verify(fields, bucket, clock)
    return caught.value


def signed_at(fields: dict[str, str]) -> float:
    seconds = verify(fields).signed_at
    assert seconds is not None
    return seconds


def with_document(document: bytes | str) -> dict[str, str]:
    """A form of version 2 whose policy is this text, rightly signed."""
    raw = document.encode() if isinstance(document, str) else document
    policy = base64.b64encode(raw).decode()
    sent = {"key": "foo.txt", "awsaccesskeyid": ALICE.access_key, "policy": policy}
    return {**sent, "signature": signature(ALICE.secret_key, policy)}


@pytest.mark.parametrize("signer", [V4, V2])
def test_a_form_that_botocore_signed_is_accepted(signer: BaseSigner) -> None:
    found = verify(form(signer))
    assert (found.identity, found.kind) == (ALICE, "post")


def test_a_form_without_a_signature_is_anonymous() -> None:
    found, allowed = verify_post_policy(make_authenticator(), {"key": "a", "acl": "private"}, "bucket")
    assert (found.identity, found.kind, allowed) == (None, "post", None)
    found, allowed = verify_post_policy(make_authenticator(), {"key": "a", "policy": "not read"}, "bucket")
    assert (found.identity, allowed) == (None, None)


@pytest.mark.parametrize(
    "only",
    [
        *("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"),
        *("awsaccesskeyid", "signature"),
    ],
)
def test_any_field_of_a_signature_makes_a_form_signed(only: str) -> None:
    error = refused({"key": "a", only: "x"})
    assert (error.code, error.fields["ArgumentName"]) == ("InvalidArgument", "policy")


@pytest.mark.parametrize(
    ("signer", "name"),
    [(V4, "policy"), (V4, "x-amz-signature"), (V2, "policy"), (V2, "signature")],
)
def test_a_changed_signature_or_policy_does_not_match(signer: BaseSigner, name: str) -> None:
    fields = form(signer)
    fields[name] = fields[name][1:]
    error = refused(fields)
    assert error.code == "SignatureDoesNotMatch"
    assert error.fields["StringToSign"] == fields["policy"]
    assert error.fields["AWSAccessKeyId"] == ALICE.access_key
    assert error.fields["SignatureProvided"] == fields.get("signature", fields.get("x-amz-signature"))
    assert "CanonicalRequest" not in error.fields


def test_an_unknown_access_key_is_told() -> None:
    stranger = Credentials("AKIDNOBODY", "x")
    assert refused(form(HmacV1PostAuth(stranger))).code == "InvalidAccessKeyId"
    assert refused(form(S3SigV4PostAuth(stranger, "s3", "us-east-1"))).code == "InvalidAccessKeyId"


@pytest.mark.parametrize(
    ("signer", "name", "field"),
    [
        (V4, "policy", "policy"),
        (V4, "x-amz-date", "X-Amz-Date"),
        (V4, "x-amz-credential", "X-Amz-Credential"),
        (V4, "x-amz-signature", "X-Amz-Signature"),
        (V2, "policy", "policy"),
        (V2, "signature", "Signature"),
        (V2, "awsaccesskeyid", "AWSAccessKeyId"),
    ],
)
def test_a_half_signed_form_is_told_which_field_it_lacks(signer: BaseSigner, name: str, field: str) -> None:
    fields = form(signer)
    del fields[name]
    error = refused(fields)
    assert (error.code, error.status, error.fields["ArgumentName"]) == ("InvalidArgument", 400, field)
    assert error.message.startswith(f"Bucket POST must contain a field named '{field}'.")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("x-amz-algorithm", "AWS4-SHA1", "Only AWS4-HMAC-SHA256 is supported"),
        ("x-amz-date", "yesterday", "X-Amz-Date must be formated via ISO8601 Long format"),
        ("x-amz-credential", "AKIDALICE", "the Credential is mal-formed"),
        (
            "x-amz-credential",
            "AKIDALICE/20260101/eu-west-1/s3/aws4_request",
            "the region 'eu-west-1' is wrong",
        ),
    ],
)
def test_a_malformed_field_of_the_signature_is_an_invalid_argument(
    name: str, value: str, message: str
) -> None:
    error = refused({**form(), name: value})
    assert (error.code, error.fields["ArgumentValue"]) == ("InvalidArgument", value)
    assert "Region" not in error.fields
    assert message in error.message


def test_an_expired_policy_is_denied() -> None:
    clock = Clock()
    fields = form()
    clock.move(590)
    assert verify(fields, clock=clock).identity == ALICE
    clock.move(20)
    error = refused(fields, clock=clock)
    assert (error.code, error.message) == ("AccessDenied", "Invalid according to Policy: Policy expired.")


def test_a_form_of_version_4_is_good_for_a_week_from_the_day_of_its_key() -> None:
    day, week = 24 * 3600, 7 * 24 * 3600
    fields = form(policy={"expiration": in_time(2 * week), "conditions": list(CONDITIONS)})
    clock = clock_at(signed_at(fields) + week)
    assert verify(fields, clock=clock).identity == ALICE
    clock.move(1)
    another_day = strftime("%Y%m%dT%H%M%SZ", gmtime(signed_at(fields) - day))
    for form_, time in ((fields, clock), ({**fields, "x-amz-date": another_day}, None)):
        error = refused(form_, clock=time)
        assert (error.code, error.message) == ("AccessDenied", "Invalid according to Policy: Policy expired.")


def test_a_session_token_is_refused() -> None:
    signer = S3SigV4PostAuth(Credentials(ALICE.access_key, ALICE.secret_key, "token"), "s3", "us-east-1")
    assert refused(form(signer)).code == "InvalidToken"


def test_names_are_compared_without_regard_to_case_and_values_with() -> None:
    conditions = [
        {"bUcKeT": "bucket"},
        ["StArTs-WiTh", "$KeY", "foo"],
        {"AcL": "private"},
        ["StArTs-WiTh", "$CoNtEnT-TyPe", "text/plain"],
    ]
    assert verify(form(conditions=conditions)).identity == ALICE
    assert refused({**form(conditions=conditions), "acl": "Private"}).code == "AccessDenied"


def test_a_field_that_is_to_be_ignored_needs_no_condition() -> None:
    assert verify(form(fields={**FIELDS, "x-ignore-foo": "bar"})).identity == ALICE
    for signer in (V4, V2):
        assert verify({**form(signer), "file": "body", "x-ignore-": ""}).identity == ALICE
        assert refused({**form(signer), "x-ignore": ""}).message.endswith("Extra input fields: x-ignore")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({**FIELDS, "key": "bar.txt"}, 'Policy Condition failed: ["starts-with", "$key", "foo"]'),
        ({**FIELDS, "acl": "public-read"}, 'Policy Condition failed: ["eq", "$acl", "private"]'),
        (
            {"key": "foo.txt", "acl": "private"},
            'Policy Condition failed: ["starts-with", "$Content-Type", "text/plain"]',
        ),
        ({**FIELDS, "x-amz-meta-foo": "barclamp"}, "Extra input fields: x-amz-meta-foo"),
    ],
)
def test_fields_must_be_what_the_policy_says(fields: dict[str, str], message: str) -> None:
    error = refused(form(fields=fields))
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == f"Invalid according to Policy: {message}"


@pytest.mark.parametrize(
    ("condition", "key", "allowed"),
    [
        (["eq", "$key", "foo"], "foo", True),
        (["eq", "$key", "foo"], "foobar", False),
        ({"key": "foo"}, "foobar", False),
        (["starts-with", "$key", "foo"], "foobar", True),
        (["starts-with", "$key", "foo"], "foo, bar", True),  # only types are lists
        (["starts-with", "$key", "foo"], "a foo", False),
        (["starts-with", "$key", ""], "anything", True),
    ],
)
def test_a_value_is_what_its_condition_says_or_starts_so(condition: Any, key: str, allowed: bool) -> None:
    others = [one for one in CONDITIONS if "$key" not in one]
    fields = form(fields={**FIELDS, "key": key}, conditions=[*others, condition])
    if allowed:
        assert verify(fields).identity == ALICE
    else:
        assert refused(fields).code == "AccessDenied"


def test_a_policy_may_have_numbers_one_size_and_white_space_around_it() -> None:
    document = {
        "expiration": SOON,
        "conditions": [
            *({"bucket": "bucket"}, {"key": "foo.txt"}),
            *(["eq", "$x-amz-meta-n", 5], ["content-length-range", 7, 7]),
        ],
    }
    fields = {**with_document(json.dumps(document)), "x-amz-meta-n": "5"}
    fields["policy"] = f"\r\n {fields['policy']}\n"
    fields["signature"] = signature(ALICE.secret_key, fields["policy"])
    assert verify_post_policy(make_authenticator(), fields, "bucket")[1] == (7, 7)
    assert refused({**fields, "x-amz-meta-n": "6"}).code == "AccessDenied"


def test_a_policy_is_good_until_the_second_of_its_expiration() -> None:
    ends = datetime(2999, 1, 1, tzinfo=timezone.utc).timestamp()
    document = {"expiration": SOON, "conditions": [{"bucket": "bucket"}, {"key": "foo.txt"}]}
    fields = with_document(json.dumps(document))
    assert verify(fields, clock=clock_at(ends - 1)).identity == ALICE
    assert refused(fields, clock=clock_at(ends)).message.endswith("Policy expired.")


def test_the_bucket_is_checked_and_must_be_among_the_conditions() -> None:
    assert "Policy Condition failed" in refused(form(), "other").message
    without = [condition for condition in CONDITIONS if condition != {"bucket": "bucket"}]
    assert "Extra input fields: bucket" in refused(form(conditions=without)).message


def test_each_type_of_a_list_must_start_as_the_condition_says() -> None:
    conditions = [condition for condition in CONDITIONS if "$Content-Type" not in condition]
    conditions.append(["starts-with", "$Content-Type", "image/"])
    fields = {**FIELDS, "Content-Type": "image/jpg, image/png"}
    assert verify(form(fields=fields, conditions=conditions)).identity == ALICE
    fields = {**FIELDS, "Content-Type": "image/jpg, text/html"}
    assert refused(form(fields=fields, conditions=conditions)).code == "AccessDenied"


def test_the_size_must_lie_in_the_range() -> None:
    conditions = [*CONDITIONS[:-1], ["content-length-range", "2", 4]]
    _, allowed = verify_post_policy(make_authenticator(), form(conditions=conditions), "bucket")
    assert allowed is not None
    for size in (2, 3, 4):
        allowed.check(size)
    for size, code, limit in (
        (1, "EntityTooSmall", {"MinSizeAllowed": "2"}),
        (5, "EntityTooLarge", {"MaxSizeAllowed": "4"}),
    ):
        with pytest.raises(S3Error) as caught:
            allowed.check(size)
        assert (caught.value.code, caught.value.fields) == (code, {"ProposedSize": str(size), **limit})


SOON = "2999-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "Expecting '{' but found End-of-Input"),
        ("{", "Invalid JSON."),
        ("[]", "Invalid JSON."),
        (b"\xff", "Invalid JSON."),
        ({"conditions": []}, "Policy missing expiration."),
        ({"expiration": SOON}, "Policy missing conditions."),
        ({"EXPIRATION": SOON, "conditions": []}, 'Unexpected: "EXPIRATION"'),
        ({"expiration": SOON, "CONDITIONS": []}, 'Unexpected: "CONDITIONS"'),
        ({"expiration": "2999-01-01 00:00:00+00:00", "conditions": []}, "Invalid 'expiration' value"),
        ({"expiration": 1, "conditions": []}, "Invalid 'expiration' value"),
        ({"expiration": SOON, "conditions": {}}, "Invalid 'conditions' value: must be a List."),
        ({"expiration": SOON, "conditions": [[]]}, "missing operation identifier"),
        ({"expiration": SOON, "conditions": [1]}, "Invalid condition test: must be a List or Object."),
        ({"expiration": SOON, "conditions": [{}]}, "exactly one property"),
        ({"expiration": SOON, "conditions": [{"a": "1", "b": "2"}]}, "exactly one property"),
        ({"expiration": SOON, "conditions": [{"a": 1}]}, "value must be a string"),
        ({"expiration": SOON, "conditions": [["ne", "$a", "b"]]}, "unknown operation 'ne'"),
        ({"expiration": SOON, "conditions": [[1, "$a", "b"]]}, "unknown operation '1'"),
        ({"expiration": SOON, "conditions": [["eq", "$a"]]}, "Invalid eq: wrong number of arguments."),
        ({"expiration": SOON, "conditions": [["content-length-range", 0]]}, "wrong number of arguments"),
        ({"expiration": SOON, "conditions": [["content-length-range", -1, 0]]}, "content-length-range"),
        ({"expiration": SOON, "conditions": [["content-length-range", 5, 2]]}, "5 to 2 is not a range"),
        *(
            ({"expiration": SOON, "conditions": [["eq", name, value]]}, "Invalid JSON.")
            for name, value in ((1, "x"), ("$a", ["x"]), ("$a", None), ("$a", True))
        ),
    ],
)
def test_a_policy_that_is_none_is_refused(document: Any, message: str) -> None:
    text = document if isinstance(document, str | bytes) else json.dumps(document)
    error = refused(with_document(text))
    assert (error.code, error.status) == ("InvalidPolicyDocument", 400)
    assert error.message.startswith("Invalid Policy: ")
    assert message in error.message


@pytest.mark.parametrize(
    "condition",
    [
        *(["eq", "a", "b"], ["eq", "$", "b"], ["starts-with", "", "b"], ["eq", "-key", "foo.txt"]),
        *(["content-length-range", "0", "many"], ["content-length-range", "few", "9"]),
    ],
)
def test_a_condition_that_nothing_can_meet_is_denied(condition: list[str]) -> None:
    error = refused(with_document(json.dumps({"expiration": SOON, "conditions": [condition]})))
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == f"Invalid according to Policy: Policy Condition failed: {json.dumps(condition)}"


def test_a_condition_names_a_field_by_one_character_or_more() -> None:
    def sent(name: str) -> dict[str, str]:
        conditions = [{"bucket": "bucket"}, {"key": "foo.txt"}, ["eq", f"${name}", "b"]]
        fields = with_document(json.dumps({"expiration": SOON, "conditions": conditions}))
        return {**fields, name: "b"}

    assert verify(sent("a")).identity == ALICE
    assert refused(sent("")).message.endswith('Policy Condition failed: ["eq", "$", "b"]')


def test_a_policy_of_spaces_is_an_empty_one() -> None:
    fields = {**with_document(""), "policy": " ", "signature": signature(ALICE.secret_key, " ")}
    error = refused(fields)
    assert (error.code, error.message) == (
        "InvalidPolicyDocument",
        "Invalid Policy: Expecting '{' but found End-of-Input",
    )


def test_a_policy_that_is_not_base64_is_refused() -> None:
    fields = with_document("{}")
    fields["policy"] = "###"
    fields["signature"] = signature(ALICE.secret_key, "###")
    assert refused(fields).message == "Invalid Policy: invalid Base64 encoding."
