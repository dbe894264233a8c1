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
from service_helpers import PART, Reply, complete, refused, signed

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


ENCRYPTION = "x-amz-server-side-encryption"
ALGORITHM = "The Encryption request you specified is not valid. Supported value: AES256."
NO_ALGORITHM = f"{WITH_CUSTOMER} provide a valid encryption algorithm."
NO_KEY = f"{WITH_CUSTOMER} provide an appropriate secret key."
NO_MD5 = f"{WITH_CUSTOMER} provide the client calculated MD5 of the secret key."
EMPTY_KEY = "The secret key was invalid - too short."
KEY_MD5 = "The calculated MD5 hash of the key did not match the hash that was provided."
KEY_SIZE = "The secret key was invalid for the specified algorithm."
# Text between "+" and "/", which an alphabet for URLs writes in another way.
WHOLE = base64.b64encode(bytes(range(248, 256)) * 4).decode()
WHOLE_MD5 = base64.b64encode(hashlib.md5(bytes(range(248, 256)) * 4).digest()).decode()
SHORT = customer_key(size=10)

# Algorithm, key and MD5, each None where it is not sent, and what S3 says to a write, "" where it takes them:
# dyus/meeseeks-s3, tests/put_object_sse_c, create_multipart_upload_sse_c and copy_object_sse_c.
WRITES: list[tuple[str | None, str | None, str | None, str]] = [
    ("AES256", None, None, NO_KEY),
    ("AES256", None, WHOLE_MD5, NO_KEY),
    ("", None, None, NO_KEY),
    (None, WHOLE, None, NO_ALGORITHM),
    (None, WHOLE, WHOLE_MD5, NO_ALGORITHM),
    (None, "", None, NO_ALGORITHM),
    (None, None, WHOLE_MD5, NO_ALGORITHM),
    (None, None, "", NO_ALGORITHM),
    ("AES256", WHOLE, None, NO_MD5),
    ("AES256", WHOLE, "", KEY_MD5),
    ("AES256", "", WHOLE_MD5, EMPTY_KEY),
    ("AES256", "####", WHOLE_MD5, EMPTY_KEY),
    ("AES256", "a", WHOLE_MD5, EMPTY_KEY),
    ("AES256", "ZZ", base64.b64encode(hashlib.md5(b"e").digest()).decode(), EMPTY_KEY),
    ("", "", "", EMPTY_KEY),
    ("", WHOLE, WHOLE_MD5, ALGORITHM),
    ("AES128", WHOLE, WHOLE_MD5, ALGORITHM),
    ("AES128", SHORT["SSECustomerKey"], SHORT["SSECustomerKeyMD5"], ALGORITHM),
    ("AES128", SHORT["SSECustomerKey"], WHOLE_MD5, KEY_MD5),
    ("AES128", "not-valid-base64!!!", WHOLE_MD5, KEY_MD5),
    ("AES256", SHORT["SSECustomerKey"], WHOLE_MD5, KEY_MD5),
    ("AES256", SHORT["SSECustomerKey"], SHORT["SSECustomerKeyMD5"], KEY_SIZE),
    ("AES256", WHOLE.rstrip("="), WHOLE_MD5, KEY_MD5),
    ("AES256", WHOLE.replace("+", "-").replace("/", "_"), WHOLE_MD5, KEY_MD5),
    ("AES256", WHOLE, WHOLE_MD5.rstrip("="), KEY_MD5),
    ("AES256", WHOLE, f"!{WHOLE_MD5}", KEY_MD5),
    ("AES256", f"{WHOLE}====", WHOLE_MD5, KEY_MD5),
    ("AES256", WHOLE, WHOLE_MD5, ""),
    ("AES256", f"{WHOLE}===", WHOLE_MD5, ""),
    ("AES256", f"{WHOLE}!!!!#", WHOLE_MD5, ""),
    ("AES256", f"!!!!#{WHOLE}", WHOLE_MD5, ""),
    ("AES256", f"{WHOLE[:20]}!!!!#{WHOLE[20:]}", WHOLE_MD5, ""),
    ("AES256", " ".join(WHOLE), WHOLE_MD5, ""),
    ("AES256", "\t".join(WHOLE), WHOLE_MD5, ""),
]


def headers_of(
    algorithm: str | None, key: str | None, md5: str | None, prefix: str = "x-amz-"
) -> dict[str, str]:
    values = {"algorithm": algorithm, "key": key, "key-MD5": md5}
    name = f"{prefix}server-side-encryption-customer"
    return {f"{name}-{last}": value for last, value in values.items() if value is not None}


@pytest.mark.parametrize("case", WRITES)
def test_the_three_headers_are_read_as_s3_reads_them(
    client: S3Client, url: str, bucket: str, case: tuple[str | None, str | None, str | None, str]
) -> None:
    client.put_object(Bucket=bucket, Key="plain", Body=BODY)
    algorithm, key, md5, message = case
    sent = headers_of(algorithm, key, md5)
    copied = {**sent, "x-amz-copy-source": f"/{bucket}/plain"}
    for method, target, body, headers in (
        ("PUT", f"/{bucket}/k", BODY, sent),
        ("POST", f"/{bucket}/k?uploads", b"", sent),
        ("PUT", f"/{bucket}/copy", b"", copied),
    ):
        reply = signed(url, method, target, body, headers)
        assert reply.status == (400 if message else 200)
        if message:
            assert (reply.field("Message"), reply.field("ArgumentName")) == (message, ENCRYPTION)
            assert reply.field("ArgumentValue") == {EMPTY_KEY: key, ALGORITHM: algorithm}.get(message, "")


