"""Bucket policies: kept in a normal form, checked when put, and obeyed."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from service_helpers import PART, complete, put_parts, refused, send, signed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.app import App

OTHER_ARN = "arn:aws:iam::012345678901:root"


def statement(effect: str, action: Any, resource: Any, principal: Any = "*", **more: Any) -> str:
    """A policy of one statement."""
    row = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [row]})


def put(client: S3Client, bucket: str, effect: str, action: Any, path: str = "/*", **more: Any) -> None:
    policy = statement(effect, action, f"arn:aws:s3:::{bucket}{path}", **more)
    client.put_bucket_policy(Bucket=bucket, Policy=policy)


@pytest.fixture
def bucket(client: S3Client) -> str:
    """A fresh bucket whose policy may be public: a new one blocks that."""
    client.create_bucket(Bucket="bucket")
    client.delete_public_access_block(Bucket="bucket")
    return "bucket"


def test_a_policy_comes_back_in_its_normal_form(client: S3Client, bucket: str) -> None:
    with refused("NoSuchBucketPolicy", 404):
        client.get_bucket_policy(Bucket=bucket)
    text = statement("Allow", "s3:GetObject", f"arn:aws:s3:::{bucket}/*").replace(" ", "  ")
    answer = client.put_bucket_policy(Bucket=bucket, Policy=text)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    found = client.get_bucket_policy(Bucket=bucket)["Policy"]
    assert found == json.dumps(json.loads(text), separators=(",", ":"))
    client.delete_bucket_policy(Bucket=bucket)
    client.delete_bucket_policy(Bucket=bucket)
    with refused("NoSuchBucketPolicy", 404):
        client.get_bucket_policy(Bucket=bucket)


def test_a_bucket_made_public_is_read_by_everyone(
    url: str, client: S3Client, anonymous: S3Client, bucket: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"public")
    put(client, bucket, "Allow", "s3:GetObject")
    assert send(url, "GET", f"/{bucket}/k").body == b"public"
    with refused("AccessDenied", 403):
        anonymous.list_objects_v2(Bucket=bucket)
    with refused("AccessDenied", 403):
        anonymous.put_object(Bucket=bucket, Key="k", Body=b"mine")
    with refused("AccessDenied", 403):  # who may not list is not told what is there
        anonymous.get_object(Bucket=bucket, Key="missing")


def test_a_bucket_made_public_is_listed_by_everyone(
    client: S3Client, anonymous: S3Client, bucket: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"public")
    put(client, bucket, "Allow", "s3:ListBucket", path="")
    assert anonymous.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert anonymous.head_bucket(Bucket=bucket)


def test_who_may_list_is_told_what_is_missing(client: S3Client, anonymous: S3Client, bucket: str) -> None:
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    policy = statement("Allow", ["s3:ListBucket", "s3:GetObject"], resources)
    client.put_bucket_policy(Bucket=bucket, Policy=policy)
    with refused("NoSuchKey", 404):
        anonymous.get_object(Bucket=bucket, Key="missing")


def test_who_may_only_list_is_told_what_was_deleted(
    client: S3Client, anonymous: S3Client, bucket: str
) -> None:
    """A delete marker is as good as no object; its older versions stay refused."""
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = client.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    put(client, bucket, "Allow", "s3:ListBucket", path="")
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="k")
    client.delete_object(Bucket=bucket, Key="k")
    with refused("NoSuchKey", 404):
        anonymous.get_object(Bucket=bucket, Key="k")
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="k", VersionId=old)


def test_a_deny_holds_for_the_owner_too(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    put(client, bucket, "Deny", "s3:DeleteObject")
    with refused("AccessDenied", 403) as response:
        client.delete_object(Bucket=bucket, Key="k")
    assert "explicit deny" in response["Error"]["Message"]
    assert client.get_object(Bucket=bucket, Key="k")


def test_the_owner_can_take_back_a_policy_that_denies_everything(client: S3Client, bucket: str) -> None:
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    client.put_bucket_policy(Bucket=bucket, Policy=statement("Deny", "s3:*", resources))
    with refused("AccessDenied", 403):
        client.list_objects_v2(Bucket=bucket)
    assert client.get_bucket_policy(Bucket=bucket)
    client.delete_bucket_policy(Bucket=bucket)
    client.list_objects_v2(Bucket=bucket)


def test_another_account_is_let_in_by_name(
    client: S3Client, other: S3Client, anonymous: S3Client, bucket: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    put(client, bucket, "Allow", "s3:GetObject", principal={"CanonicalUser": "0123456789abcdef" * 4})
    assert other.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="k")


def test_a_deny_beats_an_allow(client: S3Client, anonymous: S3Client, bucket: str) -> None:
    for key in ("open/k", "closed/k"):
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
    rows = [
        json.loads(statement("Allow", "s3:GetObject", f"arn:aws:s3:::{bucket}/*"))["Statement"][0],
        json.loads(statement("Deny", "s3:*", f"arn:aws:s3:::{bucket}/closed/*"))["Statement"][0],
    ]
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": rows}))
    assert anonymous.get_object(Bucket=bucket, Key="open/k")
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="closed/k")


def test_parsed_policies_are_kept_for_the_next_request_and_do_not_pile_up(
    app: App, client: S3Client, anonymous: S3Client, bucket: str
) -> None:
    parsed = app.access._parsed
    for number in range(300):
        put(client, bucket, "Allow", "s3:PutObject", path=f"/{number}")
        anonymous.put_object(Bucket=bucket, Key=str(number))
    assert len(parsed) == 256
    with refused("AccessDenied", 403):
        anonymous.put_object(Bucket=bucket, Key="298")
    before = list(parsed)
    anonymous.put_object(Bucket=bucket, Key="299")
    assert list(parsed) == before


def test_conditions_are_obeyed(client: S3Client, anonymous: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="a/k")
    condition = {"StringLike": {"s3:prefix": "a/*"}}
    put(client, bucket, "Allow", "s3:ListBucket", path="", Condition=condition)
    assert anonymous.list_objects_v2(Bucket=bucket, Prefix="a/k")["KeyCount"] == 1
    with refused("AccessDenied", 403):
        anonymous.list_objects_v2(Bucket=bucket)


def test_the_tags_of_an_object_decide(client: S3Client, anonymous: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="open", Body=b"x", Tagging="public=yes")
    client.put_object(Bucket=bucket, Key="closed", Body=b"x", Tagging="public=no")
    condition = {"StringEquals": {"s3:ExistingObjectTag/public": "yes"}}
    put(client, bucket, "Allow", "s3:GetObject", Condition=condition)
    assert anonymous.get_object(Bucket=bucket, Key="open")
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="closed")


def test_the_tags_of_an_object_do_not_decide_about_its_attributes(
    client: S3Client, other: S3Client, bucket: str
) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy_conditions.rs"""
    client.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="public=yes")
    condition = {"StringEquals": {"s3:ExistingObjectTag/public": "yes"}}
    put(client, bucket, "Allow", ["s3:GetObject", "s3:GetObjectAttributes"], Condition=condition)
    assert other.get_object(Bucket=bucket, Key="k")
    with refused("AccessDenied", 403):
        other.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectSize"])
    put(client, bucket, "Allow", ["s3:GetObject", "s3:GetObjectAttributes"])
    assert other.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectSize"])


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"])
def test_the_tags_of_an_object_do_not_decide_about_writes(
    client: S3Client, other: S3Client, bucket: str, action: str
) -> None:
    condition = {"StringEquals": {"s3:ExistingObjectTag/public": "yes"}}
    with refused("MalformedPolicy", 400):
        put(client, bucket, "Allow", action, Condition=condition)
    with refused("MalformedPolicy", 400):
        put(client, bucket, "Allow", [action, "s3:GetObject"], Condition=condition)
    put(client, bucket, "Allow", "s3:*", Condition=condition)
    client.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="public=yes")
    assert other.get_object(Bucket=bucket, Key="k")
    for act in (
        lambda: other.put_object(Bucket=bucket, Key="k", Body=b"y"),
        lambda: other.delete_object(Bucket=bucket, Key="k"),
        lambda: other.delete_object(Bucket=bucket, Key="k", VersionId="null"),
    ):
        with refused("AccessDenied", 403):
            act()


