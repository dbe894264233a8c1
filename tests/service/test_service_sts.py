"""STS beside S3: temporary keys, which are checked, end, and are narrowed by a policy; by real boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_helpers import refused, send

from s3fixture.app import App
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ROLE = "arn:aws:iam::123456789012:role/team/reader"
SESSION = "arn:aws:sts::123456789012:assumed-role/reader/me"
Keys = dict[str, Any]
Sts = Callable[..., Any]


@pytest.fixture
def sts(url: str) -> Sts:
    """Make a client of STS: `sts(access key, secret key, session token)`."""

    def make(
        access_key: str = "minioadmin", secret_key: str = "minioadmin123", token: str | None = None
    ) -> Any:
        return boto3.session.Session().client(
            "sts",
            endpoint_url=url,
            region_name="eu-central-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )

    return make


@pytest.fixture
def s3_with(url: str) -> Callable[..., S3Client]:
    """An S3 client with temporary keys, some of them changed."""

    def make(keys: Keys, *, token: str | None = None, key: str | None = None, **options: Any) -> S3Client:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=key or keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"] if token is None else token,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **options),
        )

    return make


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def assume(client: Any, **options: Any) -> Keys:
    keys: Keys = client.assume_role(RoleArn=ROLE, RoleSessionName="me", **options)["Credentials"]
    return keys


READ_PUBLIC = policy(
    {"Effect": "Allow", "Action": ["s3:Get*", "sqs:*"], "Resource": "arn:aws:s3:::bucket/public/*"},
    {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::bucket/public/but*"},
)
ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE}


def test_everybody_is_told_who_they_are(app: App, sts: Sts) -> None:
    for identity in app.identities:
        told = sts(identity.access_key, identity.secret_key).get_caller_identity()
        assert (told["Arn"], told["Account"], told["UserId"]) == (
            identity.arn,
            identity.account_id,
            identity.access_key,
        )


def test_a_session_is_its_user_until_it_ends(
    app: App, sts: Sts, s3_with: Callable[..., S3Client], bucket: str
) -> None:
    app.clock.freeze()
    keys = sts().get_session_token(DurationSeconds=900)["Credentials"]
    assert keys["AccessKeyId"].startswith("ASIA")
    assert keys["Expiration"] - app.clock.now() <= timedelta(seconds=900)
    session = s3_with(keys)
    session.put_object(Bucket=bucket, Key="k", Body=b"1")
    session.create_bucket(Bucket="of-the-session")
    assert len(session.list_buckets()["Buckets"]) == 2
    me = sts(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    assert me.get_caller_identity()["UserId"] == "minioadmin"
    app.clock.let_pass(901)
    with refused("ExpiredToken", 400) as error:
        session.get_object(Bucket=bucket, Key="k")
    assert error["Error"]["Token-0"] == keys["SessionToken"]
    with pytest.raises(ClientError, match="ExpiredToken"):
        me.get_caller_identity()


def test_a_role_of_an_account_is_not_assumed_from_another_one(
    client: S3Client, app: App, sts: Sts, s3_with: Callable[..., S3Client], bucket: str
) -> None:
    """Whoever could would have what the account's buckets allow to its roles."""
    role = f"arn:aws:iam::{app.identities.main.account_id}:role/reader"
    statement = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "s3:GetObject"}
    client.put_bucket_policy(
        Bucket=bucket, Policy=policy(statement | {"Resource": f"arn:aws:s3:::{bucket}/*"})
    )
    client.put_object(Bucket=bucket, Key="k", Body=b"1")
    other = sts("otheraccesskey", "othersecretkey")
    with pytest.raises(ClientError) as error:
        other.assume_role(RoleArn=role, RoleSessionName="me")
    assert error.value.response["Error"] == {
        "Type": "Sender",
        "Code": "AccessDenied",
        "Message": f"User: {other.get_caller_identity()['Arn']} is not authorized to perform: sts:AssumeRole "
        f"on resource: {role} because no resource-based policy allows the sts:AssumeRole action",
    }
    own = s3_with(sts().assume_role(RoleArn=role, RoleSessionName="me")["Credentials"])
    assert own.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"


