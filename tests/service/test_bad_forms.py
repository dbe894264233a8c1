"""What no form may bring in: keys and values that no request could have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from test_service_forms import post, presign

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("nothing_breaks")


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("k" * 1025, "KeyTooLongError"),
        ("ü" * 513, "KeyTooLongError"),
        ("../../etc/passwd", "InvalidURI"),
        ("a/../../b", "InvalidURI"),
        ("a\0b", "InvalidURI"),
    ],
)
def test_keys_that_no_request_could_name(
    url: str, client: S3Client, bucket: str, key: str, code: str
) -> None:
    reply = post(url, bucket, presign(client, bucket, key))
    assert (reply.status, reply.code) == (400, code)


def test_a_file_name_may_not_make_such_a_key(url: str, client: S3Client, bucket: str) -> None:
    assert post(url, bucket, presign(client, bucket, "${filename}"), filename="../x").code == "InvalidURI"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Type", "a/b\r\nEvil: 1"),
        ("Content-Disposition", "a\nb"),
        ("Cache-Control", "a\0b"),
        ("x-amz-meta-a b", "x"),
        ("x-amz-meta-", "x"),
        ("x-amz-website-redirect-location", "http://a\r\nEvil: 1"),
    ],
)
def test_fields_that_could_be_no_headers(
    url: str, client: S3Client, bucket: str, name: str, value: str
) -> None:
    reply = post(url, bucket, presign(client, bucket, **{name: value}))
    assert (reply.status, reply.code) == (400, "InvalidArgument")


@pytest.mark.parametrize(
    ("address", "status"),
    [("http://[::1", 204), ("//", 204), ("nowhere", 204), ("http://a:b:c/\r\nX: 1", 303)],
)
def test_redirects_that_lead_nowhere(
    url: str, client: S3Client, bucket: str, address: str, status: int
) -> None:
    """S3 ignores what is no address; what was stored stays."""
    field = {"success_action_redirect": address}
    reply = post(url, bucket, presign(client, bucket, conditions=[field]) | field)
    assert reply.status == status
    client.delete_object(Bucket=bucket, Key="k")