def test_the_tags_are_those_of_the_version_that_is_asked_for(
    client: S3Client, other: S3Client, bucket: str
) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    secret = client.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="secret=yes")["VersionId"]
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    rows = [
        {"Effect": "Allow", "Condition": {}},
        {"Effect": "Deny", "Condition": {"StringEquals": {"s3:ExistingObjectTag/secret": "yes"}}},
    ]
    common = {"Principal": "*", "Action": "s3:*Object*Tagging", "Resource": f"arn:aws:s3:::{bucket}/*"}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [common | row for row in rows]}))
    tags: Any = {"TagSet": [{"Key": "secret", "Value": "no"}]}
    write = partial(other.put_object_tagging, Tagging=tags)
    for act in (other.get_object_tagging, write, other.delete_object_tagging):
        assert act(Bucket=bucket, Key="k")
        with refused("AccessDenied", 403):
            act(Bucket=bucket, Key="k", VersionId=secret)


@pytest.mark.parametrize(
    ("denied", "options", "ok"),
    [
        ("s3:GetObjectTagging", {}, False),
        ("s3:PutObjectTagging", {}, False),
        ("s3:GetObjectTagging", {"TaggingDirective": "REPLACE", "Tagging": "a=1"}, True),
        ("s3:PutObjectTagging", {"TaggingDirective": "REPLACE", "Tagging": "a=1"}, False),
        ("s3:*Tagging", {"TaggingDirective": "REPLACE"}, True),
    ],
)
def test_a_copy_with_tags_needs_the_permissions_of_its_tags(
    client: S3Client, bucket: str, denied: str, options: Any, ok: bool
) -> None:
    client.put_object(Bucket=bucket, Key="tagged", Body=b"x", Tagging="secret=yes")
    client.put_object(Bucket=bucket, Key="plain", Body=b"x")
    put(client, bucket, "Deny", denied)
    copy = partial(client.copy_object, Bucket=bucket, Key="copy", **options)
    if ok:
        assert copy(CopySource=f"{bucket}/tagged")
    else:
        with refused("AccessDenied", 403):
            copy(CopySource=f"{bucket}/tagged")
    if not options:  # there are none to read or to write
        assert copy(CopySource=f"{bucket}/plain")


