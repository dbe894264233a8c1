"""Policies: parse one, ask it, and see whether that of a bucket is public."""

from __future__ import annotations

from s3fixture.auth.policies.document import Decision, Policy
from s3fixture.auth.policies.patterns import Context
from s3fixture.auth.policies.policy_parser import parse_identity_policy, parse_policy, usable_policy
from s3fixture.auth.policies.public import is_public

__all__ = [
    "Context",
    "Decision",
    "Policy",
    "is_public",
    "parse_identity_policy",
    "parse_policy",
    "usable_policy",
]
