"""Lists of parts and of uploads, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service_helpers import NewClient, put_parts, refused

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_parts_are_listed_page_by_page(client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [b"1", b"22", b"333"], StorageClass="STANDARD_IA")
    pages = list(
        client.get_paginator("list_parts").paginate(
            Bucket=bucket, Key="k", UploadId=upload, PaginationConfig={"PageSize": 2}
        )
    )
    sizes = [[(part["PartNumber"], part["Size"]) for part in page["Parts"]] for page in pages]
    assert sizes == [[(1, 1), (2, 2)], [(3, 3)]]
    assert (pages[0]["NextPartNumberMarker"], pages[0]["MaxParts"]) == (2, 2)
    assert pages[0]["StorageClass"] == "STANDARD_IA"
    owner = client.list_buckets()["Owner"]["ID"]
    assert pages[0]["Owner"]["ID"] == pages[0]["Initiator"]["ID"] == owner


def test_uploads_are_listed_by_key_and_folded(client: S3Client, bucket: str) -> None:
    ids = {
        key: client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        for key in ("b", "a", "dir/1", "dir/2")
    }
    page = client.list_multipart_uploads(Bucket=bucket)
    assert {entry["Key"]: entry["UploadId"] for entry in page["Uploads"]} == ids
    assert [entry["Key"] for entry in page["Uploads"]] == ["a", "b", "dir/1", "dir/2"]
    folded = client.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [entry["Prefix"] for entry in folded["CommonPrefixes"]] == ["dir/"]
    chosen = client.list_multipart_uploads(Bucket=bucket, Prefix="dir/")
    assert [entry["Key"] for entry in chosen["Uploads"]] == ["dir/1", "dir/2"]


def test_pages_of_uploads_go_on_inside_a_key(client: S3Client, bucket: str) -> None:
    made = [client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"] for _ in range(3)]
    made.append(client.create_multipart_upload(Bucket=bucket, Key="z")["UploadId"])
    pages = client.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    )
    assert [entry["UploadId"] for page in pages for entry in page["Uploads"]] == made


def test_another_account_learns_nothing_of_uploads(other: S3Client, bucket: str) -> None:
    for act in (other.list_parts, other.abort_multipart_upload):
        with refused("AccessDenied", 403):
            act(Bucket=bucket, Key="k", UploadId="missing")


def test_callers_of_the_account_learn_that_there_is_no_upload_and_nothing_else(
    client: S3Client, new_client: NewClient, bucket: str
) -> None:
    """Also who may do nothing at all: justincormack/argmin, crates/s3-tests/tests/bucket_policy.rs."""
    nobody = new_client("nobodykey", "nobodysecret")
    upload = client.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    for act in (nobody.list_parts, nobody.abort_multipart_upload):
        with refused("NoSuchUpload", 404):
            act(Bucket=bucket, Key="k", UploadId="missing")
        with refused("AccessDenied", 403):
            act(Bucket=bucket, Key="k", UploadId=upload)