def test_anonymous_uploads_may_be_allowed(client: S3Client, anonymous: S3Client, bucket: str) -> None:
    put(client, bucket, "Allow", ["s3:PutObject"])
    anonymous.put_object(Bucket=bucket, Key="k", Body=b"theirs")
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"theirs"


def test_an_older_version_is_another_action(client: S3Client, anonymous: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = client.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    put(client, bucket, "Allow", "s3:GetObject")
    assert anonymous.get_object(Bucket=bucket, Key="k")
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=bucket, Key="k", VersionId=version)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"Statement": []}',
        statement("Permit", "s3:GetObject", "arn:aws:s3:::bucket/*"),
        statement("Allow", "s3:GetObject", "arn:aws:s3:::elsewhere/*"),
        statement("Allow", "s3:Nonsense", "arn:aws:s3:::bucket/*"),
        statement("Allow", "s3:ListBucket", "arn:aws:s3:::bucket/*"),
        statement("Allow", "s3:GetObject", "arn:aws:s3:::bucket/*", {"AWS": "nobody"}),
    ],
)
def test_a_policy_that_cannot_be_one_is_refused_and_the_old_stays(
    client: S3Client, bucket: str, text: str
) -> None:
    put(client, bucket, "Allow", "s3:GetObject")
    before = client.get_bucket_policy(Bucket=bucket)["Policy"]
    with refused("MalformedPolicy", 400):
        client.put_bucket_policy(Bucket=bucket, Policy=text)
    assert client.get_bucket_policy(Bucket=bucket)["Policy"] == before


def test_the_status_tells_public_from_not(client: S3Client, bucket: str) -> None:
    with refused("NoSuchBucketPolicy", 404):
        client.get_bucket_policy_status(Bucket=bucket)
    put(client, bucket, "Allow", "s3:GetObject")
    assert client.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    put(client, bucket, "Allow", "s3:GetObject", principal={"CanonicalUser": "0123456789abcdef" * 4})
    assert client.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False


@pytest.mark.parametrize("granted", [True, False])
def test_a_policy_is_for_the_account_that_owns_the_bucket(
    client: S3Client, other: S3Client, anonymous: S3Client, bucket: str, granted: bool
) -> None:
    if granted:
        put(client, bucket, "Allow", "s3:*BucketPolicy", path="")
    unsigned = "MethodNotAllowed" if granted else "AccessDenied"
    for who, code in ((other, "MethodNotAllowed"), (anonymous, unsigned)):
        for call in (who.get_bucket_policy, who.delete_bucket_policy):
            with refused(code):
                call(Bucket=bucket)
        with refused(code):
            put(who, bucket, "Allow", "s3:GetObject")
    if granted:
        assert "s3:*BucketPolicy" in client.get_bucket_policy(Bucket=bucket)["Policy"]


@pytest.mark.parametrize("expected", ["0000", "0" * 13, "abcd", "aa000000000$", "", "\xb2" * 12])
def test_an_expected_owner_that_is_no_account_is_refused(url: str, bucket: str, expected: str) -> None:
    reply = signed(url, "GET", f"/{bucket}?acl&x-amz-expected-bucket-owner={quote(expected)}")
    assert reply.status == 200  # in the query of what is not presigned it means nothing
    reply = signed(url, "GET", f"/{bucket}?acl", headers={"x-amz-expected-bucket-owner": expected})
    assert (reply.status, reply.code) == (400, "InvalidBucketOwnerAWSAccountID")
    if expected.isascii():
        assert reply.field("Message").endswith(f"must be an AWS Account ID... [{expected}]")


