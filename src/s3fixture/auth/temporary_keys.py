"""Temporary keys, which STS issues.

A session token is a JSON document with a signature of this server: whose session it is, when it ends, and
which policies limit it. So the server stores nothing. After a restart it accepts none of the earlier tokens.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from s3fixture.auth.authentication import expired_token, invalid_token, same, unknown_key

if TYPE_CHECKING:
    from s3fixture.auth.identity import Identities, Identity
    from s3fixture.auth.policies import Policy

_TEMPORARY = "ASIA"  # how the keys of sessions begin
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_LONGEST = 40 * 1024  # characters of a token; a policy takes four bytes each, and a third more here


@dataclass(slots=True, eq=False, repr=False)
class Keys:
    """Temporary keys as STS answers with them; `expires` in seconds since the epoch."""

    access_key: str
    secret_key: str
    session_token: str
    expires: int


class Sessions:
    """Issues temporary keys for the identities of one server, and recognizes them."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._key = secrets.token_bytes(32)

    def issue(
        self, identity: Identity, expires: int, *, role: str = "", policy: str = "", role_policy: str = ""
    ) -> Keys:
        """Keys of `identity` until `expires` (seconds since the epoch).

        `role` is the ARN of an assumed role's session. `policy` limits what the keys allow; `role_policy` is
        the identity policy of the role, in place of those of `identity`. Both have been checked.
        """
        access_key = _TEMPORARY + "".join(secrets.choice(_LETTERS) for _ in range(16))
        claims = {
            "key": access_key,
            "of": identity.user_id,
            "until": expires,
            "role": role,
            "policy": policy,
            "role policy": role_policy or self._role_policy_of(identity),
        }
        document = json.dumps(claims, ensure_ascii=False, separators=(",", ":"))
        text = base64.urlsafe_b64encode(document.encode()).decode()
        return Keys(access_key, self._secret_key(access_key), f"{text}.{self._sign(text)}", expires)

    def _role_policy_of(self, identity: Identity) -> str:
        """What a session has in place of its user's policies, and hands on to the sessions made from it."""
        user = self._identities.by_access_key(identity.user_id)
        if not identity.policies or user is None or identity.policies is user.policies:
            return ""
        return identity.policies[0].text

    def identity(self, access_key: str, token: str, now: float) -> Identity:
        """Whom temporary keys belong to. Raises S3Error InvalidToken, InvalidAccessKeyId and ExpiredToken."""
        claims = self._read(token) if len(token) <= _LONGEST else None
        if claims is None:
            if access_key.startswith(_TEMPORARY):
                raise invalid_token(token)
            raise unknown_key(access_key)
        if claims["key"] != access_key:
            raise invalid_token(token)
        if claims["until"] <= now:
            raise expired_token(token)
        identity = self._identities.by_access_key(claims["of"])
        if identity is None:
            raise unknown_key(access_key)
        return replace(
            identity,
            access_key=access_key,
            secret_key=self._secret_key(access_key),
            role=claims["role"],
            session_policy=_policy(claims["policy"]) if claims["policy"] else None,
            policies=(_policy(claims["role policy"]),) if claims["role policy"] else identity.policies,
        )

    def _read(self, token: str) -> dict[str, Any] | None:
        """The claims of a token; None for one that this server has not issued."""
        text, _, signature = token.partition(".")
        if not same(self._sign(text), signature):
            return None
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text))
        return claims

    def _sign(self, text: str) -> str:
        return hmac.digest(self._key, b"token " + text.encode("utf-8", "replace"), "sha256").hex()

    def _secret_key(self, access_key: str) -> str:
        digest = hmac.digest(self._key, b"secret " + access_key.encode(), "sha256")
        return base64.b64encode(digest[:30]).decode()


@lru_cache(maxsize=64)  # each request of a session has its policy in its token
def _policy(text: str) -> Policy:
    from s3fixture.auth.policies import parse_identity_policy  # imported when used: few sessions have one

    return parse_identity_policy(text)
