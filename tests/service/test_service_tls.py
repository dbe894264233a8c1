"""Over TLS, and only there, boto3 frames its uploads: aws-chunked, unsigned, with a trailer."""

from __future__ import annotations

import io
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import trustme
from service_helpers import MIB

from s3fixture.app import App
from s3fixture.server import Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Stream(io.RawIOBase):
    """A body that can be read once."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(size)


@pytest.fixture
def secure(app: App, tmp_path: Path) -> Iterator[S3Client]:
    """A client that checks the server's certificate."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    certificate = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(certificate))
    with Server(app, ssl_context=context, error_body=app.error_body) as server:
        client: S3Client = boto3.session.Session().client(
            "s3",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id="minioadmin",
            aws_secret_access_key="minioadmin123",
            verify=str(certificate),
        )
        yield client
        client.close()


@pytest.mark.parametrize("size", [0, 10, 200_000])
@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
def test_a_framed_body_is_stored_without_its_frames(
    secure: S3Client, bucket: str, size: int, algorithm: Any
) -> None:
    headers: list[Any] = []
    secure.meta.events.register("before-send.s3", lambda request, **_: headers.append(request.headers))
    data = b"x" * size

    secure.put_object(Bucket=bucket, Key="k", Body=io.BytesIO(data), ChecksumAlgorithm=algorithm)

    assert headers[0]["X-Amz-Trailer"] == f"x-amz-checksum-{algorithm.lower()}".encode()
    stored = secure.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert stored["Body"].read() == data
    assert "ContentEncoding" not in stored
    assert f"Checksum{algorithm}" in stored


def test_a_stream_that_can_be_read_once_goes_up_in_parts(secure: S3Client, bucket: str) -> None:
    data = bytes(range(256)) * (12 * MIB // 256)

    secure.upload_fileobj(Stream(data), bucket, "k")  # type: ignore[arg-type]  # `read` is enough

    assert secure.get_object(Bucket=bucket, Key="k")["Body"].read() == data
