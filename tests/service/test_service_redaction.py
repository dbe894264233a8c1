"""What the request log, the access logs and the server's log keep of secrets: nothing."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from service_helpers import Reply, send

import s3fixture
from s3fixture.app.redaction import (
    HEADERS,
    META,
    REDACTED,
    may_log_header,
    may_log_parameter,
    redacted_fields,
    redacted_url,
)
from s3fixture.backends.endpoint import Endpoint
from s3fixture.model import load_model

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CUSTOMER_KEY = "0123456789abcdefghijklmnopqrstuv"
ENCODED_KEY = base64.b64encode(CUSTOMER_KEY.encode()).decode()
CUSTOMERS: dict[str, Any] = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": CUSTOMER_KEY}
SOURCES: dict[str, Any] = {
    "CopySource": {"Bucket": "data", "Key": "k"},
    "CopySourceSSECustomerAlgorithm": "AES256",
    "CopySourceSSECustomerKey": CUSTOMER_KEY,
}
NEVER_TOLD = frozenset(
    {
        "x-amz-bucket-object-lock-token",
        "x-amz-client-token",
        "x-amz-copy-source-server-side-encryption-customer-key",
        "x-amz-copy-source-server-side-encryption-customer-key-md5",
        "x-amz-mfa",
        "x-amz-request-route",
        "x-amz-request-token",
        "x-amz-server-side-encryption-context",
        "x-amz-server-side-encryption-customer-key",
        "x-amz-server-side-encryption-customer-key-md5",
    }
)


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    with s3fixture.serve(buckets=["data"]) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def keys(server: Endpoint) -> Any:
    """Temporary ones, in the form of STS's answer."""
    session = boto3.session.Session(server.access_key, server.secret_key, region_name=server.region)
    sts = session.client("sts", endpoint_url=server.url)
    with closing(sts):
        return sts.get_session_token()["Credentials"]


@pytest.fixture(scope="module")
def token(keys: Any) -> str:
    return str(keys["SessionToken"])


def client_with(server: Endpoint, keys: Any, signature_version: str, secret: str = "wrongwrong") -> S3Client:
    session = boto3.session.Session(keys["AccessKeyId"], secret, keys["SessionToken"], server.region)
    config = Config(signature_version=signature_version, retries={"total_max_attempts": 1})
    client: S3Client = session.client("s3", endpoint_url=server.url, config=config)
    return client


def kept(server: Endpoint) -> str:
    """All that is told of the requests, in the form in which it leaves the process."""
    records = server.control.requests()
    server.control.clear_requests()
    return json.dumps([record._asdict() for record in records]) + repr(records)


def assert_no_secrets(text: str, *secrets: str) -> None:
    for secret in secrets:
        for form in (secret, quote(secret, safe=""), secret.encode().hex(" ")):
            assert form not in text


@pytest.mark.parametrize("signature_version", ["s3v4", "s3"])
def test_a_wrong_signature_is_logged_without_what_it_signed(
    server: Endpoint, keys: Any, token: str, signature_version: str
) -> None:
    client = client_with(server, keys, signature_version)
    server.control.clear_requests()
    with pytest.raises(ClientError, match="SignatureDoesNotMatch") as refused:
        client.copy_object(Bucket="data", Key="k", **CUSTOMERS, **SOURCES)
    client.close()

    told = kept(server)
    error: Any = refused.value.response["Error"]
    assert_no_secrets(told, token, ENCODED_KEY, error["SignatureProvided"])
    assert f"x-amz-security-token:{REDACTED}" in told
    assert "x-amz-copy-source:data/k" in told
    answered = error["StringToSign" if signature_version == "s3" else "CanonicalRequest"]
    assert token in answered  # S3 tells the client all of it
    assert ENCODED_KEY in answered


@pytest.mark.parametrize("signature_version", ["s3v4", "s3"])
@pytest.mark.parametrize("secret", ["", "wrongwrong"])
def test_a_presigned_url_is_logged_without_what_makes_it_one(
    server: Endpoint, keys: Any, token: str, signature_version: str, secret: str
) -> None:
    client = client_with(server, keys, signature_version, secret or keys["SecretAccessKey"])
    url = client.generate_presigned_url("get_object", {"Bucket": "data", "Key": "none", "VersionId": "null"})
    client.close()
    server.control.clear_requests()
    reply = get(server, url)
    assert reply.code == ("SignatureDoesNotMatch" if secret else "NoSuchVersion")

    told = kept(server)
    query = dict(parse_qsl(urlsplit(url).query))
    assert_no_secrets(told, token, query["X-Amz-Signature" if signature_version == "s3v4" else "Signature"])
    assert '"versionId": "null"' in told


