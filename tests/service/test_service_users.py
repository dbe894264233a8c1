"""Users of accounts: what their identity policies, and the policies of buckets, let them do; with boto3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError
from service_helpers import needs, refused

from s3fixture.app import App
from s3fixture.backends.control import Control
from s3fixture.backends.running_requests import RunningRequests
from s3fixture.server import Server
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Client = Callable[..., Any]
Attempt = Callable[[], object]
ROLE = "arn:aws:iam::123456789012:role/reader"
WHOLE = ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


HOME = "arn:aws:s3:::data/home/${aws:username}/*"
USERS = {
    "reader": policy(allow(["s3:GetObject", "s3:ListBucket"], WHOLE)),
    "blind": policy(allow("s3:GetObject", WHOLE)),
    "writer": policy(allow("s3:PutObject", WHOLE)),
    "lister": policy(allow("s3:ListAllMyBuckets", "arn:aws:s3:::*")),
    "maker": policy(allow("s3:*", ["arn:aws:s3:::made-*", "arn:aws:s3:::data"])),
    "ann": policy(
        allow("s3:*", HOME),
        allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "home/${aws:username}/*"}}),
    ),
    "assumer": policy(allow(["s3:*", "sts:AssumeRole"]), deny("s3:DeleteObject")),
    "bounded": policy(allow("s3:*")) + ",boundary=" + policy(allow("s3:Get*"), deny("s3:GetObjectTagging")),
    "two": policy(allow("s3:GetObject"))
    + ","
    + policy(allow("s3:PutObject"), deny("s3:GetObject", "arn:aws:s3:::data/no*")),
    "admin": policy(allow("*")),
    "climber": policy(allow("sts:AssumeRole")),
    "nobody": "",
    "other/clerk": policy(allow("s3:*")),
    "other/idler": "",
}


def keys_of(user: str) -> tuple[str, str]:
    name = user.rpartition("/")[2]
    return f"{name}-key", f"{name}-secret"


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    users = tuple(f"{user}:{':'.join(keys_of(user))}:{text}" for user, text in USERS.items())
    app = App(Settings(identities=("other:otheraccesskey:othersecretkey",), users=users))
    yield app
    app.close()


@pytest.fixture(scope="module")
def url(app: App) -> Iterator[str]:
    with Server(app, error_body=app.error_body) as server:
        yield server.url


@pytest.fixture(scope="module")
def connect(url: str) -> Client:
    """Make a client: `connect("reader")`, `connect(keys of STS)`, `connect("reader", "sts")`.

    Without a name it has the main keys.
    """

    def make(who: str | dict[str, Any] = "", service: str = "s3") -> Any:
        if isinstance(who, dict):
            keys = who["AccessKeyId"], who["SecretAccessKey"], who["SessionToken"]
        else:
            keys = (*(keys_of(who) if who else ("minioadmin", "minioadmin123")), None)
        return boto3.session.Session().client(
            service,  # type: ignore[call-overload]  # one of two
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=keys[2],
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    return make


@pytest.fixture
def main(connect: Client) -> S3Client:
    """The account's own keys, with a bucket and an object in it."""
    client: S3Client = connect()
    client.create_bucket(Bucket="data")
    client.put_object(Bucket="data", Key="k", Body=b"1", Tagging="a=1")
    return client


def arn_of(app: App, name: str) -> str:
    identity = app.identities.by_name(name)
    assert identity is not None
    return identity.arn


@needs("HeadObjectOutput", "TagCount")
def test_only_who_may_read_tags_learns_how_many_there_are(app: App, main: S3Client, connect: Client) -> None:
    def count(user: str) -> int | None:
        found: int | None = connect(user).head_object(Bucket="data", Key="k").get("TagCount")
        return found

    assert [count(user) for user in ("", "admin", "reader", "bounded")] == [1, 1, None, None]
    put_policy(main, allow("s3:GetObjectTagging", WHOLE[1], Principal={"AWS": arn_of(app, "reader")}))
    assert count("reader") == 1


def put_policy(main: S3Client, *statements: dict[str, Any]) -> None:
    main.put_bucket_policy(Bucket="data", Policy=policy(*statements))


def message(error: dict[str, Any]) -> str:
    text: str = error["Error"]["Message"]
    return text


