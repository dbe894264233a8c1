"""Tags of objects and buckets: put, get, delete, their rules, and the x-amz-tagging header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import needs, refused, send_document, signed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def tag_set(count: int) -> Any:
    return [{"Key": f"k{number}", "Value": f"v{number}"} for number in range(count)]


def test_an_object_is_tagged_and_untagged(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k")
    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    client.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tag_set(10)})
    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tag_set(10)
    assert client.get_object(Bucket=bucket, Key="k")["TagCount"] == 10
    answer = client.delete_object_tagging(Bucket=bucket, Key="k")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert "TagCount" not in client.get_object(Bucket=bucket, Key="k")


def test_tags_belong_to_a_version(client: S3Client, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = client.put_object(Bucket=bucket, Key="k", Tagging="is=old")["VersionId"]
    client.put_object(Bucket=bucket, Key="k", Tagging="is=new")
    tagged = client.get_object_tagging(Bucket=bucket, Key="k", VersionId=old)
    assert (tagged["TagSet"], tagged["VersionId"]) == ([{"Key": "is", "Value": "old"}], old)
    client.delete_object_tagging(Bucket=bucket, Key="k", VersionId=old)
    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "is", "Value": "new"}]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a%20b=c%2Bd+e", {"a b": "c+d e"}),
        ("k=", {"k": ""}),
        ("k", {"k": ""}),
        ("%C3%A9=%E6%97%A5", {"é": "日"}),
        ("a=+-%3D.:/@_", {"a": " -=.:/@_"}),
    ],
)
def test_the_tagging_header_is_a_url_query(
    client: S3Client, bucket: str, header: str, expected: dict[str, str]
) -> None:
    client.put_object(Bucket=bucket, Key="k", Tagging=header)
    found = client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == expected


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("a=1&a=2", "InvalidArgument"),
        ("a=%FF", "InvalidTag"),
        *((header, "InvalidArgument") for header in ("=", "=1", "a=1&=2", "&&=&&")),
        ("a=<", "InvalidTag"),
        ("aws:a=1", "InvalidTag"),
        ("&".join(f"k{number}=v" for number in range(11)), "BadRequest"),
        (f"{'k' * 129}=v", "InvalidTag"),
        (f"k={'v' * 257}", "InvalidTag"),
    ],
)
def test_a_tagging_header_that_breaks_the_rules_is_refused(
    client: S3Client, bucket: str, header: str, code: str
) -> None:
    client.put_object(Bucket=bucket, Key="source")
    source = f"{bucket}/source"
    with refused(code, 400):
        client.put_object(Bucket=bucket, Key="k", Tagging=header)
    with refused(code, 400):
        client.create_multipart_upload(Bucket=bucket, Key="k", Tagging=header)
    with refused(code, 400):
        client.copy_object(
            Bucket=bucket, Key="k", CopySource=source, Tagging=header, TaggingDirective="REPLACE"
        )
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        (tag_set(11), "BadRequest"),
        ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "InvalidTag"),
        ([{"Key": "k" * 129, "Value": ""}], "InvalidTag"),
        ([{"Key": "k", "Value": "v" * 257}], "InvalidTag"),
        ([{"Key": "\U00020000" * 65, "Value": ""}], "InvalidTag"),  # 130 in UTF-16
        ([{"Key": "k", "Value": "\U00020000" * 129}], "InvalidTag"),
        ([{"Key": "k!", "Value": "v"}], "InvalidTag"),
        ([{"Key": "AWS:k", "Value": "v"}], "InvalidTag"),
    ],
)
def test_tags_that_break_the_rules_are_refused_and_the_old_stay(
    client: S3Client, bucket: str, tags: Any, code: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Tagging="is=old")
    with refused(code, 400):
        client.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags})
    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "is", "Value": "old"}]


@pytest.mark.parametrize("operation", ["get_object_tagging", "delete_object_tagging"])
def test_what_is_not_there_has_no_tags(client: S3Client, bucket: str, operation: str) -> None:
    with refused("NoSuchKey", 404):
        getattr(client, operation)(Bucket=bucket, Key="missing")


def test_the_length_of_a_tag_is_counted_in_utf_16(client: S3Client, bucket: str) -> None:
    longest = [{"Key": "\U00020000" * 64, "Value": "\U00020000" * 128}]
    client.put_object(Bucket=bucket, Key="k")
    client.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": longest})  # type: ignore[typeddict-item]
    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == longest


def test_a_bucket_is_tagged_and_untagged(client: S3Client, bucket: str) -> None:
    with refused("NoSuchTagSet", 404):
        client.get_bucket_tagging(Bucket=bucket)
    client.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_set(50)})
    assert client.get_bucket_tagging(Bucket=bucket)["TagSet"] == tag_set(50)
    with refused("BadRequest", 400):
        client.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_set(51)})
    answer = client.delete_bucket_tagging(Bucket=bucket)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NoSuchTagSet", 404):
        client.get_bucket_tagging(Bucket=bucket)


@pytest.mark.parametrize(
    "document",
    [b"<Tagging><TagSet><Tag><Key>k</Key></Tag></TagSet></Tagging>", b"<Other/>", b"<Tagging"],
)
def test_a_document_that_is_not_of_the_schema_is_malformed(
    url: str, client: S3Client, bucket: str, document: bytes
) -> None:
    client.put_object(Bucket=bucket, Key="k")
    assert send_document(url, "PUT", f"/{bucket}/k?tagging", document).code == "MalformedXML"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("k=v,k2=v2", "InvalidArgument"),
        ("key%", "InvalidArgument"),
        ("a=b&a=c", "InvalidArgument"),
        ("a=b,c", "InvalidTag"),
        ("%FF=a", "InvalidTag"),
        ("k=", ""),
    ],
)
def test_the_header_is_a_query(url: str, bucket: str, header: str, code: str) -> None:
    assert signed(url, "PUT", f"/{bucket}/k", b"", {"x-amz-tagging": header}).code == code


@pytest.mark.parametrize("document", [b"<Tagging><TagSet/></Tagging>", b"<Tagging/>"])
def test_a_document_without_tags_removes_those_of_an_object(
    url: str, client: S3Client, bucket: str, document: bytes
) -> None:
    """Also without a TagSet, which the model requires: recorded at AWS, see OPTIONAL_MEMBERS."""
    client.put_object(Bucket=bucket, Key="k", Tagging="a=1")
    assert send_document(url, "PUT", f"/{bucket}/k?tagging", document).status == 200
    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []


def test_no_tags_of_a_bucket_are_no_tag_set(url: str, client: S3Client, bucket: str) -> None:
    for document in (b"<Tagging><TagSet/></Tagging>", b"<Tagging/>"):
        client.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": ""}]})
        assert client.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": ""}]
        assert send_document(url, "PUT", f"/{bucket}?tagging", document).status == 204
        with refused("NoSuchTagSet", 404):
            client.get_bucket_tagging(Bucket=bucket)


@needs("CreateBucketConfiguration", "Tags")
def test_tags_of_aws_are_refused_in_three_ways(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k")
    tags: Any = {"TagSet": [{"Key": "aws:x", "Value": "y"}]}
    asked: list[Any] = [
        (lambda: client.put_bucket_tagging(Bucket=bucket, Tagging=tags), "System tags cannot", "aws:x"),
        (
            lambda: client.put_object_tagging(Bucket=bucket, Key="k", Tagging=tags),
            "Your TagKey cannot be prefixed with aws:",
            "aws:x",
        ),
        (
            lambda: client.create_bucket(Bucket="fresh", CreateBucketConfiguration={"Tags": tags["TagSet"]}),
            "User-defined tag keys can't start",
            None,
        ),
    ]
    for ask, words, key in asked:
        with refused("InvalidTag", 400) as response:
            ask()
        assert response["Error"]["Message"].startswith(words)
        assert response["Error"].get("TagKey") == key


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_a_delete_marker_has_no_tags(client: S3Client, bucket: str, method: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.delete_object(Bucket=bucket, Key="k")
    options: Any = {"Tagging": {"TagSet": []}} if method == "put" else {}
    with refused("MethodNotAllowed", 405) as response:
        getattr(client, f"{method}_object_tagging")(Bucket=bucket, Key="k", **options)
    assert response["Error"]["ResourceType"] == "DeleteMarker"