def test_a_session_policy_narrows_what_the_keys_allow(
    client: S3Client, sts: Sts, s3_with: Callable[..., S3Client], bucket: str
) -> None:
    for key in ("public/k", "public/but", "secret"):
        client.put_object(Bucket=bucket, Key=key, Body=b"1")
    reader = s3_with(assume(sts(), Policy=READ_PUBLIC))
    assert reader.get_object(Bucket=bucket, Key="public/k")["Body"].read() == b"1"
    for key, reason in (
        ("secret", "because no session policy allows the s3:GetObject action"),
        ("public/but", "with an explicit deny in a session policy"),
    ):
        with refused("AccessDenied", 403) as error:
            reader.get_object(Bucket=bucket, Key=key)
        assert error["Error"]["Message"].startswith(f"User: {SESSION} is not authorized to perform")
        assert error["Error"]["Message"].endswith(reason)
    attempts: list[Callable[[], object]] = [
        lambda: reader.put_object(Bucket=bucket, Key="public/k"),
        lambda: reader.copy_object(Bucket=bucket, Key="public/c", CopySource=f"{bucket}/public/k"),
        lambda: reader.list_objects_v2(Bucket=bucket),
        lambda: reader.delete_bucket(Bucket=bucket),
        lambda: reader.create_bucket(Bucket="another"),
        reader.list_buckets,
        lambda: reader.put_bucket_policy(Bucket=bucket, Policy=READ_PUBLIC),
    ]
    for attempt in attempts:
        with refused("AccessDenied", 403):
            attempt()


def test_a_session_policy_gives_nothing_that_its_user_has_not(
    sts: Sts, s3_with: Callable[..., S3Client], bucket: str
) -> None:
    everything = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    stranger = s3_with(assume(sts("otheraccesskey", "othersecretkey"), Policy=everything))
    with refused("AccessDenied", 403):
        stranger.list_objects_v2(Bucket=bucket)
    stranger.create_bucket(Bucket="of-the-stranger")


def test_a_session_of_a_session_is_as_narrow(
    client: S3Client, sts: Sts, s3_with: Callable[..., S3Client], bucket: str
) -> None:
    first = assume(sts(), Policy=policy(*json.loads(READ_PUBLIC)["Statement"], ASSUME))
    me = sts(first["AccessKeyId"], first["SecretAccessKey"], first["SessionToken"])
    assert me.get_caller_identity()["Arn"] == SESSION
    second = s3_with(assume(me))
    client.put_object(Bucket=bucket, Key="public/k")
    second.get_object(Bucket=bucket, Key="public/k")
    with refused("AccessDenied", 403):
        second.put_object(Bucket=bucket, Key="public/k")
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(me, Policy=policy({"Effect": "Allow", "Action": "*", "Resource": "*"}))
    with pytest.raises(ClientError, match="Cannot call GetSessionToken with session credentials"):
        me.get_session_token()


