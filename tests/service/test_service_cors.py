"""CORS: the rules of a bucket, a browser's preflight, and the headers that answers carry."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from service_helpers import Reply, refused, send, send_document, signed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RULE: Any = {
    "AllowedOrigins": ["https://*.example.com"],
    "AllowedMethods": ["GET", "PUT"],
    "AllowedHeaders": ["x-amz-*", "Content-Type"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 600,
}
ORIGIN = "https://app.example.com"


@pytest.fixture
def ruled(client: S3Client, bucket: str) -> str:
    """A bucket with RULE."""
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [RULE]})
    return bucket


def preflight(url: str, bucket: str, method: str = "PUT", origin: str = ORIGIN, **headers: str) -> Reply:
    sent = {"Origin": origin, "Access-Control-Request-Method": method}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return send(url, "OPTIONS", f"/{bucket}/k", headers=sent)


def test_rules_are_kept(client: S3Client, bucket: str) -> None:
    with refused("NoSuchCORSConfiguration", 404):
        client.get_bucket_cors(Bucket=bucket)
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [RULE]})
    assert client.get_bucket_cors(Bucket=bucket)["CORSRules"] == [RULE]
    answer = client.delete_bucket_cors(Bucket=bucket)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NoSuchCORSConfiguration", 404):
        client.get_bucket_cors(Bucket=bucket)


def test_a_preflight_is_answered_without_keys(url: str, ruled: str) -> None:
    reply = preflight(url, ruled, access_control_request_headers="X-Amz-Meta-A, content-type")
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert reply.headers["access-control-allow-methods"] == "GET, PUT"
    assert reply.headers["access-control-allow-headers"] == "x-amz-meta-a, content-type"
    assert reply.headers["access-control-max-age"] == "600"
    assert reply.headers["access-control-expose-headers"] == "ETag"
    assert reply.headers["access-control-allow-credentials"] == "true"
    assert "origin" in reply.headers["vary"].lower()


@pytest.mark.parametrize(
    ("method", "origin", "headers"),
    [
        ("DELETE", ORIGIN, ""),
        ("PUT", "https://example.org", ""),
        ("PUT", "http://app.example.com", ""),
        ("PUT", ORIGIN, "authorization"),
        ("PUT", ORIGIN, ",".join(f"x-amz-meta-{n}" for n in range(257))),  # no request has so many
    ],
)
def test_a_preflight_that_no_rule_allows_is_forbidden(
    url: str, ruled: str, method: str, origin: str, headers: str
) -> None:
    reply = preflight(url, ruled, method, origin, access_control_request_headers=headers)
    assert (reply.status, reply.code) == (403, "AccessForbidden")
    assert "access-control-allow-origin" not in reply.headers


def test_a_preflight_without_rules_is_forbidden(url: str, bucket: str) -> None:
    reply = preflight(url, bucket)
    assert (reply.status, reply.code) == (403, "AccessForbidden")
    assert "CORS is not enabled" in reply.field("Message")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Access-Control-Request-Method": "GET"}],
)
def test_a_preflight_that_is_none_is_a_bad_request(url: str, ruled: str, headers: dict[str, str]) -> None:
    reply = send(url, "OPTIONS", f"/{ruled}/k", headers=headers)
    assert (reply.status, reply.code) == (400, "BadRequest")


def test_a_preflight_without_a_method_is_forbidden(url: str, ruled: str) -> None:
    for target, kind in ((f"/{ruled}/k", "OBJECT"), (f"/{ruled}", "BUCKET")):
        reply = send(url, "OPTIONS", target, headers={"Origin": ORIGIN})
        assert (reply.status, reply.code) == (403, "AccessForbidden")
        assert (reply.field("Method"), reply.field("ResourceType")) == ("OPTIONS", kind)


def test_a_preflight_of_a_missing_bucket(url: str) -> None:
    reply = preflight(url, "missing")
    assert (reply.code, reply.field("Message")) == ("AccessForbidden", "CORSResponse: Bucket not found")


def test_answers_to_an_allowed_origin_carry_the_headers(url: str, ruled: str) -> None:
    for reply in (
        send(url, "GET", f"/{ruled}/k", headers={"Origin": ORIGIN}),
        send(url, "PUT", f"/{ruled}/k", b"x", {"Origin": ORIGIN}),
    ):
        assert reply.code == "AccessDenied", "the browser must be able to read the error"
        assert reply.headers["access-control-allow-origin"] == ORIGIN
    for origin in ("https://example.org", "null"):
        other = send(url, "GET", f"/{ruled}/k", headers={"Origin": origin})
        assert "access-control-allow-origin" not in other.headers


def test_everyones_rule_answers_a_star(url: str, client: S3Client, bucket: str) -> None:
    rule: Any = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    reply = send(url, "GET", f"/{bucket}/k", headers={"Origin": "https://anyone"})
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in reply.headers


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([], "MalformedXML"),
        ([{"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]}], "InvalidRequest"),
        ([{"AllowedOrigins": ["a*b*c"], "AllowedMethods": ["GET"]}], "InvalidRequest"),
        (
            [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "AllowedHeaders": ["*-*"]}],
            "InvalidRequest",
        ),
        ([RULE] * 101, "InvalidRequest"),
        ([{**RULE, "ID": "x" * 256}], "InvalidRequest"),
    ],
)
def test_rules_that_cannot_be_are_refused(client: S3Client, bucket: str, rules: Any, code: str) -> None:
    with refused(code, 400):
        client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("*", 'ExposeHeader "*" contains wildcard. We currently do not support wildcard for ExposeHeader.'),
        (
            "x-amz-meta-*",
            'ExposeHeader "x-amz-meta-*" contains wildcard. '
            "We currently do not support wildcard for ExposeHeader.",
        ),
        ("X Custom", 'AllowedHeader "X Custom" contains invalid character.'),
        ("X:Custom", 'AllowedHeader "X:Custom" contains invalid character.'),
        ("ETag, Date", 'AllowedHeader "ETag, Date" contains invalid character.'),
        ("Gr\u00f6\u00dfe", 'AllowedHeader "Gr\u00f6\u00dfe" contains invalid character.'),
    ],
)
def test_a_header_to_expose_has_a_name_without_wildcards(
    client: S3Client, bucket: str, header: str, message: str
) -> None:
    rule: Any = {**RULE, "ExposeHeaders": ["ETag", header]}
    with refused("InvalidRequest", 400) as response:
        client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    assert response["Error"]["Message"] == message


def test_a_rule_needs_origins_and_methods(url: str, bucket: str) -> None:
    document = (
        b"<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>"
    )
    assert send_document(url, "PUT", f"/{bucket}?cors", document).code == "MalformedXML"


def test_an_answer_has_the_headers_of_the_rules_before_the_operation(
    url: str, client: S3Client, ruled: str
) -> None:
    """S3 finds the rule before it acts: scality/cloudserver, tests/functional (run against S3, too)."""
    every: Any = {**RULE, "AllowedMethods": ["PUT", "DELETE"]}
    sent = {"Origin": ORIGIN}
    allowed = "access-control-allow-methods"

    def put(*names: str) -> Reply:
        methods = "".join(f"<AllowedMethod>{name}</AllowedMethod>" for name in names)
        rule = f"<CORSRule><AllowedOrigin>{ORIGIN}</AllowedOrigin>{methods}</CORSRule>"
        document = f"<CORSConfiguration>{rule}</CORSConfiguration>".encode()
        digest = base64.b64encode(hashlib.md5(document).digest()).decode()
        return signed(url, "PUT", f"/{ruled}?cors", document, {"Content-MD5": digest, **sent})

    assert put("DELETE").headers[allowed] == "GET, PUT"
    assert allowed not in put("PUT", "DELETE").headers
    deleted = signed(url, "DELETE", f"/{ruled}?cors", b"", sent)
    assert (deleted.status, deleted.headers[allowed]) == (204, "PUT, DELETE")
    assert allowed not in signed(url, "DELETE", f"/{ruled}?cors", b"", sent).headers
    client.put_bucket_cors(Bucket=ruled, CORSConfiguration={"CORSRules": [every]})
    gone = signed(url, "DELETE", f"/{ruled}", b"", sent)
    assert (gone.status, gone.headers[allowed]) == (204, "PUT, DELETE")
