"""Encryption with customers' keys (SSE-C): who reads, copies or adds a part must bring the right one."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from encryption_helpers import (
    BODY,
    MD5,
    WITH_CUSTOMER,
    by_default,
    customer_key,
    default_to,
    encryption_of,
    source_key,
)
from service_helpers import PART, complete, refused, signed

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_a_customers_key_opens_its_object(client: S3Client, bucket: str) -> None:
    key = customer_key()
    expected = {name: value for name, value in key.items() if name != "SSECustomerKey"}
    put = client.put_object(Bucket=bucket, Key="k", Body=BODY, **key)
    assert encryption_of(put) == expected
    assert MD5 not in put["ETag"]
    assert encryption_of(client.head_object(Bucket=bucket, Key="k", **key)) == expected
    got = client.get_object(Bucket=bucket, Key="k", Range="bytes=1-3", **key)
    assert (encryption_of(got), got["Body"].read()) == (expected, BODY[1:4])
    attributes = client.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ETag"], **key)
    assert f'"{attributes["ETag"]}"' == put["ETag"]
    client.delete_object(Bucket=bucket, Key="k")


def test_of_a_customers_key_nothing_is_kept(client: S3Client, bucket: str, app: App) -> None:
    key = customer_key()
    client.put_object(Bucket=bucket, Key="k", Body=BODY, **key)
    with app.store.read() as index:
        row = index.get_bucket(bucket)
        assert row is not None
        version = index.get_current(row.id, "k")
    assert version is not None
    kept = json.dumps(version.extra)
    raw = base64.b64decode(key["SSECustomerKey"])
    for secret in (key["SSECustomerKey"], key["SSECustomerKeyMD5"], raw.hex(), hashlib.md5(raw).hexdigest()):
        assert secret not in kept


def without(key: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name not in names}


WRONG_WRITES = [
    (
        {**customer_key(), "ServerSideEncryption": "AES256"},
        "InvalidArgument",
        "Server Side Encryption with Customer provided key is incompatible with the encryption method "
        "specified",
    ),
    (
        {**customer_key(), "SSECustomerAlgorithm": "KMS"},
        "InvalidEncryptionAlgorithmError",
        "The Encryption request you specified is not valid. Supported value: AES256.",
    ),
    (
        without(customer_key(), "SSECustomerAlgorithm"),
        "InvalidArgument",
        f"{WITH_CUSTOMER} provide a valid encryption algorithm.",
    ),
    (
        without(customer_key(), "SSECustomerKey"),
        "InvalidArgument",
        f"{WITH_CUSTOMER} provide an appropriate secret key.",
    ),
    (
        customer_key(size=10),
        "InvalidArgument",
        "The secret key was invalid for the specified algorithm.",
    ),
    (
        {**customer_key(), "SSECustomerKeyMD5": customer_key("b")["SSECustomerKeyMD5"]},
        "InvalidArgument",
        "The calculated MD5 hash of the key did not match the hash that was provided.",
    ),
    (
        {**customer_key(), "SSECustomerKeyMD5": "?"},
        "InvalidArgument",
        "The calculated MD5 hash of the key did not match the hash that was provided.",
    ),
]


@pytest.mark.parametrize(("asked", "code", "message"), WRONG_WRITES)
def test_a_customers_key_must_be_one(
    client: S3Client, bucket: str, asked: dict[str, Any], code: str, message: str
) -> None:
    client.put_object(Bucket=bucket, Key="source", Body=BODY)
    for write in (
        lambda: client.put_object(Bucket=bucket, Key="k", Body=BODY, **asked),
        lambda: client.create_multipart_upload(Bucket=bucket, Key="k", **asked),
        lambda: client.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/source", **asked),
    ):
        with refused(code, 400) as response:
            write()
        assert response["Error"]["Message"] == message
        assert response["Error"]["ArgumentName"] == "x-amz-server-side-encryption"
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")


def test_a_key_without_its_md5_is_refused(url: str, bucket: str) -> None:
    key = customer_key()
    headers = {
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
        "x-amz-server-side-encryption-customer-key": key["SSECustomerKey"],
    }
    reply = signed(url, "PUT", f"/{bucket}/k", BODY, headers)
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_reading_without_the_key_is_refused(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=BODY, **customer_key())
    attributes: Any = {"ObjectAttributes": ["ETag"]}
    for absent in (
        lambda: client.get_object(Bucket=bucket, Key="k"),
        lambda: client.get_object_attributes(Bucket=bucket, Key="k", **attributes),
        lambda: client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k"),
        lambda: client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k", **customer_key()),
    ):
        with refused("InvalidRequest", 400) as response:
            absent()
        assert response["Error"]["Message"] == (
            "The object was stored using a form of Server Side Encryption. The correct parameters must be "
            "provided to retrieve the object."
        )
    with refused("400"):
        client.head_object(Bucket=bucket, Key="k")
    for key in (customer_key("b"), customer_key(size=44)):
        with refused("AccessDenied", 403) as response:
            client.get_object(Bucket=bucket, Key="k", **key)
        assert response["Error"]["Message"].endswith("must provide the correct secret key.")
    with refused("AccessDenied", 403):
        client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k", **source_key("b"))
    with refused("403"):
        client.head_object(Bucket=bucket, Key="k", **customer_key("b"))


@pytest.mark.parametrize("asked", [{}, {"ServerSideEncryption": "aws:kms"}])
def test_a_key_that_is_not_needed_is_refused(client: S3Client, bucket: str, asked: dict[str, Any]) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=BODY, **asked)
    with refused("InvalidRequest", 400) as response:
        client.get_object(Bucket=bucket, Key="k", **customer_key())
    assert response["Error"]["Message"] == "The encryption parameters are not applicable to this object."


def test_copies_change_keys(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=BODY, **customer_key())
    plain = client.copy_object(Bucket=bucket, Key="plain", CopySource=f"{bucket}/k", **source_key())
    assert plain["CopyObjectResult"]["ETag"] == f'"{MD5}"'
    assert encryption_of(plain) == {"ServerSideEncryption": "AES256"}
    client.copy_object(
        Bucket=bucket, Key="other", CopySource=f"{bucket}/k", **source_key(), **customer_key("b")
    )
    assert client.get_object(Bucket=bucket, Key="other", **customer_key("b"))["Body"].read() == BODY


def test_a_copy_onto_itself_may_change_the_encryption_alone(client: S3Client, bucket: str) -> None:
    itself: Any = {"Bucket": bucket, "Key": "k", "CopySource": f"{bucket}/k"}
    client.put_object(Bucket=bucket, Key="k", Body=BODY, ServerSideEncryption="aws:kms")
    back = client.copy_object(**itself)
    assert back["CopyObjectResult"]["ETag"] == f'"{MD5}"'
    with refused("InvalidRequest"):
        client.copy_object(**itself)
    client.copy_object(**itself, ServerSideEncryption="AES256")
    client.copy_object(**itself, **customer_key())
    client.copy_object(**itself, **source_key(), **customer_key())
    client.copy_object(**itself, **source_key())
    default_to(client, bucket, **by_default("AES256"))
    client.copy_object(**itself)


def test_each_version_has_its_own_key(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = client.put_object(Bucket=bucket, Key="k", Body=b"1", **customer_key("a"))["VersionId"]
    client.put_object(Bucket=bucket, Key="k", Body=b"2", **customer_key("b"))
    assert client.get_object(Bucket=bucket, Key="k", **customer_key("b"))["Body"].read() == b"2"
    with refused("AccessDenied", 403):
        client.get_object(Bucket=bucket, Key="k", VersionId=first, **customer_key("b"))
    assert (
        client.get_object(Bucket=bucket, Key="k", VersionId=first, **customer_key("a"))["Body"].read() == b"1"
    )


def test_a_part_has_the_key_of_its_upload(client: S3Client, bucket: str) -> None:
    def part(upload_id: str, **key: Any) -> Any:
        return client.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=BODY, **key)

    plain = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    keyed = client.create_multipart_upload(Bucket=bucket, Key="k", **customer_key())["UploadId"]
    for upload_id, key in ((plain, customer_key()), (keyed, {})):
        with refused("InvalidRequest", 400) as response:
            part(upload_id, **key)
        assert response["Error"]["Message"] == (
            "The multipart upload initiate requested encryption. Subsequent part requests must include the "
            "appropriate encryption parameters."
        )
    with refused("InvalidRequest", 400) as response:
        part(keyed, **customer_key("b"))
    assert response["Error"]["Message"] == (
        "The provided encryption parameters did not match the ones used originally."
    )
    assert "SSECustomerKeyMD5" in part(keyed, **customer_key())


def test_an_upload_with_a_customers_key(client: S3Client, bucket: str) -> None:
    upload_id = client.create_multipart_upload(Bucket=bucket, Key="k", **customer_key())["UploadId"]
    named: Any = {"Bucket": bucket, "Key": "k", "UploadId": upload_id}
    client.put_object(Bucket=bucket, Key="source", Body=PART, **customer_key("s"))
    client.upload_part_copy(
        **named, PartNumber=1, CopySource=f"{bucket}/source", **customer_key(), **source_key("s")
    )
    client.upload_part(**named, PartNumber=2, Body=BODY, **customer_key())
    with refused("InvalidRequest", 400):
        complete(client, bucket, "k", upload_id, **customer_key("b"))
    done = complete(client, bucket, "k", upload_id)
    assert encryption_of(done) == {}
    got = client.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED", **customer_key())
    assert "ChecksumType" not in got
    assert got["Body"].read() == PART + BODY


def test_checksums_of_an_upload_need_its_key(client: S3Client, bucket: str) -> None:
    upload_id = client.create_multipart_upload(
        Bucket=bucket, Key="k", ChecksumAlgorithm="CRC32", **customer_key()
    )["UploadId"]
    client.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=BODY, **customer_key())
    with refused("InvalidRequest", 400):
        complete(client, bucket, "k", upload_id)
    assert "ChecksumCRC32" in complete(client, bucket, "k", upload_id, **customer_key())