def test_a_user_may_do_what_its_policy_allows(app: App, main: S3Client, connect: Client) -> None:
    reader = connect("reader")
    assert reader.get_object(Bucket="data", Key="k")["Body"].read() == b"1"
    assert reader.list_objects_v2(Bucket="data")["KeyCount"] == 1
    attempts: tuple[tuple[Attempt, str, str], ...] = (
        (lambda: reader.put_object(Bucket="data", Key="k"), "s3:PutObject", "data/k"),
        (lambda: reader.delete_object(Bucket="data", Key="k"), "s3:DeleteObject", "data/k"),
        (lambda: reader.get_bucket_policy(Bucket="data"), "s3:GetBucketPolicy", "data"),
        (lambda: reader.create_bucket(Bucket="new"), "s3:CreateBucket", "new"),
    )
    for attempt, action, resource in attempts:
        with refused("AccessDenied", 403) as error:
            attempt()
        assert message(error) == (
            f"User: {arn_of(app, 'reader')} is not authorized to perform: {action} on resource: "
            f'"arn:aws:s3:::{resource}" because no identity-based policy allows the {action} action'
        )


def test_a_user_without_a_policy_may_do_nothing(app: App, main: S3Client, connect: Client) -> None:
    nobody = connect("nobody")
    attempts: list[Attempt] = [
        nobody.list_buckets,
        lambda: nobody.create_bucket(Bucket="new"),
        lambda: nobody.head_bucket(Bucket="data"),
        lambda: nobody.get_object(Bucket="data", Key="k"),
        lambda: nobody.put_bucket_policy(Bucket="data", Policy=policy(allow("s3:*", WHOLE, Principal="*"))),
    ]
    for attempt in attempts:
        with pytest.raises(ClientError, match=r"AccessDenied|403"):
            attempt()
    with refused("AccessDenied", 403) as error:
        nobody.list_buckets()
    assert message(error) == (  # as S3 says it: github.com has it in many logs
        f"User: {arn_of(app, 'nobody')} is not authorized to perform: s3:ListAllMyBuckets "
        "because no identity-based policy allows the s3:ListAllMyBuckets action"
    )
    with refused("NoSuchBucket", 404):
        nobody.list_objects_v2(Bucket="not-there")


def test_listing_all_buckets_needs_no_permission_for_each(main: S3Client, connect: Client) -> None:
    answer = connect("lister").list_buckets()
    assert [bucket["Name"] for bucket in answer["Buckets"]] == ["data"]
    assert answer["Owner"] == main.list_buckets()["Owner"]
    with refused("AccessDenied", 403):
        connect("lister").list_objects_v2(Bucket="data")


