"""The condition keys of requests, and policies that ask for them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.auth import HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
from policy_helpers import BUCKET_ARN, ask, parse, statement
from signing_helpers import ALICE, BASE_HOSTS, CREDENTIALS, URL, incoming, make_authenticator, signed

from s3fixture.auth.actions import permissions
from s3fixture.auth.context import RequestContext, actions_with
from s3fixture.clock import Clock
from s3fixture.wire.copy_source import CopySource
from s3fixture.wire.payload import open_payload
from s3fixture.wire.protocol import Protocol
from s3fixture.wire.request import Request, parse_target

PROTOCOL = Protocol()
V4 = S3SigV4Auth(CREDENTIALS, "s3", "us-east-1")
V4_URL = S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1")
CONTROLS = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}


def context_of(
    request: Request,
    tags: dict[str, str] | None = None,
    clock: Clock | None = None,
    *,
    which: int = 0,
    **params: Any,
) -> RequestContext:
    """For the permission at `which` of those that the request needs; `params` go before those parsed."""
    target = parse_target(request.target, request.host, BASE_HOSTS)
    authentication = make_authenticator(clock).authenticate(request, target)
    operation = PROTOCOL.route(request.method, target, request.headers)
    payload = open_payload(request, authentication, operation)
    parsed = {**PROTOCOL.parse(operation, request, target, payload), **params}
    permission = permissions(operation, parsed)[which]
    return RequestContext(
        operation, request, authentication, clock or Clock(), parsed, permission, lambda: tags or {}
    )


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("aws:username", ("alice",)),
        ("aws:userid", ("AKIDALICE",)),
        ("aws:principalarn", (ALICE.arn,)),
        ("aws:principalaccount", (ALICE.account_id,)),
        ("aws:principaltype", ("User",)),
        ("aws:securetransport", ("false",)),
        ("aws:sourceip", ("192.0.2.1",)),
        ("aws:useragent", ("curl/8",)),
        ("aws:referer", ("http://example.com/",)),
        ("s3:authtype", ("REST-HEADER",)),
        ("s3:signatureversion", ("AWS4-HMAC-SHA256",)),
        ("s3:prefix", ("a/",)),
        ("s3:delimiter", ("",)),
        ("s3:max-keys", ("5",)),
        ("s3:versionid", None),
        ("s3:existingobjecttag/a", None),
        ("s3:x-amz-acl", None),
        ("aws:nothing", None),
    ],
)
def test_a_signed_listing_has_its_keys(key: str, values: tuple[str, ...] | None) -> None:
    headers = {"User-Agent": "curl/8", "Referer": "http://example.com/"}
    request = signed(V4, url="http://127.0.0.1/bucket?prefix=a%2F&delimiter&max-keys=5", headers=headers)
    request.remote_addr = "192.0.2.1"
    context = context_of(request)
    assert context.get(key) == values
    assert (key in set(context)) is (values is not None)


def test_a_stranger_has_no_name() -> None:
    context = context_of(incoming("GET", URL, {}))
    assert context.get("aws:username") is None
    assert context["aws:principaltype"] == ("Anonymous",)
    assert context["aws:userid"] == ("anonymous",)
    for key in ("s3:authtype", "s3:signatureversion", "s3:signatureage", "aws:sourceip"):
        assert key not in context
    assert len(context) == len(list(context))


def test_the_age_of_a_signature_is_in_milliseconds_of_the_servers_clock() -> None:
    request = signed(S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", expires=3600))
    clock = Clock()
    clock.move(600)
    context = context_of(request, clock=clock)
    assert context["s3:authtype"] == ("REST-QUERY-STRING",)
    assert 599_000 <= int(context["s3:signatureage"][0]) <= 660_000
    policy = parse(statement(Effect="Deny", Condition={"NumericGreaterThan": {"s3:signatureAge": 590000}}))
    assert ask(policy, ALICE, context=context) == "deny"


def test_a_version_2_url_says_so() -> None:
    context = context_of(signed(HmacV1QueryAuth(CREDENTIALS)))
    assert context["s3:signatureversion"] == ("AWS",)
    assert "s3:signatureage" not in context


def test_the_time_is_the_servers() -> None:
    clock = Clock()
    clock.move(400 * 24 * 3600)
    context = context_of(incoming("GET", URL, {}), clock=clock)
    year = datetime.now(timezone.utc) + timedelta(days=400)
    assert context["aws:currenttime"][0].startswith(f"{year:%Y-%m-%d}T")
    assert abs(int(context["aws:epochtime"][0]) - year.timestamp()) < 60


def test_headers_of_s3_are_keys() -> None:
    headers = {"x-amz-acl": "public-read", "x-amz-server-side-encryption": "AES256", "If-None-Match": "*"}
    context = context_of(signed(V4, "PUT", headers={**headers, "Content-Length": "0"}))
    assert context["s3:x-amz-acl"] == ("public-read",)
    assert context["s3:x-amz-server-side-encryption"] == ("AES256",)
    assert context["s3:if-none-match"] == ("*",)
    assert context["s3:objectcreationoperation"] == ("true",)


@pytest.mark.parametrize("signer", [V4_URL, HmacV1QueryAuth(CREDENTIALS)])
def test_headers_that_a_url_carries_are_keys_too(signer: Any) -> None:
    context = context_of(signed(signer, "PUT", URL, {"x-amz-acl": "public-read"}))
    assert context["s3:x-amz-acl"] == ("public-read",)


def test_of_two_values_in_a_url_the_policy_sees_the_one_that_acts() -> None:
    context = context_of(signed(V4_URL, "PUT", f"{URL}?X-Amz-Acl=private&x-amz-acl=public-read"))
    assert context["s3:x-amz-acl"] == (context.params["ACL"],) == ("private",)


@pytest.mark.parametrize("source", ["source/public/a%20b?versionId=7", "/source/public/a%20b?versionId=7"])
def test_a_copy_source_is_a_key_with_and_without_its_slash(source: str) -> None:
    request = signed(V4, "PUT", headers={"x-amz-copy-source": source})
    assert context_of(request, which=1)["s3:versionid"] == ("7",)
    context = context_of(request)
    assert "s3:versionid" not in context  # of what is written there is none yet
    for pattern, decision in (
        ("source/public/a%20b?versionId=7", "allow"),
        ("/source/public/*", "allow"),
        ("source/public/a b", None),
        ("other/*", None),
    ):
        condition = {"StringLike": {"s3:x-amz-copy-source": pattern}}
        policy = parse(statement(Action="s3:PutObject", Condition=condition))
        assert ask(policy, None, "s3:PutObject", context=context) == decision


@pytest.mark.parametrize("source", ["source/%70rivate/a", "source/pr+vate/a", "source%2Fprivate%2Fa"])
def test_the_key_of_a_copy_source_is_its_spelling_as_at_s3(source: str) -> None:
    context = context_of(signed(V4, "PUT", headers={"x-amz-copy-source": source}))
    assert context["s3:x-amz-copy-source"] == (source, f"/{source}")
    condition = {"StringLike": {"s3:x-amz-copy-source": "source/private/*"}}
    policy = parse(statement(Effect="Deny", Action="s3:PutObject", Condition=condition))
    assert ask(policy, None, "s3:PutObject", context=context) is None


def test_a_missing_encryption_header_can_be_denied() -> None:
    # ceph/s3-tests, test_bucket_policy_put_obj_s3_noenc
    no_header = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
    policy = parse(statement(Effect="Deny", Action="s3:PutObject", Condition=no_header))
    assert ask(policy, ALICE, "s3:PutObject", context=context_of(signed(V4, "PUT"))) == "deny"
    encrypted = signed(V4, "PUT", headers={"x-amz-server-side-encryption": "AES256"})
    assert ask(policy, ALICE, "s3:PutObject", context=context_of(encrypted)) is None


def test_tags_of_the_object_are_keys_of_reads_only() -> None:
    assert context_of(signed(V4), {"Owner": "alice"})["s3:existingobjecttag/owner"] == ("alice",)
    assert "s3:existingobjecttag/security" not in context_of(signed(V4), {"Owner": "alice"})
    for method in ("PUT", "DELETE"):  # the S3 user guide, tagging-and-policies
        assert "s3:existingobjecttag/owner" not in context_of(signed(V4, method), {"Owner": "alice"})


def test_tags_whose_names_differ_by_case_are_one_key() -> None:
    context = context_of(signed(V4), {"SECRET": "no", "secret": "yes"})
    assert set(context["s3:existingobjecttag/secret"]) == {"no", "yes"}


def test_tags_of_the_request_are_keys_however_they_are_sent() -> None:
    document = {"TagSet": [{"Key": "security", "Value": "public"}, {"Key": "b", "Value": ""}]}
    for context in (
        context_of(signed(V4, "PUT", headers={"x-amz-tagging": "security=public&b="})),
        context_of(signed(V4, "PUT"), Tagging=document),  # as a form has them
    ):
        assert context["s3:requestobjecttag/security"] == ("public",)
        assert context["s3:requestobjecttagkeys"] == ("security", "b")
    assert "s3:requestobjecttagkeys" not in context_of(signed(V4, "PUT", headers={"x-amz-tagging": ""}))


@pytest.mark.parametrize(("directive", "keys"), [("REPLACE", ("a",)), ("COPY", None)])
def test_a_copy_with_the_tags_of_its_source_names_none(directive: str, keys: tuple[str, ...] | None) -> None:
    headers = {"x-amz-copy-source": "b/k", "x-amz-tagging": "a=1", "x-amz-tagging-directive": directive}
    assert context_of(signed(V4, "PUT", headers=headers)).get("s3:requestobjecttagkeys") == keys


def test_tags_of_the_object_are_fetched_only_when_asked_for() -> None:
    asked: list[int] = []

    def tags() -> dict[str, str]:
        asked.append(1)
        return {"security": "public"}

    context = context_of(signed(V4))
    context.existing_tags = tags
    assert ask(parse(statement()), context=context) == "allow"
    assert not asked
    condition = {"StringEquals": {"s3:ExistingObjectTag/security": "public"}}
    assert ask(parse(statement(Condition=condition)), context=context) == "allow"
    assert asked


def test_retention_is_a_key_of_what_sets_it() -> None:
    until = datetime.now(timezone.utc) + timedelta(days=10)
    header = {
        "x-amz-object-lock-mode": "GOVERNANCE",
        "x-amz-object-lock-retain-until-date": until.isoformat(),
    }
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": until}
    for context in (
        context_of(signed(V4, "PUT", headers=header)),
        context_of(signed(V4, "PUT"), Retention=retention),
    ):
        assert context["s3:object-lock-mode"] == ("GOVERNANCE",)
        assert context["s3:object-lock-retain-until-date"] == (f"{until:%Y-%m-%dT%H:%M:%SZ}",)
        assert 9.9 < float(context["s3:object-lock-remaining-retention-days"][0]) < 10.1
    for context in (
        context_of(signed(V4, "PUT", headers={"x-amz-object-lock-legal-hold": "ON"})),
        context_of(signed(V4, "PUT"), LegalHold={"Status": "ON"}),
    ):
        assert context["s3:object-lock-legal-hold"] == ("ON",)


def test_a_version_is_a_key_when_the_action_is_about_versions() -> None:
    assert context_of(signed(V4, url=f"{URL}?versionId=7"))["s3:versionid"] == ("7",)
    assert "s3:versionid" not in context_of(signed(V4, url="http://127.0.0.1/bucket?acl&versionId=7"))


@pytest.mark.parametrize(
    ("target", "params", "values"),
    [
        ("/bucket", {"ObjectOwnership": "ObjectWriter"}, ("ObjectWriter",)),
        ("/bucket", {}, None),
        ("/bucket?ownershipControls", {"OwnershipControls": CONTROLS}, ("BucketOwnerPreferred",)),
        ("/bucket?ownershipControls", {"OwnershipControls": {"Rules": []}}, None),
        ("/bucket/key", {"ObjectOwnership": "ObjectWriter"}, None),  # no action of objects has it
    ],
)
def test_the_ownership_of_a_buckets_objects_is_a_key(
    target: str, params: dict[str, Any], values: tuple[str, ...] | None
) -> None:
    rule = b"<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>"
    body = b"<OwnershipControls>%s</OwnershipControls>" % rule if "?" in target else b""
    request = signed(V4, "PUT", f"http://127.0.0.1{target}", body=body)
    assert context_of(request, **params).get("s3:x-amz-object-ownership") == values


@pytest.mark.parametrize(
    ("asked", "begun", "values"),
    [
        ({}, None, None),
        ({}, "aws:kms", ("aws:kms",)),
        ({"ServerSideEncryption": "AES256"}, "aws:kms", ("AES256",)),
        ({"ServerSideEncryption": "AES256"}, None, ("AES256",)),
    ],
)
def test_the_encryption_that_a_request_asks_for_goes_before_that_of_its_upload(
    asked: dict[str, Any], begun: str | None, values: tuple[str, ...] | None
) -> None:
    context = context_of(signed(V4, "PUT"), **asked)
    assert context.get("s3:x-amz-server-side-encryption") == (tuple(asked.values()) or None)
    context.begun_encryption = lambda: begun
    assert context.get("s3:x-amz-server-side-encryption") == values


def test_the_key_of_an_update_of_an_encryption_is_a_key() -> None:
    context = context_of(signed(V4, "PUT"), ObjectEncryption={"SSEKMS": {"KMSKeyArn": "arn"}})
    assert context["s3:x-amz-server-side-encryption"] == ("aws:kms",)
    assert context["s3:x-amz-server-side-encryption-aws-kms-key-id"] == ("arn",)
    plain = context_of(signed(V4, "PUT"), SSEKMSKeyId="id")
    assert plain["s3:x-amz-server-side-encryption-aws-kms-key-id"] == ("id",)


def test_only_keys_of_tags_are_looked_up_in_tags() -> None:
    context = context_of(signed(V4), {"owner": "alice"})
    context.bucket_tags = lambda: {"team": "blue"}
    assert context["s3:existingobjecttag/owner"] == ("alice",)
    assert context["s3:buckettag/team"] == context["aws:resourcetag/team"] == ("blue",)
    for key in ("s3:existingsomethings/owner", "aws:requesttag/team", "s3:requestobjecttag/owner"):
        assert context.get(key) is None
    context.existing_tags = context.bucket_tags = None
    for key in ("s3:existingobjecttag/owner", "s3:buckettag/team", "aws:resourcetag/team"):
        assert context.get(key) is None


def test_a_copy_source_that_came_in_no_header_is_a_key() -> None:
    """As the console's copies name theirs."""
    context = context_of(signed(V4, "PUT"), CopySource=CopySource("b", "k"))
    assert context["s3:x-amz-copy-source"] == ("b/k", "/b/k")


