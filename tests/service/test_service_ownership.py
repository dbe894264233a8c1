"""ACLs where they are on: how they are written, whose objects are, and what both let others do."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from service_helpers import NewClient, complete, put_parts, refused, send, send_document, signed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OTHER = "0123456789abcdef" * 4  # the other account's canonical id
STRANGER = "f" * 64  # an account elsewhere
GROUPS = "http://acs.amazonaws.com/groups/"
ALL_USERS = f"{GROUPS}global/AllUsers"
AUTHENTICATED = f"{GROUPS}global/AuthenticatedUsers"
LOGS = f"{GROUPS}s3/LogDelivery"
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def user(canonical_id: str, permission: str = "FULL_CONTROL") -> Any:
    return {"Grantee": {"Type": "CanonicalUser", "ID": canonical_id}, "Permission": permission}


def group(uri: str, permission: str) -> Any:
    return {"Grantee": {"Type": "Group", "URI": uri}, "Permission": permission}


@pytest.fixture
def me(client: S3Client) -> str:
    """The main account's canonical id."""
    return client.list_buckets()["Owner"]["ID"]


def make(client: S3Client, name: str = "bucket", ownership: Any = "ObjectWriter", **options: Any) -> str:
    """A bucket where ACLs count and nothing is blocked."""
    client.create_bucket(Bucket=name, ObjectOwnership=ownership, **options)
    client.delete_public_access_block(Bucket=name)
    return name


@pytest.fixture
def bucket(client: S3Client) -> str:
    return make(client)


def block(client: S3Client, bucket: str, *names: str) -> None:
    settings: Any = {name: name in names for name in BLOCKS}
    client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=settings)


def allow(client: S3Client, bucket: str, *actions: str, effect: str = "Allow", principal: Any = "*") -> None:
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    row = {"Effect": effect, "Principal": principal, "Action": actions, "Resource": resources}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [row]}))


# How ACLs are written.


@pytest.mark.parametrize(
    ("name", "grants"),
    [
        ("private", []),
        ("public-read", [group(ALL_USERS, "READ")]),
        ("public-read-write", [group(ALL_USERS, "READ"), group(ALL_USERS, "WRITE")]),
        ("authenticated-read", [group(AUTHENTICATED, "READ")]),
        ("log-delivery-write", [group(LOGS, "WRITE"), group(LOGS, "READ_ACP")]),
    ],
)
def test_a_canned_acl_of_a_bucket_has_its_grants(
    url: str, client: S3Client, me: str, bucket: str, name: Any, grants: Any
) -> None:
    assert signed(url, "PUT", f"/{bucket}?acl", headers={"x-amz-acl": name}).status == 200
    answer = client.get_bucket_acl(Bucket=bucket)
    assert (answer["Owner"], answer["Grants"]) == ({"ID": me}, [user(me), *grants])


@pytest.mark.parametrize(
    ("name", "grants"),
    [
        ("private", []),
        ("public-read", [group(ALL_USERS, "READ")]),
        ("public-read-write", [group(ALL_USERS, "READ"), group(ALL_USERS, "WRITE")]),
        ("authenticated-read", [group(AUTHENTICATED, "READ")]),
        ("bucket-owner-read", [user("ME", "READ")]),
        ("bucket-owner-full-control", [user("ME")]),
        ("aws-exec-read", [user("6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c", "READ")]),
    ],
)
def test_a_canned_acl_of_an_object_has_its_grants(
    client: S3Client, other: S3Client, me: str, bucket: str, name: Any, grants: Any
) -> None:
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    expected = json.loads(json.dumps([user(OTHER), *grants]).replace('"ME"', f'"{me}"'))
    other.put_object(Bucket=bucket, Key="put", Body=b"x", ACL=name)
    other.put_object(Bucket=bucket, Key="changed", Body=b"x")
    other.put_object_acl(Bucket=bucket, Key="changed", ACL=name)
    other.copy_object(Bucket=bucket, Key="copied", CopySource=f"{bucket}/put", ACL=name)
    complete(other, bucket, "parts", put_parts(other, bucket, "parts", [b"x"], ACL=name))
    for key in ("put", "changed", "copied", "parts"):
        answer = other.get_object_acl(Bucket=bucket, Key=key)
        assert (answer["Owner"], answer["Grants"]) == ({"ID": OTHER}, expected), key


def test_an_owner_of_both_is_granted_everything_once(client: S3Client, me: str, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="bucket-owner-full-control")
    assert client.get_object_acl(Bucket=bucket, Key="k")["Grants"] == [user(me)]


