"""Signature version 4 in the Authorization header.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html

Order of the checks: form of the header, date, scope, skew, key, headers that must be signed, signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s3fixture import refusals
from s3fixture.auth import sigv4
from s3fixture.auth.authentication import (
    AuthContext,
    Authentication,
    SignatureChain,
    canonical_query,
    check_content_sha256,
    check_skew,
    failure,
    missing_date,
    same,
    signature_does_not_match,
)
from s3fixture.auth.credential import parse_credential
from s3fixture.errors import S3Error
from s3fixture.wire import times
from s3fixture.wire.payload import SIGNED_CHUNKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from s3fixture.wire.request import Request
    from s3fixture.wire.target import Target


def authenticate_header(
    request: Request, target: Target, components: str, context: AuthContext
) -> Authentication:
    """`components` is the Authorization header after its algorithm. Raises S3Error."""
    headers = request.headers
    credential_text, signed_headers, provided = parse_components(components)
    credential = context.credentials.get(credential_text) or parse_credential(
        credential_text, context.regions, _malformed
    )
    timestamp, signed_at = signing_time(headers)
    if not timestamp.startswith(credential.date):
        raise _malformed("Invalid credential date. Date is not the same as X-Amz-Date.")
    check_skew(signed_at, headers.get("x-amz-date") or timestamp, context.clock.clients_time())
    identity = context.identity_of(credential.access_key, headers.get("x-amz-security-token", ""))
    content_sha256 = headers.get("x-amz-content-sha256", "")
    if not content_sha256:
        raise refusals.CONTENT_SHA256_MISSING()
    check_content_sha256(content_sha256)
    signed = signed_headers.split(";")
    check_signed(headers, signed)

    canonical = sigv4.canonical_request(
        request.method,
        sigv4.canonical_uri(target.path),
        canonical_query(target) if target.raw_query else "",
        sigv4.canonical_headers(headers, signed),
        signed_headers,
        content_sha256,
    )
    text = sigv4.string_to_sign(timestamp, credential.scope, canonical)
    key = context.keys.get(identity.secret_key, credential.date, credential.region)
    if not same(sigv4.signature(key, text), provided):
        raise signature_does_not_match(credential.access_key, provided, text, canonical)
    context.remember(credential_text, credential)
    verifier = None
    if content_sha256 in SIGNED_CHUNKS:
        verifier = SignatureChain(
            credential.access_key, key, timestamp, credential.scope, provided, canonical
        )
    return Authentication(
        identity, "header", content_sha256, verifier, "AWS4-HMAC-SHA256", signed_at, credential.region
    )


def check_signed(headers: Mapping[str, str], signed: list[str]) -> None:
    """Host and every x-amz-* header must be signed. Raises S3Error AccessDenied with HeadersNotSigned."""
    unsigned = headers.keys() - signed
    missing = [name for name in unsigned if name.startswith("x-amz-")]
    if "host" not in signed:
        missing.append("host")
    if missing:
        raise S3Error(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            HeadersNotSigned=", ".join(sorted(missing)),
        )


def parse_components(components: str) -> tuple[str, str, str]:
    """Credential, SignedHeaders and Signature; S3 takes them in any order, with or without spaces."""
    found: dict[str, str] = {}
    for component in components.split(","):
        name, equals, value = component.strip().partition("=")
        if not equals:
            raise _malformed(f'the authorization component "{component.strip()}" is malformed.')
        found[name] = value
    try:
        return found["Credential"], found["SignedHeaders"], found["Signature"]
    except KeyError as error:
        if len(found) < 3:
            raise _malformed(
                "the authorization header requires three components: Credential, SignedHeaders, "
                "and Signature."
            ) from None
        raise _malformed(f"missing {error.args[0]}.") from None


def signing_time(headers: Mapping[str, str]) -> tuple[str, int]:
    """The time as the string to sign has it, and in seconds; x-amz-date goes before Date."""
    written = headers.get("x-amz-date")
    if written is None:
        written = headers.get("date", "")
    seconds = times.parse_signing_time(written)
    if seconds is None:
        raise missing_date()
    return (written if written.endswith("Z") else times.iso_basic(seconds)), seconds


def _malformed(wording: str, **fields: str) -> S3Error:
    return failure(
        "AuthorizationHeaderMalformed", f"The authorization header is malformed; {wording}", fields
    )
