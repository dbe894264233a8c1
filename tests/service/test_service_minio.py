"""What MinIO answers besides S3, as far as compose files and `mc` ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from service_helpers import send, signed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.mark.parametrize("probe", ["live", "ready", "cluster", "cluster/read"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health_needs_no_keys(url: str, probe: str, method: str) -> None:
    """`mc ready`, which many health checks run, asks for the cluster's."""
    reply = send(url, method, f"/minio/health/{probe}")
    assert (reply.status, reply.body) == (200, b"")


def test_a_path_like_health_is_a_bucket(url: str) -> None:
    assert send(url, "GET", "/minio/health/other").code in ("AccessDenied", "NoSuchBucket")


@pytest.mark.parametrize("target", ["/minio/admin/v3/info?metrics=false", "/minio/admin/v4/list-users"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_the_administration_api_is_refused_by_name(url: str, method: str, target: str) -> None:
    """Its signatures name no region and would be called wrong, its parameters are subresources of S3."""
    for reply in (send(url, method, target), signed(url, method, target, region="")):
        assert (reply.status, reply.code) == (501, "NotImplemented")
        assert "administration API" in reply.field("Message")


def test_a_bucket_may_be_called_minio(client: S3Client) -> None:
    client.create_bucket(Bucket="minio")
    client.put_object(Bucket="minio", Key="admin/notes.txt", Body=b"x")
    assert client.get_object(Bucket="minio", Key="admin/notes.txt")["Body"].read() == b"x"