def test_the_region_of_a_new_bucket_is_a_key() -> None:
    assert "s3:locationconstraint" not in context_of(signed(V4, "PUT", "http://127.0.0.1/bucket"))
    configuration = {"LocationConstraint": "eu-west-1"}
    request = signed(V4, "PUT", "http://127.0.0.1/bucket")
    context = context_of(request, CreateBucketConfiguration=configuration)
    assert context["s3:locationconstraint"] == ("eu-west-1",)


def test_the_keys_of_a_listing_are_not_those_of_a_read() -> None:
    """Who may list home/alice/ only must not learn of other keys by naming the prefix in a GET."""
    context = context_of(signed(V4, url=f"{URL}?prefix=home%2Falice%2F&delimiter=%2F&max-keys=1"))
    assert {"s3:prefix", "s3:delimiter", "s3:max-keys"}.isdisjoint(context)


def test_every_key_that_a_parameter_gives_is_one_that_only_some_actions_have() -> None:
    for key in context_of(signed(V4)).keys() - {"s3:authtype", "s3:signatureage", "s3:signatureversion"}:
        assert key.startswith("aws:") or key == "s3:x-amz-content-sha256" or actions_with(key), key


def test_a_prefix_can_be_required_of_listings() -> None:
    # AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/walkthrough1.html
    condition = {"StringLike": {"s3:prefix": "home/${aws:username}/*"}}
    policy = parse(statement(Action="s3:ListBucket", Resource=BUCKET_ARN, Condition=condition))
    for prefix, decision in (("home%2Falice%2F", "allow"), ("home%2Fbob%2F", None), ("", None)):
        request = signed(V4, url=f"http://127.0.0.1/bucket?prefix={prefix}")
        assert ask(policy, ALICE, "s3:ListBucket", BUCKET_ARN, context_of(request)) == decision
    assert ask(policy, ALICE, "s3:ListBucket", BUCKET_ARN, context_of(signed(V4))) is None