def test_a_copy_does_not_take_the_acl_of_its_source(client: S3Client, me: str, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read")
    client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")
    assert client.get_object_acl(Bucket=bucket, Key="copy")["Grants"] == [user(me)]


def test_headers_grant_what_they_say_and_nothing_else(client: S3Client, bucket: str) -> None:
    options: Any = {
        "GrantFullControl": f'id="{OTHER}"',
        "GrantRead": f"uri={ALL_USERS}, id={STRANGER}",
        "GrantReadACP": 'emailAddress="other@example.com"',
        "GrantWriteACP": f'id="{OTHER}",uri="{AUTHENTICATED}"',
    }
    expected = [
        *(group(ALL_USERS, "READ"), user(STRANGER, "READ"), user(OTHER, "READ_ACP")),
        *(user(OTHER, "WRITE_ACP"), group(AUTHENTICATED, "WRITE_ACP"), user(OTHER)),
    ]
    client.put_object(Bucket=bucket, Key="k", Body=b"x", **options)
    assert client.get_object_acl(Bucket=bucket, Key="k")["Grants"] == expected
    client.put_bucket_acl(Bucket=bucket, **options)
    assert client.get_bucket_acl(Bucket=bucket)["Grants"] == expected
    client.put_bucket_acl(Bucket=bucket, GrantRead=f'uri="{LOGS}"')
    assert client.get_bucket_acl(Bucket=bucket)["Grants"] == [group(LOGS, "READ")]


def test_a_document_is_the_acl(client: S3Client, me: str, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    by_mail = {"Type": "AmazonCustomerByEmail", "EmailAddress": "Other@example.com"}
    grants = [user(me), group(LOGS, "WRITE"), {"Grantee": by_mail, "Permission": "READ"}]
    policy: Any = {"Owner": {"ID": me, "DisplayName": "anybody"}, "Grants": grants}
    stored = [*grants[:2], user(OTHER, "READ")]
    client.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy)
    client.put_object_acl(Bucket=bucket, Key="k", AccessControlPolicy=policy)
    assert client.get_bucket_acl(Bucket=bucket)["Grants"] == stored
    assert client.get_object_acl(Bucket=bucket, Key="k")["Grants"] == stored


def test_an_acl_may_grant_nothing_and_its_owner_still_changes_it(
    client: S3Client, me: str, bucket: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    nothing: Any = {"Owner": {"ID": me}, "Grants": []}
    client.put_bucket_acl(Bucket=bucket, AccessControlPolicy=nothing)
    client.put_object_acl(Bucket=bucket, Key="k", AccessControlPolicy=nothing)
    assert client.get_bucket_acl(Bucket=bucket)["Grants"] == []
    assert client.get_object_acl(Bucket=bucket, Key="k")["Grants"] == []
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    client.put_object_acl(Bucket=bucket, Key="k", ACL="private")
    client.put_bucket_acl(Bucket=bucket, ACL="private")


@pytest.fixture(params=["bucket", "object"])
def put_acl(request: pytest.FixtureRequest, client: S3Client) -> Callable[..., Any]:
    """PutBucketAcl or PutObjectAcl, on a bucket in which ACLs are off: S3 reads them all the same."""
    client.create_bucket(Bucket="plain")
    client.put_object(Bucket="plain", Key="k", Body=b"x")
    if request.param == "bucket":
        return lambda **options: client.put_bucket_acl(Bucket="plain", **options)
    return lambda **options: client.put_object_acl(Bucket="plain", Key="k", **options)


@pytest.mark.parametrize(
    ("options", "name", "value", "message"),
    [
        ({"ACL": "fake-acl"}, "x-amz-acl", "fake-acl", ""),
        ({"GrantWrite": f'uri="{GROUPS}s3/Fake"'}, "uri", f"{GROUPS}s3/Fake", "Invalid group uri"),
        (
            {"GrantWrite": 'fakekey="1234"'},
            "x-amz-grant-write",
            'fakekey="1234"',
            "Argument format not recognized",
        ),
        ({"GrantWrite": "nothing"}, "x-amz-grant-write", "nothing", "Argument format not recognized"),
        ({"GrantWrite": 'id="wrong-id"'}, "id", "wrong-id", "Invalid id"),
    ],
)
def test_headers_that_say_nothing_are_refused(
    put_acl: Callable[..., Any], options: Any, name: str, value: str, message: str
) -> None:
    with refused("InvalidArgument", 400) as response:
        put_acl(**options)
    error = response["Error"]
    assert (error["ArgumentName"], error["ArgumentValue"]) == (name, value)
    assert (error["Message"] or "") == message


@pytest.mark.parametrize(
    ("owner", "grant", "name", "value"),
    [
        ("wrong-id", group(LOGS, "WRITE"), "CanonicalUser/ID", "wrong-id"),
        ("ME", group(f"{GROUPS}s3/Fake", "WRITE"), "Group/URI", f"{GROUPS}s3/Fake"),
        ("ME", user("wrong-id"), "CanonicalUser/ID", "wrong-id"),
    ],
)
def test_documents_that_name_nobody_are_refused(
    put_acl: Callable[..., Any], me: str, owner: str, grant: Any, name: str, value: str
) -> None:
    policy: Any = {"Owner": {"ID": owner.replace("ME", me)}, "Grants": [grant]}
    with refused("InvalidArgument", 400) as response:
        put_acl(AccessControlPolicy=policy)
    assert (response["Error"]["ArgumentName"], response["Error"]["ArgumentValue"]) == (name, value)


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"Grants": [group(LOGS, "WRITE")]},
        {"Owner": {"ID": "ME"}},
        {"Owner": {}, "Grants": [group(LOGS, "WRITE")]},
        {"Owner": {"ID": "ME"}, "Grants": [group(LOGS, "WRONG-PERMISSION")]},
        {
            "Owner": {"ID": "ME"},
            "Grants": [{"Grantee": {"Type": "BadType", "ID": "x"}, "Permission": "READ"}],
        },
        {"Owner": {"ID": "ME"}, "Grants": [{"Grantee": {"Type": "Group", "ID": "x"}, "Permission": "READ"}]},
        {"Owner": {"ID": "ME"}, "Grants": [{"Permission": "READ"}]},
        {"Owner": {"ID": "ME"}, "Grants": [{"Grantee": {"Type": "Group", "URI": LOGS}}]},
        {"Owner": {"ID": "ME"}, "Grants": [user("f" * 64)] * 101},
    ],
)
def test_shapeless_documents_are_refused(put_acl: Callable[..., Any], me: str, policy: Any) -> None:
    whole = json.loads(json.dumps(policy).replace('"ME"', f'"{me}"'))
    with refused("MalformedACLError", 400) as response:
        put_acl(AccessControlPolicy=whole)
    assert "did not validate against our published schema" in response["Error"]["Message"]


