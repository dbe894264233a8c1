"""ACLs where they are on: how they are written, whose objects are, and what both let others do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from acl_helpers import ALL_USERS, AUTHENTICATED, GROUPS, LOGS, OTHER, STRANGER, allow, group, make, user
from service_helpers import complete, put_parts, refused, send_document, signed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def bucket(client: S3Client) -> str:
    return make(client)


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


def test_an_acl_has_at_most_100_grants(client: S3Client, me: str, bucket: str) -> None:
    for count in (100, 101):
        grants: Any = [user(me), *[user(f"{n:064x}", "READ") for n in range(1, count)]]
        policy: Any = {"Owner": {"ID": me}, "Grants": grants}
        if count == 100:
            client.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy)
            continue
        with refused("MalformedACLError", 400):
            client.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy)
    assert len(client.get_bucket_acl(Bucket=bucket)["Grants"]) == 100


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


def test_white_space_around_an_ownership_counts(url: str, client: S3Client, bucket: str) -> None:
    """justincormack/argmin, crates/s3-tests/tests/ownership.rs; S3's schema has enumerations of strings."""
    body = "<OwnershipControls><Rule><ObjectOwnership>{}</ObjectOwnership></Rule></OwnershipControls>"
    padded = body.format(" BucketOwnerPreferred ").encode()
    reply = send_document(url, "PUT", f"/{bucket}?ownershipControls", padded)
    assert (reply.status, reply.code) == (400, "MalformedXML")
    plain = body.format("BucketOwnerPreferred").encode()
    assert send_document(url, "PUT", f"/{bucket}?ownershipControls", plain).status == 200


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


@pytest.mark.parametrize("acl", ["public-read", "public-read-write", "authenticated-read", "aws-exec-read"])
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


@pytest.mark.parametrize("acl", ["private", "bucket-owner-read"])
def test_where_acls_are_off_the_buckets_owner_may_name_what_gives_nothing_to_others(
    client: S3Client, other: S3Client, me: str, acl: Any
) -> None:
    """justincormack/argmin, crates/s3-tests/tests/ownership.rs"""
    client.create_bucket(Bucket="plain")
    client.put_object(Bucket="plain", Key="k", Body=b"x", ACL=acl)
    client.copy_object(Bucket="plain", Key="copy", CopySource="plain/k", ACL=acl)
    upload = put_parts(client, "plain", "parts", [b"x"], ACL=acl)
    complete(client, "plain", "parts", upload)
    for key in ("k", "copy", "parts"):
        assert client.get_object_acl(Bucket="plain", Key=key)["Grants"] == [user(me)]
    allow(client, "plain", "s3:PutObject", principal={"CanonicalUser": OTHER})
    acts: tuple[Callable[[], Any], ...] = (
        lambda: client.put_object_acl(Bucket="plain", Key="k", ACL=acl),
        lambda: other.put_object(Bucket="plain", Key="new", Body=b"x", ACL=acl),
    )
    for act in acts:
        with refused("AccessControlListNotSupported", 400):
            act()


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


def test_grants_to_others_stay_where_an_ownership_has_acls(
    client: S3Client, anonymous: S3Client, bucket: str
) -> None:
    client.put_bucket_acl(Bucket=bucket, ACL="public-read")
    rules: Any = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=rules)
    assert client.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == rules
    assert anonymous.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


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
