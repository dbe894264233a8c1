"""Policies for tests, and what they say."""

from __future__ import annotations

import json
from typing import Any

from signing_helpers import ALICE, BOB

from s3fixture.auth.identity import Identities, Identity
from s3fixture.auth.policies import Context, Decision, Policy, parse_policy

IDENTITIES = Identities([ALICE, BOB])
BUCKET_ARN = "arn:aws:s3:::bucket"
OBJECTS_ARN = f"{BUCKET_ARN}/*"


def statement(**elements: Any) -> dict[str, Any]:
    """A statement that lets everyone read objects, with these elements instead; None leaves one out."""
    default = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS_ARN}
    return {name: value for name, value in {**default, **elements}.items() if value is not None}


def parse(*statements: Any, version: str = "2012-10-17") -> Policy:
    return parse_policy(json.dumps({"Version": version, "Statement": list(statements)}), "bucket", IDENTITIES)


def ask(
    policy: Policy,
    principal: Identity | None = None,
    action: str = "s3:GetObject",
    resource: str = "arn:aws:s3:::bucket/key",
    context: Context | None = None,
) -> Decision | None:
    return policy.evaluate(principal, action, resource, context or {})


def conditioned(operator: str, key: str, values: Any, context: Context) -> bool:
    """Whether a statement with this one condition applies."""
    policy = parse(statement(Condition={operator: {key: values}}))
    return ask(policy, context=context) == "allow"
