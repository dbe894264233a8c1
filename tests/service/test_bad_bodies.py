"""Bodies that are not what their head, their digest or their framing says: refused, and nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import MIB, put_head, put_parts, raw, refused, send_document, signed, status_of

from s3fixture.checksums import checksum_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("nothing_breaks")
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@pytest.mark.parametrize("name", ["Content-MD5", "x-amz-checksum-crc32", "x-amz-checksum-sha256"])
def test_a_wrong_digest(url: str, bucket: str, name: str) -> None:
    values = {"Content-MD5": "MD5", "x-amz-checksum-crc32": "CRC32", "x-amz-checksum-sha256": "SHA256"}
    reply = signed(url, "PUT", f"/{bucket}/old", b"new", {name: checksum_of(values[name], b"other")})
    assert (reply.status, reply.code) == (400, "BadDigest")


def test_a_body_that_is_not_the_signed_one(url: str, bucket: str) -> None:
    assert signed(url, "PUT", f"/{bucket}/old", b"new", sent=b"bad").code == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize("size", [10, 5 * MIB])
def test_a_client_that_leaves_in_the_middle_of_a_put(url: str, bucket: str, size: int) -> None:
    request = put_head(url, f"/{bucket}/old") + f"Content-Length: {size}\r\n\r\n".encode()
    assert status_of(raw(url, request + b"x" * (size // 2))) in (0, 400)


def test_a_client_that_leaves_in_the_middle_of_a_part(url: str, client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "big", [b"kept"])
    target = f"/{bucket}/big?partNumber=1&uploadId={upload}"
    assert status_of(raw(url, put_head(url, target) + b"Content-Length: 100\r\n\r\nhalf")) in (0, 400)
    assert client.list_parts(Bucket=bucket, Key="big", UploadId=upload)["Parts"][0]["Size"] == 4
    client.abort_multipart_upload(Bucket=bucket, Key="big", UploadId=upload)


def test_a_put_without_a_length(url: str, bucket: str) -> None:
    answer = raw(url, put_head(url, f"/{bucket}/old") + b"\r\n")
    assert status_of(answer) == 411
    assert b"<Code>MissingContentLength</Code>" in answer


def test_a_plain_chunked_transfer_coding(url: str, bucket: str) -> None:
    answer = raw(
        url, put_head(url, f"/{bucket}/old") + b"Transfer-Encoding: chunked\r\n\r\n3\r\nnew\r\n0\r\n\r\n"
    )
    assert status_of(answer) == 501
    assert b"<Code>NotImplemented</Code>" in answer


CRC = checksum_of("CRC32", b"new").encode()


@pytest.mark.parametrize(
    ("decoded", "body"),
    [
        ("3", b"3\r\nnew\r\n"),  # no last chunk
        ("3", b"4\r\nnew\r\n0\r\n"),
        ("3", b"2\r\nnew\r\n0\r\n"),
        ("5", b"3\r\nnew\r\n0\r\nx-amz-checksum-crc32:" + CRC + b"\r\n\r\n"),
        ("2", b"3\r\nnew\r\n0\r\nx-amz-checksum-crc32:" + CRC + b"\r\n\r\n"),
        ("3", b"zz\r\nnew\r\n0\r\n\r\n"),
        ("3", b"-3\r\nnew\r\n0\r\n\r\n"),
        ("3", b"ffffffffffffffffffff\r\nnew"),
        ("3", b"3\r\nnew\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"),
        ("3", b"3\r\nnew\r\n0\r\nx-amz-checksum-crc32:!\r\n\r\n"),
        ("3", b"3\r\nnew\r\n0\r\nx-amz-other:1\r\n\r\n"),
        ("3", b"3\r\nnew\r\n0\r\n\r\n"),  # the announced trailer is missing
        ("3", b""),
        ("x", b"3\r\nnew\r\n0\r\n\r\n"),
        ("", b"3\r\nnew\r\n0\r\n\r\n"),
    ],
)
def test_chunk_framing_that_lies(url: str, bucket: str, decoded: str, body: bytes) -> None:
    headers = {"x-amz-decoded-content-length": decoded, "x-amz-trailer": "x-amz-checksum-crc32"}
    reply = signed(url, "PUT", f"/{bucket}/old", b"", headers, sent=body, digest=UNSIGNED_TRAILER)
    assert reply.status in (400, 411)
    assert reply.code


def test_chunks_with_forged_signatures(url: str, bucket: str) -> None:
    """justincormack/argmin, crates/s3-tests/tests/chunked.rs (the canonical request of the whole request)"""
    digest = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    body = b"3;chunk-signature=" + b"0" * 64 + b"\r\nnew\r\n0;chunk-signature=" + b"0" * 64 + b"\r\n\r\n"
    headers = {"x-amz-decoded-content-length": "3"}
    reply = signed(url, "PUT", f"/{bucket}/old", b"", headers, sent=body, digest=digest)
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
    assert reply.field("SignatureProvided") == "0" * 64
    assert reply.field("StringToSign").startswith("AWS4-HMAC-SHA256-PAYLOAD\n")
    canonical = reply.field("CanonicalRequest")
    assert canonical.startswith(f"PUT\n/{bucket}/old\n")
    assert reply.field("CanonicalRequestBytes") == canonical.encode().hex(" ")


@pytest.mark.parametrize("digest", ["STREAMING-X", "abc", "g" * 64])
def test_a_content_sha256_that_is_none(url: str, bucket: str, digest: str) -> None:
    reply = signed(url, "PUT", f"/{bucket}/old", b"new", digest=digest)
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_no_delete_marker_is_made_for_a_key_that_no_request_could_name(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    answer = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "../x"}]})

    assert [error["Code"] for error in answer["Errors"]] == ["InvalidURI"]
    assert "DeleteMarkers" not in client.list_object_versions(Bucket=bucket)


def test_a_key_that_is_too_long_keeps_all_others_of_a_delete(client: S3Client, bucket: str) -> None:
    """justincormack/argmin, crates/s3-tests/tests/malformed_xml.rs (run against S3, too)"""
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    objects: Any = [{"Key": "a"}, {"Key": "k" * 1025}]

    with refused("KeyTooLongError", 400):
        client.delete_objects(Bucket=bucket, Delete={"Objects": objects})

    assert "DeleteMarkers" not in client.list_object_versions(Bucket=bucket)


def test_documents_that_s3_refuses_without_a_declaration(url: str, client: S3Client, bucket: str) -> None:
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    for method, target in (
        ("POST", f"/{bucket}/k?uploadId={upload}"),
        ("POST", f"/{bucket}?delete"),
        ("PUT", f"/{bucket}?ownershipControls"),
    ):
        reply = send_document(url, method, target, b"<Other/>")
        assert (reply.status, reply.code) == (400, "MalformedXML")
        assert reply.body.startswith(b"<Error><Code>"), target
    cors = send_document(url, "PUT", f"/{bucket}?cors", b"<Other/>")
    assert cors.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>MalformedXML')
    missing = send_document(url, "POST", "/not-there?delete", b"<Other/>")
    assert missing.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket')
