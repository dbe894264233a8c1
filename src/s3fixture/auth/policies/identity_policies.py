"""Whether an identity's policies allow an action: those of the user, its permissions boundary, its session's.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from collections.abc import Iterator

from s3fixture.auth.denial import BOUNDARY, IDENTITY, SESSION, Denial
from s3fixture.auth.identity import Identity
from s3fixture.auth.policies.document import Policy
from s3fixture.auth.policies.patterns import Context


def denial_of(
    identity: Identity, action: str, resource: str, context: Context, *, given: bool = False
) -> Denial | None:
    """Why the policies of `identity` do not allow it: an explicit deny first; None when all types allow it.

    `given`: something else allows already what its identity policies would have to allow.
    """
    found: Denial | None = None
    for kind, policies in _types(identity):
        decisions = {policy.evaluate(identity, action, resource, context) for policy in policies}
        if "deny" in decisions:
            return Denial(kind, explicit=True)
        if found is None and "allow" not in decisions and not (given and kind == IDENTITY):
            found = Denial(kind)
    return found


def _types(identity: Identity) -> Iterator[tuple[str, tuple[Policy, ...]]]:
    if identity.policies is not None:
        yield IDENTITY, identity.policies
    if identity.boundary is not None:
        yield BOUNDARY, (identity.boundary,)
    if identity.session_policy is not None:
        yield SESSION, (identity.session_policy,)
