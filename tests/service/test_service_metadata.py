"""What is stored with an object besides its bytes, and what is refused rather than ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import refused, signed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_system_metadata_come_back(client: S3Client, bucket: str) -> None:
    sent = {
        "CacheControl": "max-age=60",
        "ContentDisposition": 'attachment; filename="a.txt"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "ContentType": "text/plain; charset=utf-8",
        "WebsiteRedirectLocation": "/elsewhere",
    }
    client.put_object(Bucket=bucket, Key="k", Body=b"x", **sent)  # type: ignore[arg-type]
    head: dict[str, Any] = {**client.head_object(Bucket=bucket, Key="k")}
    assert {name: head[name] for name in sent} == sent


@pytest.mark.parametrize("expires", ["Thu, 01 Jan 1970 00:02:03 GMT", "0", "next week"])
def test_expires_is_any_text(url: str, bucket: str, expires: str) -> None:
    assert signed(url, "PUT", f"/{bucket}/k", b"x", {"Expires": expires}).status == 200
    assert signed(url, "GET", f"/{bucket}/k").headers["expires"] == expires
    other = signed(url, "GET", f"/{bucket}/k?response-expires=some%20day")
    assert other.headers["expires"] == "some day"


def test_user_metadata_come_back_with_lower_case_names(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Metadata={"Some-Name": "Some Value", "under_score": "1"})
    found = client.head_object(Bucket=bucket, Key="k")["Metadata"]
    assert found == {"some-name": "Some Value", "under_score": "1"}


def test_metadata_beyond_ascii_come_back_as_rfc_2047_words(url: str, client: S3Client, bucket: str) -> None:
    sent = {"x-amz-meta-nonascii": "ÄMÄZÕÑ S3"}  # UTF-8 on the wire, the example of UsingMetadata.html
    assert signed(url, "PUT", f"/{bucket}/k", b"", sent).status == 200
    found = client.head_object(Bucket=bucket, Key="k")["Metadata"]["nonascii"]
    assert found == "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="  # the answer on that page


def test_too_much_metadata_is_refused(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Metadata={"n" * 48: "v" * 2000})
    with refused("MetadataTooLarge", 400) as response:
        client.put_object(Bucket=bucket, Key="k", Metadata={"n" * 48: "v" * 2001})
    assert response["Error"]["MaxSizeAllowed"] == "2048"


def test_too_much_metadata_of_the_systems_is_refused(client: S3Client, bucket: str) -> None:
    rest = 2048 - len("content-disposition")
    client.put_object(Bucket=bucket, Key="k", ContentDisposition="d" * rest)
    long: Any = {"Bucket": bucket, "Key": "l", "ContentDisposition": "d" * (rest + 1)}
    asks: list[Any] = [
        lambda: client.put_object(**long),
        lambda: client.create_multipart_upload(**long),
        lambda: client.copy_object(**long, CopySource=f"{bucket}/k", MetadataDirective="REPLACE"),
    ]
    for ask in asks:
        with refused("MetadataTooLarge", 400) as response:
            ask()
        assert (response["Error"]["Size"], response["Error"]["MaxSizeAllowed"]) == ("2049", "2048")


def test_the_storage_class_is_kept_and_only_named_when_it_is_another(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="usual")
    client.put_object(Bucket=bucket, Key="rare", StorageClass="STANDARD_IA")
    assert "StorageClass" not in client.head_object(Bucket=bucket, Key="usual")
    assert client.head_object(Bucket=bucket, Key="rare")["StorageClass"] == "STANDARD_IA"
    listed = {e["Key"]: e["StorageClass"] for e in client.list_objects_v2(Bucket=bucket)["Contents"]}
    assert listed == {"usual": "STANDARD", "rare": "STANDARD_IA"}


def test_a_storage_class_that_there_is_not_is_refused(client: S3Client, bucket: str) -> None:
    with refused("InvalidStorageClass", 400):
        client.put_object(Bucket=bucket, Key="k", StorageClass="CHEAP")  # type: ignore[arg-type]


def test_an_archived_object_must_be_restored_before_it_is_read(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="cold", Body=b"x", StorageClass="GLACIER")
    with refused("InvalidObjectState", 403):
        client.get_object(Bucket=bucket, Key="cold")
    assert client.head_object(Bucket=bucket, Key="cold")["StorageClass"] == "GLACIER"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"ACL": "public-read"}, "AccessControlListNotSupported"),
        ({"GrantRead": "id=" + "a" * 64}, "AccessControlListNotSupported"),
        ({"ObjectLockLegalHoldStatus": "ON"}, "InvalidRequest"),
        ({"WriteOffsetBytes": 0}, "NotImplemented"),
        ({"WebsiteRedirectLocation": "elsewhere"}, "InvalidRedirectLocation"),
    ],
)
def test_what_would_have_to_be_ignored_is_refused(
    client: S3Client, bucket: str, options: dict[str, Any], code: str
) -> None:
    with refused(code):
        client.put_object(Bucket=bucket, Key="k", Body=b"x", **options)
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")