@pytest.mark.parametrize("principal", [ROLE.replace("team/", ""), SESSION, "otheraccesskey"])
def test_a_bucket_policy_may_name_the_role_its_session_or_its_user(
    client: S3Client, sts: Sts, s3_with: Callable[..., S3Client], bucket: str, principal: str
) -> None:
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    session = s3_with(assume(sts("otheraccesskey", "othersecretkey")))
    with refused("AccessDenied", 403):
        session.list_objects_v2(Bucket=bucket)
    client.put_bucket_policy(Bucket=bucket, Policy=policy(allow))
    session.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize(
    ("principal", "given"), [(SESSION, True), (SESSION + "-not", False), (ROLE.replace("team/", ""), False)]
)
def test_what_a_bucket_policy_gives_to_a_session_by_name_is_not_narrowed(
    client: S3Client, sts: Sts, s3_with: Callable[..., S3Client], bucket: str, principal: str, given: bool
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session"""
    every = {"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    allow = {"Effect": "Allow", "Principal": {"AWS": principal}, **every}
    deny = {"Effect": "Deny", "Principal": "*", **every, "Resource": f"arn:aws:s3:::{bucket}/closed"}
    client.put_bucket_policy(Bucket=bucket, Policy=policy(allow, deny))
    session = s3_with(assume(sts(), Policy=READ_PUBLIC))
    if given:
        session.put_object(Bucket=bucket, Key="k")
    else:
        with refused("AccessDenied", 403):
            session.put_object(Bucket=bucket, Key="k")
    for key in ("closed", "public/but"):  # the bucket's policy denies one, that of the session the other
        with refused("AccessDenied", 403):
            session.put_object(Bucket=bucket, Key=key)
    with refused("AccessDenied", 403):
        session.delete_object(Bucket=bucket, Key="k")


def test_what_another_accounts_bucket_gives_to_a_session_is_narrowed(
    client: S3Client, sts: Sts, s3_with: Callable[..., S3Client], bucket: str
) -> None:
    allow = {"Effect": "Allow", "Principal": {"AWS": SESSION}, "Action": "s3:*"}
    client.put_bucket_policy(Bucket=bucket, Policy=policy({**allow, "Resource": f"arn:aws:s3:::{bucket}/*"}))
    session = s3_with(assume(sts("otheraccesskey", "othersecretkey"), Policy=READ_PUBLIC))
    with refused("AccessDenied", 403):
        session.put_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_links_and_forms_carry_the_token(
    sts: Sts, s3_with: Callable[..., S3Client], bucket: str, version: str
) -> None:
    session = s3_with(assume(sts()), signature_version=version)
    session.put_object(Bucket=bucket, Key="k", Body=b"1")
    link = session.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    assert urllib3.request("GET", link).data == b"1"
    form = session.generate_presigned_post(bucket, "posted")
    assert urllib3.request("POST", form["url"], fields={**form["fields"], "file": "2"}).status == 204
    stolen = {**form["fields"], "x-amz-security-token": form["fields"]["x-amz-security-token"][:-1]}
    assert urllib3.request("POST", form["url"], fields={**stolen, "file": "2"}).status == 400


def test_a_token_goes_with_its_own_keys_only(sts: Sts, s3_with: Callable[..., S3Client]) -> None:
    keys, others = assume(sts()), assume(sts())
    token = keys["SessionToken"]
    for wrong in (token[:-1], token.swapcase(), "x", others["SessionToken"], "é", "x" * 40_000, token + "."):
        with refused("InvalidToken", 400):
            s3_with(keys, token=wrong).list_buckets()
    with refused("InvalidAccessKeyId", 403):
        s3_with(keys, token="").list_buckets()
    with refused("InvalidAccessKeyId", 403):
        s3_with(keys, token="x", key="AKIAUNKNOWN").list_buckets()
    with refused("InvalidToken", 400):  # permanent keys have no token
        s3_with(keys, key="minioadmin").list_buckets()
    with refused("SignatureDoesNotMatch", 403):
        s3_with({**keys, "SecretAccessKey": "guessed"}).list_buckets()


def test_another_server_takes_no_tokens_of_this_one(sts: Sts) -> None:
    keys = assume(sts())
    another = App(Settings())
    with pytest.raises(Exception, match="InvalidToken"):
        another.authenticator.context.identity_of(keys["AccessKeyId"], keys["SessionToken"])
    another.close()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({"DurationSeconds": 899}, "ValidationError", "Member must have value greater than or equal to 900"),
        (
            {"DurationSeconds": 43_201},
            "ValidationError",
            "Member must have value less than or equal to 43200",
        ),
        ({"RoleArn": "arn:aws:iam::1:role/too-short-account"}, "ValidationError", "is invalid"),
        ({"RoleArn": "arn:aws:iam::123456789012:user/reader"}, "ValidationError", "is invalid"),
        ({"RoleArn": "arn:aws:iam::123456789012:role/"}, "ValidationError", "is invalid"),
        ({"RoleSessionName": "a b"}, "ValidationError", "satisfy regular expression pattern"),
        ({"RoleSessionName": "x" * 65}, "ValidationError", "length less than or equal to 64"),
        ({"Policy": "{"}, "MalformedPolicyDocument", "invalid Json"),
        ({"Policy": "[]"}, "MalformedPolicyDocument", "Invalid policy syntax."),
        ({"Policy": "x" * 2049}, "ValidationError", "length less than or equal to 2048"),
        (
            {"Policy": policy({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})},
            "MalformedPolicyDocument",
            "should not specify a principal",
        ),
        (
            {"Policy": policy({"Effect": "Allow", "Action": "GetObject", "Resource": "*"})},
            "MalformedPolicyDocument",
            "must be prefaced by a vendor",
        ),
        (
            {"Policy": policy({"Effect": "Allow", "Action": "*", "Resource": "bucket"})},
            "MalformedPolicyDocument",
            "must be in ARN format",
        ),
        (
            {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]},
            "ValidationError",
            "no managed",
        ),
    ],
)
def test_what_a_role_cannot_be_assumed_with(
    sts: Sts, options: dict[str, Any], code: str, message: str
) -> None:
    asked = {"RoleArn": ROLE, "RoleSessionName": "me", **options}
    with pytest.raises(ClientError) as error:
        sts().assume_role(**asked)
    assert error.value.response["Error"]["Code"] == code
    assert message in error.value.response["Error"]["Message"]


def ask(
    url: str, body: bytes, *, method: str = "POST", target: str = "/", secret: str = "minioadmin123"
) -> Any:
    """One request that is signed for STS."""
    request = AWSRequest(method, url + target, data=body)
    if body:
        request.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    SigV4Auth(Credentials("minioadmin", secret), "sts", "us-east-1").add_auth(request)
    return send(url, method, target, body, dict(request.headers))


VERSION = b"&Version=2011-06-15"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"Action=GetCallerIdentity" + VERSION, 200, ""),
        (b"Action=GetCallerIdentity", 400, "InvalidAction"),
        (b"Action=DecodeAuthorizationMessage" + VERSION, 400, "InvalidAction"),
        (b"", 400, "InvalidAction"),
        (b"Action=AssumeRole" + VERSION, 400, "ValidationError"),
        (b"Action=GetSessionToken&DurationSeconds=%s" % (b"9" * 5000) + VERSION, 400, "MalformedInput"),
        (b"Action=GetSessionToken&DurationSeconds=x" + VERSION, 400, "MalformedInput"),
        (b"&".join(b"a%d=1" % number for number in range(300)), 400, "MalformedQueryString"),
        (b"a" * 70_000, 413, "RequestEntityTooLarge"),
        (b"\xff\x00=%", 400, "InvalidAction"),
    ],
)
def test_requests_as_they_come(url: str, body: bytes, status: int, code: str) -> None:
    reply = ask(url, body)
    assert reply.status == status
    assert f"<Code>{code}</Code>".encode() in reply.body or not code
    assert b"https://sts.amazonaws.com/doc/2011-06-15/" in reply.body


def test_a_question_may_stand_in_the_address(url: str) -> None:
    target = "/?Action=GetCallerIdentity&Version=2011-06-15"
    assert b"<Account>" in ask(url, b"", method="GET", target=target).body


def test_strangers_learn_nothing(url: str, sts: Sts) -> None:
    body = b"Action=GetCallerIdentity" + VERSION
    assert b"<Code>SignatureDoesNotMatch</Code>" in ask(url, body, secret="wrong").body
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        sts("AKIAUNKNOWN", "wrong").get_caller_identity()
    for authorization in (
        "AWS4-HMAC-SHA256 Credential=minioadmin/20200101/us-east-1/sts/aws4_request",
        "AWS4-HMAC-SHA256 Credential=minioadmin/20200101/us-east-1/sts/aws4_request, SignedHeaders=host, "
        "Signature=é",
    ):
        for dated in ({}, {"X-Amz-Date": "20200101T000000Z"}, {"X-Amz-Date": "x"}):
            reply = send(url, "POST", "/", body, {"Authorization": authorization, **dated})
            assert reply.status == 403


def test_a_credential_is_read_once(url: str) -> None:
    """What tells the service of a request must be what its signature is checked against."""
    scope = "minioadmin/20200101/us-east-1/sts/aws4_request"
    for credential in ("x", "a/b/c/sts/aws4_request", "a/b/c/d/sts", f"x/{scope}"):
        authorization = (
            f"AWS4-HMAC-SHA256 Credential={scope}, Credential={credential}, SignedHeaders=host, Signature=0"
        )
        headers = {"Authorization": authorization, "X-Amz-Date": "20200101T000000Z"}
        assert send(url, "POST", "/", b"Action=GetCallerIdentity", headers).status == 403


PIECES = st.sampled_from(
    [
        *("Credential=", "SignedHeaders=", "Signature=", ",", "=", "/", ";", " ", "é", "0" * 64),
        *("minioadmin", "20200101", "us-east-1", "sts", "aws4_request", "host", "x-amz-date"),
    ]
)


@given(
    authorization=st.lists(PIECES, max_size=20).map("".join),
    date=st.sampled_from(["", "x", "20200101T000000Z", "99999999T999999Z"]),
    body=st.lists(st.sampled_from(["Action=", "AssumeRole", "&", "Version=2011-06-15", "%", "%ff", "+"])),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_signed_wrongly_is_a_fault_of_ours(
    url: str, authorization: str, date: str, body: list[str]
) -> None:
    scope = "Credential=minioadmin/20200101/us-east-1/sts/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope},{authorization}", "X-Amz-Date": date}
    assert send(url, "POST", "/", "".join(body).encode(), headers).status < 500


def test_a_long_policy_in_any_script_is_taken_back(
    client: S3Client, sts: Sts, s3_with: Callable[..., S3Client], bucket: str
) -> None:
    statement = {"Sid": "", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, ensure_ascii=False)
    long = text.replace('"Sid": ""', f'"Sid": "{chr(0x1F512) * (2048 - len(text))}"')
    assert len(long) == 2048
    s3_with(assume(sts(), Policy=long)).list_objects_v2(Bucket=bucket)


def test_who_signed_too_long_ago_is_refused(app: App, sts: Sts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.clock, "clients_time", lambda: app.clock.time() + 3600)
    with pytest.raises(ClientError, match=r"SignatureDoesNotMatch.*Signature expired"):
        sts().get_caller_identity()
