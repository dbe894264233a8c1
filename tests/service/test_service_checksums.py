"""Checksums: every algorithm verified, stored, returned; composite and full-object; attributes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import PART, complete, needs, put_parts, refused, send_document, signed

from s3fixture.checksums import ALGORITHMS, checksum_of, composite

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BODY = b"body"
BOTOCORE = ("CRC32", "SHA1", "SHA256")  # what botocore computes without awscrt
COMBINED = ("CRC32", "CRC32C", "CRC64NVME")
KNOWN = [pytest.param(name, marks=needs("PutObjectRequest", f"Checksum{name}")) for name in ALGORITHMS]
COMPLETED = [
    pytest.param(name, "", marks=needs("CompleteMultipartUploadRequest", f"Checksum{name}"))
    for name in ALGORITHMS
]


@pytest.mark.parametrize("name", KNOWN)
def test_every_algorithm_is_verified_stored_and_returned(url: str, bucket: str, name: str) -> None:
    header, value = ALGORITHMS[name].header, checksum_of(name, BODY)
    put = signed(url, "PUT", f"/{bucket}/k", BODY, {header: value})
    assert (put.status, put.headers[header]) == (200, value)
    assert put.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    for method in ("GET", "HEAD"):
        reply = signed(url, method, f"/{bucket}/k", headers={"x-amz-checksum-mode": "ENABLED"})
        assert reply.headers[header] == value
        assert reply.headers["x-amz-checksum-type"] == "FULL_OBJECT"
        assert header not in signed(url, method, f"/{bucket}/k").headers


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_wrong_checksum_keeps_the_old_object(url: str, client: S3Client, bucket: str, name: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"old")
    wrong = checksum_of(name, b"something else")
    reply = signed(url, "PUT", f"/{bucket}/k", BODY, {ALGORITHMS[name].header: wrong})
    assert (reply.status, reply.code) == (400, "BadDigest")
    assert name in reply.field("Message")
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("value", ["x", "", "AAA=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_a_checksum_that_cannot_be_one_is_refused(url: str, bucket: str, name: str, value: str) -> None:
    reply = signed(url, "PUT", f"/{bucket}/k", BODY, {ALGORITHMS[name].header: value})
    assert (reply.status, reply.code) == (400, "InvalidRequest")


def test_a_checksum_of_no_algorithm_is_refused(url: str, bucket: str) -> None:
    reply = signed(url, "PUT", f"/{bucket}/k", BODY, {"x-amz-checksum-sha256a": "dummy"})
    assert (reply.status, reply.code) == (400, "InvalidRequest")
    assert reply.field("Message") == "The algorithm type you specified in x-amz-checksum- header is invalid."
    assert signed(url, "PUT", f"/{bucket}/k", BODY, {"x-amz-checksum-mode": "ENABLED"}).status == 200


def test_two_checksums_are_one_too_many(url: str, bucket: str) -> None:
    headers = {ALGORITHMS[name].header: checksum_of(name, BODY) for name in ("CRC32", "SHA1")}
    assert signed(url, "PUT", f"/{bucket}/k", BODY, headers).code == "InvalidRequest"


@pytest.mark.parametrize(("values", "named"), [("AAAA,BBBB", "BBBB"), ("AAAA, BBBB,CCCC", "BBBB")])
def test_a_checksum_that_is_sent_twice_is_refused_by_its_second_value(
    url: str, bucket: str, values: str, named: str
) -> None:
    reply = signed(url, "PUT", f"/{bucket}/k", BODY, {"x-amz-checksum-crc32": values})
    assert (reply.status, reply.code) == (400, "InvalidArgument")
    assert reply.field("Message") == "Only one value may be specified."
    assert reply.field("ArgumentName") == "x-amz-checksum-crc32"
    assert reply.field("ArgumentValue") == named


@pytest.mark.parametrize("algorithm", ["SHA256", "BOGUS"])
def test_what_the_sdk_says_it_sends_is_what_it_sends(url: str, bucket: str, algorithm: str) -> None:
    name = "x-amz-sdk-checksum-algorithm"
    alone = signed(url, "PUT", f"/{bucket}/k", BODY, {name: algorithm})
    assert (alone.status, alone.code) == (400, "InvalidRequest")
    assert alone.field("Message").startswith(f"{name} specified, but no corresponding x-amz-checksum-*")
    other = {name: algorithm, "x-amz-checksum-crc32": checksum_of("CRC32", BODY)}
    beside = signed(url, "PUT", f"/{bucket}/k", BODY, other)
    assert (beside.status, beside.code) == (400, "InvalidRequest")
    assert beside.field("Message") == f"Value for {name} header is invalid."


@pytest.mark.parametrize("name", BOTOCORE)
def test_botocores_trailers_are_verified(client: S3Client, bucket: str, name: Any) -> None:
    put: Any = client.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm=name)
    assert put[f"Checksum{name}"] == checksum_of(name, BODY)
    got: Any = client.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == BODY
    assert got[f"Checksum{name}"] == put[f"Checksum{name}"]


def test_who_names_no_algorithm_gets_crc64nvme(url: str, bucket: str) -> None:
    put = signed(url, "PUT", f"/{bucket}/k", BODY)
    assert put.headers["x-amz-checksum-crc64nvme"] == checksum_of("CRC64NVME", BODY)


def test_a_range_has_no_checksum(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm="CRC32")
    got = client.get_object(Bucket=bucket, Key="k", Range="bytes=0-1", ChecksumMode="ENABLED")
    assert "ChecksumCRC32" not in got


@pytest.mark.parametrize(
    ("digest", "code"),
    [
        ("nonsense", "InvalidDigest"),
        ("AAAA", "InvalidDigest"),
        ("", "InvalidDigest"),
        ("1B2M2Y8AsgTpgAmY7PhCfg==", "BadDigest"),
    ],
)
def test_a_wrong_content_md5_keeps_the_old_object(
    url: str, client: S3Client, bucket: str, digest: str, code: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"old")
    reply = signed(url, "PUT", f"/{bucket}/k", BODY, {"Content-MD5": digest})
    assert (reply.status, reply.code) == (400, code)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


def test_a_signed_digest_of_another_body_is_refused(url: str, client: S3Client, bucket: str) -> None:
    reply = signed(url, "PUT", f"/{bucket}/k", BODY, sent=b"evil")
    assert (reply.status, reply.code) == (400, "XAmzContentSHA256Mismatch")
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")


# Multipart uploads


@pytest.mark.parametrize("name", KNOWN)
def test_a_completion_may_name_a_checksum_that_was_not_asked_for_if_it_is_of_the_old_ones(
    url: str, client: S3Client, bucket: str, name: str
) -> None:
    upload_id = put_parts(client, bucket, "k", [BODY])
    etag = client.list_parts(Bucket=bucket, Key="k", UploadId=upload_id)["Parts"][0]["ETag"]
    part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    document = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode()
    headers = {ALGORITHMS[name].header: checksum_of(name, BODY)}
    reply = signed(url, "POST", f"/{bucket}/k?uploadId={upload_id}", document, headers)
    if name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"):
        assert reply.status == 200
    else:
        assert (reply.status, reply.code) == (400, "InvalidRequest")
        assert reply.field("Message") == (
            "Checksum Type mismatch occurred, expected checksum Type: null, "
            f"actual checksum Type: {name.lower()}"
        )


def upload_in_parts(url: str, client: S3Client, bucket: str, name: Any, kind: str, sizes: list[bytes]) -> Any:
    """An upload whose parts carry the checksum of algorithm `name`; returns the answer to its completion."""
    upload = client.create_multipart_upload(
        Bucket=bucket,
        Key="k",
        ChecksumAlgorithm=name,
        ChecksumType=kind,  # type: ignore[arg-type]
    )["UploadId"]
    for number, body in enumerate(sizes, 1):
        target = f"/{bucket}/k?partNumber={number}&uploadId={upload}"
        value = checksum_of(name, body)
        reply = signed(url, "PUT", target, body, {ALGORITHMS[name].header: value})
        assert reply.headers[ALGORITHMS[name].header] == value
    return complete(client, bucket, "k", upload, ChecksumType=kind)


@pytest.mark.parametrize("name", COMBINED)
def test_a_full_object_checksum_is_that_of_the_whole(
    url: str, client: S3Client, bucket: str, name: str
) -> None:
    done = upload_in_parts(url, client, bucket, name, "FULL_OBJECT", [PART, b"end"])
    assert (done[f"Checksum{name}"], done["ChecksumType"]) == (
        checksum_of(name, PART + b"end"),
        "FULL_OBJECT",
    )
    reply = signed(url, "HEAD", f"/{bucket}/k", headers={"x-amz-checksum-mode": "ENABLED"})
    assert reply.headers[ALGORITHMS[name].header] == done[f"Checksum{name}"]


@pytest.mark.parametrize("name", [name for name in KNOWN if name.values != ("CRC64NVME",)])
def test_a_composite_checksum_is_that_of_the_parts_checksums(
    url: str, client: S3Client, bucket: str, name: str
) -> None:
    done = upload_in_parts(url, client, bucket, name, "COMPOSITE", [PART, b"end"])
    expected = composite(name, [checksum_of(name, PART), checksum_of(name, b"end")])
    assert (done[f"Checksum{name}"], done["ChecksumType"]) == (expected, "COMPOSITE")
    assert expected.endswith("-2")
    part = signed(url, "HEAD", f"/{bucket}/k?partNumber=2", headers={"x-amz-checksum-mode": "ENABLED"})
    assert part.headers[ALGORITHMS[name].header] == checksum_of(name, b"end")


@pytest.mark.parametrize(
    ("name", "kind"), [("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE"), ("XXHASH3", "FULL_OBJECT")]
)
def test_not_every_algorithm_has_both_types(client: S3Client, bucket: str, name: Any, kind: Any) -> None:
    with refused("InvalidRequest", 400):
        client.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=name, ChecksumType=kind)


def test_a_type_needs_an_algorithm(client: S3Client, bucket: str) -> None:
    with refused("InvalidRequest", 400):
        client.create_multipart_upload(Bucket=bucket, Key="k", ChecksumType="COMPOSITE")


def test_a_part_of_another_algorithm_is_refused(url: str, client: S3Client, bucket: str) -> None:
    upload = client.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")["UploadId"]
    header = {"x-amz-checksum-sha1": checksum_of("SHA1", BODY)}
    reply = signed(url, "PUT", f"/{bucket}/k?partNumber=1&uploadId={upload}", BODY, header)
    assert (reply.status, reply.code) == (400, "InvalidRequest")


@pytest.mark.parametrize(("kind", "code"), [("COMPOSITE", "InvalidRequest"), ("FULL_OBJECT", "")])
def test_only_a_full_object_checksum_lets_a_part_come_without_one(
    url: str, client: S3Client, bucket: str, kind: Any, code: str
) -> None:
    upload = put_parts(client, bucket, "k", [], ChecksumAlgorithm="CRC32", ChecksumType=kind)
    assert signed(url, "PUT", f"/{bucket}/k?partNumber=1&uploadId={upload}", BODY).code == code


@pytest.mark.parametrize(
    "claims",
    [
        {"ChecksumCRC32": "no checksum"},
        {"ChecksumCRC32": checksum_of("SHA1", BODY)},
        {"ChecksumCRC32": checksum_of("CRC32", BODY), "ChecksumSHA1": checksum_of("SHA1", BODY)},
    ],
)
@pytest.mark.parametrize("options", [{}, {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}])
def test_a_part_has_one_checksum_that_is_one(
    client: S3Client, bucket: str, options: Any, claims: dict[str, str]
) -> None:
    upload = put_parts(client, bucket, "k", [BODY], **options)
    [part] = client.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]
    entry: Any = {"PartNumber": 1, "ETag": part["ETag"], **claims}
    with refused("InvalidArgument", 400):
        client.complete_multipart_upload(
            Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": [entry]}
        )


def test_the_checksums_of_the_parts_are_compared_when_completing(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [], ChecksumAlgorithm="SHA256")
    part = client.upload_part(
        Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=BODY, ChecksumAlgorithm="SHA256"
    )
    for value, code in ((checksum_of("SHA256", b"other"), "InvalidPart"), (None, "InvalidRequest")):
        entry: Any = {"PartNumber": 1, "ETag": part["ETag"]} | ({"ChecksumSHA256": value} if value else {})
        with refused(code, 400):
            client.complete_multipart_upload(
                Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": [entry]}
            )
    complete(client, bucket, "k", upload)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ChecksumCRC32": checksum_of("CRC32", b"other"), "ChecksumType": "FULL_OBJECT"},
        {"ChecksumCRC32": checksum_of("CRC32", BODY)},  # taken for a composite one
        {"ChecksumCRC32": checksum_of("CRC32", BODY) + "-1"},
        {"ChecksumSHA1": checksum_of("SHA1", BODY), "ChecksumType": "FULL_OBJECT"},
    ],
)
def test_the_checksum_of_the_object_is_compared_when_completing(
    client: S3Client, bucket: str, wrong: Any
) -> None:
    upload = put_parts(client, bucket, "k", [BODY], ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    with refused("BadDigest", 400) as response:
        complete(client, bucket, "k", upload, **wrong)
    assert response["Error"]["Message"] == "The crc32 you specified did not match the calculated checksum."
    right = checksum_of("CRC32", BODY)
    complete(client, bucket, "k", upload, ChecksumCRC32=right, ChecksumType="FULL_OBJECT")


@pytest.mark.parametrize("options", [{}, {"ChecksumType": "COMPOSITE"}])
@pytest.mark.parametrize("end", ["", "-1"])
def test_a_checksum_of_the_object_without_a_type_is_a_composite_one(
    client: S3Client, bucket: str, options: Any, end: str
) -> None:
    upload = put_parts(client, bucket, "k", [BODY], ChecksumAlgorithm="CRC32", ChecksumType="COMPOSITE")
    right = checksum_of("CRC32", base64.b64decode(checksum_of("CRC32", BODY)))
    with refused("BadDigest", 400):
        complete(client, bucket, "k", upload, ChecksumCRC32=checksum_of("CRC32", BODY) + end, **options)
    done = complete(client, bucket, "k", upload, ChecksumCRC32=right + end, **options)
    assert done["ChecksumCRC32"] == f"{right}-1"


@pytest.mark.parametrize(
    ("name", "end"),
    [
        *COMPLETED,
        ("CRC32", "-bad"),
        ("CRC32C", "-12a"),
        ("SHA1", "-10-20"),
        ("SHA256", "--3"),
        ("CRC64NVME", "-1"),  # never a composite one
    ],
)
def test_a_checksum_of_the_object_must_be_one_when_completing(
    url: str, client: S3Client, bucket: str, name: str, end: str
) -> None:
    """https://github.com/versity/versitygw, tests/integration/CompleteMultipartUpload.go"""
    upload = put_parts(client, bucket, "k", [BODY])
    [part] = client.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]
    body = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        f"<ETag>{part['ETag']}</ETag></Part></CompleteMultipartUpload>"
    )
    header = ALGORITHMS[name].header
    values = [checksum_of(name, BODY) + end] if end else ["", "invalid", checksum_of(name, BODY)[4:]]
    for value in values:
        headers = {header: value}
        reply = signed(url, "POST", f"/{bucket}/k?uploadId={upload}", body.encode(), headers)
        assert (reply.status, reply.code) == (400, "InvalidRequest"), value
        assert reply.field("Message") == f"Value for {header} header is invalid."
    complete(client, bucket, "k", upload)


