"""What ACLs allow, to whom, and what policies, blocks and the owners of objects say to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from acl_helpers import ALL_USERS, AUTHENTICATED, LOGS, OTHER, STRANGER, allow, block, group, make, user
from botocore.exceptions import ClientError
from service_helpers import complete, put_parts, refused, send, send_document, signed

from s3fixture.auth.acls import ANONYMOUS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def bucket(client: S3Client) -> str:
    return make(client)


# What ACLs allow.

Act = Callable[["S3Client", str], Any]
ON_BUCKET: dict[str, tuple[str, Act]] = {
    "list": ("READ", lambda who, bucket: who.list_objects_v2(Bucket=bucket)),
    "head": ("READ", lambda who, bucket: who.head_bucket(Bucket=bucket)),
    "list versions": ("READ", lambda who, bucket: who.list_object_versions(Bucket=bucket)),
    "list uploads": ("READ", lambda who, bucket: who.list_multipart_uploads(Bucket=bucket)),
    "put": ("WRITE", lambda who, bucket: who.put_object(Bucket=bucket, Key="new", Body=b"x")),
    "overwrite another's": ("", lambda who, bucket: who.put_object(Bucket=bucket, Key="k", Body=b"x")),
    "begin an upload": ("WRITE", lambda who, bucket: who.create_multipart_upload(Bucket=bucket, Key="p")),
    "delete": ("WRITE", lambda who, bucket: who.delete_object(Bucket=bucket, Key="none")),
    "delete another's": ("", lambda who, bucket: who.delete_object(Bucket=bucket, Key="k")),
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
SIGNED_ONLY = frozenset(
    {"begin an upload", "write the ACL"}
)  # S3 refuses anonymous callers, whatever is granted
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
            client.delete_object(Bucket=bucket, Key="new")
            if kind == "bucket":
                client.put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy)
            else:
                client.put_object_acl(Bucket=bucket, Key="k", AccessControlPolicy=policy)
            seen[name, who] = allowed(partial(act, asking, bucket))
            closed = who == "anonymous" and name in SIGNED_ONLY
            granted = bool(needed) and permission in (needed, "FULL_CONTROL")
            expected[name, who] = who in included and granted and not closed
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


def test_the_tags_of_every_object_are_the_buckets_owners(
    client: S3Client, other: S3Client, bucket: str
) -> None:
    """They are no part of what an ACL grants, so who owns an object in another's bucket has them not.

    scality/cloudserver, tests/functional/aws-node-sdk/test/object/putObjTagging.js (run at AWS, too);
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html ("By default, the bucket owner")
    """
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    other.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read-write")
    tags: Any = {"TagSet": [{"Key": "a", "Value": "b"}]}
    client.put_object_tagging(Bucket=bucket, Key="k", Tagging=tags)
    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags["TagSet"]
    attempts: list[Callable[[], object]] = [
        lambda: other.put_object_tagging(Bucket=bucket, Key="k", Tagging=tags),
        lambda: other.get_object_tagging(Bucket=bucket, Key="k"),
        lambda: other.delete_object_tagging(Bucket=bucket, Key="k"),
    ]
    for attempt in attempts:
        with refused("AccessDenied", 403):
            attempt()


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


def test_the_acl_of_a_copy_counts_also_where_nothing_else_has_one(
    client: S3Client, anonymous: S3Client, bucket: str
) -> None:
    client.put_object(Bucket=bucket, Key="source", Body=b"x")
    client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/source", ACL="public-read")
    assert anonymous.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"x"
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="source")


def test_an_acl_of_the_bucket_alone_lets_anybody_delete_several_of_their_own(
    client: S3Client, anonymous: S3Client, bucket: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    anonymous.put_object(Bucket=bucket, Key="own", Body=b"x")
    answer = anonymous.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}, {"Key": "own"}]})
    assert [entry["Key"] for entry in answer["Deleted"]] == ["own"]
    assert [(entry["Key"], entry["Code"]) for entry in answer["Errors"]] == [("k", "AccessDenied")]
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]] == ["k"]


def test_who_may_write_into_a_bucket_replaces_what_is_theirs(
    client: S3Client, other: S3Client, anonymous: S3Client, bucket: str
) -> None:
    """justincormack/argmin, crates/s3-tests/tests/access_matrix.rs, and the documentation:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions
    """
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    client.put_object(Bucket=bucket, Key="k", Body=b"owner's", ACL="public-read-write")
    other.put_object(Bucket=bucket, Key="new", Body=b"1")
    acts: tuple[Callable[[], Any], ...] = (
        lambda: other.put_object(Bucket=bucket, Key="k", Body=b"x"),
        lambda: other.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/new"),
        lambda: other.create_multipart_upload(Bucket=bucket, Key="k"),
        lambda: other.delete_object(Bucket=bucket, Key="k"),
        lambda: anonymous.put_object(Bucket=bucket, Key="k", Body=b"x"),
        lambda: anonymous.put_object(Bucket=bucket, Key="new", Body=b"x"),
        lambda: anonymous.delete_object(Bucket=bucket, Key="new"),
    )
    for act in acts:
        with refused("AccessDenied", 403):
            act()
    other.put_object(Bucket=bucket, Key="new", Body=b"2")
    assert other.get_object(Bucket=bucket, Key="new")["Body"].read() == b"2"
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"owner's"
    client.put_object(Bucket=bucket, Key="new", Body=b"3")  # the bucket's owner replaces everything
    allow(client, bucket, "s3:PutObject")
    other.put_object(Bucket=bucket, Key="k", Body=b"by policy")


def test_an_upload_that_could_begin_replaces_what_came_meanwhile(
    client: S3Client, other: S3Client, bucket: str
) -> None:
    """justincormack/argmin, crates/s3-tests/tests/public_access_acl.rs"""
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    upload = other.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    client.put_object(Bucket=bucket, Key="k", Body=b"owner's")
    part = other.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")
    parts: Any = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    other.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts)
    assert other.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_a_delete_marker_is_no_object_of_whoever_made_it(
    client: S3Client, other: S3Client, anonymous: S3Client, bucket: str
) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    other.put_object(Bucket=bucket, Key="k", Body=b"x")
    other.delete_object(Bucket=bucket, Key="k")
    for act in (client.get_object, client.get_object_acl):
        with refused("NoSuchKey", 404):
            act(Bucket=bucket, Key="k")
    anonymous.put_object(Bucket=bucket, Key="k", Body=b"y")


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


@pytest.mark.parametrize("operation", ["PutObject", "CopyObject", "CreateMultipartUpload"])
def test_a_new_object_may_grant_the_permission_to_write(
    url: str, client: S3Client, bucket: str, operation: str
) -> None:
    """It allows nothing for an object. justincormack/argmin, object_crud_acl.rs and multipart_acl.rs"""
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    headers = {"x-amz-grant-write": f"id={OTHER}"}
    if operation == "CreateMultipartUpload":
        reply = signed(url, "POST", f"/{bucket}/new?uploads", headers=headers)
        upload = reply.field("UploadId")
        client.upload_part(Bucket=bucket, Key="new", UploadId=upload, PartNumber=1, Body=b"x")
        complete(client, bucket, "new", upload)
    else:
        source = {"x-amz-copy-source": f"{bucket}/k"} if operation == "CopyObject" else {}
        assert signed(url, "PUT", f"/{bucket}/new", headers={**headers, **source}).status == 200
    grants = client.get_object_acl(Bucket=bucket, Key="new")["Grants"]
    assert [(grant["Grantee"]["ID"], grant["Permission"]) for grant in grants] == [(OTHER, "WRITE")]


def test_who_began_an_upload_may_list_and_abort_it(
    client: S3Client, other: S3Client, anonymous: S3Client
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


def test_who_began_an_upload_may_abort_it_when_the_bucket_is_closed_and_when_it_has_ended(
    client: S3Client, other: S3Client, anonymous: S3Client, bucket: str
) -> None:
    """justincormack/argmin, crates/s3-tests/tests/multipart_acl.rs"""
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    begun = put_parts(other, bucket, "begun", [b"x"])
    ended = put_parts(other, bucket, "ended", [b"x"])
    mine = put_parts(client, bucket, "mine", [b"x"])
    for who, key, upload in ((other, "ended", ended), (client, "mine", mine)):
        complete(who, bucket, key, upload)
    client.put_bucket_acl(Bucket=bucket, ACL="private")
    with refused("AccessDenied", 403):
        other.upload_part(Bucket=bucket, Key="begun", UploadId=begun, PartNumber=2, Body=b"y")
    for key, upload in (("begun", begun), ("ended", ended)):
        with refused("AccessDenied", 403):
            anonymous.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        other.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
        with refused("NoSuchUpload", 404):
            other.list_parts(Bucket=bucket, Key=key, UploadId=upload)
    with refused("AccessDenied", 403):
        other.abort_multipart_upload(Bucket=bucket, Key="mine", UploadId=mine)


def test_what_nobody_signed_is_an_account_of_its_own_where_an_acl_let_it_in(
    client: S3Client, anonymous: S3Client, url: str, bucket: str
) -> None:
    """justincormack/argmin, crates/s3-tests/tests/public_access_acl.rs and public_access_post_object.rs"""
    client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    form = b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {"key": "form", "file": "x"}.items()
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert send(url, "PUT", f"/{bucket}/put", b"x").status == 200
    assert send(url, "POST", f"/{bucket}", form + b"--x--\r\n", kind).status == 204
    for key in ("put", "form"):
        acl = anonymous.get_object_acl(Bucket=bucket, Key=key)
        assert acl["Owner"] == {"ID": ANONYMOUS}
        assert acl["Grants"] == [user(ANONYMOUS)]
        acts: tuple[tuple[Callable[..., Any], dict[str, Any]], ...] = (
            (client.get_object, {}),
            (client.get_object_acl, {}),
            (anonymous.put_object_acl, {"ACL": "public-read"}),
            (anonymous.get_object_tagging, {}),
            (anonymous.put_object_tagging, {"Tagging": {"TagSet": []}}),
        )
        for act, options in acts:
            with refused("AccessDenied", 403):
                act(Bucket=bucket, Key=key, **options)
        assert client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == []
    block(client, bucket, "IgnorePublicAcls")
    with refused("AccessDenied", 403):
        anonymous.get_object_acl(Bucket=bucket, Key="put")
    client.delete_object(Bucket=bucket, Key="put")
    with refused("InvalidArgument", 400):  # it is nobody whom somebody could grant anything
        client.put_object(Bucket=bucket, Key="k", Body=b"x", GrantRead=f"id={ANONYMOUS}")


def test_what_nobody_signed_is_the_buckets_owners_where_a_policy_let_it_in(
    client: S3Client, url: str, me: str, bucket: str
) -> None:
    allow(client, bucket, "s3:PutObject")
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


def test_a_delete_marker_has_no_acl(client: S3Client, bucket: str) -> None:
    """Recorded at AWS: only the read of a marker that no version id names is NoSuchKey."""
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    marker = client.delete_object(Bucket=bucket, Key="k")["VersionId"]
    named: tuple[dict[str, Any], ...] = ({}, {"VersionId": marker})
    for version in named:
        with refused("MethodNotAllowed", 405) as response:
            client.put_object_acl(Bucket=bucket, Key="k", ACL="public-read", **version)
        error: Any = response["Error"]
        assert (error["Method"], error["ResourceType"]) == ("PUT", "DeleteMarker")
    with refused("NoSuchKey", 404):
        client.get_object_acl(Bucket=bucket, Key="k")
    with refused("MethodNotAllowed", 405):
        client.get_object_acl(Bucket=bucket, Key="k", VersionId=marker)


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_answers_about_the_acl_of_an_object_name_its_version(
    client: S3Client, bucket: str, status: Any
) -> None:
    """The examples in the documentation of PutObjectAcl and GetObjectAcl have the header."""
    client.put_object(Bucket=bucket, Key="k", Body=b"null")
    assert not acl_versions(client, bucket)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    new = client.put_object(Bucket=bucket, Key="k", Body=b"new")["VersionId"]
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    assert acl_versions(client, bucket) == {new}
    assert acl_versions(client, bucket, VersionId=new) == {new}
    assert acl_versions(client, bucket, VersionId="null") == {"null"}


def acl_versions(client: S3Client, bucket: str, **named: str) -> set[str]:
    """The x-amz-version-id of putting and of getting the ACL; empty if there is none."""
    arguments: dict[str, Any] = {"Bucket": bucket, "Key": "k", **named}
    answers = (
        client.put_object_acl(**arguments, ACL="bucket-owner-full-control"),
        client.get_object_acl(**arguments),
    )
    headers = [answer["ResponseMetadata"]["HTTPHeaders"] for answer in answers]
    assert ("x-amz-version-id" in headers[0]) == ("x-amz-version-id" in headers[1])
    return {found["x-amz-version-id"] for found in headers if "x-amz-version-id" in found}