def test_an_acl_is_written_in_one_way_at_a_time(put_acl: Callable[..., Any], me: str) -> None:
    policy: Any = {"Owner": {"ID": me}, "Grants": [user(me)]}
    with refused("MissingSecurityHeader", 400) as response:
        put_acl()
    assert response["Error"]["MissingHeaderName"] == "x-amz-acl"
    with refused("InvalidRequest", 400) as response:
        put_acl(ACL="private", GrantRead=f'uri="{LOGS}"')
    assert response["Error"]["Message"] == "Specifying both Canned ACLs and Header Grants is not allowed"
    for header in ({"ACL": "private"}, {"GrantRead": f'uri="{LOGS}"'}):
        with refused("UnexpectedContent", 400) as response:
            put_acl(AccessControlPolicy=policy, **header)
        assert response["Error"]["Message"] == "This request does not support content"


def test_an_address_of_nobody_is_refused(client: S3Client, bucket: str) -> None:
    with refused("UnresolvableGrantByEmailAddress", 400):
        client.put_bucket_acl(Bucket=bucket, GrantRead='emailAddress="nobody@example.com"')


def test_an_acl_does_not_give_things_to_another_owner(client: S3Client, bucket: str) -> None:
    policy: Any = {"Owner": {"ID": OTHER}, "Grants": [user(OTHER)]}
    with refused("AccessDenied", 403):
        client.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy)


# Ownership.


@pytest.mark.parametrize("ownership", ["ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"])
def test_the_ownership_of_a_bucket_is_chosen_when_it_is_made_or_later(
    client: S3Client, ownership: Any
) -> None:
    client.create_bucket(Bucket="made", ObjectOwnership=ownership)
    client.create_bucket(Bucket="changed")
    rules: Any = {"Rules": [{"ObjectOwnership": ownership}]}
    client.put_bucket_ownership_controls(Bucket="changed", OwnershipControls=rules)
    for name in ("made", "changed"):
        assert client.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"] == rules


@pytest.mark.parametrize("value", ["RandomValue", ""])
def test_an_ownership_that_there_is_not_is_refused(client: S3Client, value: Any) -> None:
    with refused("InvalidArgument", 400) as response:
        client.create_bucket(Bucket="fresh", ObjectOwnership=value)
    error = response["Error"]
    assert error["Message"] == f"Invalid x-amz-object-ownership header: {value}"
    assert error["ArgumentName"] == "x-amz-object-ownership"
    assert "ArgumentValue" not in error


