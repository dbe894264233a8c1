"""What each capability promises, on whatever server the options name.

    pytest tests/anywhere --s3-backend=binary --s3-binary=minio

Tests like those of a user: they run everywhere, and are skipped where the server claims no such thing.
"""

from __future__ import annotations

import hashlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from s3fixture.backends.bucket_setup import put_policy
from s3fixture.backends.endpoint import Endpoint
from s3fixture.checksums import checksum_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHECKSUMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")


def status(url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> int:
    """Of a request without keys."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, method=method, headers=dict(headers or {}))
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def keys(client: S3Client, bucket: str, **where: Any) -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket=bucket, **where).get("Contents", [])]


@pytest.mark.parametrize("key", ["k", "a/b/c.txt", "with space+plus", "ünï/中文", "percent%2F&=?"])
def test_a_key_of_any_kind_keeps_its_bytes(s3_client: S3Client, s3_bucket: str, key: str) -> None:
    s3_client.put_object(
        Bucket=s3_bucket, Key=key, Body=b"bytes", ContentType="text/x-test", Metadata={"a": "b"}
    )

    found = s3_client.get_object(Bucket=s3_bucket, Key=key)
    assert found["Body"].read() == b"bytes"
    assert found["ContentType"] == "text/x-test"
    assert found["ETag"] == f'"{hashlib.md5(b"bytes").hexdigest()}"'
    assert keys(s3_client, s3_bucket) == [key]
    s3_client.delete_object(Bucket=s3_bucket, Key=key)
    assert keys(s3_client, s3_bucket) == []


def test_folders_are_listed_page_by_page(s3_client: S3Client, s3_bucket: str) -> None:
    for number in range(5):
        s3_client.put_object(Bucket=s3_bucket, Key=f"folder-{number}/k", Body=b"")
    pages = s3_client.get_paginator("list_objects_v2").paginate(
        Bucket=s3_bucket, Delimiter="/", PaginationConfig={"PageSize": 2}
    )
    found = [prefix["Prefix"] for page in pages for prefix in page.get("CommonPrefixes", [])]
    assert found == [f"folder-{number}/" for number in range(5)]


def test_an_upload_in_parts_is_one_object(s3_client: S3Client, s3_bucket: str) -> None:
    parts = (b"1" * 5 * 1024 * 1024, b"2")
    upload: Any = {"Bucket": s3_bucket, "Key": "k"}
    upload["UploadId"] = s3_client.create_multipart_upload(**upload)["UploadId"]
    done: list[Any] = [
        {"PartNumber": number, "ETag": s3_client.upload_part(**upload, PartNumber=number, Body=part)["ETag"]}
        for number, part in enumerate(parts, 1)
    ]
    s3_client.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})

    ranged = s3_client.get_object(Bucket=s3_bucket, Key="k", Range=f"bytes={len(parts[0]) - 1}-")
    assert ranged["Body"].read() == b"12"


@pytest.mark.s3(requires="signatures")
@pytest.mark.parametrize("wrong", ["access_key", "secret_key"])
def test_wrong_keys_are_refused(s3_server: Endpoint, s3_bucket: str, wrong: str) -> None:
    given = {"access_key": s3_server.access_key, "secret_key": s3_server.secret_key, wrong: "something-else"}
    client = s3_server.client(
        aws_access_key_id=given["access_key"], aws_secret_access_key=given["secret_key"]
    )
    with pytest.raises(ClientError) as refused:
        client.put_object(Bucket=s3_bucket, Key="k", Body=b"1")
    assert 400 <= refused.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500  # VersityGW: 404


@pytest.mark.s3(requires="presigned-urls")
def test_a_presigned_url_works_until_it_expires(s3_client: S3Client, s3_bucket: str) -> None:
    s3_client.put_object(Bucket=s3_bucket, Key="k", Body=b"1")
    which: Any = {"Params": {"Bucket": s3_bucket, "Key": "k"}, "ExpiresIn": 2}
    url = s3_client.generate_presigned_url("get_object", **which)

    assert status(url) == 200
    deadline = time.monotonic() + 20
    while status(url) == 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert status(url) in (400, 403)  # the first is rclone's


@pytest.mark.s3(requires="bucket-policy")
def test_a_policy_lets_everybody_read(s3_server: Endpoint, s3_client: S3Client, s3_bucket: str) -> None:
    s3_client.put_object(Bucket=s3_bucket, Key="k", Body=b"1")
    url = f"{s3_server.url}/{s3_bucket}/k"
    assert status(url) == 403
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["*"]},
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{s3_bucket}/*"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    put_policy(s3_client, s3_bucket, policy)  # and what a bucket may have against public ones is taken back

    assert status(url) == 200
    s3_client.delete_bucket_policy(Bucket=s3_bucket)
    assert status(url) == 403


@pytest.mark.s3(requires="checksums")
@pytest.mark.parametrize("name", CHECKSUMS)
def test_a_checksum_is_verified_and_kept(s3_client: S3Client, s3_bucket: str, name: str) -> None:
    member = f"Checksum{name}"
    right: Any = {member: checksum_of(name, b"bytes")}
    wrong: Any = {member: checksum_of(name, b"others")}

    with pytest.raises(ClientError) as refused:
        s3_client.put_object(Bucket=s3_bucket, Key="damaged", Body=b"bytes", **wrong)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    s3_client.put_object(Bucket=s3_bucket, Key="k", Body=b"bytes", **right)

    assert keys(s3_client, s3_bucket) == ["k"]
    head: Any = s3_client.head_object(Bucket=s3_bucket, Key="k", ChecksumMode="ENABLED")
    assert head[member] == right[member]


@pytest.mark.s3(requires="conditional-writes")
def test_conditions_hold_for_writes(s3_client: S3Client, s3_bucket: str) -> None:
    etag = s3_client.put_object(Bucket=s3_bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    conditions: Any = ({"IfNoneMatch": "*"}, {"IfMatch": '"00000000000000000000000000000000"'})
    for condition in conditions:
        with pytest.raises(ClientError, match="PreconditionFailed"):
            s3_client.put_object(Bucket=s3_bucket, Key="k", Body=b"2", **condition)

    s3_client.put_object(Bucket=s3_bucket, Key="k", Body=b"3", IfMatch=etag)
    assert s3_client.get_object(Bucket=s3_bucket, Key="k")["Body"].read() == b"3"


@pytest.mark.s3(requires="conditional-deletes")
def test_conditions_hold_for_deletes(s3_client: S3Client, s3_bucket: str) -> None:
    etag = s3_client.put_object(Bucket=s3_bucket, Key="k", Body=b"1")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3_client.delete_object(Bucket=s3_bucket, Key="k", IfMatch='"00000000000000000000000000000000"')

    s3_client.delete_object(Bucket=s3_bucket, Key="k", IfMatch=etag)
    assert keys(s3_client, s3_bucket) == []


@pytest.mark.s3(requires="cors")
def test_preflight_requests_obey_the_rules_of_the_bucket(
    s3_server: Endpoint, s3_client: S3Client, s3_bucket: str
) -> None:
    rule: Any = {
        "AllowedMethods": ["PUT"],
        "AllowedOrigins": ["https://app.example"],
        "AllowedHeaders": ["*"],
    }
    s3_client.put_bucket_cors(Bucket=s3_bucket, CORSConfiguration={"CORSRules": [rule]})

    def preflight(origin: str) -> int:
        asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        return status(f"{s3_server.url}/{s3_bucket}/k", "OPTIONS", asked)

    assert preflight("https://app.example") == 200
    assert preflight("https://other.example") == 403


@pytest.mark.s3(requires="tagging")
def test_buckets_and_objects_have_tags(s3_client: S3Client, s3_bucket: str) -> None:
    tags: Any = {"TagSet": [{"Key": "team", "Value": "data + more"}]}
    s3_client.put_bucket_tagging(Bucket=s3_bucket, Tagging=tags)
    s3_client.put_object(Bucket=s3_bucket, Key="k", Body=b"1", Tagging=f"team={quote('data + more')}")

    assert s3_client.get_bucket_tagging(Bucket=s3_bucket)["TagSet"] == tags["TagSet"]
    assert s3_client.get_object_tagging(Bucket=s3_bucket, Key="k")["TagSet"] == tags["TagSet"]


@pytest.mark.s3(requires="versioning", versioning=True)
def test_versions_are_kept(s3_client: S3Client, s3_bucket: str) -> None:
    first, second = (
        s3_client.put_object(Bucket=s3_bucket, Key="k", Body=body)["VersionId"] for body in (b"1", b"2")
    )
    marker = s3_client.delete_object(Bucket=s3_bucket, Key="k")["VersionId"]

    with pytest.raises(ClientError, match="NoSuchKey"):
        s3_client.get_object(Bucket=s3_bucket, Key="k")
    assert s3_client.get_object(Bucket=s3_bucket, Key="k", VersionId=first)["Body"].read() == b"1"
    s3_client.delete_object(Bucket=s3_bucket, Key="k", VersionId=marker)
    assert s3_client.get_object(Bucket=s3_bucket, Key="k")["VersionId"] == second


@pytest.mark.s3(requires=["object-lock", "versioning"])
def test_locks_hold(s3_server: Endpoint, s3_client: S3Client) -> None:
    bucket = f"{s3_server.bucket_prefix}locked"
    s3_client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    until = datetime.now(timezone.utc) + timedelta(days=1)
    locks: list[dict[str, Any]] = [
        {"ObjectLockLegalHoldStatus": "ON"},
        {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until},
    ]
    for number, lock in enumerate(locks):
        which: Any = {"Bucket": bucket, "Key": str(number)}
        which["VersionId"] = s3_client.put_object(Bucket=bucket, Key=str(number), Body=b"1", **lock)[
            "VersionId"
        ]
        with pytest.raises(ClientError, match=r"AccessDenied|WORM protected"):  # MinIO's own words
            s3_client.delete_object(**which)
        assert s3_client.get_object(**which)["Body"].read() == b"1"
