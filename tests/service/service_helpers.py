"""Short ways to ask a server, and to say which refusal is expected."""

from __future__ import annotations

import base64
import hashlib
import http.client
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from s3fixture.model import load_model

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NewClient = Callable[..., "S3Client"]
Configure = Callable[..., None]  # the fixture `configure`
_MODEL = load_model()
MAIN_KEYS = ("minioadmin", "minioadmin123")
MIB = 1024 * 1024
DAY = 86_400.0  # seconds
GONE = "A" * 26 + "D2USJw"  # a version id that could have been given out, and is not there
PART = b"p" * (5 * MIB)  # the smallest part that may be followed by another


def needs(shape: str, member: str) -> pytest.MarkDecorator:
    """Skip where the installed botocore is older than a member of one of S3's shapes."""
    members: Mapping[str, object] = getattr(_MODEL.shape_for(shape), "members", {})
    return pytest.mark.skipif(member not in members, reason=f"this botocore's {shape} has no {member}")


@contextmanager
def refused(code: str, status: int | None = None) -> Iterator[dict[str, Any]]:
    """The block must raise S3's `code`; yields a dict that afterwards holds the error's response."""
    response: dict[str, Any] = {}
    with pytest.raises(ClientError) as caught:
        yield response
    response.update(caught.value.response)
    assert response["Error"]["Code"] == code, response["Error"]
    if status is not None:
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status


@dataclass
class Reply:
    """What came back, as it stood on the wire."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def code(self) -> str:
        """S3's error code, "" when there is none."""
        return self.field("Code") if self.body.startswith((b"<?xml", b"<Error>")) else ""

    def field(self, name: str) -> str:
        """The text of an element of the document, namespace or not; "" when it is not there."""
        found = ElementTree.fromstring(self.body).find(f".//{{*}}{name}")  # noqa: S314 - our own answer
        return "" if found is None else found.text or ""


def send(
    url: str,
    method: str,
    target: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """One request that nobody signs; `target` goes out as it is."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        all_headers = {"Host": urlsplit(url).netloc, "Content-Length": str(len(body)), **(headers or {})}
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in all_headers.items():
            connection.putheader(name, value.encode())
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return Reply(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        )
    finally:
        connection.close()


class Signer(S3SigV4Auth):
    """botocore's signer, which signs the payload's digest that it is told."""

    def __init__(self, keys: tuple[str, ...], region: str, digest: str | None) -> None:
        super().__init__(Credentials(*keys), "s3", region)
        self._digest = digest

    def payload(self, request: AWSRequest) -> str:
        return self._digest or str(super().payload(request))


def sign(
    url: str,
    method: str,
    target: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    signer: Signer | None = None,
    host: str = "",
) -> dict[str, str]:
    """The headers of a signed request, without Content-Length."""
    request = AWSRequest(
        method, f"http://{host}{target}" if host else f"{url}{target}", dict(headers or {}), body
    )
    (signer or Signer(MAIN_KEYS, "us-east-1", None)).add_auth(request)
    prepared = {
        name: value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.prepare().headers.items()
    }
    wanted = {name: value for name, value in prepared.items() if name.lower() != "content-length"}
    return {"Host": host or urlsplit(url).netloc, **wanted}


def signed(
    url: str,
    method: str,
    target: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    keys: tuple[str, ...] = MAIN_KEYS,
    host: str = "",
    region: str = "us-east-1",
    sent: bytes | None = None,
    digest: str | None = None,
) -> Reply:
    """One request signed with the main keys, with headers that boto3 would not send or would add to.

    `sent` is the body that goes out instead of the one that was signed, `digest` what is signed for it.
    """
    signer = Signer(keys, region, digest)
    length = {name: value for name, value in (headers or {}).items() if name == "Content-Length"}
    all_headers = sign(url, method, target, body, headers, signer=signer, host=host) | length
    return send(url, method, target, body if sent is None else sent, all_headers)


def send_document(url: str, method: str, target: str, body: bytes) -> Reply:
    """A signed request with Content-MD5, which S3 wants with most documents."""
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
    return signed(url, method, target, body, {"Content-MD5": digest})


def raw(url: str, data: bytes) -> bytes:
    """All that the server answers to these bytes."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 0), 20) as connection:
        with suppress(ConnectionError):  # an answer may come before the end of what was asked
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        pieces = iter(lambda: connection.recv(65536), b"")
        try:
            return b"".join(pieces)
        except ConnectionResetError:
            return b""


def put_head(url: str, target: str, digest: str = "UNSIGNED-PAYLOAD", **headers: str) -> bytes:
    """The head of a signed PUT, as bytes for a socket, without its last line."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = sign(url, "PUT", target, b"", named, signer=Signer(MAIN_KEYS, "us-east-1", digest))
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"PUT {target} HTTP/1.1\r\n{text}".encode("latin-1")


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def put_parts(client: S3Client, bucket: str, key: str, bodies: list[bytes], **options: Any) -> str:
    """Upload `bodies` as parts 1, 2, ... of a new upload; returns its id."""
    upload_id = client.create_multipart_upload(Bucket=bucket, Key=key, **options)["UploadId"]
    for number, body in enumerate(bodies, 1):
        client.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=body)
    return upload_id


def complete(client: S3Client, bucket: str, key: str, upload_id: str, **options: Any) -> Any:
    """Complete an upload with all of its parts."""
    found = client.list_parts(Bucket=bucket, Key=key, UploadId=upload_id).get("Parts", [])
    kept = ("PartNumber", "ETag", "Checksum")
    parts: list[Any] = [{k: v for k, v in part.items() if k.startswith(kept)} for part in found]
    return client.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}, **options
    )