@pytest.mark.parametrize(
    ("ownership", "acl", "mine"),
    [
        ("ObjectWriter", None, False),
        ("ObjectWriter", "bucket-owner-full-control", False),
        ("BucketOwnerPreferred", None, False),
        ("BucketOwnerPreferred", "private", False),
        ("BucketOwnerPreferred", "bucket-owner-full-control", True),
        ("BucketOwnerEnforced", None, True),
        ("BucketOwnerEnforced", "bucket-owner-full-control", True),
    ],
)
def test_who_owns_what_another_account_writes(
    client: S3Client, other: S3Client, me: str, ownership: Any, acl: Any, mine: bool
) -> None:
    bucket = make(client, ownership=ownership)
    allow(client, bucket, "s3:PutObject", "s3:GetObject", principal={"CanonicalUser": OTHER})
    options = {"ACL": acl} if acl else {}
    other.put_object(Bucket=bucket, Key="put", Body=b"x", **options)
    upload = put_parts(other, bucket, "parts", [b"x"], **options)
    assert client.list_parts(Bucket=bucket, Key="parts", UploadId=upload)["Owner"]["ID"] == (
        me if mine else OTHER
    )
    complete(other, bucket, "parts", upload)
    other.create_bucket(Bucket="theirs")
    other.put_object(Bucket="theirs", Key="source", Body=b"x")
    other.copy_object(Bucket=bucket, Key="copied", CopySource="theirs/source", **options)
    listed = client.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]
    assert {entry["Key"]: entry["Owner"]["ID"] for entry in listed} == dict.fromkeys(
        ("copied", "parts", "put"), me if mine else OTHER
    )
    for key in ("copied", "parts", "put"):
        assert (client if mine else other).get_object(Bucket=bucket, Key=key)
        if acl is None and not mine:  # the owner of a bucket cannot read what others keep for themselves
            with refused("AccessDenied", 403):
                client.get_object(Bucket=bucket, Key=key)
        if acl == "bucket-owner-full-control":
            assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x"


@pytest.mark.parametrize("acl", ["private", "public-read", "bucket-owner-read"])
def test_where_acls_are_off_none_is_taken(client: S3Client, acl: Any) -> None:
    client.create_bucket(Bucket="plain")
    client.put_object(Bucket="plain", Key="k", Body=b"old")
    acts: tuple[Callable[[], Any], ...] = (
        lambda: client.put_object(Bucket="plain", Key="k", Body=b"new", ACL=acl),
        lambda: client.copy_object(Bucket="plain", Key="copy", CopySource="plain/k", ACL=acl),
        lambda: client.create_multipart_upload(Bucket="plain", Key="k", ACL=acl),
        lambda: client.put_object_acl(Bucket="plain", Key="k", ACL=acl),
        lambda: client.put_object(Bucket="plain", Key="k", Body=b"new", GrantRead=f"id={OTHER}"),
    )
    for act in acts:
        with refused("AccessControlListNotSupported", 400):
            act()
    assert client.get_object(Bucket="plain", Key="k")["Body"].read() == b"old"


def test_full_control_of_the_buckets_owner_is_always_taken(client: S3Client, me: str) -> None:
    client.create_bucket(Bucket="plain")
    client.put_object(Bucket="plain", Key="k", Body=b"x", ACL="bucket-owner-full-control")
    client.put_object(Bucket="plain", Key="k", Body=b"x", GrantFullControl=f"id={me}")
    client.put_object_acl(Bucket="plain", Key="k", ACL="bucket-owner-full-control")
    policy: Any = {"Owner": {"ID": me}, "Grants": [user(me)]}
    client.put_object_acl(Bucket="plain", Key="k", AccessControlPolicy=policy)
    client.put_bucket_acl(Bucket="plain", AccessControlPolicy=policy)


