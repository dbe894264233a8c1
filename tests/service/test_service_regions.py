"""One endpoint for all regions: a request is sent to the region that its signature names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.auth import HmacV1Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from service_helpers import NewClient, Reply, needs, refused, send, signed

from s3fixture.app import App
from s3fixture.regions import NAMES, VERSION_4_ONLY
from s3fixture.server import Server
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def make(client: S3Client, name: str, constraint: str | None) -> Any:
    options: Any = {"CreateBucketConfiguration": {"LocationConstraint": constraint}} if constraint else {}
    return client.create_bucket(Bucket=name, **options)


@needs("HeadBucketOutput", "BucketArn")
@pytest.mark.parametrize(
    ("region", "constraint", "lies_in", "location"),
    [
        ("us-east-1", None, "us-east-1", None),
        ("us-east-1", "eu-west-2", "eu-west-2", "eu-west-2"),
        ("us-east-1", "EU", "eu-west-1", "EU"),
        ("eu-west-1", "EU", "eu-west-1", "EU"),
        ("eu-west-1", "eu-west-1", "eu-west-1", "eu-west-1"),
    ],
)
def test_a_bucket_lies_where_its_constraint_says(
    new_client: NewClient, url: str, region: str, constraint: str | None, lies_in: str, location: str | None
) -> None:
    client = new_client(region=region)
    made = make(client, "fresh", constraint)
    host = url.removeprefix("http://")
    assert made["Location"] == (f"http://fresh.{host}/" if constraint else "/fresh")
    assert made["BucketArn"] == "arn:aws:s3:::fresh"
    assert client.get_bucket_location(Bucket="fresh")["LocationConstraint"] == location
    there = new_client(region=lies_in)
    head = there.head_bucket(Bucket="fresh")
    assert (head["BucketRegion"], head["BucketArn"]) == (lies_in, "arn:aws:s3:::fresh")
    listed = there.list_objects_v2(Bucket="fresh")["ResponseMetadata"]["HTTPHeaders"]
    assert listed["x-amz-bucket-region"] == lies_in
    [entry] = client.list_buckets(Prefix="fresh")["Buckets"]
    assert entry["BucketRegion"] == lies_in


@pytest.mark.parametrize(
    ("region", "constraint", "code", "words"),
    [
        ("us-east-1", "us-east-1", "InvalidLocationConstraint", "not valid"),
        ("us-east-1", "foo", "InvalidLocationConstraint", "not valid"),
        ("us-east-1", "aws-global", "InvalidLocationConstraint", "not valid"),
        ("eu-west-2", None, "IllegalLocationConstraintException", "The unspecified location constraint"),
        ("eu-west-2", "EU", "IllegalLocationConstraintException", "The EU location constraint"),
        ("eu-west-2", "bar", "IllegalLocationConstraintException", "The bar location constraint"),
        ("eu-west-2", "us-east-1", "IllegalLocationConstraintException", "The us-east-1 location constraint"),
    ],
)
def test_a_constraint_that_does_not_fit_is_refused(
    new_client: NewClient, region: str, constraint: str | None, code: str, words: str
) -> None:
    with refused(code, 400) as response:
        make(new_client(region=region), "fresh", constraint)
    assert words in response["Error"]["Message"]
    assert response["Error"].get("LocationConstraint") == (
        constraint if code == "InvalidLocationConstraint" else None
    )


def test_clients_follow_to_the_region_of_a_bucket(url: str, client: S3Client, new_client: NewClient) -> None:
    make(client, "away", "ap-south-1")
    reply = signed(url, "GET", "/away")
    assert (reply.status, reply.code, reply.field("Bucket")) == (301, "PermanentRedirect", "away")
    assert reply.headers["x-amz-bucket-region"] == "ap-south-1"
    head = signed(url, "HEAD", "/away")
    assert (head.status, head.headers["x-amz-bucket-region"]) == (301, "ap-south-1")
    client.put_object(Bucket="away", Key="k", Body=b"x")
    assert client.get_object(Bucket="away", Key="k")["Body"].read() == b"x"
    assert client.head_bucket(Bucket="away")["BucketRegion"] == "ap-south-1"
    assert send(url, "GET", "/away").code == "AccessDenied"
    client.delete_object(Bucket="away", Key="k")
    client.delete_bucket(Bucket="away")


def test_who_may_not_enter_a_bucket_still_learns_its_region(url: str, new_client: NewClient) -> None:
    far = new_client(region="eu-west-3")
    make(far, "closed", "eu-west-3")
    reply = send(url, "HEAD", "/closed")
    assert (reply.status, reply.headers["x-amz-bucket-region"]) == (403, "eu-west-3")
    other = new_client("otheraccesskey", "othersecretkey", region="eu-west-3")
    with refused("403", 403) as response:
        other.head_bucket(Bucket="closed")
    assert response["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "eu-west-3"
    with refused("403", 403) as response:
        far.head_bucket(Bucket="closed", ExpectedBucketOwner="111122223333")
    assert response["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "eu-west-3"
    assert "x-amz-bucket-region" not in send(url, "HEAD", "/nowhere").headers
    assert "x-amz-bucket-region" not in send(url, "HEAD", "/closed/k").headers


@pytest.mark.parametrize("name", ["s3.eu-west-1", "s3-eu-west-1", "s3.dualstack.eu-west-1"])
def test_a_virtual_host_may_name_the_region(url: str, new_client: NewClient, name: str) -> None:
    client = new_client(region="eu-west-1")
    make(client, "bucket", "eu-west-1")
    client.put_object(Bucket="bucket", Key="k", Body=b"via host")
    port = url.rpartition(":")[2]
    host = f"bucket.{name}.localhost:{port}"
    assert signed(url, "GET", "/k", host=host, region="eu-west-1").body == b"via host"
    endpoint = signed(url, "GET", "/bucket/k", host=f"{name}.localhost:{port}", region="eu-west-1")
    assert endpoint.body == b"via host"


def test_a_listing_by_what_is_no_region_is_refused(url: str) -> None:
    reply = signed(url, "GET", "/?bucket-region=eu-east-1")
    assert (reply.status, reply.code, reply.field("ArgumentName")) == (
        400,
        "InvalidArgument",
        "bucket-region",
    )
    assert reply.field("Message") == "Argument value eu-east-1 is not a valid AWS Region"


def serving(**settings: str) -> Iterator[str]:
    app = App(Settings.load(settings, environ={}))
    with Server(app, error_body=app.error_body) as server:
        yield server.url
    app.close()


@pytest.fixture(scope="module")
def pinned() -> Iterator[str]:
    yield from serving(region="eu-central-1")


@pytest.fixture(scope="module")
def minio() -> Iterator[str]:
    yield from serving(region="eu-central-1", defaults="minio")


def connect(url: str, region: str, version: str) -> S3Client:
    return boto3.session.Session().client(
        "s3",
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="minioadmin",
        aws_secret_access_key="minioadmin123",
        config=Config(signature_version=version, s3={"addressing_style": "path"}),
    )


def test_a_server_whose_region_is_named_is_the_endpoint_of_that_region(pinned: str) -> None:
    reply = signed(pinned, "GET", "/", region="us-east-1")
    assert (reply.status, reply.code, reply.field("Region")) == (
        *(400, "AuthorizationHeaderMalformed"),
        "eu-central-1",
    )
    client = connect(pinned, "eu-central-1", "s3v4")
    make(client, "fresh", "eu-central-1")
    assert client.get_bucket_location(Bucket="fresh")["LocationConstraint"] == "eu-central-1"


VERSION_4 = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."


def by_version_2(url: str, bucket: str, key: str = "k") -> dict[str, Reply]:
    """An object read and written with each way that signatures of version 2 have."""
    client = connect(url, "us-east-1", "s3")
    path = f"/{bucket}/{key}"
    request = AWSRequest("GET", f"{url}{path}")
    HmacV1Auth(Credentials("minioadmin", "minioadmin123")).add_auth(request)
    link = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key})
    form = client.generate_presigned_post(bucket, key)["fields"]
    boundary = {"Content-Type": "multipart/form-data; boundary=b"}
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{form[name]}\r\n' for name in form]
    body = "".join(parts) + '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nform\r\n--b--\r\n'
    return {
        "form": send(url, "POST", f"/{bucket}", body.encode(), boundary),
        "header": send(url, "GET", path, headers=dict(request.headers)),
        "query": send(url, "GET", link.removeprefix(url)),
    }


@pytest.mark.parametrize("region", sorted(NAMES))
def test_regions_since_2014_refuse_signatures_of_version_2(
    new_client: NewClient, url: str, region: str
) -> None:
    constraint = None if region == "us-east-1" else region
    make(new_client(region="us-east-1"), "where", constraint)
    new_client(region=region).put_object(Bucket="where", Key="k", Body=b"form")
    for way, reply in by_version_2(url, "where").items():
        if region in VERSION_4_ONLY:
            seen = (reply.status, reply.code, reply.field("Message"), reply.headers["x-amz-bucket-region"])
            assert seen == (400, "InvalidRequest", VERSION_4, region), way
        else:
            assert reply.status == (204 if way == "form" else 200), way


def test_a_server_in_a_region_since_2014_refuses_signatures_of_version_2(pinned: str, minio: str) -> None:
    for way, reply in by_version_2(pinned, "missing").items():
        assert (reply.status, reply.code, reply.field("Message")) == (400, "InvalidRequest", VERSION_4), way
    with refused("InvalidRequest", 400):
        connect(pinned, "eu-central-1", "s3").list_buckets()
    make(connect(minio, "eu-central-1", "s3"), "where", "eu-central-1")  # as MinIO does
    assert [reply.status for reply in by_version_2(minio, "where").values()] == [204, 200, 200]


def test_buckets_elsewhere_are_made_and_found_with_signatures_of_version_2(new_client: NewClient) -> None:
    client = new_client(signature_version="s3")
    make(client, "where", "eu-central-1")
    assert client.get_bucket_location(Bucket="where")["LocationConstraint"] == "eu-central-1"