def get(server: Endpoint, url: str, headers: Mapping[str, str] | None = None) -> Reply:
    parts = urlsplit(url)
    return send(server.url, "GET", f"{parts.path}?{parts.query}", b"", dict(headers or {}))


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": "Bearer hush-hush-hush"}, "InvalidArgument"),
        ({"Authorization": "AWS hush-hush-hush"}, "InvalidArgument"),
        ({"Cookie": "hush-hush-hush", "x-amz-mfa": "hush-hush-hush"}, "AccessDenied"),
        (
            {"x-amz-server-side-encryption-context": "hush-hush-hush", "X-Custom": "hush-hush-hush"},
            "AccessDenied",
        ),
    ],
)
def test_other_headers_are_not_told(server: Endpoint, headers: dict[str, str], code: str) -> None:
    server.control.clear_requests()
    assert get(server, f"{server.url}/data/k?x-id=GetObject", headers).code == code
    told = kept(server)
    assert "GetObject" in told
    assert "hush" not in told


@pytest.mark.parametrize("query", ["X-Amz-Security-Token=hush%zz", "WebIdentityToken=hush", "x-amz-mfa=hush"])
def test_other_parameters_are_not_told(server: Endpoint, query: str) -> None:
    server.control.clear_requests()
    get(server, f"{server.url}/data/k?{query}")
    assert "hush" not in kept(server)


def test_a_wrong_token_is_not_told(server: Endpoint) -> None:
    session = boto3.session.Session(server.access_key, server.secret_key, "hush-hush-hush", server.region)
    client = session.client("s3", endpoint_url=server.url)
    server.control.clear_requests()
    with pytest.raises(ClientError, match="InvalidToken") as refused:
        client.list_buckets()
    client.close()
    error: Any = refused.value.response["Error"]
    assert error["Token-0"] == "hush-hush-hush"
    assert "hush" not in kept(server)


def test_a_form_with_a_wrong_signature_is_logged_without_its_policy(
    server: Endpoint, keys: Any, token: str
) -> None:
    client = client_with(server, keys, "s3v4")
    post = client.generate_presigned_post("data", "k")
    client.close()
    fields = [*post["fields"].items(), ("file", "x")]
    lines = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields
    ]
    body = "".join([*lines, "--b--\r\n"]).encode()
    server.control.clear_requests()
    reply = send(server.url, "POST", "/data", body, {"Content-Type": "multipart/form-data; boundary=b"})
    assert reply.code == "SignatureDoesNotMatch"
    assert reply.field("StringToSign") == post["fields"]["policy"]
    told = kept(server)
    assert_no_secrets(told, token, post["fields"]["policy"], post["fields"]["x-amz-signature"])


def test_what_fails_here_is_logged_by_its_path(
    server: Endpoint, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("s3fixture.auth.authenticator.authenticate_presigned", broken)
    with caplog.at_level(logging.ERROR, "s3fixture"):
        assert get(server, f"{server.url}/data/k?X-Amz-Signature=hush").status == 500
    assert "GET /data/k failed" in caplog.text
    assert "hush" not in caplog.text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("/b/k", "/b/k"),
        ("/b/k?", "/b/k?"),
        ("/b/k?acl&versionId=1", "/b/k?acl&versionId=1"),
        ("/b/k?a=1&X-Amz-Signature=2&b=3", f"/b/k?a=1&X-Amz-Signature={REDACTED}&b=3"),
        ("/b/k?X-Amz-Signatur%65=2", f"/b/k?X-Amz-Signatur%65={REDACTED}"),
        (
            "/b/k?x-amz-SECURITY-token=2?&Signature=4",
            f"/b/k?x-amz-SECURITY-token={REDACTED}&Signature={REDACTED}",
        ),
        ("-", "-"),
    ],
)
def test_urls_are_redacted(url: str, told: str) -> None:
    assert redacted_url(url) == told


@given(st.text(alphabet="ab:\n=&?x-\0é", max_size=60))
def test_any_text_can_be_redacted(text: str) -> None:
    names = ("CanonicalRequest", "StringToSign", "ArgumentName", "ArgumentValue", "URI", "Token-0")
    redacted_fields(dict.fromkeys(names, text), text)


def test_each_header_of_the_model_is_told_or_kept_back_on_purpose() -> None:
    model = load_model()
    found, sensitive = set(), set()
    for name in model.operation_names:
        shape: Any = model.operation_model(name).input_shape
        if shape is None or name == "WriteGetObjectResponse":  # which is not S3's own
            continue
        for member in shape.members.values():
            if member.serialization.get("location") == "header":
                header = member.serialization["name"].lower()
                found.add(header)
                if member.metadata.get("sensitive"):
                    sensitive.add(header)
    assert {name for name in found if not may_log_header(name)} == NEVER_TOLD & found
    assert not NEVER_TOLD & HEADERS
    assert {name for name in sensitive if may_log_header(name)} == {
        "x-amz-server-side-encryption-aws-kms-key-id"
    }
    assert all(name == name.lower() for name in HEADERS)
    assert may_log_header(f"{META}anything")
    assert may_log_parameter("X-Amz-Meta-Anything")