def test_switching_acls_off_makes_everything_the_buckets_owners(
    client: S3Client, other: S3Client, anonymous: S3Client, me: str, bucket: str
) -> None:
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    client.put_object(Bucket=bucket, Key="mine", Body=b"x", ACL="public-read")
    other.put_object(Bucket=bucket, Key="theirs", Body=b"x")
    assert anonymous.get_object(Bucket=bucket, Key="mine")
    enforced: Any = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    with refused("InvalidBucketAclWithObjectOwnership", 400):
        client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=enforced)
    client.put_bucket_acl(Bucket=bucket, ACL="private")
    client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=enforced)
    assert client.get_object(Bucket=bucket, Key="theirs")["Body"].read() == b"x"
    assert client.get_object_acl(Bucket=bucket, Key="theirs")["Owner"] == {"ID": me}
    assert client.get_object_acl(Bucket=bucket, Key="mine")["Grants"] == [user(me)]
    owners = [entry["Owner"]["ID"] for entry in client.list_objects(Bucket=bucket)["Contents"]]
    versions = [entry["Owner"]["ID"] for entry in client.list_object_versions(Bucket=bucket)["Versions"]]
    assert owners == versions == [me, me]
    for who, key in ((other, "theirs"), (anonymous, "mine"), (other, "mine")):
        with refused("AccessDenied", 403):
            who.get_object(Bucket=bucket, Key=key)
    client.delete_bucket_ownership_controls(Bucket=bucket)  # and on again: nothing is forgotten
    assert anonymous.get_object(Bucket=bucket, Key="mine")
    assert other.get_object(Bucket=bucket, Key="theirs")
    with refused("AccessDenied", 403):
        client.get_object(Bucket=bucket, Key="theirs")


def test_the_owner_of_a_bucket_can_always_delete(client: S3Client, other: S3Client, bucket: str) -> None:
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    other.put_object(Bucket=bucket, Key="k", Body=b"x")
    client.delete_object(Bucket=bucket, Key="k")
    with refused("NoSuchKey", 404):
        other.get_object(Bucket=bucket, Key="k")


def test_a_bucket_of_an_acl_that_grants_something_needs_an_ownership_that_has_acls(client: S3Client) -> None:
    with refused("InvalidBucketAclWithObjectOwnership", 400):
        client.create_bucket(Bucket="fresh", ACL="public-read")
    with refused("InvalidBucketAclWithBlockPublicAccessError", 400):
        client.create_bucket(Bucket="fresh", ACL="public-read", ObjectOwnership="ObjectWriter")
    with refused("404"):
        client.head_bucket(Bucket="fresh")
    client.create_bucket(Bucket="fresh", GrantRead=f"id={OTHER}", ObjectOwnership="ObjectWriter")
    assert client.get_bucket_acl(Bucket="fresh")["Grants"] == [user(OTHER, "READ")]


def test_to_make_ones_own_bucket_again_resets_its_acl(client: S3Client, me: str, bucket: str) -> None:
    client.put_bucket_acl(Bucket=bucket, ACL="public-read")
    client.create_bucket(Bucket=bucket)
    assert client.get_bucket_acl(Bucket=bucket)["Grants"] == [user(me)]


# What ACLs allow.

Act = Callable[["S3Client", str], Any]
ON_BUCKET: dict[str, tuple[str, Act]] = {
    "list": ("READ", lambda who, bucket: who.list_objects_v2(Bucket=bucket)),
    "head": ("READ", lambda who, bucket: who.head_bucket(Bucket=bucket)),
    "list versions": ("READ", lambda who, bucket: who.list_object_versions(Bucket=bucket)),
    "list uploads": ("READ", lambda who, bucket: who.list_multipart_uploads(Bucket=bucket)),
    "put": ("WRITE", lambda who, bucket: who.put_object(Bucket=bucket, Key="new", Body=b"x")),
    "overwrite": ("WRITE", lambda who, bucket: who.put_object(Bucket=bucket, Key="k", Body=b"x")),
    "begin an upload": ("WRITE", lambda who, bucket: who.create_multipart_upload(Bucket=bucket, Key="p")),
    "delete": ("WRITE", lambda who, bucket: who.delete_object(Bucket=bucket, Key="none")),
    "read the ACL": ("READ_ACP", lambda who, bucket: who.get_bucket_acl(Bucket=bucket)),
    "write the ACL": ("WRITE_ACP", lambda who, bucket: who.put_bucket_acl(Bucket=bucket, ACL="private")),
    "read an object": ("", lambda who, bucket: who.get_object(Bucket=bucket, Key="k")),
    "read its ACL": ("", lambda who, bucket: who.get_object_acl(Bucket=bucket, Key="k")),
    "tag it": (
        "",
        lambda who, bucket: who.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": []}),
    ),
    "read the policy status": ("", lambda who, bucket: who.get_bucket_policy_status(Bucket=bucket)),
    "delete the bucket": ("", lambda who, bucket: who.delete_bucket(Bucket=bucket)),
    "read the location": ("", lambda who, bucket: who.get_bucket_location(Bucket=bucket)),
}
ON_OBJECT: dict[str, tuple[str, Act]] = {
    "get": ("READ", lambda who, bucket: who.get_object(Bucket=bucket, Key="k")),
    "head": ("READ", lambda who, bucket: who.head_object(Bucket=bucket, Key="k")),
    "get a version": ("READ", lambda who, bucket: who.get_object(Bucket=bucket, Key="k", VersionId="null")),
    "read the ACL": ("READ_ACP", lambda who, bucket: who.get_object_acl(Bucket=bucket, Key="k")),
    "write the ACL": (
        "WRITE_ACP",
        lambda who, bucket: who.put_object_acl(Bucket=bucket, Key="k", ACL="private"),
    ),
    "overwrite": ("", lambda who, bucket: who.put_object(Bucket=bucket, Key="k", Body=b"x")),
    "delete": ("", lambda who, bucket: who.delete_object(Bucket=bucket, Key="k")),
    "read the tags": ("", lambda who, bucket: who.get_object_tagging(Bucket=bucket, Key="k")),
    "list": ("", lambda who, bucket: who.list_objects_v2(Bucket=bucket)),
}
PERMISSIONS = ("READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL")
GRANTEES = {
    "the account": ([user(OTHER)], ("other",)),
    "another account": ([user(STRANGER)], ()),
    "everybody": ([group(ALL_USERS, "")], ("other", "anonymous")),
    "everybody with keys": ([group(AUTHENTICATED, "")], ("other",)),
    "the log writer": ([group(LOGS, "")], ()),
}


