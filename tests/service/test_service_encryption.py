"""Server-side encryption with S3's and KMS's keys: what is asked for, what every answer says of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from encryption_helpers import (
    BODY,
    KEY_ID,
    MD5,
    OTHER_ID,
    WITH_CUSTOMER,
    WITH_KMS,
    arn,
    customer_key,
    encryption_of,
)
from service_helpers import NewClient, complete, put_parts, refused, send, signed

from s3fixture.app import App
from s3fixture.service.kms import KmsKeys

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_every_object_says_that_it_is_encrypted(client: S3Client, bucket: str) -> None:
    plain = {"ServerSideEncryption": "AES256"}
    put = client.put_object(Bucket=bucket, Key="k", Body=BODY)
    assert encryption_of(put) == plain
    assert put["ETag"] == f'"{MD5}"'
    assert encryption_of(client.head_object(Bucket=bucket, Key="k")) == plain
    assert encryption_of(client.get_object(Bucket=bucket, Key="k")) == plain
    assert encryption_of(client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")) == plain


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
def test_an_object_under_kms_tells_its_key_everywhere(
    client: S3Client, bucket: str, app: App, algorithm: Any
) -> None:
    expected = {"ServerSideEncryption": algorithm, "SSEKMSKeyId": arn(app)}
    asked = {"ServerSideEncryption": algorithm, "SSEKMSKeyId": KEY_ID}
    put = client.put_object(Bucket=bucket, Key="k", Body=BODY, **asked)
    assert encryption_of(put) == expected
    assert len(put["ETag"]) == 34
    assert MD5 not in put["ETag"]
    head = client.head_object(Bucket=bucket, Key="k")
    assert encryption_of(head) == expected
    assert head["ETag"] == put["ETag"]
    got = client.get_object(Bucket=bucket, Key="k", IfMatch=put["ETag"])
    assert (encryption_of(got), got["Body"].read()) == (expected, BODY)
    copy = client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k", **asked)
    assert encryption_of(copy) == expected
    assert copy["CopyObjectResult"]["ETag"] != put["ETag"]
    assert client.put_object(Bucket=bucket, Key="k", Body=BODY, **asked)["ETag"] != put["ETag"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("arn:aws:kms:eu-west-1:123456789012:key/k", "arn:aws:kms:eu-west-1:123456789012:key/k"),
        ("mrk-1234abcd12ab34cd56ef1234567890ab", None),
        ("testkey-1", "testkey-1"),  # no key of AWS is called so; it is given back as it came
    ],
)
def test_any_name_is_a_key(client: S3Client, bucket: str, app: App, name: str, key: str | None) -> None:
    put = client.put_object(Bucket=bucket, Key="k", ServerSideEncryption="aws:kms", SSEKMSKeyId=name)
    assert put["SSEKMSKeyId"] == (key or arn(app, name))


def test_an_alias_means_one_key_of_the_account(client: S3Client, bucket: str, app: App) -> None:
    def key_of(**asked: Any) -> str:
        return client.put_object(Bucket=bucket, Key="k", ServerSideEncryption="aws:kms", **asked)[
            "SSEKMSKeyId"
        ]

    mine = key_of(SSEKMSKeyId="alias/mine")
    assert mine.startswith(arn(app, ""))
    assert key_of(SSEKMSKeyId=arn(app, "").replace("key/", "alias/mine")) == mine
    assert key_of(SSEKMSKeyId="alias/other") != mine
    assert key_of() == key_of(SSEKMSKeyId="alias/aws/s3") != mine


def test_a_bucket_key_and_a_context_are_given_back(client: S3Client, bucket: str) -> None:
    context = base64.b64encode(json.dumps({"department": "x"}).encode()).decode()
    put = client.put_object(
        Bucket=bucket,
        Key="k",
        ServerSideEncryption="aws:kms",
        BucketKeyEnabled=True,
        SSEKMSEncryptionContext=context,
    )
    assert (put["BucketKeyEnabled"], put["SSEKMSEncryptionContext"]) == (True, context)
    head = client.head_object(Bucket=bucket, Key="k")
    assert head["BucketKeyEnabled"] is True
    assert "SSEKMSEncryptionContext" not in head
    off = client.put_object(Bucket=bucket, Key="k", ServerSideEncryption="aws:kms", BucketKeyEnabled=False)
    assert "BucketKeyEnabled" not in off


@pytest.mark.parametrize("context", ["no base64", "bm8ganNvbg==", "WzFd", "eyJhIjogMX0="])
def test_a_context_is_a_map_of_strings(client: S3Client, bucket: str, context: str) -> None:
    with refused("InvalidArgument", 400) as response:
        client.put_object(
            Bucket=bucket, Key="k", ServerSideEncryption="aws:kms", SSEKMSEncryptionContext=context
        )
    assert response["Error"]["ArgumentName"] == "x-amz-server-side-encryption-context"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"ServerSideEncryption": "aes:kms"}, "The encryption method specified is not supported"),
        ({"ServerSideEncryption": "aws:fsx"}, "The encryption method specified is not supported"),
        ({"ServerSideEncryption": ""}, "The encryption method specified is not supported"),
        ({"SSEKMSKeyId": KEY_ID}, "requires HTTP header x-amz-server-side-encryption : aws:kms"),
        (
            {"SSEKMSKeyId": KEY_ID, "ServerSideEncryption": "AES256"},
            "requires HTTP header x-amz-server-side-encryption : aws:kms",
        ),
    ],
)
def test_what_is_no_choice_of_encryption_is_refused(
    client: S3Client, bucket: str, asked: dict[str, Any], message: str
) -> None:
    with refused("InvalidArgument", 400) as response:
        client.put_object(Bucket=bucket, Key="k", Body=BODY, **asked)
    assert message in response["Error"]["Message"]
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")


def test_an_upload_under_kms(client: S3Client, bucket: str, app: App) -> None:
    asked: Any = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ID, "BucketKeyEnabled": True}
    expected = {**asked, "SSEKMSKeyId": arn(app)}
    created = client.create_multipart_upload(Bucket=bucket, Key="k", **asked)
    assert encryption_of(created) == expected
    named: Any = {"Bucket": bucket, "Key": "k", "UploadId": created["UploadId"]}
    part = client.upload_part(**named, PartNumber=1, Body=BODY)
    assert encryption_of(part) == expected
    assert MD5 not in part["ETag"]
    client.put_object(Bucket=bucket, Key="source", Body=BODY)
    copied = client.upload_part_copy(**named, PartNumber=1, CopySource=f"{bucket}/source")
    assert encryption_of(copied) == expected
    done = complete(client, bucket, "k", created["UploadId"])
    assert encryption_of(done) == expected
    assert done["ETag"].endswith('-1"')
    assert encryption_of(client.head_object(Bucket=bucket, Key="k")) == expected


@pytest.mark.parametrize("operation", ["GET", "HEAD", "attributes", "part", "complete"])
def test_encryption_is_chosen_once(client: S3Client, bucket: str, url: str, operation: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=BODY, ServerSideEncryption="aws:kms")
    upload_id = put_parts(client, bucket, "k", [BODY])
    method, target = {
        "GET": ("GET", f"/{bucket}/k"),
        "HEAD": ("HEAD", f"/{bucket}/k"),
        "attributes": ("GET", f"/{bucket}/k?attributes"),
        "part": ("PUT", f"/{bucket}/k?partNumber=1&uploadId={upload_id}"),
        "complete": ("POST", f"/{bucket}/k?uploadId={upload_id}"),
    }[operation]
    document = b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>"
    body = document if method == "POST" else b""
    headers = {"x-amz-server-side-encryption": "aws:kms", "x-amz-object-attributes": "ETag"}
    reply = signed(url, method, target, body, headers)
    assert reply.status == 400
    if method != "HEAD":
        assert (reply.code, reply.field("ArgumentValue")) == ("InvalidArgument", "aws:kms")
        assert (
            reply.field("Message")
            == "x-amz-server-side-encryption header is not supported for this operation."
        )


# --- keys that are declared


@pytest.fixture
def keys(app: App) -> Iterator[None]:
    """KEY_ID with an alias, and a key that is disabled; no others."""
    everything, app.kms = app.kms, KmsKeys([f"{KEY_ID},alias/mine", f"{OTHER_ID},disabled"])
    yield
    app.kms = everything


def write_under(client: S3Client, bucket: str, key: str) -> str:
    return client.put_object(
        Bucket=bucket, Key="k", Body=BODY, ServerSideEncryption="aws:kms", SSEKMSKeyId=key
    )["SSEKMSKeyId"]


@pytest.mark.usefixtures("keys")
def test_declared_keys_are_found_by_all_their_names(client: S3Client, bucket: str, app: App) -> None:
    for name in (KEY_ID, arn(app), "alias/mine", arn(app, "").replace("key/", "alias/mine")):
        assert write_under(client, bucket, name) == arn(app)
    client.put_object(
        Bucket=bucket, Key="k", ServerSideEncryption="aws:kms"
    )  # the account's own is always there


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fake-key-id", "Invalid keyId 'fake-key-id'"),
        (
            "134f2428-cec1-4b25-a1ae-9048164dba47",
            "Key 'ARN134f2428-cec1-4b25-a1ae-9048164dba47' does not exist",
        ),
        (
            "ARN134f2428-cec1-4b25-a1ae-9048164dba47",
            "Key 'ARN134f2428-cec1-4b25-a1ae-9048164dba47' does not exist",
        ),
        (
            "arn:aws:kms:us-west-2:123456789012:key/134f2428-cec1-4b25-a1ae-9048164dba47",
            "Invalid arn us-west-2",
        ),
    ],
)
def test_other_keys_are_not_found(client: S3Client, bucket: str, app: App, name: str, message: str) -> None:
    prefix = arn(app, "")
    with refused("KMS.NotFoundException", 400) as response:
        write_under(client, bucket, name.replace("ARN", prefix))
    assert response["Error"]["Message"] == message.replace("ARN", prefix)
    with refused("KMS.NotFoundException", 400):
        client.create_multipart_upload(
            Bucket=bucket, Key="k", ServerSideEncryption="aws:kms", SSEKMSKeyId="fake-key-id"
        )


@pytest.mark.usefixtures("keys")
def test_a_disabled_key_neither_writes_nor_reads(client: S3Client, bucket: str, app: App) -> None:
    with refused("KMS.DisabledException", 400) as response:
        write_under(client, bucket, OTHER_ID)
    assert response["Error"]["Message"] == f"{arn(app, OTHER_ID)} is disabled."
    write_under(client, bucket, KEY_ID)
    app.kms = KmsKeys([f"{KEY_ID},alias/mine,disabled"])
    for read in (client.get_object, client.head_object):
        with refused("KMS.DisabledException" if read == client.get_object else "400", 400):
            read(Bucket=bucket, Key="k")
    with refused("KMS.DisabledException"):
        client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")
    app.kms = KmsKeys([f"{KEY_ID},pending-deletion"])
    with refused("KMS.KMSInvalidStateException", 400) as response:
        client.get_object(Bucket=bucket, Key="k")
    assert response["Error"]["Message"] == f"{arn(app)} is pending deletion."
    app.kms = KmsKeys([KEY_ID])
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == BODY


# --- how KMS wants to be asked


def test_kms_wants_signatures_of_version_4(
    client: S3Client, anonymous: S3Client, bucket: str, new_client: NewClient
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=BODY, ServerSideEncryption="aws:kms")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    client.delete_public_access_block(Bucket=bucket)
    client.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    for asking in (anonymous, new_client(signature_version="s3")):
        with refused("InvalidArgument", 400) as response:
            asking.get_object(Bucket=bucket, Key="k")
        assert response["Error"]["Message"] == (f"{WITH_KMS} require AWS Signature Version 4.")


def test_encryption_over_plain_http_is_refused_where_it_is_said_so(
    app: App, client: S3Client, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=BODY, **customer_key())
    strict = type(app.settings).load(
        {"sse_over_http": False, "identities": app.settings.identities}, environ={}
    )
    monkeypatch.setattr(app, "settings", strict)
    with refused("InvalidArgument", 400) as response:
        client.get_object(Bucket=bucket, Key="k", **customer_key())
    assert response["Error"]["Message"] == (f"{WITH_CUSTOMER} be made over a secure connection.")
    with refused("InvalidRequest", 400):
        client.put_object(Bucket=bucket, Key="k", Body=BODY, ServerSideEncryption="aws:kms")


# --- other ways in


def test_presigned_urls_carry_the_choice(
    client: S3Client, bucket: str, app: App, url: str, new_client: NewClient
) -> None:
    asked = {"Bucket": bucket, "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ID}
    link = new_client(signature_version="s3v4").generate_presigned_url("put_object", asked)
    headers = {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": KEY_ID,
    }
    assert send(url, "PUT", link.removeprefix(url), BODY, headers).status == 200
    assert client.head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"] == arn(app)


@pytest.mark.usefixtures("keys")
def test_policies_see_a_key_by_the_name_that_the_request_has(client: S3Client, bucket: str, app: App) -> None:
    """No document says whether S3 resolves an alias before it compares; examples always name the ARN."""
    names = (arn(app), KEY_ID, "alias/mine", arn(app, "").replace("key/", "alias/mine"))
    for allowed in names:
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": allowed}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        client.put_bucket_policy(Bucket=bucket, Policy=policy)
        for name in names:
            if name == allowed:
                assert write_under(client, bucket, name) == arn(app)
            else:
                with refused("AccessDenied", 403):
                    write_under(client, bucket, name)


def test_policies_see_the_choice(client: S3Client, bucket: str, app: App) -> None:
    def deny(condition: dict[str, Any]) -> dict[str, Any]:
        return {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": condition,
        }

    statements = [
        deny({"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}),
        deny({"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": arn(app)}}),
    ]
    client.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements})
    )
    for asked in ({}, {"ServerSideEncryption": "AES192"}, {"ServerSideEncryption": "aws:kms"}):
        with refused("AccessDenied", 403):
            client.put_object(Bucket=bucket, Key="k", Body=BODY, **asked)  # type: ignore[arg-type]
    client.put_object(Bucket=bucket, Key="k", Body=BODY, ServerSideEncryption="aws:kms", SSEKMSKeyId=arn(app))
