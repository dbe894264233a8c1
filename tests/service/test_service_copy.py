"""CopyObject and UploadPartCopy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import GONE, MIB, PART, Reply, complete, put_parts, refused, signed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def source(client: S3Client, bucket: str) -> str:
    """The address of an object with metadata of all kinds."""
    client.put_object(
        Bucket=bucket,
        Key="source",
        Body=b"body",
        ContentType="text/x",
        CacheControl="no-store",
        WebsiteRedirectLocation="/there",
        Metadata={"a": "1"},
        Tagging="t=1",
        StorageClass="STANDARD_IA",
    )
    return f"{bucket}/source"


def test_a_copy_has_the_bytes_and_the_metadata(client: S3Client, bucket: str, source: str) -> None:
    copied = client.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    got = client.get_object(Bucket=bucket, Key="copy")
    assert got["Body"].read() == b"body"
    assert copied["CopyObjectResult"]["ETag"] == got["ETag"]
    assert copied["CopyObjectResult"]["LastModified"] == got["LastModified"]
    assert (got["ContentType"], got["CacheControl"], got["Metadata"]) == ("text/x", "no-store", {"a": "1"})
    assert got["TagCount"] == 1
    assert "StorageClass" not in got, "the class is the request's, not the source's"
    assert "WebsiteRedirectLocation" not in got, "the one header that is not copied"


def test_replace_takes_the_requests_metadata(client: S3Client, bucket: str, source: str) -> None:
    client.copy_object(
        Bucket=bucket, Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"}
    )
    got = client.head_object(Bucket=bucket, Key="copy")
    assert (got["Metadata"], got["ContentType"]) == ({"b": "2"}, "binary/octet-stream")
    assert client.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"]


def test_copy_ignores_the_requests_metadata(client: S3Client, bucket: str, source: str) -> None:
    client.copy_object(Bucket=bucket, Key="copy", CopySource=source, Metadata={"b": "2"})
    assert client.head_object(Bucket=bucket, Key="copy")["Metadata"] == {"a": "1"}


def test_tags_have_a_directive_of_their_own(client: S3Client, bucket: str, source: str) -> None:
    client.copy_object(
        Bucket=bucket, Key="copy", CopySource=source, TaggingDirective="REPLACE", Tagging="new=2"
    )
    assert client.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"] == [{"Key": "new", "Value": "2"}]
    assert client.head_object(Bucket=bucket, Key="copy")["Metadata"] == {"a": "1"}


@pytest.mark.parametrize("header", ["x-amz-metadata-directive", "x-amz-tagging-directive"])
def test_a_directive_that_there_is_not_is_refused(url: str, bucket: str, source: str, header: str) -> None:
    reply = signed(url, "PUT", f"/{bucket}/copy", b"", {"x-amz-copy-source": source, header: "MERGE"})
    assert (reply.status, reply.code) == (400, "InvalidArgument")


@pytest.mark.parametrize("key", ["a b+c", "é/日", "100%", "a?b", "x" * 1000])
def test_the_source_is_percent_encoded(client: S3Client, bucket: str, key: str) -> None:
    client.put_object(Bucket=bucket, Key=key, Body=key.encode())
    client.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert client.get_object(Bucket=bucket, Key="copy")["Body"].read() == key.encode()


def test_a_plus_sign_in_the_source_means_a_space(client: S3Client, url: str, bucket: str) -> None:  # quirk 43
    client.put_object(Bucket=bucket, Key="a b", Body=b"space")
    assert signed(url, "PUT", f"/{bucket}/copy", b"", {"x-amz-copy-source": f"{bucket}/a+b"}).status == 200
    assert client.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"space"


@pytest.mark.parametrize(
    "value", ["bucket/%", "bucket/%zz", "%zz/source", "bucket/%ff", "bucket/k?versionId=%f"]
)
def test_a_source_with_a_bad_escape_is_refused(url: str, bucket: str, value: str) -> None:
    reply = signed(url, "PUT", f"/{bucket}/copy", b"", {"x-amz-copy-source": value})
    assert (reply.code, reply.field("Message")) == ("InvalidArgument", "Invalid copy source encoding")


def test_a_leading_slash_of_the_source_is_allowed(url: str, bucket: str, source: str) -> None:
    assert signed(url, "PUT", f"/{bucket}/copy", b"", {"x-amz-copy-source": f"/{source}"}).status == 200


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "InvalidArgument"),
        ("nothing", "InvalidArgument"),
        ("bucket/", "InvalidArgument"),
        ("bucket/missing", "NoSuchKey"),
        ("missing-bucket/key", "NoSuchBucket"),
        ("192.168.0.1/key", "InvalidArgument"),
        ("bucket/source?versionId=" + GONE, "NoSuchVersion"),
        ("bucket/source?versionId=" + "A" * 32, "InvalidRequest"),
        ("bucket/source?versionId=AAAA", "InvalidRequest"),
        ("bucket/source?versionId=", "InvalidArgument"),
    ],
)
@pytest.mark.usefixtures("source")
def test_a_source_that_is_none_is_refused(url: str, bucket: str, value: str, code: str) -> None:
    assert signed(url, "PUT", f"/{bucket}/copy", b"", {"x-amz-copy-source": value}).code == code


def test_an_object_is_copied_onto_itself_only_to_change_it(
    client: S3Client, bucket: str, source: str
) -> None:
    with refused("InvalidRequest", 400):
        client.copy_object(Bucket=bucket, Key="source", CopySource=source)
    client.copy_object(Bucket=bucket, Key="source", CopySource=source, StorageClass="GLACIER_IR")
    assert client.head_object(Bucket=bucket, Key="source")["StorageClass"] == "GLACIER_IR"
    client.copy_object(
        Bucket=bucket, Key="source", CopySource=source, MetadataDirective="REPLACE", Metadata={"n": "1"}
    )
    assert client.get_object(Bucket=bucket, Key="source")["Body"].read() == b"body"


def test_an_older_version_is_restored_by_a_copy(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = client.put_object(Bucket=bucket, Key="k", Body=b"old")["VersionId"]
    client.put_object(Bucket=bucket, Key="k", Body=b"new")
    copied = client.copy_object(
        Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k", "VersionId": old}
    )
    assert copied["CopySourceVersionId"] == old
    got = client.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["VersionId"]) == (b"old", copied["VersionId"])


def test_a_delete_marker_is_no_source(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    marker = client.delete_object(Bucket=bucket, Key="k")["VersionId"]
    with refused("NoSuchKey", 404):
        client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")
    with refused("InvalidRequest", 400):
        client.copy_object(
            Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k", "VersionId": marker}
        )


def test_a_copy_outlives_its_source(client: S3Client, bucket: str) -> None:
    body = b"x" * MIB
    client.put_object(Bucket=bucket, Key="source", Body=body)
    client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/source")
    client.delete_object(Bucket=bucket, Key="source")
    assert client.get_object(Bucket=bucket, Key="copy")["Body"].read() == body


def test_the_copy_of_a_multipart_object_is_one_piece(client: S3Client, bucket: str) -> None:
    done = complete(client, bucket, "k", put_parts(client, bucket, "k", [PART, b"end"]))
    copied = client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")["CopyObjectResult"]
    assert copied["ETag"] != done["ETag"]
    assert "-" not in copied["ETag"]
    assert client.get_object(Bucket=bucket, Key="copy")["Body"].read() == PART + b"end"


def test_the_reader_of_a_source_must_be_allowed_to(client: S3Client, other: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="secret", Body=b"x")
    other.create_bucket(Bucket="theirs")
    with refused("AccessDenied", 403):
        other.copy_object(Bucket="theirs", Key="copy", CopySource=f"{bucket}/secret")


@pytest.mark.parametrize(
    ("header", "expected"), [(None, b"0123456789"), ("bytes=2-5", b"2345"), ("bytes=9-9", b"9")]
)
def test_a_part_is_copied_from_an_object(
    client: S3Client, bucket: str, header: str | None, expected: bytes
) -> None:
    client.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
    upload = put_parts(client, bucket, "k", [])
    options: Any = {"CopySourceRange": header} if header else {}
    part = client.upload_part_copy(
        Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, CopySource=f"{bucket}/source", **options
    )
    assert part["CopyPartResult"]["ETag"]
    complete(client, bucket, "k", upload)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == expected


@pytest.mark.parametrize(
    ("header", "code", "words"),
    [
        *((header, "InvalidArgument", "must be of the form") for header in ("0-2", "bytes=", "bytes=1-")),
        *((header, "InvalidArgument", "must be of the form") for header in ("bytes=-3", "bytes=a-b")),
        *((header, "InvalidArgument", "must be of the form") for header in ("bytes=0-1,3-4", "bytes=1-0")),
        ("bytes=0-100", "InvalidArgument", "not valid for source object of size: 10"),
        ("bytes=100-200", "InvalidRequest", "is invalid for the source object size"),
    ],
)
def test_a_range_of_a_source_must_be_whole(
    client: S3Client, bucket: str, header: str, code: str, words: str
) -> None:
    client.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
    upload = put_parts(client, bucket, "k", [])
    with refused(code, 400) as response:
        client.upload_part_copy(
            Bucket=bucket,
            Key="k",
            UploadId=upload,
            PartNumber=1,
            CopySource=f"{bucket}/source",
            CopySourceRange=header,
        )
    assert words in response["Error"]["Message"]


@pytest.mark.parametrize("storage_class", ["STANDARD_IA", "STANDARD"])
def test_any_storage_class_makes_a_copy_onto_itself_legal(
    client: S3Client, bucket: str, source: str, storage_class: Any
) -> None:
    """Also the one that the object has; recorded at AWS."""
    with refused("InvalidRequest", 400):
        client.copy_object(Bucket=bucket, Key="source", CopySource=source)
    client.copy_object(Bucket=bucket, Key="source", CopySource=source, StorageClass=storage_class)
    assert client.head_object(Bucket=bucket, Key="source").get("StorageClass", "STANDARD") == storage_class


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a" * 64, "NoSuchBucket"),
        ("Old_Bucket", "NoSuchBucket"),
        ("a" * 256, "InvalidArgument"),
        ("b!", "InvalidArgument"),
    ],
)
def test_a_source_bucket_with_a_name_that_buckets_once_could_have_is_not_there(
    url: str, bucket: str, name: str, code: str
) -> None:
    reply = signed(url, "PUT", f"/{bucket}/k", headers={"x-amz-copy-source": f"{name}/k"})
    assert reply.code == code


def test_the_elements_of_a_copys_result_are_in_s3s_order(url: str, client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    reply = signed(url, "PUT", f"/{bucket}/copy", headers={"x-amz-copy-source": f"{bucket}/k"})
    names = [b"<LastModified>", b"<ETag>", b"<ChecksumCRC32>", b"<ChecksumType>"]
    assert sorted(names, key=reply.body.index) == names


def test_a_copy_without_tags_needs_no_permission_for_tags(client: S3Client, source: str) -> None:
    bucket = source.partition("/")[0]
    client.put_object(Bucket=bucket, Key="untagged", Body=b"1")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:GetObjectTagging", "s3:PutObjectTagging"],
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.put_bucket_policy(Bucket=bucket, Policy=document)
    client.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/untagged")
    with refused("AccessDenied", 403):
        client.copy_object(Bucket=bucket, Key="copy", CopySource=source)


def test_a_part_that_is_copied_chooses_no_encryption(url: str, client: S3Client, source: str) -> None:
    """The upload has chosen."""
    bucket = source.partition("/")[0]
    upload = put_parts(client, bucket, "k", [])
    headers = {"x-amz-copy-source": source, "x-amz-server-side-encryption": "AES256"}
    reply = signed(url, "PUT", f"/{bucket}/k?partNumber=1&uploadId={upload}", headers=headers)
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_what_is_wrong_with_the_version_of_a_source(client: S3Client, url: str, bucket: str) -> None:
    """dyus/meeseeks-s3, reports about delete markers and version ids."""
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    marker = client.delete_object(Bucket=bucket, Key="k")["VersionId"]
    upload = client.create_multipart_upload(Bucket=bucket, Key="up")["UploadId"]
    part = f"/{bucket}/up?partNumber=1&uploadId={upload}"
    for target in (f"/{bucket}/copy", part):

        def ask(version: str, target: str = target) -> Reply:
            return signed(url, "PUT", target, b"", {"x-amz-copy-source": f"/{bucket}/k{version}"})

        reply = ask("")
        assert (reply.status, reply.code) == (404, "NoSuchKey")
        assert reply.headers["x-amz-delete-marker"] == "true"
        assert reply.headers["x-amz-version-id"] == marker
        assert (ask(f"?versionId={marker}").status, ask(f"?versionId={marker}").code) == (
            400,
            "InvalidRequest",
        )
        empty = ask("?versionId=")
        assert empty.field("Message") == "Version id cannot be the empty string"
        assert empty.field("ArgumentName") == "x-amz-copy-source"
        unknown = ask("?versionId=abc")
        if target == part:
            assert (unknown.code, unknown.field("ArgumentValue")) == ("InvalidArgument", "abc")
            assert unknown.field("Message") == "Invalid version id specified"
            assert unknown.field("ArgumentName") == "x-amz-copy-source"
        else:
            assert (unknown.code, unknown.field("Message")) == ("InvalidRequest", "Invalid Request")
        for refused_copy in (reply, empty, unknown):
            assert refused_copy.body.startswith(b"<Error>")
