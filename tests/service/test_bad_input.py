"""What must never come: a 500, a traceback, a half-written object, a server that stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from service_helpers import (
    MIB,
    PART,
    complete,
    put_parts,
    raw,
    refused,
    send,
    send_document,
    signed,
    status_of,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("nothing_breaks")


# Documents


@pytest.mark.parametrize(
    "document",
    [
        b"<Delete>",
        b"nonsense",
        b"<Delete></Wrong>",
        b"\xff\xfe",
        b"<Delete><Object><Key>old</Key></Object></Delete>trailing",
        b"<Delete><Object><Key>old</Key></Object><Quiet><Yes/></Quiet></Delete>",
        b"<Delete><Object><Key>old</Key></Object><Quiet>true</Quiet><Quiet>true</Quiet></Delete>",
        b"<Delete>" * 5000,
        b'<?xml version="1.0" encoding="no-such"?><Delete/>',
        b"<Delete><Object/></Delete>",
        b"<Wrong><Object><Key>old</Key></Object></Wrong>",
    ],
)
def test_malformed_xml(url: str, bucket: str, document: bytes) -> None:
    reply = send_document(url, "POST", f"/{bucket}?delete", document)
    assert (reply.status, reply.code) == (400, "MalformedXML")


def test_entities_are_never_expanded(url: str, bucket: str) -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "ha">{levels}]><Delete><Object><Key>&e9;</Key></Object></Delete>'
    external = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&f;</Key></Object></Delete>'
    for document in (bomb, external):
        reply = send_document(url, "POST", f"/{bucket}?delete", document.encode())
        assert (reply.status, reply.code) == (400, "MalformedXML")


def test_a_document_that_is_too_long(url: str, bucket: str) -> None:
    reply = send_document(url, "POST", f"/{bucket}?delete", b"<Delete>" + b" " * 3 * MIB + b"</Delete>")
    assert (reply.status, reply.code) == (400, "MaxMessageLengthExceeded")


@pytest.mark.parametrize(("operation", "limit"), [("cors", 64 * 1024), ("website", 128 * 1024)])
def test_a_document_that_is_longer_than_documented(url: str, bucket: str, operation: str, limit: int) -> None:
    """API_PutBucketCors and API_PutBucketWebsite; the element was seen at S3 by justincormack/argmin."""
    for size, code in ((limit, "MalformedXML"), (limit + 1, "MaxMessageLengthExceeded")):
        reply = send_document(url, "PUT", f"/{bucket}?{operation}", b"x" * size)
        assert (reply.status, reply.code) == (400, code)
    assert reply.field("MaxMessageLengthBytes") == str(limit)


@pytest.mark.parametrize("subresource", ["tagging", "versioning", "cors", "policy"])
@pytest.mark.parametrize("document", [b"", b"<", b"{", b"<a/>", b"\0"])
def test_documents_of_buckets(url: str, bucket: str, subresource: str, document: bytes) -> None:
    reply = send_document(url, "PUT", f"/{bucket}?{subresource}", document)
    assert reply.status == 400
    assert reply.code


# Targets


def test_unknown_query_parameters_change_nothing(url: str, bucket: str) -> None:
    assert signed(url, "GET", f"/{bucket}/old?foo=bar&x-id=GetObject").body == b"old"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/bucket/%", "InvalidURI"),
        ("/bucket/%zz", "InvalidURI"),
        ("/bucket/%ff", "InvalidURI"),
        ("/bucket/a%00b", "InvalidURI"),
        ("/bucket/../../etc/passwd", "InvalidURI"),
        ("/bucket/..", "InvalidURI"),
        ("/bucket/%2e%2e/%2e%2e", "InvalidURI"),
        ("/bucket/" + "k" * 1025, "KeyTooLongError"),
        ("/Bad_Bucket", "InvalidBucketName"),
        ("/%00", "InvalidURI"),
        ("/bucket?prefix=%ff", "InvalidURI"),
    ],
)
def test_targets_that_are_none(url: str, target: str, code: str) -> None:
    reply = signed(url, "PUT", target)
    assert (reply.status, reply.code) == (400, code)


@pytest.mark.parametrize(
    "query", ["uploadId", "uploadId=", "versionId", "versionId=%00", "partNumber=1&partNumber=2"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "HEAD"])
def test_queries_that_make_no_sense(url: str, bucket: str, method: str, query: str) -> None:
    reply = signed(url, method, f"/{bucket}/missing?{query}", b"")
    ignored = method == "DELETE" and query.startswith("partNumber")
    assert reply.status == 204 if ignored else 400 <= reply.status < 500


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("/bucket?location", "GET"),
        ("/bucket?uploads", "POST, GET"),
        ("/bucket?versioning", "GET, PUT"),
        ("/bucket?acl", "GET, PUT"),
        ("/bucket?tagging", "DELETE, GET, PUT"),
        ("/bucket?policy", "DELETE, GET, PUT"),
        ("/bucket?versions", "GET"),
        ("/bucket/old?acl", "GET, PUT"),
        ("/bucket/old?tagging", "DELETE, GET, PUT"),
        ("/bucket/missing?uploadId=abc123", "DELETE, POST, GET"),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_a_subresource_has_no_head(url: str, target: str, allowed: str) -> None:
    """Measured at S3: brekkylab/backlot issue 230."""
    reply = signed(url, "HEAD", target)
    assert (reply.status, reply.headers["allow"], reply.body) == (405, allowed, b"")
    assert reply.headers["content-type"] == "application/xml"


def test_two_subresources_have_no_head_either(url: str, bucket: str) -> None:
    reply = signed(url, "HEAD", f"/{bucket}?acl&versioning")
    assert (reply.status, "allow" in reply.headers, reply.body) == (400, False, b"")


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "PROPFIND", "BREW"])
def test_methods_that_s3_does_not_have(url: str, bucket: str, method: str) -> None:
    reply = signed(url, method, f"/{bucket}/old")
    assert (reply.status, reply.code) == (405, "MethodNotAllowed")


# Heads


def test_headers_without_end(url: str) -> None:
    endless = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Filler: y\r\n" * 20_000
    assert status_of(raw(url, endless)) in (0, 400, 431)
    assert status_of(raw(url, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 2 * MIB)) in (0, 400, 431)
    assert status_of(raw(url, b"GET /" + b"y" * 2 * MIB)) in (0, 400, 414)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\0\0\0\0",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n no-name\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request(url: str, data: bytes) -> None:
    assert status_of(raw(url, data)) in (0, 400, 403, 505)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "AWS4-HMAC-SHA256 nonsense"),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0"),
        ("Authorization", "AWS x"),
        ("Authorization", "Basic abc"),
        ("Authorization", "Bearer"),
        ("x-amz-date", "yesterday"),
        ("Content-MD5", "\xff"),
        ("Range", "bytes=" + "9" * 400 + "-"),
        ("If-Modified-Since", "no day"),
        ("Content-Type", "\xff\xfe"),
        ("x-amz-copy-source", "%zz"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_headers_that_make_no_sense(url: str, bucket: str, method: str, name: str, value: str) -> None:
    reply = send(url, method, f"/{bucket}/missing", b"", {name: value})
    assert 400 <= reply.status < 500
    assert reply.code
    again = signed(url, method, f"/{bucket}/missing", b"", {} if name == "Authorization" else {name: value})
    assert again.status < 500
    signed(url, "DELETE", f"/{bucket}/missing")


# Multipart


def test_parts_out_of_order_or_too_small(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "old", [b"small", b"small", PART])
    listed = client.list_parts(Bucket=bucket, Key="old", UploadId=upload)["Parts"]
    parts = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in listed]
    with refused("EntityTooSmall", 400):
        complete(client, bucket, "old", upload)
    with refused("InvalidPartOrder", 400):
        client.complete_multipart_upload(
            Bucket=bucket,
            Key="old",
            UploadId=upload,
            MultipartUpload={"Parts": parts[::-1]},  # type: ignore[typeddict-item]
        )


@pytest.mark.parametrize("upload", ["", "x", "..%2f..", "%00", "a" * 5000, "%F0%9F%92%A9"])
def test_an_upload_id_that_is_none(url: str, bucket: str, upload: str) -> None:
    for method in ("GET", "DELETE", "PUT"):
        query = f"uploadId={upload}" + ("&partNumber=1" if method == "PUT" else "")
        reply = signed(url, method, f"/{bucket}/old?{query}", b"")
        assert 400 <= reply.status < 500


def test_headers_end_at_8_kb(url: str, bucket: str) -> None:
    for size in (8192 - 1024, 9000):  # the signature's headers have a part of it
        reply = signed(url, "GET", f"/{bucket}/old", headers={"x-large": "a" * size})
        if size < 8192:
            assert (reply.status, reply.body) == (200, b"old")
        else:
            assert (reply.status, reply.code) == (400, "RequestHeaderSectionTooLarge")
            assert reply.field("MaxSizeAllowed") == "8192"
    assert signed(url, "GET", f"/{bucket}/old?x-id={'a' * 9000}").status == 200  # not in the headers