def test_two_checksums_of_the_object_are_one_too_many_when_completing(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [BODY], ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    right = checksum_of("CRC32", BODY)
    with refused("InvalidRequest", 400) as response:
        complete(client, bucket, "k", upload, ChecksumCRC32=right, ChecksumSHA1=checksum_of("SHA1", BODY))
    assert response["Error"]["Message"] == (
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
    )
    complete(client, bucket, "k", upload, ChecksumCRC32=right, ChecksumType="FULL_OBJECT")


def test_the_type_of_the_checksum_is_compared_when_completing(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [BODY], ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    with refused("InvalidRequest", 400):
        complete(client, bucket, "k", upload, ChecksumType="COMPOSITE")
    plain = put_parts(client, bucket, "k", [BODY])
    for kind in ("COMPOSITE", "FULL_OBJECT"):
        with refused("InvalidRequest", 400) as response:
            complete(client, bucket, "k", plain, ChecksumType=kind)
        assert "using the null checksum mode" in response["Error"]["Message"]


def test_without_an_algorithm_parts_have_no_checksums_to_compare(client: S3Client, bucket: str) -> None:
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    address: Any = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    part = client.upload_part(**address, PartNumber=1, Body=BODY, ChecksumAlgorithm="SHA1")
    known: Any = {"PartNumber": 1, "ETag": part["ETag"]}
    for claim in ({"ChecksumSHA1": part["ChecksumSHA1"]}, {"ChecksumCRC32C": checksum_of("CRC32C", BODY)}):
        with refused("InvalidPart", 400):
            client.complete_multipart_upload(**address, MultipartUpload={"Parts": [known | claim]})
    client.complete_multipart_upload(
        **address, MultipartUpload={"Parts": [known]}, ChecksumCRC32C=checksum_of("CRC32C", b"other") + "-2"
    )


def test_a_part_is_not_known_by_a_checksum_of_another_algorithm(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [BODY], ChecksumAlgorithm="CRC32", ChecksumType="COMPOSITE")
    address: Any = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    part: Any = {"PartNumber": 1, "ETag": client.list_parts(**address)["Parts"][0]["ETag"]}
    part["ChecksumSHA256"] = checksum_of("SHA256", BODY)
    with refused("BadDigest", 400) as response:
        client.complete_multipart_upload(**address, MultipartUpload={"Parts": [part]})
    assert (
        response["Error"]["Message"] == "The sha256 you specified for part 1 did not match what we received."
    )


@pytest.mark.parametrize("mode", ["ENABLED", "enabled", "Enabled"])
@pytest.mark.parametrize(
    ("target", "headers", "sent"),
    [
        ("/k", {}, True),
        ("/k", {"range": "bytes=0-2"}, False),
        ("/k", {"range": "bytes=0-1000"}, True),
        ("/parts?partNumber=1", {}, False),
        ("/parts", {"range": "bytes=0-"}, True),
        ("/whole?partNumber=1", {}, True),
    ],
)
def test_a_checksum_is_sent_with_the_whole_object(
    url: str, client: S3Client, bucket: str, target: str, headers: dict[str, str], sent: bool, mode: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=BODY)
    complete(client, bucket, "parts", put_parts(client, bucket, "parts", [PART, b"x"]))
    complete(client, bucket, "whole", put_parts(client, bucket, "whole", [b"x"]))
    for method in ("GET", "HEAD"):
        reply = signed(url, method, f"/{bucket}{target}", b"", {**headers, "x-amz-checksum-mode": mode})
        assert any(name.startswith("x-amz-checksum-") for name in reply.headers) == sent


def test_lists_of_parts_and_uploads_name_the_checksum(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [BODY], ChecksumAlgorithm="CRC32")
    listed = client.list_parts(Bucket=bucket, Key="k", UploadId=upload)
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == ("CRC32", "COMPOSITE")
    assert listed["Parts"][0]["ChecksumCRC32"] == checksum_of("CRC32", BODY)
    (entry,) = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert (entry["ChecksumAlgorithm"], entry["ChecksumType"]) == ("CRC32", "COMPOSITE")


def test_a_copy_may_have_another_checksum(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm="CRC32")
    same = client.copy_object(Bucket=bucket, Key="same", CopySource=f"{bucket}/k")["CopyObjectResult"]
    assert same["ChecksumCRC32"] == checksum_of("CRC32", BODY)
    other = client.copy_object(
        Bucket=bucket, Key="other", CopySource=f"{bucket}/k", ChecksumAlgorithm="SHA256"
    )["CopyObjectResult"]
    assert other["ChecksumSHA256"] == checksum_of("SHA256", BODY)


def test_a_document_is_verified_too(url: str, bucket: str) -> None:
    document = b"<Delete><Object><Key>k</Key></Object></Delete>"
    right = {"x-amz-checksum-sha256": checksum_of("SHA256", document)}
    assert signed(url, "POST", f"/{bucket}?delete", document, right).status == 200
    wrong = {"x-amz-checksum-sha256": checksum_of("SHA256", b"other")}
    assert signed(url, "POST", f"/{bucket}?delete", document, wrong).code == "BadDigest"
    assert send_document(url, "POST", f"/{bucket}?delete", document).status == 200


# GetObjectAttributes

ALL: Any = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]


def test_attributes_of_an_object_that_was_put_whole(client: S3Client, bucket: str) -> None:
    put = client.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm="SHA256")
    found = client.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=ALL)
    assert found["ETag"] == put["ETag"].strip('"')
    assert (found["ObjectSize"], found["StorageClass"]) == (4, "STANDARD")
    assert found["Checksum"] == {"ChecksumSHA256": put["ChecksumSHA256"], "ChecksumType": "FULL_OBJECT"}
    assert "ObjectParts" not in found
    assert found["LastModified"] == client.head_object(Bucket=bucket, Key="k")["LastModified"]


