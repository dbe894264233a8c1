"""What S3 has had since 2026: other keys for objects that are there, namespaces of buckets, access by tags.

And what is refused by its name, with the reason.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from encryption_helpers import BODY, KEY_ID, MD5, OTHER_ID, arn, customer_key, encryption_of
from service_helpers import needs, refused, send_document, signed

from s3fixture.app import App
from s3fixture.model import load_model
from s3fixture.service import OPERATIONS, REFUSED
from s3fixture.service.names import is_bucket_name

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MODEL = load_model()


def since(operation: str) -> pytest.MarkDecorator:
    missing = operation not in MODEL.operation_names
    return pytest.mark.skipif(missing, reason=f"this botocore does not know {operation}")


def update(client: Any, key: str, *, bucket_key: bool | None = None, **more: Any) -> None:
    kms = {"KMSKeyArn": key} | ({} if bucket_key is None else {"BucketKeyEnabled": bucket_key})
    client.update_object_encryption(Bucket="bucket", Key="k", ObjectEncryption={"SSEKMS": kms}, **more)


@since("UpdateObjectEncryption")
@pytest.mark.usefixtures("bucket")
def test_an_object_gets_another_key_and_stays_as_it_is(client: Any, app: App) -> None:
    client.put_object(Bucket="bucket", Key="k", Body=BODY, Metadata={"a": "1"})
    before = client.head_object(Bucket="bucket", Key="k", ChecksumMode="ENABLED")
    update(client, arn(app))
    after = client.head_object(Bucket="bucket", Key="k", ChecksumMode="ENABLED")
    assert encryption_of(after) == {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn(app)}
    assert after["ETag"] == f'"{MD5}"'
    for name in ("LastModified", "Metadata", "ContentLength", "ChecksumCRC32"):
        assert after[name] == before[name]
    update(client, arn(app, OTHER_ID), bucket_key=True)
    after = client.head_object(Bucket="bucket", Key="k")
    assert (after["SSEKMSKeyId"], after["BucketKeyEnabled"]) == (arn(app, OTHER_ID), True)
    update(client, arn(app))
    assert "BucketKeyEnabled" not in client.get_object(Bucket="bucket", Key="k")


@since("UpdateObjectEncryption")
@pytest.mark.usefixtures("bucket")
def test_what_cannot_get_another_key_says_why(client: Any, app: App, url: str) -> None:
    client.put_object(Bucket="bucket", Key="k", Body=BODY)
    for key in (KEY_ID.ljust(20), "alias/a-long-enough-name", arn(app) + "?"):
        with refused("InvalidRequest", 400) as response:
            update(client, key)
        assert "require a valid AWS KMS key" in response["Error"]["Message"]
    with refused("AccessDenied", 403) as response:
        update(client, "arn:aws:kms:us-east-1:123456789012:key/k")
    assert "must be owned by the same account" in response["Error"]["Message"]
    reply = send_document(url, "PUT", "/bucket/k?encryption", b"<ObjectEncryption/>")
    assert "require a valid new encryption type" in reply.field("Message")
    for encryption in (customer_key(), {"ServerSideEncryption": "aws:kms:dsse"}):
        client.put_object(Bucket="bucket", Key="k", Body=BODY, **encryption)
        with refused("InvalidRequest", 400) as response:
            update(client, arn(app))
        assert "doesn't support source objects" in response["Error"]["Message"]
    with refused("NoSuchKey", 404):
        client.update_object_encryption(
            Bucket="bucket", Key="none", ObjectEncryption={"SSEKMS": {"KMSKeyArn": arn(app)}}
        )


@since("UpdateObjectEncryption")
def test_a_locked_object_keeps_its_key(client: Any, app: App) -> None:
    client.create_bucket(Bucket="bucket", ObjectLockEnabledForBucket=True)
    until = datetime.now(timezone.utc) + timedelta(days=1)
    client.put_object(
        Bucket="bucket", Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until
    )
    with refused("AccessDenied", 403) as response:
        update(client, arn(app))
    assert "protected by S3 Object Lock" in response["Error"]["Message"]


# --- access by tags


@since("PutBucketAbac")
def test_with_access_by_tags_they_are_changed_elsewhere(client: Any, bucket: str) -> None:
    assert client.get_bucket_abac(Bucket=bucket)["AbacStatus"] == {"Status": "Disabled"}
    tags = {"TagSet": [{"Key": "team", "Value": "a"}]}
    client.put_bucket_tagging(Bucket=bucket, Tagging=tags)
    client.put_bucket_abac(Bucket=bucket, AbacStatus={"Status": "Enabled"})
    assert client.get_bucket_abac(Bucket=bucket)["AbacStatus"] == {"Status": "Enabled"}
    with refused("MethodNotAllowed", 405):
        client.put_bucket_tagging(Bucket=bucket, Tagging=tags)
    with refused("MethodNotAllowed", 405):
        client.delete_bucket_tagging(Bucket=bucket)
    assert client.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags["TagSet"]
    client.put_bucket_abac(Bucket=bucket, AbacStatus={"Status": "Disabled"})
    client.delete_bucket_tagging(Bucket=bucket)
    for wrong in ({}, {"Status": "Maybe"}):
        with refused("MalformedXML", 400):
            client.put_bucket_abac(Bucket=bucket, AbacStatus=wrong)


# --- namespaces


@needs("CreateBucketRequest", "BucketNamespace")
def test_an_account_has_a_namespace_of_its_own(client: Any, app: App, other: Any) -> None:
    account = next(iter(app.identities)).account_id
    mine = f"data-{account}-us-east-1-an"
    for name, namespace, code in (
        (mine, None, "MissingNamespaceHeader"),
        (mine, "global", "InvalidBucketNamespace"),
        ("data", "account-regional", "InvalidBucketNamespace"),
        ("data-an", "account-regional", "InvalidBucketNamespace"),
        ("data-an", None, "InvalidBucketName"),
        ("data-an", "global", "InvalidBucketName"),
        ("data_-an", "account-regional", "InvalidBucketName"),
        ("data-123456789012-us-east-1-an", "account-regional", "InvalidBucketNamespace"),
        (f"data-{account}-eu-west-1-an", "account-regional", "InvalidBucketNamespace"),
        ("data", "regional", "InvalidArgument"),
    ):
        with refused(code, 400):
            client.create_bucket(Bucket=name, **({"BucketNamespace": namespace} if namespace else {}))
    with refused("InvalidBucketNamespace", 400) as response:
        other.create_bucket(Bucket=mine, BucketNamespace="account-regional")
    assert "does not match the caller's AWS Account ID" in response["Error"]["Message"]
    client.create_bucket(Bucket=mine, BucketNamespace="account-regional")
    client.put_object(Bucket=mine, Key="k", Body=b"x")
    client.copy_object(Bucket=mine, Key="copy", CopySource=f"{mine}/k")
    client.create_bucket(Bucket="global", BucketNamespace="global")
    assert is_bucket_name(mine)


# --- what is refused


def test_no_operation_is_both_here_and_refused() -> None:
    assert not REFUSED.keys() & OPERATIONS.keys()


@pytest.mark.parametrize(
    "asked",
    [
        {"Bucket": "data--use1-az4--x-s3"},
        {"Bucket": "data", "CreateBucketConfiguration": {"Bucket": {"Type": "Directory"}}},
        {
            "Bucket": "data",
            "CreateBucketConfiguration": {"Location": {"Type": "AvailabilityZone", "Name": "z"}},
        },
    ],
)
def test_directory_buckets_are_refused_by_name(client: S3Client, asked: dict[str, Any]) -> None:
    with refused("NotImplemented", 501) as response:
        client.create_bucket(**asked)
    assert "directory buckets (S3 Express One Zone)" in response["Error"]["Message"]


def test_a_rename_in_disguise_writes_nothing(url: str, client: S3Client, bucket: str) -> None:
    reply = signed(url, "PUT", f"/{bucket}/k", b"new", {"x-amz-rename-source": "/old"})
    assert (reply.status, reply.code) == (501, "NotImplemented")
    assert reply.field("Header") == "x-amz-rename-source"
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")


@since("PutBucketAbac")
@pytest.mark.parametrize("key", ["s3:BucketTag/security", "aws:ResourceTag/Security"])
def test_the_tags_of_a_bucket_decide_where_it_has_abac(
    client: S3Client, other: S3Client, open_bucket: str, key: str
) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy_abac.rs"""
    bucket = open_bucket
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    tags: Any = {"TagSet": [{"Key": "security", "Value": "public"}]}
    client.put_bucket_tagging(Bucket=bucket, Tagging=tags)
    for value, enabled, effect, allowed in (
        ("public", False, "Allow", False),
        ("public", True, "Allow", True),
        ("private", True, "Allow", False),
        ("public", False, "Deny", True),
        ("public", True, "Deny", False),
        ("private", True, "Deny", True),
    ):
        client.put_bucket_abac(Bucket=bucket, AbacStatus={"Status": "Enabled" if enabled else "Disabled"})
        condition = {"StringEquals": {key: value}}
        objects = {"Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
        rows: list[dict[str, Any]] = [{"Effect": effect, "Condition": condition, **objects}]
        rows += [{"Effect": "Allow", **objects}] if effect == "Deny" else []
        client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": rows}))
        for act in (other.get_object, other.put_object):
            with nullcontext() if allowed else refused("AccessDenied", 403):
                act(Bucket=bucket, Key="k")


@since("PutBucketAbac")
def test_a_bucket_with_abac_may_have_no_tags(client: S3Client, other: S3Client, open_bucket: str) -> None:
    client.put_object(Bucket=open_bucket, Key="k", Body=b"x")
    client.put_bucket_abac(Bucket=open_bucket, AbacStatus={"Status": "Enabled"})
    for missing in ("false", "true"):
        row: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
        row |= {
            "Resource": f"arn:aws:s3:::{open_bucket}/*",
            "Condition": {"Null": {"s3:BucketTag/a": missing}},
        }
        client.put_bucket_policy(Bucket=open_bucket, Policy=json.dumps({"Statement": [row]}))
        with nullcontext() if missing == "true" else refused("AccessDenied", 403):
            other.get_object(Bucket=open_bucket, Key="k")


def test_a_bucket_that_is_made_has_no_tags_for_its_own_policy(client: S3Client, bucket: str) -> None:
    """justincormack/argmin, crates/s3-tests/tests/bucket_policy_abac.rs"""
    row: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "s3:CreateBucket"}
    row |= {"Resource": f"arn:aws:s3:::{bucket}", "Condition": {"StringEquals": {"s3:BucketTag/a": "b"}}}
    with refused("MalformedPolicy", 400):
        client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [row]}))
