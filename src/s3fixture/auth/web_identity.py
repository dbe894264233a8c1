"""Tokens of identity providers (JSON Web Tokens), for which STS gives a session.

There is no provider that could be asked for its keys, so a setting says which tokens are accepted.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple

UNVERIFIED = "unverified"
_SHORTEST_SECRET = 32  # bytes: https://www.rfc-editor.org/rfc/rfc7518#section-3.2
# By the kind of the key, never by what a token says of itself.
_SECRET = ("HS256",)
_PUBLIC_KEY = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
# Times are judged by the server's clock; any audience may ask, because no provider is registered.
_CHECKS = dict.fromkeys(
    ("verify_aud", "verify_exp", "verify_iat", "verify_iss", "verify_jti", "verify_nbf", "verify_sub"), False
)
_FURTHEST = 2**53  # seconds
_STRICT = {"enforce_minimum_key_length": True}  # a refusal, where PyJWT would warn


class WebIdentityError(Exception):
    """A token that is refused; `code` as STS has it."""

    def __init__(self, message: str, code: str = "InvalidIdentityToken") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class WebIdentity(NamedTuple):
    """What a token says of the person: subject, issuer and audience."""

    subject: str
    provider: str
    audience: str


class WebIdentities:
    """Reads tokens as the setting `web_identity` says: "unverified", or the path of a file with a key.

    The file has a public key (PEM), or a secret of 32 bytes at least for HS256. Raises S3FixtureError when
    there is no such file, or PyJWT is missing.
    """

    def __init__(self, setting: str) -> None:
        try:
            self._jwt: Any = import_module("jwt")
        except ImportError:
            raise S3FixtureError(
                "web identities need PyJWT; run: pip install 's3fixture[web-identity]'"
            ) from None
        self._key = None if setting == UNVERIFIED else _key(setting)
        if self._key is not None and self._key[1] is _PUBLIC_KEY and not self._is_public_key(self._key[0]):
            raise S3FixtureError(
                f"{setting!r} holds no usable public key; write an RSA or EC public key as PEM, and run: "
                "pip install 's3fixture[web-identity]'"
            )

    def _is_public_key(self, pem: bytes) -> bool:
        for algorithm in ("RS256", "ES256"):
            try:
                self._jwt.get_algorithm_by_name(algorithm).prepare_key(pem)
            except (self._jwt.PyJWTError, NotImplementedError, TypeError, ValueError):
                continue
            return True
        return False

    def read(self, token: str, now: float) -> WebIdentity:
        """Raises WebIdentityError. `now` in seconds since the epoch."""
        claims = self._claims(token)
        for name in ("iss", "sub", "aud", "exp"):
            if claims.get(name) is None:
                raise WebIdentityError(f"Missing a required claim: {name}")
        expires = claims["exp"]
        audience = claims["aud"][:1] if isinstance(claims["aud"], list) else [claims["aud"]]
        texts = [claims["sub"], claims["iss"], *audience]
        if len(texts) != 3 or not all(map(_is_text, texts)) or type(expires) not in (int, float):
            raise _malformed()
        if not abs(expires) < _FURTHEST:  # NaN neither; a longer one is not a time
            raise _malformed()
        if expires <= now:
            raise WebIdentityError(
                f"Token expired: current date/time {int(now)} must be before the expiration date/time "
                f"{expires:.0f}",
                "ExpiredTokenException",
            )
        return WebIdentity(*texts)

    def _claims(self, token: str) -> dict[str, Any]:
        key, algorithms = self._key or (None, ())
        try:
            claims: dict[str, Any] = self._jwt.PyJWT(_STRICT).decode(
                token, key, algorithms, {**_CHECKS, "verify_signature": key is not None}
            )
        except (self._jwt.PyJWTError, RecursionError, TypeError, ValueError):  # the latter by strange headers
            raise _malformed() from None
        return claims


def _key(path: str) -> tuple[bytes, tuple[str, ...]]:
    """The key in a file, and the algorithms that it is for."""
    try:
        key = Path(path).read_bytes().strip()
    except (OSError, ValueError) as error:
        raise S3FixtureError(
            f"the key of web identities {path!r} cannot be read ({error}); give a file, or {UNVERIFIED!r}"
        ) from None
    if key.startswith(b"-----BEGIN"):
        return key, _PUBLIC_KEY
    if len(key) < _SHORTEST_SECRET:
        raise S3FixtureError(
            f"the secret in {path!r} has {len(key)} bytes; a secret of web identities needs "
            f"{_SHORTEST_SECRET}, and a public key must be written as PEM"
        )
    return key, _SECRET


def _is_text(value: object) -> bool:
    """Whether it is text that UTF-8 can encode: JSON has lone surrogates as well."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def _malformed() -> WebIdentityError:
    return WebIdentityError(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    )