@pytest.fixture(scope="module")
def everybody(other: S3Client, anonymous: S3Client) -> dict[str, S3Client]:
    return {"other": other, "anonymous": anonymous}


@pytest.mark.parametrize("permission", PERMISSIONS)
@pytest.mark.parametrize("grantee", GRANTEES)
@pytest.mark.parametrize("kind", ["bucket", "object"])
def test_each_permission_allows_its_actions_to_its_grantees(
    client: S3Client,
    everybody: dict[str, S3Client],
    me: str,
    bucket: str,
    kind: str,
    grantee: str,
    permission: str,
) -> None:
    grants, included = GRANTEES[grantee]
    policy: Any = {
        "Owner": {"ID": me},
        "Grants": [user(me), *({**grant, "Permission": permission} for grant in grants)],
    }
    seen, expected = {}, {}
    for name, (needed, act) in (ON_BUCKET if kind == "bucket" else ON_OBJECT).items():
        for who, asking in everybody.items():
            client.put_object(Bucket=bucket, Key="k", Body=b"x")
            if kind == "bucket":
                client.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy)
            else:
                client.put_object_acl(Bucket=bucket, Key="k", AccessControlPolicy=policy)
            seen[name, who] = allowed(partial(act, asking, bucket))
            expected[name, who] = who in included and bool(needed) and permission in (needed, "FULL_CONTROL")
    assert seen == expected


def allowed(act: Callable[[], Any]) -> bool:
    """Whether S3 does it; any other refusal than AccessDenied is an error."""
    try:
        act()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("AccessDenied", "403"):
            return False
        raise
    return True


def test_a_version_has_an_acl_of_its_own(client: S3Client, anonymous: S3Client, me: str, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = client.put_object(Bucket=bucket, Key="k", Body=b"old")["VersionId"]
    new = client.put_object(Bucket=bucket, Key="k", Body=b"new")["VersionId"]
    client.put_object_acl(Bucket=bucket, Key="k", VersionId=old, ACL="public-read")
    assert anonymous.get_object(Bucket=bucket, Key="k", VersionId=old)["Body"].read() == b"old"
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="k", VersionId=new)
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="k")
    assert client.get_object_acl(Bucket=bucket, Key="k")["Grants"] == [user(me)]
    assert len(client.get_object_acl(Bucket=bucket, Key="k", VersionId=old)["Grants"]) == 2


def test_an_acl_changes_nothing_else(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a": "1"}, Tagging="t=1")
    before = client.get_object(Bucket=bucket, Key="k")
    client.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    after = client.get_object(Bucket=bucket, Key="k")
    for answer in (before, after):
        del answer["ResponseMetadata"]  # type: ignore[misc]  # to compare the rest
        assert answer.pop("Body").read() == b"x"  # type: ignore[misc]  # likewise
    assert before == after


def test_who_may_list_is_told_what_is_missing(client: S3Client, anonymous: S3Client, bucket: str) -> None:
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="missing")
    client.put_bucket_acl(Bucket=bucket, ACL="public-read")
    with refused("NoSuchKey", 404):
        anonymous.get_object(Bucket=bucket, Key="missing")


