"""Signature version 4 in the Authorization header, and in a URL's query.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html

Order of the checks in a header: form of the header, date, scope, skew, key, headers that must be signed,
signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s3fixture import auth_refusals, refusals
from s3fixture.auth import sigv4
from s3fixture.auth.authentication import (
    MAX_SKEW,
    AuthContext,
    Authentication,
    SignatureChain,
    canonical_query,
    check_content_sha256,
    check_skew,
    expired,
    hoisted_headers,
    same,
    signature_does_not_match,
)
from s3fixture.auth.credential import Credential, parse_credential
from s3fixture.named_tuples import NamedTuple
from s3fixture.wire import times
from s3fixture.wire.numbers import parse_count
from s3fixture.wire.payload import SIGNED_CHUNKS, UNSIGNED
from s3fixture.wire.request import Presigned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from s3fixture.auth.identity import Identity
    from s3fixture.wire.request import Request, Target


class Sent(NamedTuple):
    """What a request says of its signature, as text."""

    credential: str
    signed_headers: str
    signature: str


def authenticate_header(
    request: Request, target: Target, components: str, context: AuthContext
) -> Authentication:
    """`components` is the Authorization header after its algorithm. Raises S3Error."""
    headers = request.headers
    sent = parse_components(components)
    credential = context.credentials.get(sent.credential) or parse_credential(
        sent.credential, context.regions, auth_refusals.CREDENTIAL_IN_HEADER
    )
    timestamp, signed_at = signing_time(headers)
    if not timestamp.startswith(credential.date):
        raise auth_refusals.OTHER_DATE()
    check_skew(signed_at, headers.get("x-amz-date") or timestamp, context.clock.clients_time())
    identity = context.identity_of(credential.access_key, headers.get("x-amz-security-token", ""))
    content_sha256 = headers.get("x-amz-content-sha256", "")
    if not content_sha256:
        raise refusals.CONTENT_SHA256_MISSING()
    check_content_sha256(content_sha256)
    signed = sent.signed_headers.split(";")
    check_signed(headers, signed)
    lines = sigv4.canonical_headers(headers, signed)
    chunks = _verify(request, target, lines, sent, credential, timestamp, content_sha256, identity, context)
    return Authentication(
        identity, "header", content_sha256, chunks, "AWS4-HMAC-SHA256", signed_at, credential.region
    )


def _verify(
    request: Request,
    target: Target,
    header_lines: str,
    sent: Sent | Presigned,
    credential: Credential,
    timestamp: str,
    content_sha256: str,
    identity: Identity,
    context: AuthContext,
) -> SignatureChain | None:
    """What the chunks of the body are checked against, where they are signed.

    Raises S3Error SignatureDoesNotMatch.
    """
    canonical = sigv4.canonical_request(
        request.method,
        sigv4.canonical_uri(target.path),
        canonical_query(target) if target.raw_query else "",
        header_lines,
        sent.signed_headers,
        content_sha256,
    )
    text = sigv4.string_to_sign(timestamp, credential.scope, canonical)
    key = context.keys.get(identity.secret_key, credential.date, credential.region)
    if not same(sigv4.signature(key, text), sent.signature):
        raise signature_does_not_match(credential.access_key, sent.signature, text, canonical)
    context.remember(sent.credential, credential)
    if content_sha256 not in SIGNED_CHUNKS:
        return None
    return SignatureChain(credential.access_key, key, timestamp, credential.scope, sent.signature, canonical)


def check_signed(headers: Mapping[str, str], signed: list[str]) -> None:
    """Host and every x-amz-* header must be signed. Raises S3Error AccessDenied with HeadersNotSigned."""
    unsigned = headers.keys() - signed
    missing = [name for name in unsigned if name.startswith("x-amz-")]
    if "host" not in signed:
        missing.append("host")
    if missing:
        raise auth_refusals.HEADERS_NOT_SIGNED(HeadersNotSigned=", ".join(sorted(missing)))


def parse_components(components: str) -> Sent:
    """S3 takes the components in any order, with or without spaces."""
    found: dict[str, str] = {}
    for component in components.split(","):
        name, equals, value = component.strip().partition("=")
        if not equals:
            raise auth_refusals.COMPONENT_MALFORMED(component=component.strip())
        found[name] = value
    try:
        return Sent(found["Credential"], found["SignedHeaders"], found["Signature"])
    except KeyError as error:
        if len(found) < 3:
            raise auth_refusals.COMPONENTS_MISSING() from None
        raise auth_refusals.COMPONENT_MISSING(component=error.args[0]) from None


def signing_time(headers: Mapping[str, str]) -> tuple[str, int]:
    """The time as the string to sign has it, and in seconds; x-amz-date goes before Date."""
    written = headers.get("x-amz-date")
    if written is None:
        written = headers.get("date", "")
    seconds = times.parse_signing_time(written)
    if seconds is None:
        raise auth_refusals.DATE_MISSING()
    return (written if written.endswith("Z") else times.iso_basic(seconds)), seconds


_CONTENT_SHA256 = "x-amz-content-sha256"
_REQUIRED = frozenset(
    {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    }
)


def authenticate_presigned(request: Request, target: Target, context: AuthContext) -> Authentication:
    """Raises S3Error."""
    query, headers = target.query, request.headers
    link = target.presigned
    if link is None:
        _check_parameters(target)
    text = query["X-Amz-Credential"]
    credential = context.credentials.get(text) or parse_credential(
        text, context.regions, auth_refusals.CREDENTIAL_IN_URL
    )
    if link is None:
        link = target.presigned = _read_link(query, credential)
    _check_validity(link, query["X-Amz-Expires"], context.clock.time())
    token = query.get("X-Amz-Security-Token") or headers.get("x-amz-security-token", "")
    identity = context.identity_of(credential.access_key, token)
    signed = link.signed_headers.split(";")
    # An unsigned x-amz-content-sha256 does not count, and is the only one that may be there: recorded at AWS.
    content_sha256 = headers.get(_CONTENT_SHA256) if _CONTENT_SHA256 in signed else None
    content_sha256 = content_sha256 or query.get("X-Amz-Content-Sha256") or UNSIGNED
    check_content_sha256(content_sha256)
    check_signed(headers, [*signed, _CONTENT_SHA256])
    if not headers.keys() >= set(signed):
        # The SDK for JavaScript 2 signs x-amz-acl and others as headers, and has them in the query as well.
        # S3 takes such a URL with the headers and without: https://github.com/aws/aws-sdk-js-v3/issues/5414
        headers = {**hoisted_headers(target), **headers}
    lines = sigv4.canonical_headers(headers, signed)
    chunks = _verify(
        request, target, lines, link, credential, link.timestamp, content_sha256, identity, context
    )
    return Authentication(
        identity, "presigned", content_sha256, chunks, "AWS4-HMAC-SHA256", link.signed_at, credential.region
    )


def _check_parameters(target: Target) -> None:
    """All six, each once: a second value would escape what was signed."""
    algorithm = target.query.get("X-Amz-Algorithm", sigv4.ALGORITHM)
    if algorithm == "AWS4-ECDSA-P256-SHA256":
        raise auth_refusals.ASYMMETRIC()
    if algorithm != sigv4.ALGORITHM:
        raise auth_refusals.URL_ALGORITHM()
    names = [name for name, value in target.query_items if name in _REQUIRED and value]
    if len(names) != len(_REQUIRED) or len(set(names)) != len(_REQUIRED):
        raise auth_refusals.URL_PARAMETERS()


def _signing_time(timestamp: str, scope_date: str) -> int:
    seconds = times.parse_basic(timestamp)
    if seconds is None:
        raise auth_refusals.URL_DATE()
    if not timestamp.startswith(scope_date):
        raise auth_refusals.URL_OTHER_DATE(credential=scope_date, date=timestamp[:8])
    return seconds


def _read_link(query: Mapping[str, str], credential: Credential) -> Presigned:
    """What the query says, which `_check_parameters` has found complete."""
    timestamp = query["X-Amz-Date"]
    signed_at = _signing_time(timestamp, credential.date)
    return Presigned(
        query["X-Amz-Credential"],
        query["X-Amz-SignedHeaders"],
        query["X-Amz-Signature"],
        timestamp,
        signed_at,
        _lifetime(query["X-Amz-Expires"]),
    )


def _lifetime(text: str) -> int:
    """X-Amz-Expires, in seconds."""
    digits = _digits(text)
    if not (digits.isascii() and digits.isdigit()):
        raise auth_refusals.URL_EXPIRES_MALFORMED()
    if text.startswith("-"):
        raise auth_refusals.URL_EXPIRES_NEGATIVE()
    seconds = parse_count(digits)
    if seconds is None or seconds > sigv4.KEY_LIFETIME:
        raise auth_refusals.URL_EXPIRES_TOO_LATE()
    return seconds


def _digits(text: str) -> str:
    return text[1:] if text[:1] in "+-" else text


def _check_validity(link: Presigned, text: str, now: float) -> None:
    """`text` is X-Amz-Expires. A URL from a fast clock is good up to the usual skew."""
    expires_at = link.signed_at + link.seconds
    if expires_at <= now:
        raise expired(expires_at, now, _digits(text))
    if link.signed_at > now + MAX_SKEW:
        fields = {
            "X-Amz-Date": str(link.signed_at * 1000),
            "Expires": times.iso_extended(expires_at),
            "ServerTime": times.iso_extended(now),
        }
        raise auth_refusals.NOT_YET_VALID(**fields)
