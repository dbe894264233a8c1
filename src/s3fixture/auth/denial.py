"""Which type of policy does not let a caller do something, and AWS's words for it."""

from __future__ import annotations

from s3fixture.auth.identity import Identity
from s3fixture.named_tuples import NamedTuple

# How AWS calls the types of policies in its messages.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
IDENTITY = "an identity-based policy"
BOUNDARY = "a permissions boundary"
SESSION = "a session policy"
RESOURCE = "a resource-based policy"


class Denial(NamedTuple):
    """The type of the policy that denies it, `explicit`ly or because it does not allow it."""

    type: str
    explicit: bool = False

    def because(self, action: str) -> str:
        """The end of AWS's message."""
        if self.explicit:
            return f"with an explicit deny in {self.type}"
        return f"because no {self.type.partition(' ')[2]} allows the {action} action"


def not_authorized(identity: Identity | None, action: str, resource: str, why: str) -> str:
    """AWS's message. `resource` as the service writes it, S3 in quotes; "" for an action that has none.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    user = identity.arn if identity else "anonymous"
    on = f" on resource: {resource}" if resource else ""
    return f"User: {user} is not authorized to perform: {action}{on} {why}"
