"""Bucket policies: what a parsed policy says about a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from s3fixture.auth.identity import Identities, Identity

Decision = Literal["allow", "deny"]
Context = Mapping[str, Sequence[str]]  # lower-case condition key -> its values


@dataclass(frozen=True)
class Policy:
    """A validated policy; immutable, so it can be kept as long as its text is the bucket's policy."""

    text: str

    def evaluate(
        self, principal: Identity | None, action: str, resource: str, context: Context
    ) -> Decision | None:
        """What the policy says: an explicit "deny" wins, else "allow", else None (it says nothing).

        `action` as "s3:GetObject", `resource` as "arn:aws:s3:::bucket/key"; None asks for everyone.
        """
        raise NotImplementedError


def parse_policy(text: str | bytes, bucket: str, identities: Identities) -> Policy:
    """The policy put on `bucket`. Raises S3Error MalformedPolicy with S3's messages."""
    raise NotImplementedError


def is_public(policy: Policy) -> bool:
    """Whether the policy grants access to the public, by the meaning of S3's Block Public Access."""
    raise NotImplementedError
