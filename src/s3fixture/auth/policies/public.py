"""Whether a policy is public, as S3's Block Public Access and GetBucketPolicyStatus understand it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
(section "The meaning of public"): a grant to everyone is not public when a condition ties it to fixed
values of certain keys, or to networks that are not too wide.
"""

from __future__ import annotations

from s3fixture.auth.policies.conditions import KeyTest, Network, NullTest
from s3fixture.auth.policies.document import Policy, Statement
from s3fixture.auth.policies.patterns import Pattern

_FIXING_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
_FIXING_OPERATORS = frozenset(
    {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"}
)
_WIDEST = {4: 8, 6: 32}  # prefix lengths: a wider network counts as everyone


def is_public(policy: Policy) -> bool:
    """Whether any statement grants something to everyone."""
    return any(_grants_everyone(statement) for statement in policy.statements)


def _grants_everyone(statement: Statement) -> bool:
    if not statement.allow or not statement.principals.everyone:
        return False
    return not any(_narrows(test) for test in statement.conditions)


def _narrows(test: KeyTest | NullTest) -> bool:
    if isinstance(test, NullTest) or test.if_exists or test.quantifier == "all":
        return False
    if test.name == "IpAddress" and test.key == "aws:sourceip":
        return not any(_is_wide(network) for network in test.values)
    return test.key in _FIXING_KEYS and test.name in _FIXING_OPERATORS and all(map(_is_fixed, test.values))


def _is_wide(network: Network) -> bool:
    return network.prefixlen < _WIDEST[network.version]


def _is_fixed(value: Pattern) -> bool:
    return not value.has_wildcard
