"""What the model does not say about parameters, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest
from wire_shapes import BASE_HOSTS, Auth

from s3fixture import checksums
from s3fixture.errors import S3Error
from s3fixture.wire.payload import Payload, open_payload
from s3fixture.wire.protocol import Protocol
from s3fixture.wire.request import Request, parse_target

PROTOCOL = Protocol()
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def parse(
    method: str,
    raw: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    auth: Auth | None = None,
) -> dict[str, Any]:
    sent = {"host": "127.0.0.1:9000", "content-length": str(len(body)), **(headers or {})}
    request = Request(method, raw, sent, io.BytesIO(body))
    target = parse_target(raw, request.host, BASE_HOSTS)
    operation = PROTOCOL.route(method, target, sent)
    return PROTOCOL.parse(operation, request, target, open_payload(request, auth or Auth(), operation))


def document(method: str, raw: str, text: str) -> dict[str, Any]:
    """Parse a document that carries the checksum that some operations want."""
    body = text.encode()
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    return parse(method, raw, {"content-md5": digest}, body)


def refusal(method: str, raw: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> S3Error:
    with pytest.raises(S3Error) as caught:
        parse(method, raw, headers, body)
    return caught.value


def document_refusal(method: str, raw: str, text: str) -> str:
    with pytest.raises(S3Error) as caught:
        document(method, raw, text)
    return caught.value.code


def test_aws_chunked_is_no_part_of_the_stored_encoding() -> None:  # quirk 15
    assert parse("PUT", "/b/k", {"content-encoding": "gzip, aws-chunked"})["ContentEncoding"] == "gzip"
    assert parse("PUT", "/b/k", {"content-encoding": "aws-chunked, gzip"})["ContentEncoding"] == "gzip"
    for spaces in ("", " "):
        text = f"gzip,{spaces}aws-chunked,{spaces}br"
        assert parse("PUT", "/b/k", {"content-encoding": text})["ContentEncoding"] == f"gzip,{spaces}br"
    assert parse("PUT", "/b/k", {"content-encoding": "gzip"})["ContentEncoding"] == "gzip"
    assert "ContentEncoding" not in parse("PUT", "/b/k", {"content-encoding": "aws-chunked"})


def test_the_content_length_is_the_decoded_one() -> None:  # quirk 16
    headers = {"x-amz-decoded-content-length": "5", "content-encoding": "aws-chunked"}
    body = b"5\r\nhello\r\n0\r\n\r\n"
    params = parse("PUT", "/b/k", headers, body, Auth("STREAMING-UNSIGNED-PAYLOAD-TRAILER"))

    assert params["ContentLength"] == 5
    assert params["Body"].read() == b"hello"


def test_an_upload_without_length_is_refused_and_a_delete_is_not() -> None:
    request = Request("PUT", "/b/k", {}, io.BytesIO(b""))
    target = parse_target("/b/k", "", ())

    with pytest.raises(S3Error) as caught:
        PROTOCOL.parse("PutObject", request, target, open_payload(request, Auth(), "PutObject"))

    assert caught.value.code == "MissingContentLength"
    assert PROTOCOL.parse("DeleteObject", request, target, open_payload(request, Auth(), "PutObject")) == {
        "Bucket": "b",
        "Key": "k",
    }


def test_the_checksum_headers_of_a_completion_describe_the_object() -> None:  # quirk 17
    body = b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>"
    headers = {"x-amz-checksum-crc32": "AAAAAA==-2", "x-amz-checksum-type": "COMPOSITE"}

    params = parse("POST", "/b/k?uploadId=u", headers, body)

    assert params["ChecksumCRC32"] == "AAAAAA==-2"
    assert params["MultipartUpload"] == {"Parts": [{"PartNumber": 1}]}


@pytest.mark.parametrize("raw", ["/b?max-keys=", "/b?max-keys=+"])
def test_blank_values_are_absent(raw: str) -> None:  # quirk 18
    assert parse("GET", raw) == {"Bucket": "b"}


@pytest.mark.parametrize("text", ["Thu, 29 Feb 2024 12:00:00 GMT", "tomorrow"])
def test_expires_is_any_text(text: str) -> None:  # quirk 18
    assert parse("PUT", "/b/k", {"expires": text})["Expires"] == text
    assert parse("GET", f"/b/k?response-expires={text}")["ResponseExpires"] == text


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 29 Feb 2024 12:00:00 GMT",
        "Thursday, 29-Feb-24 12:00:00 GMT",
        "Thu Feb 29 12:00:00 2024",
        "Thu, 29 Feb 2024 13:00:00 +0100",
        "2024-02-29T12:00:00Z",
        "2024-02-29T12:00:00.000Z",
        "2024-02-29T13:00:00+01:00",
        "1709208000",
    ],
)
def test_times_are_read_in_all_their_forms(text: str) -> None:
    assert parse("GET", "/b/k", {"if-modified-since": text})["IfModifiedSince"] == datetime(
        2024, 2, 29, 12, tzinfo=timezone.utc
    )


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01T00:00:00Z", "9" * 12, "Thu, 99 Foo 2024"])
def test_a_condition_with_an_unreadable_date_is_ignored(text: str) -> None:  # quirk 19
    assert "IfModifiedSince" not in parse("GET", "/b/k", {"if-modified-since": text})


@pytest.mark.parametrize(
    ("method", "raw", "headers", "code"),
    [
        ("POST", "/b/k?uploadId=u", {"x-amz-mp-object-size": "size"}, "InvalidRequest"),
        ("POST", "/b/k?uploadId=u", {"x-amz-mp-object-size": "-1"}, "InvalidRequest"),
        ("GET", "/b?max-keys=blah", {}, "InvalidArgument"),
        ("GET", "/b?max-keys=2147483648", {}, "InvalidArgument"),
        ("GET", "/?max-buckets=0", {}, "InvalidArgument"),
        ("GET", "/b?list-type=2&fetch-owner=perhaps", {}, "InvalidArgument"),
        ("GET", "/b/k?partNumber=0", {}, "InvalidArgument"),
        ("PUT", "/b/k?partNumber=10001&uploadId=u", {}, "InvalidArgument"),
        ("GET", "/b/k?attributes", {}, "InvalidRequest"),
        ("GET", "/b/k?attributes", {"x-amz-object-attributes": "ETag,Nonsense"}, "InvalidArgument"),
        ("GET", "/b/k?attributes", {"x-amz-object-attributes": ","}, "InvalidRequest"),
        ("PUT", "/b?analytics", {}, "InvalidArgument"),
        ("PUT", "/b/k", {"x-amz-acl": "everyone"}, "InvalidArgument"),
        ("PUT", "/b/k", {"x-amz-storage-class": "CHEAP"}, "InvalidStorageClass"),
        ("PUT", "/b/k", {"x-amz-object-lock-retain-until-date": "soon"}, "InvalidArgument"),
        ("PUT", "/b/k", {"x-amz-copy-source": "/b/s", "x-amz-metadata-directive": "X"}, "InvalidArgument"),
        ("POST", "/b/k?uploads", {"x-amz-checksum-algorithm": "CRC31"}, "InvalidRequest"),
    ],
)
def test_values_outside_their_set_are_refused(
    method: str, raw: str, headers: Mapping[str, str], code: str
) -> None:  # quirk 20
    assert refusal(method, raw, headers).code == code


def test_a_refused_argument_is_named() -> None:
    error = refusal("PUT", "/b/k", {"x-amz-acl": "everyone"})

    assert error.fields == {"ArgumentName": "x-amz-acl", "ArgumentValue": "everyone"}


def test_a_checksum_algorithm_and_its_type_may_be_in_lower_case() -> None:
    headers = {"x-amz-checksum-algorithm": "crc64nvme", "x-amz-checksum-type": "Full_Object"}
    params = parse("POST", "/b/k?uploads", headers)

    assert (params["ChecksumAlgorithm"], params["ChecksumType"]) == ("CRC64NVME", "FULL_OBJECT")


@pytest.mark.parametrize(
    ("method", "raw", "text", "code"),
    [
        ("PUT", "/b?versioning", "<VersioningConfiguration><Status>", "MalformedXML"),
        ("PUT", "/b?tagging", "<Other/>", "MalformedXML"),
        ("PUT", "/b?acl", "<AccessControlPolicy><Nonsense/></AccessControlPolicy>", "MalformedACLError"),
        ("PUT", "/b?tagging", "<Tagging><TagSet/><TagSet/></Tagging>", "MalformedXML"),
        ("PUT", "/b?tagging", "<Tagging><TagSet><Other/></TagSet></Tagging>", "MalformedXML"),
        ("PUT", "/b?tagging", "<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>", "MalformedXML"),
        ("PUT", "/b?tagging", "", "MissingRequestBodyError"),
        (
            "POST",
            "/b/k?uploadId=u",
            "<CompleteMultipartUpload><Part><PartNumber>one</PartNumber></Part></CompleteMultipartUpload>",
            "MalformedXML",
        ),
        ("POST", "/b?delete", "<Delete><Quiet>perhaps</Quiet></Delete>", "MalformedXML"),
        ("POST", "/b?delete", "<Delete><Object><Key>&#x1;</Key></Object></Delete>", "MalformedXML"),
        ("POST", "/b?delete", "<Delete><Object><Key><b/></Key></Object></Delete>", "MalformedXML"),
    ],
)
def test_documents_that_are_not_of_the_schema_are_refused(
    method: str, raw: str, text: str, code: str
) -> None:  # quirks 21 and 22
    assert document_refusal(method, raw, text) == code


@pytest.mark.parametrize(
    "text",
    [
        "<Delete><Object><Key>a&amp;b</Key></Object></Delete>",
        f'<Delete xmlns="{NAMESPACE}"><Object><Key>a&amp;b</Key></Object></Delete>',
        f'<s3:Delete xmlns:s3="{NAMESPACE}"><s3:Object><s3:Key>a&amp;b</s3:Key></s3:Object></s3:Delete>',
        "<?xml version='1.0'?>\n<Delete>\n <Object><Key>a<![CDATA[&]]>b</Key></Object></Delete>",
    ],
)
def test_documents_may_have_a_namespace(text: str) -> None:  # quirk 23
    assert document("POST", "/b?delete", text)["Delete"] == {"Objects": [{"Key": "a&b"}]}


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE Delete [<!ENTITY a "&b;&b;">]><Delete><Object><Key>&a;</Key></Object></Delete>',
        '<!DOCTYPE Delete SYSTEM "file:///etc/passwd"><Delete><Object><Key>k</Key></Object></Delete>',
        "<Delete>" * 10_000,
        f"<Delete>{'<Quiet/>' * 200_000}</Delete>",
        "<Delete " + " ".join(f"a{n}=''" for n in range(17)) + "/>",
        "<Delete><Object><Key>&nbsp;</Key></Object></Delete>",
        '<?xml version="1.0" encoding="klingon"?><Delete/>',
        '<?xml version="1.0" encoding="shift_jis"?><Delete/>',
        "<x:Delete/>",
        "\x00",
        "not xml",
    ],
)
def test_hostile_documents_are_malformed(text: str) -> None:  # quirk 23
    assert document_refusal("POST", "/b?delete", text) == "MalformedXML"


def test_a_document_has_a_size_limit() -> None:
    huge = "<Delete><Object><Key>" + "k" * 3_000_000 + "</Key></Object></Delete>"

    assert document_refusal("POST", "/b?delete", huge) == "MaxMessageLengthExceeded"


@pytest.mark.parametrize(
    ("method", "raw", "root", "limit"),
    [
        ("POST", "/b?delete", "Delete", 2_048_000),
        ("POST", "/b/k?uploadId=u", "CompleteMultipartUpload", 2_621_440),
        ("PUT", "/b?acl", "AccessControlPolicy", 204_800),
        ("PUT", "/b?cors", "CORSConfiguration", 65_536),
        ("PUT", "/b?lifecycle", "LifecycleConfiguration", 2_097_152),
        ("PUT", "/b?ownershipControls", "OwnershipControls", 2048),
        ("PUT", "/b?tagging", "Tagging", 163_840),
        ("PUT", "/b?versioning", "VersioningConfiguration", 1024),
    ],
)
def test_a_document_may_have_as_many_bytes_as_s3_takes(
    method: str, raw: str, root: str, limit: int
) -> None:  # refusals.ARGMIN
    def sized(size: int) -> str:
        frame = f"<{root}><!----><Unknown/></{root}>"
        return frame.replace("<!---->", f"<!--{' ' * (size - len(frame))}-->")

    assert document_refusal(method, raw, sized(limit)).startswith("Malformed")
    assert document_refusal(method, raw, sized(limit + 1)) == "MaxMessageLengthExceeded"


def test_a_retention_may_have_the_name_of_its_shape() -> None:  # quirk 21
    text = "<ObjectLockRetention><Mode>GOVERNANCE</Mode></ObjectLockRetention>"
    assert document("PUT", "/b/k?retention", text)["Retention"] == {"Mode": "GOVERNANCE"}


@pytest.mark.parametrize(
    "text",
    [
        *("20200101", "1577836800", "Wed, 01 Jan 2020 00:00:00 GMT"),
        *("2020-01-01T00:00:00+24:00", "2020-01-01T00:00:00-34:00", "2020-01-01T00:00:00+01:60"),  # no zones
    ],
)
def test_times_in_documents_are_iso_8601(text: str) -> None:
    rule = f"<Rule><Status>Enabled</Status><Expiration><Date>{text}</Date></Expiration></Rule>"
    whole = f"<LifecycleConfiguration>{rule}</LifecycleConfiguration>"
    assert document_refusal("PUT", "/b?lifecycle", whole) == "MalformedXML"


def test_a_lifecycle_without_a_checksum_is_told_of_the_digest_alone() -> None:  # quirk 24
    error = refusal(
        "PUT", "/b?lifecycle", {"x-amz-checksum-algorithm": "CRC32"}, b"<LifecycleConfiguration/>"
    )
    assert error.code == "InvalidRequest"
    assert error.message == "Missing required header for this request: Content-MD5"


def test_operations_that_want_a_checksum_say_so() -> None:  # quirk 24
    body = b"<Tagging><TagSet/></Tagging>"
    error = refusal("PUT", "/b?tagging", {}, body)

    assert error.code == "InvalidRequest"
    assert "Content-MD5 OR x-amz-checksum-*" in error.message
    digest = checksums.checksum_of("CRC32", body)
    assert parse("PUT", "/b?tagging", {"x-amz-checksum-crc32": digest}, body)["Tagging"] == {"TagSet": []}


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/b?policy", b"{}"),
        ("/b?versioning", b"<VersioningConfiguration/>"),
        ("/b?logging", b"<BucketLoggingStatus/>"),
        (
            "/b?requestPayment",
            b"<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
        ),
        ("/b?publicAccessBlock", b"<PublicAccessBlockConfiguration/>"),
        (
            "/b?encryption",
            b"<ServerSideEncryptionConfiguration><Rule/></ServerSideEncryptionConfiguration>",
        ),
        ("/b/k?tagging", b"<Tagging><TagSet/></Tagging>"),
    ],
)
def test_operations_that_take_a_document_without_a_checksum(target: str, body: bytes) -> None:  # quirk 24
    assert parse("PUT", target, {}, body)


def test_a_document_with_a_wrong_checksum_is_refused_before_it_is_believed() -> None:
    headers = {"x-amz-checksum-crc32": "AAAAAA=="}

    assert refusal("PUT", "/b?tagging", headers, b"<Tagging><TagSet/></Tagging>").code == "BadDigest"


def test_a_presigned_url_may_carry_headers() -> None:  # quirk 25
    query = "X-Amz-Signature=0&x-amz-acl=public-read&X-Amz-Meta-Color=blue&x-amz-storage-class=STANDARD"
    hoisted = parse("PUT", f"/b/k?{query}", {"x-amz-storage-class": "GLACIER"})

    assert hoisted["ACL"] == "public-read"
    assert hoisted["Metadata"] == {"color": "blue"}
    assert hoisted["StorageClass"] == "GLACIER"
    assert "ACL" not in parse("PUT", "/b/k?x-amz-acl=public-read")


def test_a_checksum_in_a_presigned_url_is_verified() -> None:  # quirk 25
    promised = "X-Amz-Signature=0&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32"
    chosen = "X-Amz-Signature=0&x-amz-sdk-checksum-algorithm=SHA256"

    with pytest.raises(S3Error, match="The CRC32 you specified did not match"):
        parse("PUT", f"/b/k?{promised}", {}, b"hello")["Body"].read()
    assert parse("PUT", f"/b/k?{chosen}", {}, b"hello")["Body"].read() == b"hello"


@pytest.mark.parametrize("value", ["%E2%80%93", "a%0D%0AX-Evil:%201", "%01"])
def test_response_headers_stay_within_latin_1(value: str) -> None:  # quirk 26
    error = refusal("GET", f"/b/k?response-content-disposition={value}")

    assert error.code == "InvalidArgument"
    assert error.message == "Header value cannot be represented using ISO-8859-1."
    assert error.fields["ArgumentName"] == "response-content-disposition"


def test_metadata_is_lower_case_latin_1_and_keeps_its_underscores() -> None:  # quirk 27
    params = parse("PUT", "/b/k", {"x-amz-meta-a_b-c": "\xc4\xe9", "x-amz-meta-": "nameless"})

    assert params["Metadata"] == {"a_b-c": "\xc4\xe9", "": "nameless"}


def test_lists_in_headers_may_be_quoted_and_spaced() -> None:
    headers = {"x-amz-optional-object-attributes": 'RestoreStatus , "RestoreStatus",'}

    assert parse("GET", "/b", headers)["OptionalObjectAttributes"] == ["RestoreStatus", "RestoreStatus"]


def test_attributes_may_be_spaced_and_end_with_commas() -> None:  # quirk 18
    headers = {"x-amz-object-attributes": "ETag , Checksum,ObjectSize,,"}

    assert parse("GET", "/b/k?attributes", headers)["ObjectAttributes"] == ["ETag", "Checksum", "ObjectSize"]


def test_etags_in_documents_lose_their_marks() -> None:  # quirk 32
    text = (
        "<CompleteMultipartUpload><Part><ETag>&quot;abc&quot;</ETag><PartNumber>1</PartNumber></Part>"
        "<Part><ETag>def</ETag><PartNumber>2</PartNumber></Part></CompleteMultipartUpload>"
    )

    parts = document("POST", "/b/k?uploadId=u", text)["MultipartUpload"]["Parts"]

    assert [part["ETag"] for part in parts] == ["abc", "def"]


def test_a_grantee_has_its_type_in_an_attribute() -> None:
    text = (
        "<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant><Grantee "
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>g</ID></Grantee>'
        "<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
    )

    grants = document("PUT", "/b?acl", text)["AccessControlPolicy"]["Grants"]

    assert grants == [{"Grantee": {"Type": "CanonicalUser", "ID": "g"}, "Permission": "READ"}]


def test_a_body_nobody_wants_is_verified_all_the_same() -> None:
    with pytest.raises(S3Error) as caught:
        parse("DELETE", "/b/k", {}, b"surprise", Auth("0" * 64))

    assert caught.value.code == "XAmzContentSHA256Mismatch"


def test_a_streaming_body_is_left_unread() -> None:
    body = parse("PUT", "/b/k", {}, b"hello")["Body"]

    assert isinstance(body, Payload)
    assert body.read(2) == b"he"
    assert body.read() == b"llo"
    assert body.md5 == hashlib.md5(b"hello", usedforsecurity=False).digest()


def test_a_policy_is_text() -> None:
    assert document("PUT", "/b?policy", '{"Version": "ä"}')["Policy"] == '{"Version": "ä"}'

    body = b"\xff"
    digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    assert refusal("PUT", "/b?policy", {"content-md5": digest}, body).code == "MalformedPolicy"