def test_only_the_attributes_asked_for_are_answered(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=BODY)
    found = client.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectSize"])
    assert {"ETag", "Checksum", "StorageClass"}.isdisjoint(found)


def test_the_parts_of_a_composite_object_are_listed_page_by_page(
    url: str, client: S3Client, bucket: str
) -> None:
    done = upload_in_parts(url, client, bucket, "SHA256", "COMPOSITE", [PART, PART, b"end"])

    def page(**options: Any) -> Any:
        answer = client.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=ALL, **options)
        checksum: Any = answer["Checksum"]
        assert checksum["ChecksumSHA256"] == done["ChecksumSHA256"].partition("-")[0]
        return answer["ObjectParts"]

    whole = page()
    assert (whole["TotalPartsCount"], whole["IsTruncated"], whole["MaxParts"]) == (3, False, 1000)
    assert [(part["PartNumber"], part["Size"]) for part in whole["Parts"]] == [
        (1, len(PART)),
        (2, len(PART)),
        (3, 3),
    ]
    assert whole["Parts"][2]["ChecksumSHA256"] == checksum_of("SHA256", b"end")
    first = page(MaxParts=2)
    assert (first["IsTruncated"], first["NextPartNumberMarker"]) == (True, 2)
    rest = page(MaxParts=2, PartNumberMarker=2)
    assert (rest["PartNumberMarker"], rest["IsTruncated"]) == (2, False)
    assert first["Parts"] + rest["Parts"] == whole["Parts"]


