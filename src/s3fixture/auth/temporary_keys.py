"""Temporary keys, which STS gives out and which carry all that there is to know of them.

A session token is a JSON document with a signature of this server: whose session it is, until when, and what
narrows it. So nothing is stored, and nothing has to be forgotten. A server that starts anew takes none of the
tokens of the one before.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from s3fixture.auth.authentication import same
from s3fixture.auth.signature_errors import expired_token, invalid_token, unknown_key

if TYPE_CHECKING:
    from s3fixture.auth.identity import Identities, Identity
    from s3fixture.auth.policies import Policy

_TEMPORARY = "ASIA"  # how the keys of sessions begin
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_LONGEST = 40 * 1024  # characters of a token; a policy takes four bytes each, and a third more here


@dataclass(frozen=True, slots=True)
class Keys:
    """Temporary keys as they are given out; `expires` in seconds since the epoch."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires: int


class Sessions:
    """Gives out temporary keys for the identities of one server, and knows them again."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._key = secrets.token_bytes(32)

    def issue(
        self, identity: Identity, expires: int, *, role: str = "", policy: str = "", role_policy: str = ""
    ) -> Keys:
        """Keys of `identity` until `expires` (seconds since the epoch).

        `role` is the ARN of an assumed role's session. `policy`, which was checked, narrows what they allow.
        `role_policy` likewise is the identity policy of the role, in the place of those of `identity`.
        """
        access_key = _TEMPORARY + "".join(secrets.choice(_LETTERS) for _ in range(16))
        told = {
            "key": access_key,
            "of": identity.user_id,
            "until": expires,
            "role": role,
            "policy": policy,
            "role policy": role_policy or self._role_policy_of(identity),
        }
        document = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        text = base64.urlsafe_b64encode(document.encode()).decode()
        return Keys(access_key, self._secret_key(access_key), f"{text}.{self._sign(text)}", expires)

    def _role_policy_of(self, identity: Identity) -> str:
        """What a session has in the place of its user's policies, and sessions that come from it keep."""
        user = self._identities.by_access_key(identity.user_id)
        if not identity.policies or user is None or identity.policies is user.policies:
            return ""
        return identity.policies[0].text

    def identity(self, access_key: str, token: str, now: float) -> Identity:
        """Whom temporary keys belong to. Raises S3Error InvalidToken, InvalidAccessKeyId and ExpiredToken."""
        told = self._read(token) if len(token) <= _LONGEST else None
        if told is None:
            if access_key.startswith(_TEMPORARY):
                raise invalid_token(token)
            raise unknown_key(access_key)
        if told["key"] != access_key:
            raise invalid_token(token)
        if told["until"] <= now:
            raise expired_token(token)
        identity = self._identities.by_access_key(told["of"])
        if identity is None:
            raise unknown_key(access_key)
        return replace(
            identity,
            access_key=access_key,
            secret_key=self._secret_key(access_key),
            role=told["role"],
            session_policy=_policy(told["policy"]) if told["policy"] else None,
            policies=(_policy(told["role policy"]),) if told["role policy"] else identity.policies,
        )

    def _read(self, token: str) -> dict[str, Any] | None:
        """What a token tells; None for one that this server has not given out."""
        text, _, signature = token.partition(".")
        if not same(self._sign(text), signature):
            return None
        told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text))
        return told

    def _sign(self, text: str) -> str:
        return hmac.digest(self._key, b"token " + text.encode("utf-8", "replace"), "sha256").hex()

    def _secret_key(self, access_key: str) -> str:
        digest = hmac.digest(self._key, b"secret " + access_key.encode(), "sha256")
        return base64.b64encode(digest[:30]).decode()


@lru_cache(maxsize=64)  # each request of a session has its policy in its token
def _policy(text: str) -> Policy:
    from s3fixture.auth.policies import parse_identity_policy  # imported when used: few sessions have one

    return parse_identity_policy(text)
