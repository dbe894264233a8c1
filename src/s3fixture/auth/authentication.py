"""The result of authentication, what all ways of signing are checked against, and the errors they share.

Codes and messages: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html ; the fields are
those that S3 has been seen to send with them.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from s3fixture import auth_refusals, refusals
from s3fixture.auth import sigv4
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple
from s3fixture.wire import times
from s3fixture.wire.payload import HEX_SHA256, SIGNED_CHUNKS, UNSIGNED, UNSIGNED_CHUNKS

if TYPE_CHECKING:
    from s3fixture.auth.credential import Credential
    from s3fixture.auth.identity import Identities, Identity
    from s3fixture.auth.temporary_keys import Sessions
    from s3fixture.clock import Clock
    from s3fixture.regions import Regions
    from s3fixture.wire.chunked import ChunkVerifier
    from s3fixture.wire.request import Target


_SPECIAL = SIGNED_CHUNKS | UNSIGNED_CHUNKS | {UNSIGNED}
_ASYMMETRIC = frozenset(
    {"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"}
)
_NOT_SIGNED = ("X-Amz-Signature", "")
_MAX_CREDENTIALS = 256
MAX_SKEW = 15 * 60  # seconds
MOTO_KEY = "FOOBARKEY"
"""The access key that moto's `mock_aws` sets.

https://github.com/getmoto/moto/blob/master/moto/core/models.py (FAKE_KEYS)
"""
# The other is the one that its documentation tells everybody to set:
# https://docs.getmoto.org/en/latest/docs/getting_started.html#how-do-i-avoid-tests-from-mutating-my-real-infrastructure
_MOTO_KEYS = frozenset({MOTO_KEY, "testing"})
_FOR_MOTO = (
    "these keys are moto's: request the fixture s3_env after the fixture that sets them, or use "
    "s3fixture.mock_s3 beside mock_aws"
)


class Authentication(NamedTuple):
    """Who sends the request and how; what its payload must be checked against. `identity` None: anonymous."""

    identity: Identity | None
    kind: Literal["anonymous", "header", "presigned", "post"]
    content_sha256: str = ""
    chunk_verifier: ChunkVerifier | None = None
    signature_version: Literal["", "AWS", "AWS4-HMAC-SHA256"] = ""
    signed_at: float | None = None  # seconds since the epoch, where the signature says it
    region: str = ""  # that the signature names; "" where it names none


@dataclass(slots=True, eq=False, repr=False)
class AuthContext:
    """What signatures are checked against: one for a server."""

    identities: Identities
    clock: Clock
    regions: Regions  # that a credential's scope may name
    sessions: Sessions
    keys: sigv4.SigningKeys = field(default_factory=sigv4.SigningKeys)
    credentials: dict[str, Credential] = field(default_factory=dict)  # by their text

    def identity_of(self, access_key: str, token: str) -> Identity:
        """Whose keys these are; `token` belongs to temporary ones.

        Raises S3Error InvalidAccessKeyId, InvalidToken and ExpiredToken.
        """
        identity = self.identities.by_access_key(access_key)
        if token:
            if identity is not None:
                raise invalid_token(token)
            return self.sessions.identity(access_key, token, self.clock.time())
        if identity is None:
            raise unknown_key(access_key)
        return identity

    def remember(self, text: str, credential: Credential) -> None:
        """Keep the credential of a request whose signature is right; what others send is not kept."""
        if len(self.credentials) >= _MAX_CREDENTIALS:
            self.credentials = {}  # replaced, not emptied: other threads may be reading
        self.credentials[text] = credential


@dataclass(slots=True, eq=False, repr=False)
class SignatureChain:
    """A ChunkVerifier: each signature covers the one before, the first one the request's own.

    A wrong one is answered with the canonical request of the whole request
    (justincormack/argmin, crates/s3-tests/tests/chunked.rs).
    """

    access_key: str
    key: bytes
    timestamp: str
    scope: str
    previous: str
    canonical_request: str

    def verify_chunk(self, signature: str, chunk_sha256_hex: str) -> None:
        self._verify(
            signature,
            sigv4.chunk_string_to_sign(self.timestamp, self.scope, self.previous, chunk_sha256_hex),
        )

    def verify_trailer(self, signature: str, trailer_sha256_hex: str) -> None:
        self._verify(
            signature,
            sigv4.trailer_string_to_sign(self.timestamp, self.scope, self.previous, trailer_sha256_hex),
        )

    def _verify(self, signature: str, text: str) -> None:
        expected = sigv4.signature(self.key, text)
        if not same(expected, signature):
            raise signature_does_not_match(self.access_key, signature, text, self.canonical_request)
        self.previous = expected


def canonical_query(target: Target) -> str:
    """Of all parameters that a version 4 signature covers: not the signature itself, and none without a name.

    aws/aws-sdk-java-v2, EmptyQueryStringSignerIntegrationTest (run against S3)
    """
    if target.canonical_query is None:
        signed = [item for item in target.query_items if item[0] not in _NOT_SIGNED]
        target.canonical_query = sigv4.canonical_query(signed)
    return target.canonical_query


def hoisted_headers(target: Target) -> dict[str, str]:
    """What SDKs move from the headers into a presigned URL, as the headers that it was."""
    return {name: as_header(value) for name, value in target.hoisted_headers().items()}


def as_header(text: str) -> str:
    """Headers are ISO-8859-1 and carry UTF-8 as the bytes that it is."""
    return text.encode().decode("latin-1")


def same(expected: str, provided: str) -> bool:
    """Compare in constant time, which tells nothing about `expected`."""
    return hmac.compare_digest(expected.encode(), provided.encode("utf-8", "replace"))


def check_content_sha256(value: str) -> None:
    """Raises S3Error InvalidArgument for what is neither a digest nor one of S3's names."""
    if value in _SPECIAL or HEX_SHA256.fullmatch(value):
        return
    if value in _ASYMMETRIC:
        raise auth_refusals.ASYMMETRIC()
    raise refusals.CONTENT_SHA256(value)