def test_who_may_list_a_prefix_is_told_what_is_missing_there(
    client: S3Client, other: S3Client, bucket: str
) -> None:
    row = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    row["Condition"] = {"StringLike": {"s3:prefix": "public/*"}}  # type: ignore[assignment]  # one of many types
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [row]}))
    client.put_object(Bucket=bucket, Key="public/there", Body=b"x")
    for key, code in (
        ("public/none", "NoSuchKey"),
        ("private/none", "AccessDenied"),
        ("public/there", "AccessDenied"),
    ):
        with refused(code):
            other.get_object(Bucket=bucket, Key=key)


# ACLs, policies and blocks together.


def test_a_deny_of_the_policy_beats_an_acl(client: S3Client, other: S3Client, bucket: str) -> None:
    client.put_bucket_acl(Bucket=bucket, ACL="authenticated-read")
    client.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="authenticated-read")
    assert other.list_objects_v2(Bucket=bucket)
    allow(client, bucket, "s3:ListBucket", "s3:GetObject", effect="Deny")
    acts: tuple[Callable[[], Any], ...] = (
        lambda: other.list_objects_v2(Bucket=bucket),
        lambda: other.get_object(Bucket=bucket, Key="k"),
    )
    for act in acts:
        with refused("AccessDenied", 403):
            act()


def test_a_policy_does_not_give_away_what_belongs_to_others(
    client: S3Client, other: S3Client, anonymous: S3Client, bucket: str
) -> None:
    allow(client, bucket, "s3:PutObject", "s3:GetObject")
    other.put_object(Bucket=bucket, Key="theirs", Body=b"x")
    client.put_object(Bucket=bucket, Key="mine", Body=b"x")
    assert anonymous.get_object(Bucket=bucket, Key="mine")
    assert other.get_object(Bucket=bucket, Key="theirs")
    for who in (client, anonymous):
        with refused("AccessDenied", 403):
            who.get_object(Bucket=bucket, Key="theirs")
        with refused("AccessDenied", 403):
            who.get_object_acl(Bucket=bucket, Key="theirs")
    other.put_object_acl(Bucket=bucket, Key="theirs", ACL="public-read")
    assert anonymous.get_object(Bucket=bucket, Key="theirs")
    allow(client, bucket, "s3:GetObject", effect="Deny", principal={"CanonicalUser": OTHER})
    with refused("AccessDenied", 403):  # but it can keep them from it
        other.get_object(Bucket=bucket, Key="theirs")


def test_an_acl_with_a_new_object_can_be_denied(client: S3Client, other: S3Client, bucket: str) -> None:
    allow(client, bucket, "s3:PutObject", principal={"CanonicalUser": OTHER})
    other.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="bucket-owner-full-control")
    allow(client, bucket, "s3:PutObjectAcl", effect="Deny")
    with refused("AccessDenied", 403):
        client.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read")
    client.put_object(Bucket=bucket, Key="k", Body=b"x")


def test_an_acl_can_be_demanded_by_the_policy(client: S3Client, other: S3Client, bucket: str) -> None:
    row = {
        "Effect": "Allow",
        "Principal": {"CanonicalUser": OTHER},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
    }
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [row]}))
    other.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="bucket-owner-full-control")
    with refused("AccessDenied", 403):
        other.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="private")
    with refused("AccessDenied", 403):
        other.put_object(Bucket=bucket, Key="k", Body=b"x")


PUBLIC = ["public-read", "public-read-write", "authenticated-read"]


@pytest.mark.parametrize("acl", PUBLIC)
def test_public_acls_can_be_blocked(client: S3Client, anonymous: S3Client, bucket: str, acl: Any) -> None:
    client.put_object(Bucket=bucket, Key="before", Body=b"x", ACL="public-read")
    block(client, bucket, "BlockPublicAcls")
    acts: tuple[Callable[[], Any], ...] = (
        lambda: client.put_bucket_acl(Bucket=bucket, ACL=acl),
        lambda: client.put_object_acl(Bucket=bucket, Key="before", ACL=acl),
        lambda: client.put_object(Bucket=bucket, Key="k", Body=b"x", ACL=acl),
        lambda: client.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/before", ACL=acl),
        lambda: client.create_multipart_upload(Bucket=bucket, Key="k", ACL=acl),
        lambda: client.put_bucket_acl(Bucket=bucket, GrantWriteACP=f"uri={ALL_USERS}"),
    )
    for act in acts:
        with refused("AccessDenied", 403) as response:
            act()
        assert "BlockPublicAcls" in response["Error"]["Message"]
    assert anonymous.get_object(Bucket=bucket, Key="before")  # what was public stays so
    client.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="private")
    client.put_object(Bucket=bucket, Key="k", Body=b"x", GrantRead=f"id={OTHER}")