def test_of_a_full_object_checksum_only_the_number_of_parts_is_told(
    url: str, client: S3Client, bucket: str
) -> None:
    upload_in_parts(url, client, bucket, "CRC32", "FULL_OBJECT", [PART, b"end"])
    found = client.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=ALL)
    assert found["ObjectParts"]["TotalPartsCount"] == 2
    assert "Parts" not in found["ObjectParts"]


@pytest.mark.parametrize("names", ["Color", "ETag,Color"])
def test_an_attribute_that_there_is_not_is_refused(
    url: str, client: S3Client, bucket: str, names: str
) -> None:
    client.put_object(Bucket=bucket, Key="k")
    reply = signed(url, "GET", f"/{bucket}/k?attributes", headers={"x-amz-object-attributes": names})
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_attributes_of_what_is_not_there(client: S3Client, bucket: str) -> None:
    with refused("NoSuchKey", 404):
        client.get_object_attributes(Bucket=bucket, Key="missing", ObjectAttributes=ALL)


def test_of_two_digests_in_base64_the_calculated_one_comes_first(url: str, bucket: str) -> None:
    """dyus/meeseeks-s3, tests/put_bucket_versioning and tests/bucket_acl; recorded for PutObject."""
    wrong = base64.b64encode(bytes(16)).decode()
    for target, first, second in (
        (f"/{bucket}/k", b"<ExpectedDigest>", b"<CalculatedDigest>"),
        (f"/{bucket}?versioning", b"<CalculatedDigest>", b"<ExpectedDigest>"),
        (f"/{bucket}?acl", b"<CalculatedDigest>", b"<ExpectedDigest>"),
    ):
        reply = signed(url, "PUT", target, b"<X/>", {"Content-MD5": wrong})
        assert reply.code == "BadDigest"
        assert 0 < reply.body.index(first) < reply.body.index(second)