def test_who_may_not_list_is_not_told_what_is_missing(main: S3Client, connect: Client) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions)"""
    with refused("NoSuchKey", 404):
        connect("reader").get_object(Bucket="data", Key="missing")
    with refused("AccessDenied", 403) as error:
        connect("blind").get_object(Bucket="data", Key="missing")
    assert 's3:ListBucket on resource: "arn:aws:s3:::data" because no identity-based' in message(error)
    with refused("AccessDenied", 403):
        connect("writer").get_object(Bucket="data", Key="missing")


def test_what_a_user_makes_is_its_accounts(main: S3Client, connect: Client) -> None:
    maker = connect("maker")
    maker.create_bucket(Bucket="made-1", ObjectOwnership="ObjectWriter")
    maker.put_object(Bucket="made-1", Key="k", Body=b"1")
    owner = main.list_buckets()["Owner"]["ID"]
    assert main.get_object_acl(Bucket="made-1", Key="k")["Owner"]["ID"] == owner
    assert main.get_bucket_acl(Bucket="made-1")["Owner"]["ID"] == owner
    assert [bucket["Name"] for bucket in main.list_buckets()["Buckets"]] == ["data", "made-1"]
    main.delete_object(Bucket="made-1", Key="k")
    with refused("AccessDenied", 403):
        maker.create_bucket(Bucket="another")


@pytest.mark.parametrize(
    ("asked", "lacking"),
    [
        ({}, ""),
        ({"ACL": "private"}, ""),
        ({"ACL": "public-read", "ObjectOwnership": "ObjectWriter"}, "s3:PutBucketAcl"),
        ({"GrantRead": f'id="{"0" * 64}"', "ObjectOwnership": "ObjectWriter"}, "s3:PutBucketAcl"),
        ({"ObjectOwnership": "ObjectWriter"}, "s3:PutBucketOwnershipControls"),
        ({"ObjectLockEnabledForBucket": True}, "s3:PutBucketObjectLockConfiguration"),
        ({"ObjectLockEnabledForBucket": True}, "s3:PutBucketVersioning"),
        pytest.param(
            {"CreateBucketConfiguration": {"Tags": [{"Key": "k", "Value": "v"}]}},
            "s3:TagResource",
            marks=needs("CreateBucketConfiguration", "Tags"),
        ),
    ],
)
def test_what_a_new_bucket_is_given_must_be_allowed_too(
    main: S3Client, connect: Client, asked: dict[str, Any], lacking: str
) -> None:
    """There is no bucket yet whose owner could have a say; the user's own policies have."""
    statements = [allow("s3:*"), *([deny(lacking)] if lacking else ())]
    keys = connect("admin", "sts").assume_role(
        RoleArn=ROLE, RoleSessionName="me", Policy=policy(*statements)
    )["Credentials"]
    if not lacking:
        connect(keys).create_bucket(Bucket="made-new", **asked)
        return
    with refused("AccessDenied") as response:
        connect(keys).create_bucket(Bucket="made-new", **asked)
    assert lacking in response["Error"]["Message"]
    with refused("404"):
        main.head_bucket(Bucket="made-new")


def test_a_variable_in_a_policy_is_the_user(main: S3Client, connect: Client) -> None:
    ann = connect("ann")
    ann.put_object(Bucket="data", Key="home/ann/k", Body=b"1")
    ann.list_objects_v2(Bucket="data", Prefix="home/ann/")
    with refused("AccessDenied", 403):
        ann.put_object(Bucket="data", Key="home/bob/k", Body=b"1")
    with refused("AccessDenied", 403):
        ann.list_objects_v2(Bucket="data", Prefix="home/")


def test_several_policies_allow_together_and_deny_each(main: S3Client, connect: Client) -> None:
    two = connect("two")
    two.get_object(Bucket="data", Key="k")
    two.put_object(Bucket="data", Key="no", Body=b"1")
    with refused("AccessDenied", 403):
        two.get_object(Bucket="data", Key="no")


def test_a_boundary_narrows_what_the_policy_allows(main: S3Client, connect: Client) -> None:
    bounded = connect("bounded")
    bounded.get_object(Bucket="data", Key="k")
    attempts: tuple[tuple[Attempt, str], ...] = (
        (
            lambda: bounded.put_object(Bucket="data", Key="k"),
            "because no permissions boundary allows the s3:PutObject action",
        ),
        (
            lambda: bounded.get_object_tagging(Bucket="data", Key="k"),
            "with an explicit deny in a permissions boundary",
        ),
    )
    for attempt, reason in attempts:
        with refused("AccessDenied", 403) as error:
            attempt()
        assert message(error).endswith(reason)


def test_a_bucket_policy_may_let_a_user_in(app: App, main: S3Client, connect: Client) -> None:
    nobody = connect("nobody")
    put_policy(main, allow("s3:GetObject", WHOLE[1], Principal={"AWS": arn_of(app, "nobody")}))
    assert nobody.get_object(Bucket="data", Key="k")["Body"].read() == b"1"
    with refused("AccessDenied", 403):
        connect("writer").get_object(Bucket="data", Key="k")
    account = arn_of(app, "nobody").split(":")[4]
    put_policy(main, allow("s3:GetObject", WHOLE[1], Principal={"AWS": account}))
    with refused("AccessDenied", 403):  # that says: as far as the account lets its users
        nobody.get_object(Bucket="data", Key="k")
    with refused("MalformedPolicy", 400):
        put_policy(
            main, allow("s3:GetObject", WHOLE[1], Principal={"AWS": f"arn:aws:iam::{account}:user/who"})
        )
    put_policy(main, allow("s3:GetObject", WHOLE[1], Principal={"AWS": f"arn:aws:iam::{account}:role/any"}))