def test_public_acls_can_be_ignored(
    client: S3Client, other: S3Client, anonymous: S3Client, bucket: str
) -> None:
    block(client, bucket, "IgnorePublicAcls")
    client.put_bucket_acl(Bucket=bucket, ACL="public-read")
    client.put_object(Bucket=bucket, Key="public", Body=b"x", ACL="public-read")
    client.put_object(Bucket=bucket, Key="granted", Body=b"x", GrantRead=f"id={OTHER}")
    for who in (other, anonymous):
        with refused("AccessDenied", 403):
            who.list_objects_v2(Bucket=bucket)
        with refused("AccessDenied", 403):
            who.get_object(Bucket=bucket, Key="public")
    assert other.get_object(Bucket=bucket, Key="granted")
    block(client, bucket)
    assert anonymous.list_objects_v2(Bucket=bucket)["KeyCount"] == 2
    assert anonymous.get_object(Bucket=bucket, Key="public")


def test_a_public_policy_that_is_restricted_shuts_out_grantees_too(
    client: S3Client, other: S3Client, bucket: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x", GrantRead=f"id={OTHER}")
    allow(client, bucket, "s3:GetObject")
    block(client, bucket, "RestrictPublicBuckets")
    with refused("AccessDenied", 403):
        other.get_object(Bucket=bucket, Key="k")


# Others' uploads, forms, and what has no name.


def test_who_began_an_upload_may_list_and_abort_it(
    client: S3Client, other: S3Client, new_client: NewClient, anonymous: S3Client
) -> None:
    client.create_bucket(Bucket="plain")
    allow(client, "plain", "s3:PutObject", principal={"CanonicalUser": OTHER})
    mine = put_parts(client, "plain", "k", [b"x"])
    theirs = put_parts(other, "plain", "k", [b"x"])
    assert other.list_parts(Bucket="plain", Key="k", UploadId=theirs)["Parts"]
    acts: tuple[Callable[[], Any], ...] = (
        lambda: other.list_parts(Bucket="plain", Key="k", UploadId=mine),
        lambda: other.abort_multipart_upload(Bucket="plain", Key="k", UploadId=mine),
        lambda: anonymous.abort_multipart_upload(Bucket="plain", Key="k", UploadId=theirs),
        lambda: other.list_parts(Bucket="plain", Key="k", UploadId="none"),
    )
    for act in acts:
        with refused("AccessDenied", 403):
            act()
    other.abort_multipart_upload(Bucket="plain", Key="k", UploadId=theirs)
    client.abort_multipart_upload(Bucket="plain", Key="k", UploadId=mine)


def test_what_nobody_owns_is_the_buckets_owners(client: S3Client, url: str, me: str, bucket: str) -> None:
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    assert send(url, "PUT", f"/{bucket}/k", b"x").status == 200
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert client.get_object_acl(Bucket=bucket, Key="k")["Owner"] == {"ID": me}


def test_a_browser_reads_what_an_acl_makes_public(client: S3Client, url: str, bucket: str) -> None:
    rules: Any = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://app.test"]}]}
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration=rules)
    client.put_object(Bucket=bucket, Key="open", Body=b"x", ACL="public-read")
    client.put_object(Bucket=bucket, Key="closed", Body=b"x")
    for key, status in (("open", 200), ("closed", 403)):
        reply = send(url, "GET", f"/{bucket}/{key}", headers={"Origin": "https://app.test"})
        assert reply.status == status
        assert reply.headers["access-control-allow-origin"] == "https://app.test"


@pytest.mark.parametrize(("acl", "status"), [("public-read", 204), ("fake", 400)])
def test_a_form_may_carry_an_acl(
    client: S3Client, anonymous: S3Client, url: str, bucket: str, acl: str, status: int
) -> None:
    made = client.generate_presigned_post(bucket, "k", Fields={"acl": acl}, Conditions=[{"acl": acl}])
    pieces = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in made["fields"].items()
    ]
    pieces.append('--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nform\r\n--x--\r\n')
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert send(url, "POST", f"/{bucket}", "".join(pieces).encode(), kind).status == status
    if status == 204:
        assert anonymous.get_object(Bucket=bucket, Key="k")["Body"].read() == b"form"


def test_an_acl_document_needs_no_digest(url: str, me: str, bucket: str) -> None:
    body = f"<AccessControlPolicy><Owner><ID>{me}</ID></Owner><AccessControlList/></AccessControlPolicy>"
    assert signed(url, "PUT", f"/{bucket}?acl", body.encode()).status == 200
    assert send_document(url, "PUT", f"/{bucket}?acl", b"<nonsense/>").code == "MalformedACLError"
