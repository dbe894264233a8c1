"""Who asks: identities, signatures in headers and URLs, and what is said to those who are not let in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from service_helpers import NewClient, Reply, put_parts, refused, send, signed

from s3fixture.app import App

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def fetch(link: str, method: str = "GET", body: bytes = b"", **headers: str) -> Reply:
    """Use a presigned URL."""
    parts = urlsplit(link)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return send(f"http://{parts.netloc}", method, f"{parts.path}?{parts.query}", body, named)


@pytest.fixture(params=["s3v4", "s3"])
def signer(request: pytest.FixtureRequest, new_client: NewClient) -> Any:
    """A client for each version of signatures."""
    return new_client(signature_version=request.param)


@pytest.fixture(scope="module")
def version_4(new_client: NewClient) -> S3Client:
    """boto3 by itself still presigns with version 2 for an endpoint that is not AWS's."""
    return new_client(signature_version="s3v4")


def link(client: Any, operation: str, bucket: str, expires: int = 60, **params: Any) -> str:
    url: str = client.generate_presigned_url(
        operation, Params={"Bucket": bucket, "Key": "k", **params}, ExpiresIn=expires
    )
    return url


def test_objects_are_put_and_read_through_urls(signer: Any, bucket: str) -> None:
    assert fetch(link(signer, "put_object", bucket), "PUT", b"via url").status == 200
    assert fetch(link(signer, "get_object", bucket)).body == b"via url"
    assert fetch(link(signer, "head_object", bucket), "HEAD").status == 200
    assert fetch(link(signer, "delete_object", bucket), "DELETE").status == 204
    assert fetch(link(signer, "get_object", bucket)).code == "NoSuchKey"


def test_a_part_is_uploaded_through_a_url(signer: Any, client: S3Client, bucket: str) -> None:
    upload = put_parts(client, bucket, "k", [])
    url = link(signer, "upload_part", bucket, UploadId=upload, PartNumber=1)
    assert fetch(url, "PUT", b"part").status == 200
    assert client.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"][0]["Size"] == 4