def test_a_deny_of_the_bucket_holds_whatever_a_user_has(main: S3Client, connect: Client) -> None:
    put_policy(main, deny("s3:*", WHOLE, Principal="*"))
    admin = connect("admin")
    attempts: tuple[Attempt, ...] = (
        lambda: admin.get_object(Bucket="data", Key="k"),
        lambda: admin.delete_bucket_policy(Bucket="data"),
    )
    for attempt in attempts:
        with refused("AccessDenied", 403) as error:
            attempt()
        assert message(error).endswith("with an explicit deny in a resource-based policy")
    main.delete_bucket_policy(Bucket="data")  # root always may
    admin.get_object(Bucket="data", Key="k")


def test_what_a_bucket_denies_to_others_is_given_to_nobody(main: S3Client, connect: Client, app: App) -> None:
    """A deny for all but an account does not allow the account's users anything."""
    account = arn_of(app, "nobody").split(":")[4]
    put_policy(main, deny("s3:GetObject", WHOLE[1], NotPrincipal={"AWS": account}))
    with refused("AccessDenied", 403) as error:
        connect("nobody").get_object(Bucket="data", Key="k")
    assert message(error).endswith("because no identity-based policy allows the s3:GetObject action")
    assert connect("reader").get_object(Bucket="data", Key="k")["Body"].read() == b"1"


def test_what_a_bucket_gives_to_a_role_its_user_need_not_have(
    app: App, main: S3Client, connect: Client
) -> None:
    role = ROLE.replace("123456789012", arn_of(app, "climber").split(":")[4])
    sts = connect("climber", "sts")
    keys = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    with refused("AccessDenied", 403):
        connect(keys).get_object(Bucket="data", Key="k")
    put_policy(main, allow("s3:GetObject", WHOLE[1], Principal={"AWS": role}))
    assert connect(keys).get_object(Bucket="data", Key="k")["Body"].read() == b"1"
    with refused("AccessDenied", 403):
        connect("climber").get_object(Bucket="data", Key="k")
    narrow = sts.assume_role(RoleArn=role, RoleSessionName="me", Policy=policy(allow("s3:PutObject")))
    with refused("AccessDenied", 403):
        connect(narrow["Credentials"]).get_object(Bucket="data", Key="k")


