"""Put, get, head and delete of single objects; ranges, overrides, metadata, limits."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import MIB, refused, send, signed

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BODY = b"0123456789"


@pytest.fixture
def key(client: S3Client, bucket: str) -> str:
    """An object of ten bytes."""
    client.put_object(Bucket=bucket, Key="key", Body=BODY)
    return "key"


def test_an_object_comes_back_as_it_went_in(client: S3Client, bucket: str) -> None:
    put = client.put_object(Bucket=bucket, Key="a", Body=BODY)
    assert put["ETag"] == f'"{hashlib.md5(BODY).hexdigest()}"'
    got = client.get_object(Bucket=bucket, Key="a")
    assert got["Body"].read() == BODY
    assert got["ETag"] == put["ETag"]
    assert got["ContentLength"] == len(BODY)
    assert got["ContentType"] == "binary/octet-stream"
    assert got["AcceptRanges"] == "bytes"
    assert got["ServerSideEncryption"] == "AES256"
    assert "VersionId" not in got


def test_head_says_what_get_says(client: S3Client, bucket: str, key: str) -> None:
    def headers(answer: Any) -> dict[str, str]:
        found: dict[str, str] = answer["ResponseMetadata"]["HTTPHeaders"]
        own = ("date", "x-amz-request-id", "x-amz-id-2")
        return {name: value for name, value in found.items() if name not in own}

    head = client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    assert headers(head) == headers(client.get_object(Bucket=bucket, Key=key))


def test_an_empty_object_is_an_object(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="empty")
    got = client.get_object(Bucket=bucket, Key="empty")
    assert (got["ContentLength"], got["Body"].read()) == (0, b"")


def test_a_body_larger_than_a_block_comes_back_whole(client: S3Client, bucket: str) -> None:
    body = bytes(range(256)) * (3 * MIB // 256) + b"tail"
    put = client.put_object(Bucket=bucket, Key="large", Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert client.get_object(Bucket=bucket, Key="large")["Body"].read() == body


def test_the_last_put_wins(client: S3Client, bucket: str, key: str) -> None:
    client.put_object(Bucket=bucket, Key=key, Body=b"new", ContentType="text/plain")
    got = client.get_object(Bucket=bucket, Key=key)
    assert (got["Body"].read(), got["ContentType"]) == (b"new", "text/plain")


@pytest.mark.parametrize(
    "name",
    [
        "a/b//c/",
        "/leading",
        "//",
        "a b+c%d?e&f=g#h",
        "ünïcödé/日本/🪣",
        "quote\"'<>&",
        ".",
        "..a/..b",
        "a/../b",
        "tab\tnewline\n",
        "x" * 1024,
        "é" * 512,
    ],
)
def test_a_key_is_taken_to_the_letter(client: S3Client, bucket: str, name: str) -> None:
    client.put_object(Bucket=bucket, Key=name, Body=name.encode())
    assert client.get_object(Bucket=bucket, Key=name)["Body"].read() == name.encode()
    listed = client.list_objects_v2(Bucket=bucket)["Contents"]
    assert [entry["Key"] for entry in listed] == [name]
    client.delete_object(Bucket=bucket, Key=name)
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("name", ["x" * 1025, "é" * 513])
def test_a_key_of_more_than_1024_bytes_is_refused(client: S3Client, bucket: str, name: str) -> None:
    with refused("KeyTooLongError", 400) as response:
        client.put_object(Bucket=bucket, Key=name)
    assert response["Error"]["MaxSizeAllowed"] == "1024"


def test_a_missing_key_is_named(client: S3Client, bucket: str) -> None:
    with refused("NoSuchKey", 404) as response:
        client.get_object(Bucket=bucket, Key="missing")
    assert response["Error"]["Key"] == "missing"
    with refused("404", 404):
        client.head_object(Bucket=bucket, Key="missing")


def test_a_missing_bucket_comes_before_a_missing_key(client: S3Client) -> None:
    with refused("NoSuchBucket", 404):
        client.put_object(Bucket="missing", Key="k", Body=b"x")
    with refused("NoSuchBucket", 404):
        client.get_object(Bucket="missing", Key="k")


@pytest.mark.parametrize(
    ("header", "expected", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-99", BODY, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=9-9", b"9", "bytes 9-9/10"),
    ],
)
def test_a_range_is_a_part_of_the_object(
    client: S3Client, bucket: str, key: str, header: str, expected: bytes, content_range: str
) -> None:
    got = client.get_object(Bucket=bucket, Key=key, Range=header)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (got["Body"].read(), got["ContentRange"]) == (expected, content_range)
    assert got["ContentLength"] == len(expected)
    head = client.head_object(Bucket=bucket, Key=key, Range=header)
    assert head["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (head["ContentLength"], head["ContentRange"]) == (len(expected), content_range)


@pytest.mark.parametrize(
    "header", ["bytes=5-2", "bytes=-", "bytes=a-b", "bytes=0-1,4-5", "lines=0-1", "nonsense"]
)
def test_a_range_that_is_not_one_is_ignored(client: S3Client, bucket: str, key: str, header: str) -> None:
    got = client.get_object(Bucket=bucket, Key=key, Range=header)
    assert (got["ResponseMetadata"]["HTTPStatusCode"], got["Body"].read()) == (200, BODY)


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_outside_the_object_is_refused(client: S3Client, bucket: str, key: str, header: str) -> None:
    with refused("InvalidRange", 416) as response:
        client.get_object(Bucket=bucket, Key=key, Range=header)
    assert response["Error"]["ActualObjectSize"] == "10"
    assert response["Error"]["RangeRequested"] == header
    with refused("416", 416):
        client.head_object(Bucket=bucket, Key=key, Range=header)


def test_a_range_of_an_empty_object_is_refused(client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="empty")
    with refused("InvalidRange", 416):
        client.get_object(Bucket=bucket, Key="empty", Range="bytes=0-")


def test_an_object_that_was_put_whole_is_its_own_first_part(client: S3Client, bucket: str, key: str) -> None:
    got = client.get_object(Bucket=bucket, Key=key, PartNumber=1)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (got["Body"].read(), got["ContentRange"]) == (BODY, "bytes 0-9/10")
    assert "PartsCount" not in got


def test_a_part_and_a_range_exclude_each_other(client: S3Client, bucket: str, key: str) -> None:
    with refused("InvalidRequest", 400):
        client.get_object(Bucket=bucket, Key=key, PartNumber=1, Range="bytes=0-1")


@pytest.mark.parametrize("number", [0, -1, 10001])
def test_a_part_number_out_of_bounds_is_refused(client: S3Client, bucket: str, key: str, number: int) -> None:
    with refused("InvalidArgument", 400):
        client.get_object(Bucket=bucket, Key=key, PartNumber=number)


def test_a_part_that_is_not_there_is_refused(client: S3Client, bucket: str, key: str) -> None:
    with refused("InvalidPartNumber", 416):
        client.get_object(Bucket=bucket, Key=key, PartNumber=2)


def test_the_answers_headers_can_be_chosen(client: S3Client, bucket: str, key: str) -> None:
    got = client.get_object(
        Bucket=bucket,
        Key=key,
        ResponseCacheControl="no-cache",
        ResponseContentDisposition="inline",
        ResponseContentEncoding="identity",
        ResponseContentLanguage="fr",
        ResponseContentType="text/x-test",
        ResponseExpires=datetime(2030, 1, 1, tzinfo=timezone.utc),
    )
    assert got["CacheControl"] == "no-cache"
    assert got["ContentDisposition"] == "inline"
    assert got["ContentEncoding"] == "identity"
    assert got["ContentLanguage"] == "fr"
    assert got["ContentType"] == "text/x-test"
    assert got["ExpiresString"]  # type: ignore[typeddict-item]


def test_strangers_cannot_choose_the_answers_headers(url: str, client: S3Client, open_bucket: str) -> None:
    client.put_object(Bucket=open_bucket, Key="k", Body=b"x")
    client.put_bucket_policy(Bucket=open_bucket, Policy=_public_read(open_bucket))
    assert send(url, "GET", f"/{open_bucket}/k").status == 200
    reply = send(url, "GET", f"/{open_bucket}/k?response-content-type=text/html")
    assert (reply.status, reply.code) == (400, "InvalidRequest")


def _public_read(bucket: str) -> str:
    return (
        '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
        f'"Resource":"arn:aws:s3:::{bucket}/*"}}]}}'
    )


def test_deleting_what_is_not_there_succeeds(client: S3Client, bucket: str) -> None:
    answer = client.delete_object(Bucket=bucket, Key="missing")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "DeleteMarker" not in answer
    assert "VersionId" not in answer


def test_a_deleted_object_is_gone(client: S3Client, bucket: str, key: str) -> None:
    client.delete_object(Bucket=bucket, Key=key)
    with refused("NoSuchKey"):
        client.get_object(Bucket=bucket, Key=key)


def test_last_modified_is_the_servers_clock_in_whole_seconds(app: App, client: S3Client, bucket: str) -> None:
    app.clock.freeze()
    app.clock.move(-600)  # signatures allow up to 900
    client.put_object(Bucket=bucket, Key="k")
    head = client.head_object(Bucket=bucket, Key="k")["LastModified"]
    assert head.timestamp() == int(app.clock.time())
    assert client.list_objects_v2(Bucket=bucket)["Contents"][0]["LastModified"] == head


def test_every_answer_has_ids_a_date_and_a_server(client: S3Client, bucket: str) -> None:
    for answer in (client.put_object(Bucket=bucket, Key="k"), client.get_object(Bucket=bucket, Key="k")):
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        assert {"x-amz-request-id", "x-amz-id-2", "date", "server"} <= headers.keys()


def test_a_body_over_5_gib_is_refused_before_it_is_sent(url: str, bucket: str) -> None:
    headers = {"Content-Length": str(5 * 1024**3 + 1), "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    reply = signed(url, "PUT", f"/{bucket}/k", b"", headers)
    assert (reply.status, reply.code) == (400, "EntityTooLarge")


def test_the_owner_of_an_object_is_the_buckets(client: S3Client, other: S3Client, open_bucket: str) -> None:
    policy = (
        '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:PutObject",'
        f'"Resource":"arn:aws:s3:::{open_bucket}/*"}}]}}'
    )
    client.put_bucket_policy(Bucket=open_bucket, Policy=policy)
    other.put_object(Bucket=open_bucket, Key="theirs", Body=b"x")
    assert client.get_object(Bucket=open_bucket, Key="theirs")["Body"].read() == b"x"
    listed = client.list_objects_v2(Bucket=open_bucket, FetchOwner=True)
    assert listed["Contents"][0]["Owner"]["ID"] == client.list_buckets()["Owner"]["ID"]