def test_a_url_may_choose_the_answers_headers(signer: Any, client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = link(signer, "get_object", bucket, ResponseContentType="text/html", ResponseCacheControl="no-store")
    headers = fetch(url).headers
    assert (headers["content-type"], headers["cache-control"]) == ("text/html", "no-store")


def test_a_url_is_for_one_method_one_key_and_its_parameters(
    signer: Any, client: S3Client, bucket: str
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = link(signer, "get_object", bucket)
    for wrong, method in (
        (url, "PUT"),
        (url.replace("/k?", "/other?"), "GET"),
        (url + "&response-content-type=text/html", "GET"),
    ):
        reply = fetch(wrong, method)
        assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")


def test_a_url_ends(app: App, signer: Any, client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = link(signer, "get_object", bucket, expires=100)
    app.clock.move(99)
    assert fetch(url).status == 200
    app.clock.move(10)
    reply = fetch(url)
    assert (reply.status, reply.code) == (403, "AccessDenied")
    assert reply.field("Message") == "Request has expired"
    assert reply.field("Expires")
    assert reply.field("ServerTime")


@pytest.mark.parametrize("expires", ["604801", "-1", "x", ""])
def test_a_lifetime_that_is_none_is_refused(version_4: S3Client, bucket: str, expires: str) -> None:
    url = link(version_4, "get_object", bucket).replace("X-Amz-Expires=60", f"X-Amz-Expires={expires}")
    reply = fetch(url)
    assert (reply.status, reply.code) == (400, "AuthorizationQueryParametersError")


def test_every_parameter_of_a_url_is_needed(version_4: S3Client, bucket: str) -> None:
    url, _, query = link(version_4, "get_object", bucket).partition("?")
    for left_out in query.split("&"):
        rest = "&".join(item for item in query.split("&") if item != left_out)
        reply = fetch(f"{url}?{rest}")
        assert (reply.status, reply.code) == (400, "AuthorizationQueryParametersError"), left_out


def test_the_signature_goes_before_an_empty_bucket_name(url: str, version_4: S3Client, bucket: str) -> None:
    """Recorded at AWS."""
    reply = fetch(link(version_4, "get_object", bucket).replace(f"/{bucket}/", f"/%2F{bucket}/"))
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
    assert reply.field("CanonicalRequest").startswith(f"GET\n//{bucket}/k\n")
    for method, path in (("GET", "//k"), ("PUT", "//"), ("DELETE", "//k"), ("GET", "//?uploads")):
        reply = signed(url, method, path)
        assert (reply.status, reply.code) == (400, "InvalidBucketName"), path


def test_content_that_was_signed_must_be_sent(client: S3Client, bucket: str) -> None:
    url = link(client, "put_object", bucket, ContentType="text/x", Metadata={"a": "b"})
    assert fetch(url, "PUT", b"x", content_type="text/y", x_amz_meta_a="b").code == "SignatureDoesNotMatch"
    assert fetch(url, "PUT", b"x", content_type="text/x", x_amz_meta_a="b").status == 200
    assert client.head_object(Bucket=bucket, Key="k")["Metadata"] == {"a": "b"}


def test_a_header_that_was_not_signed_is_refused(version_4: S3Client, bucket: str) -> None:
    reply = fetch(link(version_4, "put_object", bucket), "PUT", b"x", x_amz_meta_sneaked="in")
    assert (reply.status, reply.code) == (403, "AccessDenied")
    assert reply.field("HeadersNotSigned") == "x-amz-meta-sneaked"


@pytest.mark.parametrize(
    "value", ["UNSIGNED-PAYLOAD", "0" * 64, "nonsense", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]
)
def test_a_digest_of_the_content_that_was_not_signed_does_not_count(
    version_4: S3Client, bucket: str, value: str
) -> None:
    """Recorded at AWS: it is ignored, and is not among HeadersNotSigned."""
    url = link(version_4, "put_object", bucket)
    assert fetch(url, "PUT", b"body", x_amz_content_sha256=value).status == 200
    assert version_4.get_object(Bucket=bucket, Key="k")["Body"].read() == b"body"
    reply = fetch(url, "PUT", b"x", x_amz_content_sha256=value, x_amz_date="20211122T191045Z")
    assert (reply.status, reply.code) == (403, "AccessDenied")
    assert reply.field("HeadersNotSigned") == "x-amz-date"


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_unknown_keys_and_wrong_secrets(new_client: NewClient, bucket: str, version: str) -> None:
    with refused("InvalidAccessKeyId", 403) as response:
        new_client("nobody", "secret", signature_version=version).list_objects_v2(Bucket=bucket)
    assert response["Error"]["AWSAccessKeyId"] == "nobody"
    with refused("SignatureDoesNotMatch", 403) as response:
        new_client("minioadmin", "wrong", signature_version=version).list_objects_v2(Bucket=bucket)
    assert response["Error"]["StringToSign"]


@pytest.mark.parametrize("seconds", [-1000, 1000])
def test_a_clock_that_goes_wrong_is_told(app: App, client: S3Client, bucket: str, seconds: int) -> None:
    app.clock.move(seconds)
    with refused("RequestTimeTooSkewed", 403) as response:
        client.list_objects_v2(Bucket=bucket)
    assert response["Error"]["MaxAllowedSkewMilliseconds"] == "900000"


@pytest.mark.parametrize("operation", ["list_objects_v2", "head_bucket"])
def test_a_client_that_signs_for_another_region_learns_the_right_one(
    new_client: NewClient, bucket: str, operation: str
) -> None:
    elsewhere = new_client(region="eu-west-1")
    assert getattr(elsewhere, operation)(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_signature_for_another_region_is_refused(url: str, bucket: str) -> None:
    for name in ("aws-global", "moon-east-1", ""):
        reply = signed(url, "GET", f"/{bucket}", region=name)
        assert (reply.status, reply.code) == (400, "AuthorizationHeaderMalformed")
        assert reply.field("Region") == reply.headers["x-amz-bucket-region"] == "us-east-1"


def test_strangers_are_kept_out(anonymous: S3Client, client: S3Client, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    calls: list[Any] = [
        lambda: anonymous.get_object(Bucket=bucket, Key="k"),
        lambda: anonymous.put_object(Bucket=bucket, Key="k", Body=b"y"),
        lambda: anonymous.delete_object(Bucket=bucket, Key="k"),
        lambda: anonymous.list_objects_v2(Bucket=bucket),
        lambda: anonymous.get_object(Bucket=bucket, Key="missing"),
    ]
    for call in calls:
        with refused("AccessDenied", 403):
            call()
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_each_identity_owns_what_it_creates(client: S3Client, other: S3Client) -> None:
    other.create_bucket(Bucket="theirs")
    other.put_object(Bucket="theirs", Key="k", Body=b"x")
    with refused("AccessDenied", 403) as response:
        client.get_object(Bucket="theirs", Key="k")
    assert response["Error"]["Message"] == "Access Denied"  # AWS explains to callers of the same account only
    listed = other.list_objects_v2(Bucket="theirs", FetchOwner=True)["Contents"]
    assert listed[0]["Owner"] == {"ID": "0123456789abcdef" * 4}


def test_the_two_identities_sign_with_their_own_keys(url: str) -> None:
    reply = signed(url, "GET", "/", keys=("otheraccesskey", "othersecretkey"))
    assert reply.field("ID") == "0123456789abcdef" * 4
    assert signed(url, "GET", "/", keys=("otheraccesskey", "minioadmin123")).code == "SignatureDoesNotMatch"


def test_a_date_in_a_url_far_ahead_is_not_yet_valid(app: App, version_4: S3Client, bucket: str) -> None:
    url = link(version_4, "get_object", bucket)
    app.clock.move(-3600)
    reply = fetch(url)
    assert (reply.status, reply.code) == (403, "AccessDenied")
