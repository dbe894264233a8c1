"""The bearer tokens by which Prometheus reads metrics, as `mc admin prometheus generate` makes them.

They are JSON Web Tokens (https://www.rfc-editor.org/rfc/rfc7519) signed with a secret key, and checked as
MinIO does: https://github.com/minio/minio/blob/master/cmd/jwt.go, and internal/jwt/parser.go there. PyJWT,
which reads the tokens of identity providers, is an extra, and warns of keys as short as MinIO's may be.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from typing import Any

from s3fixture.errors import S3Error
from s3fixture.feature_refusals import METRICS_TOKEN

_DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
_ISSUER = "prometheus"
_LIFETIME = 100 * 365 * 86_400  # seconds, as those of mc
_SCHEME = "bearer "


def make_token(access_key: str, secret_key: str, now: float) -> str:
    """A token for the owner of these keys. `now` in seconds since the epoch."""
    claims = {"exp": int(now) + _LIFETIME, "iss": _ISSUER, "sub": access_key}
    signed = f"{_encoded({'alg': 'HS512', 'typ': 'JWT'})}.{_encoded(claims)}"
    signature = hmac.digest(secret_key.encode(), signed.encode(), "sha512")
    return f"{signed}.{_base64(signature)}"


def check_token(authorization: str, access_key: str, secret_key: str, now: float) -> None:
    """Raise AccessDenied unless the Authorization header has a token for these keys.

    `now` is the server's time, in seconds since the epoch.
    """
    if authorization[: len(_SCHEME)].lower() != _SCHEME:
        raise _refused("there is no bearer token")
    token = authorization[len(_SCHEME) :].strip()
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    digest = _DIGESTS.get(str(_object(header).get("alg")))
    claims = _object(payload)
    if digest is None:
        raise _refused("the token is not signed with HS256, HS384 or HS512")
    if claims.get("accessKey", claims.get("sub")) != access_key:
        raise _refused("the token is not for the server's main access key")
    expected = hmac.digest(secret_key.encode(), signed.encode("latin-1"), digest)
    if not hmac.compare_digest(expected, _bytes(signature)):
        raise _refused("the signature of the token is wrong")
    _check_claims(claims, now)


def _check_claims(claims: dict[str, Any], now: float) -> None:
    if claims.get("iss") != _ISSUER:
        raise _refused(f"the token's issuer (iss) is not {_ISSUER}")
    if "exp" in claims and not _number(claims["exp"]) > now:
        raise _refused("the token has expired (exp)")
    for name in ("iat", "nbf"):
        if name in claims and not _number(claims[name]) <= now:
            raise _refused(f"the token is not valid yet ({name})")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _refused("a time in the token is not a number")
    return value


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(_bytes(text))
    except (ValueError, RecursionError):
        raise _refused("the token cannot be read") from None
    if not isinstance(value, dict):
        raise _refused("the token cannot be read")
    return value


def _bytes(text: str) -> bytes:
    """base64url without padding, and nothing besides."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refused("the token cannot be read") from None


def _encoded(document: dict[str, Any]) -> str:
    return _base64(json.dumps(document, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _refused(reason: str) -> S3Error:
    error = METRICS_TOKEN()
    error.reason = reason
    return error
