"""The errors that several ways of signing have in common.

Codes and messages: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html ; the fields are
those that S3 has been seen to send with them.
"""

from __future__ import annotations

from collections.abc import Mapping

from s3fixture.errors import S3Error
from s3fixture.wire import times

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


def failure(code: str, message: str | None, fields: Mapping[str, str]) -> S3Error:
    """An S3Error whose fields have names that are not Python identifiers."""
    error = S3Error(code, message)
    error.fields.update(fields)
    return error


def asymmetric() -> S3Error:
    return S3Error("NotImplemented", "Asymmetric signatures (AWS4-ECDSA-P256-SHA256) are not implemented")


def unknown_key(access_key: str) -> S3Error:
    """No identity has this access key."""
    advice = _FOR_MOTO if access_key in _MOTO_KEYS else ""
    return S3Error("InvalidAccessKeyId", advice=advice, AWSAccessKeyId=access_key)


def invalid_token(token: str) -> S3Error:
    """A token that this server did not issue, that is for other keys, or that comes with keys without one."""
    return failure("InvalidToken", None, {"Token-0": token})


def expired_token(token: str) -> S3Error:
    """The session has ended."""
    return failure("ExpiredToken", None, {"Token-0": token})


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
    return failure("SignatureDoesNotMatch", None, fields)


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
    return failure("AccessDenied", "Request has expired", fields)


def missing_date() -> S3Error:
    return S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")


def _hex_bytes(text: str) -> str:
    return text.encode("latin-1", "replace").hex(" ")