def test_readers_may_leave_out_the_md5_of_their_key(client: S3Client, url: str, bucket: str) -> None:
    assert signed(url, "PUT", f"/{bucket}/k", BODY, headers_of("AES256", WHOLE, WHOLE_MD5)).status == 200
    for method in ("GET", "HEAD"):
        reply = signed(url, method, f"/{bucket}/k", b"", headers_of("AES256", WHOLE, None))
        assert reply.status == 200
        assert reply.headers["x-amz-server-side-encryption-customer-key-md5"] == WHOLE_MD5
    source = headers_of("AES256", WHOLE, None, "x-amz-copy-source-")
    source["x-amz-copy-source"] = f"/{bucket}/k"
    assert signed(url, "PUT", f"/{bucket}/copy", b"", source).status == 200
    upload = client.create_multipart_upload(Bucket=bucket, Key="part")["UploadId"]
    part = f"/{bucket}/part?partNumber=1&uploadId={upload}"
    assert signed(url, "PUT", part, b"", source).status == 200
    # What is wrong with the source is found before what is wrong with the copy.
    source |= headers_of("AES128", WHOLE, WHOLE_MD5)
    del source["x-amz-copy-source-server-side-encryption-customer-key"]
    assert signed(url, "PUT", f"/{bucket}/copy", b"", source).field("Message") == NO_KEY
    assert signed(url, "PUT", part, b"", source).field("Message") == NO_KEY


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
    with refused("InvalidRequest", 400) as response:
        complete(client, bucket, "k", upload_id)
    assert response["Error"]["Message"] == OTHER_COMPLETION
    assert "ChecksumCRC32" in complete(client, bucket, "k", upload_id, **customer_key())


OTHER_COMPLETION = (
    "The object was stored using a form of Server Side Encryption. Correct SSE-C request parameters are "
    "required for this request when specifying checksums for each part."
)
OTHER = customer_key("b")
# The same of a completion, where a key of which something is missing is none: dyus/meeseeks-s3,
# tests/complete_multipart_upload_sse_c.
COMPLETIONS: list[tuple[str | None, str | None, str | None, str]] = [
    (None, None, None, ""),
    ("AES256", None, None, ""),
    ("AES128", None, None, ""),
    ("", None, None, ""),
    (None, "", None, ""),
    (None, None, "", ""),
    (None, WHOLE, WHOLE_MD5, ""),
    ("AES256", WHOLE, None, ""),
    ("AES256", None, WHOLE_MD5, ""),
    ("AES256", WHOLE, WHOLE_MD5, ""),
    ("AES256", f"!{WHOLE}", WHOLE_MD5, ""),
    ("AES256", "", WHOLE_MD5, EMPTY_KEY),
    ("", "", "", EMPTY_KEY),
    ("AES256", WHOLE, "", KEY_MD5),
    ("AES128", WHOLE, WHOLE_MD5, ALGORITHM),
    ("AES256", SHORT["SSECustomerKey"], SHORT["SSECustomerKeyMD5"], OTHER_COMPLETION),
    ("AES256", OTHER["SSECustomerKey"], OTHER["SSECustomerKeyMD5"], OTHER_COMPLETION),
]


@pytest.mark.parametrize("case", COMPLETIONS)
def test_a_completion_reads_the_key_as_s3_does(
    url: str, bucket: str, case: tuple[str | None, str | None, str | None, str]
) -> None:
    whole = headers_of("AES256", WHOLE, WHOLE_MD5)
    upload_id = signed(url, "POST", f"/{bucket}/k?uploads", b"", whole).field("UploadId")
    named = f"/{bucket}/k?uploadId={upload_id}"
    etag = signed(url, "PUT", f"{named}&partNumber=1", BODY, whole).headers["etag"]
    algorithm, key, digest, message = case
    headers = headers_of(algorithm, key, digest)

    def ask(number: int) -> Reply:
        part = f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        document = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>"
        return signed(url, "POST", named, document.encode(), headers)

    for number in (0, -1):  # found before anything about the key
        assert ask(number).field("Message") == "PartNumber must be >= 1"
    reply = ask(1)
    assert (reply.status, reply.field("Message")) == (400 if message else 200, message)
    if not message:
        whole_key = None not in (algorithm, key, digest)
        assert reply.headers[f"{ENCRYPTION}-customer-algorithm"] == "AES256"
        assert reply.headers.get(f"{ENCRYPTION}-customer-key-md5") == (WHOLE_MD5 if whole_key else None)


def test_a_completion_brings_no_key_to_an_upload_without_one(client: S3Client, bucket: str) -> None:
    upload_id = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    client.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=BODY)
    with refused("InvalidRequest", 400) as response:
        complete(client, bucket, "k", upload_id, **customer_key())
    assert response["Error"]["Message"] == OTHER_COMPLETION
    complete(client, bucket, "k", upload_id)


def test_the_wrong_key_of_a_source_is_another_refusal_than_that_of_an_object(
    client: S3Client, bucket: str
) -> None:
    """dyus/meeseeks-s3, tests/copy_object_sse_c and tests/upload_part_copy_sse_c, test_source_wrong_key."""
    client.put_object(Bucket=bucket, Key="k", Body=BODY, **customer_key())
    upload_id = client.create_multipart_upload(Bucket=bucket, Key="part")["UploadId"]
    source: Any = {"Bucket": bucket, "CopySource": f"{bucket}/k", **source_key("b")}
    for copy in (
        lambda: client.copy_object(Key="copy", **source),
        lambda: client.upload_part_copy(Key="part", UploadId=upload_id, PartNumber=1, **source),
    ):
        with refused("InvalidRequest", 400) as response:
            copy()
        assert response["Error"]["Message"] == (
            "The provided encryption parameters did not match the ones used originally."
        )
    with refused("AccessDenied", 403):
        client.get_object(Bucket=bucket, Key="k", **customer_key("b"))
