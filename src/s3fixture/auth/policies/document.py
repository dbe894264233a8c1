"""What a parsed policy says about a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from s3fixture.auth.policies.conditions import KeyTest, NullTest
from s3fixture.auth.policies.patterns import Context, Pattern, matches
from s3fixture.auth.policies.principals import Named, Outsider, Principals

Decision = Literal["allow", "deny"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, compiled; `not_…` negate an element (NotPrincipal, NotAction, NotResource)."""

    allow: bool
    principals: Principals
    not_principals: bool
    actions: tuple[str, ...]  # patterns of lower-case actions
    not_actions: bool
    resources: tuple[Pattern, ...]
    not_resources: bool
    conditions: tuple[KeyTest | NullTest, ...]

    def applies(self, principal: Named | None, action: str, resource: str, context: Context) -> bool:
        """`action` in lower case."""
        return (
            self.names(principal, action)
            and self._covers(resource, context) is not self.not_resources
            and all(test.holds(context) for test in self.conditions)
        )

    def names(self, principal: Named | None, action: str) -> bool:
        """Whether it is about this caller and action, whatever the resource; `action` in lower case."""
        return (
            any(matches(pattern, action) for pattern in self.actions) is not self.not_actions
            and self.principals.include(principal) is not self.not_principals
        )

    def _covers(self, resource: str, context: Context) -> bool:
        for pattern in self.resources:
            filled = pattern.fill(context)
            if filled is not None and matches(filled, resource):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Policy:
    """A validated policy; immutable, so it can be kept as long as its text is the bucket's policy."""

    text: str
    statements: tuple[Statement, ...]

    def evaluate(
        self, principal: Named | None, action: str, resource: str, context: Context
    ) -> Decision | None:
        """What the policy says: an explicit "deny" wins, else "allow", else None (it says nothing).

        `action` as "s3:GetObject", `resource` as "arn:aws:s3:::bucket/key"; a `principal` of None is
        the anonymous.
        """
        action = action.lower()
        decision: Decision | None = None
        for statement in self.statements:
            if decision == "allow" and statement.allow:
                continue
            if statement.applies(principal, action, resource, context):
                if not statement.allow:
                    return "deny"
                decision = "allow"
        return decision

    def may_allow(self, principal: Named | None, action: str) -> bool:
        """Whether some request of this caller for this action can be allowed."""
        return any(
            statement.allow and statement.names(principal, action.lower()) for statement in self.statements
        )

    def gives_to(self, names: frozenset[str], action: str, resource: str, context: Context) -> bool:
        """Whether it allows this to one of `names`, or to everybody; what it denies is another question."""
        action = action.lower()
        return any(
            statement.allow and statement.applies(Outsider(names), action, resource, context)
            for statement in self.statements
        )