def unsigned_content_sha256(value: str) -> str:
    """The header `value` of a request without a version 4 signature, which cannot have signed chunks.

    Raises S3Error InvalidArgument and InvalidRequest.
    """
    if value:
        check_content_sha256(value)
    if value in SIGNED_CHUNKS:
        raise refusals.UNSIGNED_CHUNKS()
    return value


def unknown_key(access_key: str) -> S3Error:
    """No identity has this access key."""
    advice = _FOR_MOTO if access_key in _MOTO_KEYS else ""
    return S3Error("InvalidAccessKeyId", advice=advice, AWSAccessKeyId=access_key)


def invalid_token(token: str) -> S3Error:
    """A token that this server did not issue, that is for other keys, or that comes with keys without one."""
    return S3Error("InvalidToken", headers=None, **{"Token-0": token})


def expired_token(token: str) -> S3Error:
    """The session has ended."""
    return S3Error("ExpiredToken", headers=None, **{"Token-0": token})


def signature_does_not_match(
    access_key: str, provided: str, string_to_sign: str, canonical_request: str | None = None
) -> S3Error:
    """`canonical_request` is None where the way of signing has none (signature version 2, forms)."""
    fields = {
        "AWSAccessKeyId": access_key,
        "StringToSign": string_to_sign,
        "SignatureProvided": provided,
        "StringToSignBytes": _hex_bytes(string_to_sign),
    }
    if canonical_request is not None:
        fields["CanonicalRequest"] = canonical_request
        fields["CanonicalRequestBytes"] = _hex_bytes(canonical_request)
    return S3Error("SignatureDoesNotMatch", headers=None, **fields)


def check_skew(signed_at: int, written: str, now: float) -> None:
    """`written` is the time as the request has it. Raises S3Error RequestTimeTooSkewed."""
    if abs(now - signed_at) > MAX_SKEW:
        raise S3Error(
            "RequestTimeTooSkewed",
            RequestTime=written,
            ServerTime=times.iso_extended(now),
            MaxAllowedSkewMilliseconds=str(MAX_SKEW * 1000),
        )


def expired(expires_at: float, now: float, seconds: str | None = None) -> S3Error:
    """`seconds` is the X-Amz-Expires of a version 4 URL; a version 2 URL has none."""
    fields = {"X-Amz-Expires": seconds} if seconds is not None else {}
    fields["Expires"] = times.iso_extended(expires_at)
    fields["ServerTime"] = times.iso_extended(now)
    return auth_refusals.EXPIRED(**fields)


def _hex_bytes(text: str) -> str:
    return text.encode("latin-1", "replace").hex(" ")