@pytest.mark.parametrize("principal", [ROLE, "arn:aws:sts::123456789012:assumed-role/reader/me"])
def test_a_role_of_an_unknown_account_gives_a_user_nothing(
    main: S3Client, connect: Client, principal: str
) -> None:
    """Its account trusts everybody here, so what a bucket gives to it must not be more than the user may do.

    Across accounts, both sides have to allow a request:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
    """
    put_policy(main, allow("s3:*", WHOLE, Principal={"AWS": principal}))
    for user, may_read in (("climber", False), ("assumer", True)):
        keys = connect(user, "sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
        again = connect(keys, "sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
        for session in map(connect, (keys, again)):
            if may_read:
                session.get_object(Bucket="data", Key="k")
            else:
                with refused("AccessDenied", 403) as error:
                    session.get_object(Bucket="data", Key="k")
                assert "because no identity-based policy allows" in message(error)
            with refused("AccessDenied", 403):
                session.delete_object(Bucket="data", Key="k")


def test_a_user_may_be_given_the_policy_of_a_bucket(main: S3Client, connect: Client) -> None:
    maker, text = connect("maker"), policy(deny("s3:GetObject", WHOLE[1], Principal="*"))
    maker.put_bucket_policy(Bucket="data", Policy=text)
    assert json.loads(maker.get_bucket_policy(Bucket="data")["Policy"]) == json.loads(text)
    maker.delete_bucket_policy(Bucket="data")


def test_another_accounts_user_needs_both(app: App, main: S3Client, connect: Client) -> None:
    clerk, idler = connect("other/clerk"), connect("other/idler")
    with refused("AccessDenied", 403) as error:
        clerk.get_object(Bucket="data", Key="k")
    assert message(error) == "Access Denied"
    for principal in (arn_of(app, "clerk").split(":")[4], [arn_of(app, "clerk"), arn_of(app, "idler")]):
        put_policy(main, allow("s3:*", WHOLE, Principal={"AWS": principal}))
        clerk.get_object(Bucket="data", Key="k")
        with refused("AccessDenied", 403) as error:
            idler.get_object(Bucket="data", Key="k")
        assert message(error) == "Access Denied"
    main.delete_public_access_block(Bucket="data")
    put_policy(main, allow("s3:*", WHOLE, Principal="*"))
    with refused("AccessDenied", 403):  # the public needs no more, but who signs does
        idler.get_object(Bucket="data", Key="k")
    with refused("MethodNotAllowed", 405):
        clerk.get_bucket_policy(Bucket="data")


def test_who_began_an_upload_may_look_at_it_and_abort_it(app: App, main: S3Client, connect: Client) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions"""
    named: Any = {"Bucket": "data", "Key": "k"}
    writer = connect("writer")
    upload = writer.create_multipart_upload(**named)["UploadId"]
    parts = writer.list_parts(**named, UploadId=upload)
    assert parts["Initiator"] == {"ID": arn_of(app, "writer"), "DisplayName": "writer"}
    with refused("AccessDenied", 403):
        connect("reader").list_parts(**named, UploadId=upload)
    writer.abort_multipart_upload(**named, UploadId=upload)
    theirs = main.create_multipart_upload(**named)["UploadId"]
    for act in (writer.list_parts, writer.abort_multipart_upload):
        with refused("AccessDenied", 403):
            act(**named, UploadId=theirs)


def test_an_account_may_abort_what_its_user_began_in_a_bucket_of_another(
    app: App, main: S3Client, connect: Client
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions"""
    clerk, named = connect("other/clerk"), {"Bucket": "data", "Key": "k"}
    keys = {"AccessKeyId": "otheraccesskey", "SecretAccessKey": "othersecretkey", "SessionToken": None}
    account = connect(keys)
    put_policy(main, allow("s3:PutObject", WHOLE[1], Principal={"AWS": arn_of(app, "clerk")}))
    upload = clerk.create_multipart_upload(**named)["UploadId"]
    main.delete_bucket_policy(Bucket="data")
    with refused("AccessDenied", 403):
        connect("other/idler").abort_multipart_upload(**named, UploadId=upload)
    assert "Parts" not in account.list_parts(**named, UploadId=upload)
    account.abort_multipart_upload(**named, UploadId=upload)


def test_a_user_learns_that_there_is_no_such_upload(main: S3Client, connect: Client) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs"""
    upload = main.create_multipart_upload(Bucket="data", Key="k")["UploadId"]
    nobody = connect("nobody")
    for act in (nobody.list_parts, nobody.abort_multipart_upload):
        with refused("AccessDenied", 403):
            act(Bucket="data", Key="k", UploadId=upload)
        with refused("NoSuchUpload", 404):
            act(Bucket="data", Key="other", UploadId=upload)
        with refused("NoSuchUpload", 404):
            act(Bucket="data", Key="k", UploadId="missing")


def test_links_and_forms_of_a_user_are_the_users(main: S3Client, connect: Client) -> None:
    for who, expected in (("reader", 200), ("writer", 403)):
        link = connect(who).generate_presigned_url("get_object", {"Bucket": "data", "Key": "k"})
        assert urllib3.request("GET", link).status == expected
        form = connect(who).generate_presigned_post("data", "posted")
        answer = urllib3.request("POST", form["url"], fields={**form["fields"], "file": "1"})
        assert answer.status == (204 if expected == 403 else 403)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"aws:username": "reader"}}, True),
        ({"StringEquals": {"aws:userid": "reader-key"}}, True),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/reader"}}, True),
        ({"StringEquals": {"aws:username": "writer"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": "000000000000"}}, False),
    ],
)
def test_conditions_of_bucket_policies_know_users(
    main: S3Client, connect: Client, condition: dict[str, Any], holds: bool
) -> None:
    put_policy(main, deny("s3:GetObject", WHOLE[1], Principal="*", Condition=condition))
    if holds:
        with refused("AccessDenied", 403):
            connect("reader").get_object(Bucket="data", Key="k")
    else:
        connect("reader").get_object(Bucket="data", Key="k")


# STS


def test_sts_knows_users(app: App, main: S3Client, connect: Client) -> None:
    told = connect("reader", "sts").get_caller_identity()
    assert (told["Arn"], told["UserId"]) == (arn_of(app, "reader"), "reader-key")
    assert told["Account"] == connect("", "sts").get_caller_identity()["Account"]


def test_a_session_of_a_user_has_what_the_user_has(app: App, main: S3Client, connect: Client) -> None:
    keys = connect("reader", "sts").get_session_token()["Credentials"]
    session = connect(keys)
    session.get_object(Bucket="data", Key="k")
    with refused("AccessDenied", 403) as error:
        session.put_object(Bucket="data", Key="k")
    assert message(error).startswith(f"User: {arn_of(app, 'reader')} is not")
    ann = connect(connect("ann", "sts").get_session_token()["Credentials"])
    ann.put_object(Bucket="data", Key="home/ann/k", Body=b"1")


def test_a_user_assumes_a_role_only_when_allowed(app: App, connect: Client) -> None:
    with pytest.raises(ClientError) as error:
        connect("reader", "sts").assume_role(RoleArn=ROLE, RoleSessionName="me")
    assert error.value.response["Error"]["Code"] == "AccessDenied"
    assert error.value.response["Error"]["Message"] == (
        f"User: {arn_of(app, 'reader')} is not authorized to perform: sts:AssumeRole on resource: {ROLE} "
        "because no identity-based policy allows the sts:AssumeRole action"
    )


def test_a_role_that_a_user_assumed_is_as_narrow(main: S3Client, connect: Client) -> None:
    sts = connect("assumer", "sts")
    wide = connect(sts.assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"])
    wide.put_object(Bucket="data", Key="k", Body=b"1")
    with refused("AccessDenied", 403) as error:
        wide.delete_object(Bucket="data", Key="k")
    assert message(error).endswith("with an explicit deny in an identity-based policy")
    session = policy(allow(["s3:GetObject", "s3:DeleteObject"]))
    narrow = connect(sts.assume_role(RoleArn=ROLE, RoleSessionName="me", Policy=session)["Credentials"])
    narrow.get_object(Bucket="data", Key="k")
    for act in (narrow.put_object, narrow.delete_object):
        with refused("AccessDenied", 403):
            act(Bucket="data", Key="k")


def test_keys_for_a_policy_keep_it_through_roles(app: App, main: S3Client, connect: Client) -> None:
    """What `@pytest.mark.s3(policy=...)` gives."""
    text = policy(allow(["s3:*", "sts:*"]), deny("s3:DeleteObject"))
    given = Control(app, RunningRequests(app)).keys_for_policy(text, "worker")
    first: Any = dict(zip(("AccessKeyId", "SecretAccessKey", "SessionToken"), given, strict=True))
    second = connect(first, "sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    for keys in (first, second):
        connect(keys).put_object(Bucket="data", Key="k", Body=b"1")
        with refused("AccessDenied", 403):
            connect(keys).delete_object(Bucket="data", Key="k")
        sessions = app.authenticator.context
        assert not sessions.identity_of(keys["AccessKeyId"], keys["SessionToken"]).root


# What is no user.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.json").write_text(policy(allow("s3:GetObject")))
    (tmp_path / "broken.json").write_text('{\n  "Version": "2012-10-17"\n  "Statement": []\n}')
    (tmp_path / "principal.json").write_text(
        policy(allow("s3:GetObject"), allow("s3:PutObject", Principal="*"))
    )
    (tmp_path / "no-action.json").write_text(policy({"Effect": "Allow", "Resource": "*"}))
    (tmp_path / "long.json").write_text(policy(allow("s3:GetObject", ["arn:aws:s3:::" + "x" * 6200])))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("reader", "user 'reader' has 1 fields; write it as [ACCOUNT/]NAME:ACCESS_KEY:SECRET_KEY"),
        ("reader:KEY:", "user 'reader': the secret key is empty"),
        ("re ader:KEY:hushhush", "user 're ader': the name of a user has 1 to 64 letters"),
        ("othr/reader:KEY:hushhush", "there is no account 'othr'; did you mean 'other'?"),
        ("r:KEY:hushhush:missing.json", "user 'r': the policy *missing.json cannot be read: "),
        (
            "r:KEY:hushhush:broken.json",
            "user 'r': *broken.json: the policy cannot be used: This policy contains invalid Json (line 3, "
            "column 3: Expecting ',' delimiter)",
        ),
        (
            "r:KEY:hushhush:good.json,principal.json",
            "user 'r': *principal.json: the policy cannot be used: Policy document should not specify a "
            "principal. (statement 2)",
        ),
        ("r:KEY:hushhush:no-action.json", "Missing required field Action (statement 1)"),
        (
            "r:KEY:hushhush:long.json",
            "*long.json: the policy has 6,310 characters besides white space, and IAM allows 6,144",
        ),
        ("r:KEY:hushhush:good.json,boundary=missing.json", "missing.json cannot be read"),
        ("r:KEY:hushhush:boundary=good.json,boundary=good.json", "more than one boundary"),
        ("r:KEY:hushhush:good.json,,good.json", "user 'r': a policy is empty"),
        ('r:KEY:hushhush:{"Version": 1', "user 'r': its policy is not JSON: "),
        ("r:KEY:hushhush:{}x", "user 'r': a comma must follow a policy, not 'x'"),
        ("r:KEY:hushhush:{}", "user 'r': the policy cannot be used: Missing required field Statement"),
        ("r:KEY:hushhush:" + ",".join(["good.json"] * 21), "more than 20 policies"),
        ("minioadmin:KEY:hushhush", "have the same name 'minioadmin'"),
        ("r:minioadmin:hushhush", "have the same access key 'minioadmin'"),
        ("r:K/EY:hushhush", "an access key cannot hold '/' or ','"),
    ],
)
def test_what_is_no_user_is_said_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    from fnmatch import fnmatchcase

    from s3fixture.errors import S3FixtureError

    monkeypatch.chdir(folder)
    with pytest.raises(S3FixtureError) as refusal:
        App(Settings(identities=("other:otheraccesskey:othersecretkey",), users=(text,)))
    told = str(refusal.value)
    assert fnmatchcase(told, "*" + message.replace("[", "[[]") + "*"), told
    assert "\n" not in told
    assert "hushhush" not in told


def test_paths_of_policies_are_kept_from_where_they_were_written(folder: Path) -> None:
    from s3fixture.auth.users import with_absolute_paths

    document = policy(allow("s3:*", ["a", "b"]))
    text = f"other/r:KEY:secret:good.json,{document},boundary=a/b.json"
    expected = f"other/r:KEY:secret:{folder / 'good.json'},{document},boundary={folder / 'a/b.json'}"
    assert with_absolute_paths(text, folder) == expected
    assert with_absolute_paths(expected, Path("/elsewhere")) == expected
    assert with_absolute_paths("r:KEY:secret", folder) == "r:KEY:secret"


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([allow("iam:PassRole", ROLE)], True),
        (
            [allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "s3.amazonaws.com"}})],
            True,
        ),
        (
            [allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})],
            False,
        ),
        ([allow("iam:PassRole", f"{ROLE}-of-others")], False),
        ([allow("*"), deny("iam:*")], False),
        ([], False),
    ],
)
def test_who_has_a_bucket_replicated_must_be_allowed_to_pass_the_role(
    main: S3Client, connect: Client, statements: list[dict[str, Any]], *, allowed: bool
) -> None:
    """API_PutBucketReplication.html (Permissions): else they could have copied what they may not read."""
    for name in ("passed", "target"):
        main.create_bucket(Bucket=name)
        main.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::target"}}
    whole: Any = {"Role": ROLE, "Rules": [rule]}
    keys = connect("admin", "sts").assume_role(
        RoleArn=ROLE,
        RoleSessionName="me",
        Policy=policy(allow("s3:PutReplicationConfiguration"), *statements),
    )["Credentials"]
    if allowed:
        connect(keys).put_bucket_replication(Bucket="passed", ReplicationConfiguration=whole)
        return
    with refused("AccessDenied", 403) as response:
        connect(keys).put_bucket_replication(Bucket="passed", ReplicationConfiguration=whole)
    assert f"iam:PassRole on resource: {ROLE} " in response["Error"]["Message"]
    with refused("ReplicationConfigurationNotFoundError"):
        main.get_bucket_replication(Bucket="passed")
