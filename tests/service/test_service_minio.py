"""What MinIO answers besides S3, as far as compose files and `mc` ask for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from service_helpers import MAIN_KEYS, refused, send, signed

from s3fixture.app import App
from s3fixture.server import Server
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.mark.parametrize("probe", ["live", "ready", "cluster", "cluster/read"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health_needs_no_keys(url: str, probe: str, method: str) -> None:
    """`mc ready`, which many health checks run, asks for the cluster's."""
    reply = send(url, method, f"/minio/health/{probe}")
    assert (reply.status, reply.body) == (200, b"")


def test_a_bucket_with_minios_name_keeps_what_is_put_into_it(client: S3Client) -> None:
    """What was acknowledged is there, whatever paths the health checks have."""
    client.create_bucket(Bucket="minio")
    keys = ["health/live", "prometheus/metrics", "v2/metrics/cluster"]
    for key in keys:
        client.put_object(Bucket="minio", Key=key, Body=key.encode())
    assert [entry["Key"] for entry in client.list_objects_v2(Bucket="minio")["Contents"]] == keys
    assert client.get_object(Bucket="minio", Key=keys[0])["Body"].read() == keys[0].encode()
    client.delete_object(Bucket="minio", Key=keys[0])
    with refused("NoSuchKey"):
        client.get_object(Bucket="minio", Key=keys[0])


def test_a_path_like_health_is_a_bucket(url: str) -> None:
    assert send(url, "GET", "/minio/health/other").code in ("AccessDenied", "NoSuchBucket")


@pytest.mark.parametrize(
    ("target", "instead"),
    [
        ("admin/v3/info?metrics=false", "s3fixture status"),
        ("admin/v4/list-users", "--user"),
        ("admin/v3/list-canned-policies", "PutBucketPolicy"),
        ("admin/v3/idp/builtin/policy/attach", "PutBucketPolicy"),
        ("admin/v3/trace?s3=true", "s3fixture requests --follow"),
        ("admin/v3/service?action=restart", "s3fixture restart"),
        ("admin/v3/speedtest", "only S3"),
        ("admin/v3/", "only S3"),
        ("kms/v1/key/status?key-id=", "--kms-key"),
        ("kms/v1/status", "only S3"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_the_administration_api_is_refused_with_what_to_do(
    url: str, method: str, target: str, instead: str
) -> None:
    """Its signatures name no region and would be called wrong, its parameters are subresources of S3."""
    target = f"/minio/{target}"
    for reply in (send(url, method, target), signed(url, method, target, region="")):
        assert (reply.status, reply.code) == (501, "NotImplemented")
        assert "API is not implemented" in reply.field("Message")
        assert instead in reply.field("Message")


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("GET", "replication-metrics=2"),
        ("GET", "replication-reset-status="),
        ("GET", "replication-check="),
        ("PUT", "replication-reset=&arn=x"),
    ],
)
def test_what_is_minios_own_is_refused_to_its_clients(
    url: str, client: S3Client, method: str, query: str
) -> None:
    """S3 would list the bucket, or make it, which no client of MinIO's could read."""
    client.create_bucket(Bucket="bucket")
    reply = signed(url, method, f"/bucket?{query}", headers={"User-Agent": MC})
    assert (reply.status, reply.code) == (501, "NotImplemented")
    assert query.partition("=")[0] in reply.field("Message")
    assert signed(url, method, f"/bucket?{query}").code != "NotImplemented"


def test_a_bucket_may_be_called_minio(client: S3Client) -> None:
    client.create_bucket(Bucket="minio")
    client.put_object(Bucket="minio", Key="admin/notes.txt", Body=b"x")
    assert client.get_object(Bucket="minio", Key="admin/notes.txt")["Body"].read() == b"x"


MC = "MinIO (linux; amd64) minio-go/v7.0.97 mc/RELEASE.2025-08-13T08-35-41Z"


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (("wrong-access-key", "minioadmin123"), "InvalidAccessKeyId"),
        (("minioadmin", "wrong-secret-key"), "SignatureDoesNotMatch"),
        (MAIN_KEYS, "NoSuchBucket"),
    ],
)
def test_an_error_of_head_says_its_code_to_clients_of_minio(
    url: str, keys: tuple[str, str], code: str
) -> None:
    reply = signed(url, "HEAD", "/no-such-bucket", headers={"User-Agent": MC}, keys=keys)
    assert reply.headers["x-minio-error-code"] == code
    assert re.fullmatch('"[A-Z][^"]+"', reply.headers["x-minio-error-desc"])


def test_an_error_of_head_says_nothing_of_minio_to_others(url: str) -> None:
    reply = signed(url, "HEAD", "/no-such-bucket", headers={"User-Agent": "Boto3/1.40"})
    assert reply.status == 404
    assert not [name for name in reply.headers if name.startswith("x-minio")]


def test_an_answer_with_a_document_has_no_headers_of_minio(url: str) -> None:
    reply = signed(url, "GET", "/no-such-bucket", headers={"User-Agent": MC})
    assert reply.code == "NoSuchBucket"
    assert "x-minio-error-code" not in reply.headers


def test_the_profile_of_minio_says_the_code_to_everybody() -> None:
    app = App(Settings(defaults="minio"))
    try:
        with Server(app, error_body=app.error_body) as server:
            reply = signed(server.url, "HEAD", "/no-such-bucket")
    finally:
        app.close()
    assert reply.headers["x-minio-error-code"] == "NoSuchBucket"
