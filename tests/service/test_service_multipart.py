"""Multipart uploads: create, parts, lists, complete with the part rules, abort, and reading parts."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import boto3.s3.transfer
import pytest
from service_helpers import MIB, PART, complete, needs, put_parts, refused, send_document, signed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def composite(*bodies: bytes) -> str:
    """The entity tag of an object uploaded in these parts."""
    digests = b"".join(hashlib.md5(body).digest() for body in bodies)
    return f'"{hashlib.md5(digests).hexdigest()}-{len(bodies)}"'


def test_parts_become_one_object(client: S3Client, bucket: str) -> None:
    upload = client.create_multipart_upload(
        Bucket=bucket, Key="k", ContentType="text/x", Metadata={"a": "b"}, Tagging="t=1"
    )
    assert (upload["Bucket"], upload["Key"]) == (bucket, "k")
    for number, body in ((1, PART), (2, b"end")):
        part = client.upload_part(
            Bucket=bucket, Key="k", UploadId=upload["UploadId"], PartNumber=number, Body=body
        )
        assert part["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")
    done = complete(client, bucket, "k", upload["UploadId"])
    assert done["ETag"] == composite(PART, b"end")
    assert done["Location"].endswith(f"/{bucket}/k")
    got = client.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == PART + b"end"
    assert (got["ETag"], got["ContentType"], got["Metadata"]) == (done["ETag"], "text/x", {"a": "b"})
    assert got["TagCount"] == 1
    assert client.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


@pytest.mark.parametrize(("key", "last"), [("a/b/c d", "a%2Fb%2Fc+d"), ("é*~", "%C3%A9*%7E")])
@pytest.mark.parametrize("virtual", [False, True])
def test_the_location_of_a_completed_upload_has_the_key_encoded_as_one_segment(
    url: str, client: S3Client, bucket: str, key: str, last: str, virtual: bool
) -> None:
    """As aws/aws-sdk-go issue 1385 and aws/aws-sdk-js issue 1158 show answers of S3."""
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    etag = client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    document = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    path = f"/{quote(key)}" if virtual else f"/{bucket}/{quote(key)}"
    host = f"{bucket}.localhost:1" if virtual else ""
    reply = signed(
        url,
        "POST",
        f"{path}?uploadId={upload}",
        f"<CompleteMultipartUpload>{document}</CompleteMultipartUpload>".encode(),
        host=host,
    )
    assert reply.status == 200
    at = f"http://{bucket}.localhost:1" if virtual else f"{url}/{bucket}"
    assert reply.field("Location") == f"{at}/{last}"


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_a_part_can_be_read_by_its_number(client: S3Client, bucket: str, operation: str) -> None:
    complete(client, bucket, "k", put_parts(client, bucket, "k", [PART, b"end"]))
    read = getattr(client, operation)
    second = read(Bucket=bucket, Key="k", PartNumber=2)
    assert second["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (second["PartsCount"], second["ContentLength"]) == (2, 3)
    size = len(PART)
    assert second["ContentRange"] == f"bytes {size}-{size + 2}/{size + 3}"
    if "Body" in second:
        assert second["Body"].read() == b"end"
    with refused("InvalidPartNumber" if operation == "get_object" else "416", 416):
        read(Bucket=bucket, Key="k", PartNumber=3)
    assert "PartsCount" not in read(Bucket=bucket, Key="k")


def test_part_numbers_may_have_gaps(client: S3Client, bucket: str) -> None:
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    for number, body in ((3, PART), (9, b"end")):
        client.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=body)
    complete(client, bucket, "k", upload)
    got = client.get_object(Bucket=bucket, Key="k", PartNumber=9)
    assert (got["Body"].read(), got["PartsCount"]) == (b"end", 2)


@pytest.mark.parametrize(("kind", "numbers"), [("COMPOSITE", (1, 3)), ("COMPOSITE", (2, 3)), (None, (2,))])
def test_parts_with_a_composite_checksum_have_no_gaps(
    client: S3Client, bucket: str, kind: Any, numbers: tuple[int, ...]
) -> None:
    begin: Any = {"ChecksumAlgorithm": "CRC32"} | ({"ChecksumType": kind} if kind else {})
    upload_id = client.create_multipart_upload(Bucket=bucket, Key="k", **begin)["UploadId"]
    for number in numbers:
        client.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=number, Body=PART)
    with refused("InvalidPartOrder", 400):
        complete(client, bucket, "k", upload_id)
    client.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=PART)
    if 3 in numbers:
        client.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=2, Body=PART)
    complete(client, bucket, "k", upload_id)


def test_a_part_sent_again_replaces_the_first(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [b"wrong"])
    client.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"right")
    complete(client, bucket, "k", upload)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"right"


def test_parts_that_are_not_listed_are_left_out(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [b"used", b"unused"])
    etag = client.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"][0]["ETag"]
    client.complete_multipart_upload(
        Bucket=bucket,
        Key="k",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]},
    )
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"used"


def test_parts_may_come_in_any_order_and_at_once(client: S3Client, bucket: str) -> None:
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    bodies = [bytes([number]) * 5 * MIB for number in range(4)]

    def put(number: int) -> None:
        client.upload_part(
            Bucket=bucket, Key="k", UploadId=upload, PartNumber=number + 1, Body=bodies[number]
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, (3, 1, 0, 2)))
    assert complete(client, bucket, "k", upload)["ETag"] == composite(*bodies)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"".join(bodies)


def test_a_transfer_of_boto3_goes_both_ways(client: S3Client, bucket: str) -> None:
    config = boto3.s3.transfer.TransferConfig(
        multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4
    )
    body = bytes(range(256)) * (11 * MIB // 256) + b"odd"
    client.upload_fileobj(BytesIO(body), bucket, "k", Config=config)
    assert client.head_object(Bucket=bucket, Key="k")["ETag"].endswith('-3"')
    received = BytesIO()
    client.download_fileobj(bucket, "k", received, Config=config)
    assert received.getvalue() == body


@pytest.mark.parametrize("sizes", [(1, 1), (5 * MIB - 1, 1), (5 * MIB, 1, 1)])
def test_only_the_last_part_may_be_small(client: S3Client, bucket: str, sizes: tuple[int, ...]) -> None:
    upload = put_parts(client, bucket, "k", [b"x" * size for size in sizes])
    with refused("EntityTooSmall", 400) as response:
        complete(client, bucket, "k", upload)
    assert response["Error"]["MinSizeAllowed"] == str(5 * MIB)
    assert client.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]


def _listed(*parts: tuple[int, str]) -> Any:
    return {"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in parts]}


def test_the_list_of_parts_is_checked_against_what_is_stored(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [PART, PART])
    etag = f'"{hashlib.md5(PART).hexdigest()}"'
    wrong = '"0123456789abcdef0123456789abcdef"'
    cases = [
        (_listed((2, etag), (1, etag)), "InvalidPartOrder"),
        (_listed((1, etag), (1, etag)), "InvalidPartOrder"),
        (_listed((1, etag), (3, etag)), "InvalidPart"),
        (_listed((1, wrong)), "InvalidPart"),
        (_listed((0, etag)), "InvalidArgument"),
        (_listed((1, "")), "InvalidPart"),
    ]
    for parts, code in cases:
        with refused(code, 400):
            client.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts)
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")
    complete(client, bucket, "k", upload)


@pytest.mark.parametrize(
    "document",
    [
        b"<CompleteMultipartUpload/>",
        b"<CompleteMultipartUpload><Part><ETag>x</ETag></Part></CompleteMultipartUpload>",
        # What a browser sends whose CORS rules do not expose ETag: aws/aws-sdk-js-v3 issue 3177.
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part>",
        b"<Other><Part/></Other>",
    ],
)
def test_a_completion_without_whole_parts_is_malformed(
    url: str, client: S3Client, bucket: str, document: bytes
) -> None:
    upload = put_parts(client, bucket, "k", [b"x"])
    assert signed(url, "POST", f"/{bucket}/k?uploadId={upload}", document).code == "MalformedXML"


def test_a_completion_without_a_document_is_told_so_once_its_upload_is_found(
    client: S3Client, bucket: str
) -> None:
    upload = put_parts(client, bucket, "k", [b"x"])
    with refused("InvalidRequest", 400) as response:
        client.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    assert response["Error"]["Message"] == "You must specify at least one part"
    with refused("NoSuchUpload", 404):
        client.complete_multipart_upload(Bucket=bucket, Key="k", UploadId="missing")


def test_a_completion_sent_again_answers_as_the_first(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [b"x"])
    parts = _listed((1, f'"{hashlib.md5(b"x").hexdigest()}"'))

    def finish() -> Any:
        answer = client.complete_multipart_upload(
            Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts
        )
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    assert finish() == finish()
    client.put_object(Bucket=bucket, Key="k", Body=b"later")
    with refused("NoSuchUpload", 404):
        finish()
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"later"


def test_two_uploads_of_one_key_with_the_same_part_numbers_are_two(client: S3Client, bucket: str) -> None:
    first, second = put_parts(client, bucket, "k", [b"first"]), put_parts(client, bucket, "k", [b"second"])

    def finish(upload: str, body: bytes) -> str:
        parts = _listed((1, f'"{hashlib.md5(body).hexdigest()}"'))
        return client.complete_multipart_upload(
            Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts
        )["ETag"]

    one, other = finish(first, b"first"), finish(second, b"second")
    assert one != other
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"second"


def test_an_aborted_upload_is_gone(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [b"x"])
    named = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    answer = client.abort_multipart_upload(**named)  # type: ignore[arg-type]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    again = client.abort_multipart_upload(**named)  # type: ignore[arg-type]
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 204
    calls: list[Any] = [
        lambda: client.list_parts(**named),  # type: ignore[arg-type]
        lambda: client.upload_part(**named, PartNumber=1, Body=b"x"),  # type: ignore[arg-type]
        lambda: client.complete_multipart_upload(**named, MultipartUpload=_listed((1, "x"))),  # type: ignore[arg-type]
    ]
    for call in calls:
        with refused("NoSuchUpload", 404):
            call()


@needs("AbortMultipartUploadRequest", "IfMatchInitiatedTime")
def test_a_condition_of_directory_buckets_never_aborts(url: str, client: S3Client, bucket: str) -> None:
    upload_id = put_parts(client, bucket, "k", [b"x"])
    condition = {"x-amz-if-match-initiated-time": "Wed, 21 Oct 2015 07:28:00 GMT"}
    reply = signed(url, "DELETE", f"/{bucket}/k?uploadId={upload_id}", headers=condition)
    assert (reply.status, reply.code) == (501, "NotImplemented")
    assert reply.field("Header") == "x-amz-if-match-initiated-time"
    assert len(client.list_parts(Bucket=bucket, Key="k", UploadId=upload_id)["Parts"]) == 1


def test_an_upload_belongs_to_its_key(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [b"x"])
    with refused("NoSuchUpload", 404):
        client.upload_part(Bucket=bucket, Key="other", UploadId=upload, PartNumber=1, Body=b"x")


@pytest.mark.parametrize("number", [0, 10001, -1])
def test_part_numbers_end_at_10000(client: S3Client, bucket: str, number: int) -> None:
    upload = put_parts(client, bucket, "k", [])
    with refused("InvalidArgument", 400) as response:
        client.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=b"x")
    assert response["Error"]["ArgumentName"] == "partNumber"
    client.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=10000, Body=b"x")


def test_the_declared_size_of_the_object_is_checked(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [b"four"])
    with refused("InvalidRequest", 400):
        complete(client, bucket, "k", upload, MpuObjectSize=5)
    complete(client, bucket, "k", upload, MpuObjectSize=4)


def test_versioned_buckets_give_the_object_a_version(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    done = complete(client, bucket, "k", put_parts(client, bucket, "k", [b"x"]))
    assert done["VersionId"] == client.head_object(Bucket=bucket, Key="k")["VersionId"]


def versioning(client: S3Client, bucket: str, status: Any) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


@needs("CreateMultipartUploadOutput", "VersionId")
def test_an_upload_has_its_version_from_the_beginning(client: S3Client, bucket: str) -> None:
    versioning(client, bucket, "Enabled")
    client.put_object(Bucket=bucket, Key="source", Body=b"x")
    place: Any = {"Bucket": bucket, "Key": "k"}
    begun: Any = client.create_multipart_upload(**place)
    place["UploadId"] = begun["UploadId"]
    answers: list[Any] = [
        client.upload_part(**place, PartNumber=1, Body=PART),
        client.upload_part_copy(**place, PartNumber=2, CopySource=f"{bucket}/source"),
        client.list_parts(**place),
        complete(client, bucket, "k", begun["UploadId"]),
        client.head_object(Bucket=bucket, Key="k"),
    ]
    assert [answer["VersionId"] for answer in answers] == [begun["VersionId"]] * 5
    other: Any = client.create_multipart_upload(Bucket=bucket, Key="k")
    aborted: Any = client.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=other["UploadId"])
    assert aborted["VersionId"] == other["VersionId"] != begun["VersionId"]


@needs("MultipartUpload", "VersionId")
def test_a_list_of_uploads_has_their_versions(client: S3Client, bucket: str) -> None:
    versioning(client, bucket, "Enabled")
    begun: Any = client.create_multipart_upload(Bucket=bucket, Key="k")
    listed: Any = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [upload["VersionId"] for upload in listed] == [begun["VersionId"]]


@pytest.mark.parametrize("later", ["Enabled", "Suspended"])
def test_an_upload_ends_in_the_bucket_as_it_was_when_it_began(
    client: S3Client, bucket: str, later: str
) -> None:
    if later == "Suspended":
        versioning(client, bucket, "Enabled")
    client.put_object(Bucket=bucket, Key="k", Body=b"before")
    upload_id = put_parts(client, bucket, "k", [b"x"])
    versioning(client, bucket, later)
    client.put_object(Bucket=bucket, Key="k", Body=b"between")
    complete(client, bucket, "k", upload_id)
    found = client.list_object_versions(Bucket=bucket)["Versions"]
    current = next(version for version in found if version["IsLatest"])
    assert current["Size"] == 1
    if later == "Enabled":
        assert current["VersionId"] == "null"
        assert [version["Size"] for version in found] == [1, len("between")]
    else:
        assert current["VersionId"] != "null"
        assert [version["Size"] for version in found] == [1, len("between"), len("before")]


def test_an_upload_from_before_object_lock_replaces_no_locked_version(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"kept")
    upload_id = put_parts(client, bucket, "k", [b"x"])
    versioning(client, bucket, "Enabled")
    locked: Any = {"ObjectLockEnabled": "Enabled"}
    client.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=locked)
    client.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "ON"})
    complete(client, bucket, "k", upload_id)
    null = client.get_object(Bucket=bucket, Key="k", VersionId="null")
    assert null["Body"].read() == b"kept"


def test_attributes_of_an_upload_stand_in_its_creation(client: S3Client, bucket: str) -> None:
    with refused("AccessControlListNotSupported", 400):
        client.create_multipart_upload(Bucket=bucket, Key="k", ACL="public-read")
    with refused("InvalidStorageClass", 400):
        client.create_multipart_upload(Bucket=bucket, Key="k", StorageClass="CHEAP")  # type: ignore[arg-type]


@pytest.mark.parametrize("query", ["partNumber=1", "partNumber=x&uploadId=u", "uploadId=u"])
def test_half_an_address_of_a_part_never_writes_the_object(
    url: str, client: S3Client, bucket: str, query: str
) -> None:
    reply = signed(url, "PUT", f"/{bucket}/k?{query}", b"x")
    assert reply.status in (400, 405)
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")


def test_only_one_of_two_completions_at_once_stores_the_object(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    upload = put_parts(client, bucket, "k", [b"x"])
    parts = _listed((1, f'"{hashlib.md5(b"x").hexdigest()}"'))
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda _: client.complete_multipart_upload(
                    Bucket=bucket, Key="k", UploadId=upload, MultipartUpload=parts
                )["VersionId"],
                range(4),
            )
        )
    assert len(set(answers)) == 1
    assert len(client.list_object_versions(Bucket=bucket)["Versions"]) == 1


def test_an_illegal_document_keeps_the_upload(url: str, client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [b"x"])
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><CompleteMultipartUpload>&b;</CompleteMultipartUpload>'
    assert send_document(url, "POST", f"/{bucket}/k?uploadId={upload}", bomb).code == "MalformedXML"
    complete(client, bucket, "k", upload)


PART_NUMBERS = "Part number must be an integer between 1 and 10000, inclusive"
ALONE = "This operation does not accept partNumber without uploadId"


@pytest.mark.parametrize(
    ("query", "message", "value"),
    [
        *((f"partNumber={text}&uploadId=u", PART_NUMBERS, text) for text in ("", "abc", "-1", "0", "9" * 24)),
        ("partNumber=0&partNumber=4&uploadId=u", PART_NUMBERS, "0"),
        ("partNumber=7", ALONE, "partNumber"),
        ("partNumber=7&uploadId=", ALONE, "partNumber"),
    ],
)
def test_a_part_without_a_place_is_refused_in_s3s_words(
    url: str, bucket: str, query: str, message: str, value: str
) -> None:  # refusals.ARGMIN
    reply = signed(url, "PUT", f"/{bucket}/k?{query}", b"x")
    assert (reply.status, reply.code, reply.field("Message")) == (400, "InvalidArgument", message)
    named = f"<ArgumentName>partNumber</ArgumentName><ArgumentValue>{value}</ArgumentValue>"
    assert named.encode() in reply.body


def test_nothing_is_left_to_abort_of_a_completed_upload(client: S3Client, bucket: str) -> None:
    upload_id = put_parts(client, bucket, "k", [b"body"])
    complete(client, bucket, "k", upload_id)
    answer = client.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"body"
    with refused("NoSuchUpload", 404):
        client.list_parts(Bucket=bucket, Key="k", UploadId=upload_id)
    client.delete_object(Bucket=bucket, Key="k")
    client.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)
    client.create_bucket(Bucket="another-bucket")
    for where, key, name in (
        (bucket, "another-key", upload_id),
        ("another-bucket", "k", upload_id),
        (bucket, "k", upload_id[:-1]),
        (bucket, "k", "an-id-of-nobody"),
    ):
        with refused("NoSuchUpload", 404):
            client.abort_multipart_upload(Bucket=where, Key=key, UploadId=name)