@pytest.mark.parametrize("form", ["{0}/k", "/{0}/k", "%{1:02x}{2}/k", "http://host/{0}/k", "{0}%2Fk"])
def test_the_owner_of_a_copys_source_is_checked_however_it_is_written(
    url: str, client: S3Client, app: App, bucket: str, form: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    source = form.format(bucket, ord(bucket[0]), bucket[1:])
    owner = next(identity.account_id for identity in app.identities if identity.root)
    for expected, status in ((owner, 200), ("000000000002", 403)):
        headers = {"x-amz-copy-source": source, "x-amz-source-expected-bucket-owner": expected}
        assert signed(url, "PUT", f"/{bucket}/copy", headers=headers).status == status


def test_who_began_an_upload_may_end_it_after_the_policy_that_let_them_in(
    client: S3Client, other: S3Client, anonymous: S3Client, bucket: str
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions"""
    put(client, bucket, "Allow", "s3:PutObject")
    named: Any = {"Bucket": bucket, "Key": "k"}
    upload = put_parts(other, bucket, "k", [b"x"])
    client.delete_bucket_policy(Bucket=bucket)
    assert len(other.list_parts(**named, UploadId=upload)["Parts"]) == 1
    with refused("AccessDenied", 403):
        other.upload_part(**named, UploadId=upload, PartNumber=2, Body=b"y")
    for act in (anonymous.list_parts, anonymous.abort_multipart_upload):
        with refused("AccessDenied", 403):
            act(**named, UploadId=upload)
    other.abort_multipart_upload(**named, UploadId=upload)
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


def test_a_public_policy_is_not_shown_to_whom_it_does_not_name_for_that(
    client: S3Client, anonymous: S3Client, bucket: str
) -> None:
    """Without keys, to be told that only the owner may is for those whom the policy allows it."""
    put(client, bucket, "Allow", "s3:GetObject")
    with refused("AccessDenied", 403):
        anonymous.get_bucket_policy(Bucket=bucket)


def test_a_part_of_no_upload_was_begun_without_an_encryption(client: S3Client, bucket: str) -> None:
    missing = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
    put(client, bucket, "Deny", "s3:PutObject", Condition=missing)
    with refused("AccessDenied", 403):
        client.upload_part(Bucket=bucket, Key="k", UploadId="missing", PartNumber=1, Body=b"x")


def test_parts_have_the_encryption_that_their_upload_was_begun_with(client: S3Client, bucket: str) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs"""
    client.put_object(Bucket=bucket, Key="source", Body=b"x")
    missing = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
    put(client, bucket, "Deny", "s3:PutObject", Condition=missing)
    for act in (client.put_object, client.create_multipart_upload):
        with refused("AccessDenied", 403):
            act(Bucket=bucket, Key="k")
    upload = client.create_multipart_upload(Bucket=bucket, Key="k", ServerSideEncryption="AES256")
    named: Any = {"Bucket": bucket, "Key": "k", "UploadId": upload["UploadId"]}
    client.upload_part(**named, PartNumber=1, Body=PART)
    client.upload_part_copy(**named, PartNumber=2, CopySource=f"{bucket}/source")
    complete(client, bucket, "k", upload["UploadId"])
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == PART + b"x"
    client.delete_bucket_policy(Bucket=bucket)
    begun = put_parts(client, bucket, "k", [b"x"])
    put(client, bucket, "Deny", "s3:PutObject", Condition=missing)
    with refused("AccessDenied", 403):
        client.upload_part(Bucket=bucket, Key="k", UploadId=begun, PartNumber=1, Body=b"y")
    with refused("AccessDenied", 403):
        complete(client, bucket, "k", begun)


def test_a_customers_key_counts_in_each_request_of_an_upload(client: S3Client, bucket: str) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs"""
    key: Any = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    client.put_object(Bucket=bucket, Key="source", Body=b"x")
    missing = {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "true"}}
    put(client, bucket, "Deny", "s3:PutObject", Condition=missing)
    upload = client.create_multipart_upload(Bucket=bucket, Key="k", **key)["UploadId"]
    client.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x", **key)
    with refused("AccessDenied", 403):
        client.upload_part_copy(
            Bucket=bucket, Key="k", UploadId=upload, PartNumber=2, CopySource=f"{bucket}/source"
        )
    with refused("AccessDenied", 403):
        complete(client, bucket, "k", upload)
