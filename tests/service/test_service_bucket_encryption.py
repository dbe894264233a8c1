"""The default encryption of a bucket, and what it blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from encryption_helpers import (
    BODY,
    KEY_ID,
    arn,
    by_default,
    customer_key,
    default_to,
    encryption_of,
)
from service_helpers import needs, refused

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_a_bucket_encrypts_with_s3s_keys_by_default(client: S3Client, bucket: str) -> None:
    plain = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    for _ in range(2):
        rules = client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rules == [plain]
        client.delete_bucket_encryption(Bucket=bucket)


def test_the_default_of_a_bucket_is_for_what_says_nothing(client: S3Client, bucket: str, app: App) -> None:
    client.put_object(Bucket=bucket, Key="before", Body=BODY)
    rule = by_default("aws:kms", KEY_ID, BucketKeyEnabled=True)
    default_to(client, bucket, **rule)
    assert client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"] == [rule]
    expected = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn(app), "BucketKeyEnabled": True}
    assert encryption_of(client.put_object(Bucket=bucket, Key="k", Body=BODY)) == expected
    assert encryption_of(client.get_object(Bucket=bucket, Key="k")) == expected
    assert encryption_of(client.create_multipart_upload(Bucket=bucket, Key="k")) == expected
    copy = client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/before")
    assert encryption_of(copy) == expected
    assert encryption_of(client.get_object(Bucket=bucket, Key="before")) == {"ServerSideEncryption": "AES256"}
    chosen = client.put_object(Bucket=bucket, Key="k", ServerSideEncryption="AES256")
    assert encryption_of(chosen) == {"ServerSideEncryption": "AES256"}
    managed = client.put_object(Bucket=bucket, Key="k", ServerSideEncryption="aws:kms")
    assert managed["SSEKMSKeyId"] != arn(app)
    assert managed["BucketKeyEnabled"] is True
    client.put_object(Bucket=bucket, Key="k", Body=BODY, **customer_key())
    client.delete_bucket_encryption(Bucket=bucket)
    assert encryption_of(client.put_object(Bucket=bucket, Key="k")) == {"ServerSideEncryption": "AES256"}


@needs("ServerSideEncryptionRule", "BlockedEncryptionTypes")
@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([], "MalformedXML"),
        ([{}], "MalformedXML"),
        ([by_default("AES256"), by_default("aws:kms")], "MalformedXML"),
        ([by_default("AES512")], "MalformedXML"),
        ([by_default("AES256", KEY_ID)], "InvalidArgument"),
        ([by_default("aws:fsx")], "InvalidArgument"),
    ],
)
def test_a_default_that_is_none_is_refused(client: S3Client, bucket: str, rules: Any, code: str) -> None:
    with refused(code, 400):
        client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def test_the_bucket_is_looked_for_before_the_document_is_read(client: S3Client) -> None:
    no_rules: Any = {"Rules": []}
    with refused("NoSuchBucket", 404):
        client.put_bucket_encryption(Bucket="none-such", ServerSideEncryptionConfiguration=no_rules)


@needs("ServerSideEncryptionRule", "BlockedEncryptionTypes")
def test_a_bucket_may_block_customers_keys(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="old", Body=BODY, **customer_key())
    upload_id = client.create_multipart_upload(Bucket=bucket, Key="k", **customer_key())["UploadId"]
    blocked = {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
    default_to(client, bucket, **blocked)
    default_to(client, bucket, **by_default("AES256"))  # says nothing of it
    client.delete_bucket_encryption(Bucket=bucket)
    [rule] = client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["BlockedEncryptionTypes"] == blocked["BlockedEncryptionTypes"]
    for write in (
        lambda: client.put_object(Bucket=bucket, Key="k", Body=BODY, **customer_key()),
        lambda: client.put_object(Bucket=bucket, Key="k", Body=BODY, SSECustomerAlgorithm="AES256"),
        lambda: client.create_multipart_upload(Bucket=bucket, Key="k", **customer_key()),
        lambda: client.upload_part(
            Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=BODY, **customer_key()
        ),
    ):
        with refused("AccessDenied", 403) as response:
            write()
        assert "because this bucket has blocked upload requests" in response["Error"]["Message"]
    assert client.get_object(Bucket=bucket, Key="old", **customer_key())["Body"].read() == BODY
    default_to(client, bucket, BlockedEncryptionTypes={"EncryptionType": ["NONE"]})
    client.put_object(Bucket=bucket, Key="k", Body=BODY, **customer_key())
