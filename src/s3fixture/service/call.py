"""One request as an operation sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from s3fixture.auth.context import RequestContext
from s3fixture.auth.identity import Identity
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple
from s3fixture.settings import Settings
from s3fixture.store import BucketRow, Index, Store, Version

if TYPE_CHECKING:
    from s3fixture.auth.actions import Permission
    from s3fixture.auth.authenticator import Authentication
    from s3fixture.clock import Clock
    from s3fixture.service.access import Access
    from s3fixture.service.background import Background
    from s3fixture.service.kms import KmsKeys
    from s3fixture.wire.request import Request, Target

Params = Mapping[str, Any]  # a request's parameters, named and typed as boto3's
Result = dict[str, Any]  # an answer's members, named and typed likewise; ETags without quotes
Place = tuple[int, str, str | None]  # the bucket's id, a key, and a version id or None
Operation = Callable[["Call", Params], Result]
Effect = Literal[
    "read", "created", "marked", "removed", "missed", "tagged", "untagged", "acl", "locked", "restoring"
]
_NEW = frozenset({"created", "marked"})  # these facts number their versions uniquely


class Fact(NamedTuple):
    """What an operation did to one version: it read, created or removed it, or replaced or removed its tags.

    "marked": `version` is a new delete marker. "missed": the key to remove had none. "acl": who may what has
    changed. "locked": so has its lock. "restoring": a copy is on its way out of the archive. `order` tells
    facts of one key apart, in a bucket where something follows.
    """

    effect: Effect
    bucket: BucketRow
    version: Version
    order: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Call:
    """Who asks for what, and what an operation needs to answer."""

    operation: str
    request: Request
    target: Target
    authentication: Authentication
    store: Store
    clock: Clock
    settings: Settings
    access: Access
    kms: KmsKeys
    background: Background
    request_id: str
    host_id: str
    granted: list[Permission] = field(default_factory=list)  # what it asked for and has
    facts: list[Fact] = field(default_factory=list)  # what was done, in its order: see `service.FOLLOWERS`
    # Versions that access depended on; 0: none, -1: several, one after the other.
    looked_at: dict[Place, int] = field(default_factory=dict)
    judged: dict[str, int] = field(default_factory=dict)  # ids of buckets that access was decided about
    charged: bool = False  # the caller pays, and not the bucket's owner

    @property
    def identity(self) -> Identity | None:
        """None: anonymous."""
        return self.authentication.identity

    @property
    def region(self) -> str:
        """The region whose endpoint was asked: the one that the signature names."""
        return self.authentication.region or self.settings.region

    def context(
        self,
        params: Params,
        permission: Permission,
        tags: Callable[[], Mapping[str, str]],
        begun_encryption: Callable[[], str | None] | None = None,
        bucket_tags: Callable[[], Mapping[str, str]] | None = None,
        bucket_owner: str | None = None,
    ) -> RequestContext:
        """The condition keys that a policy may ask for; see there."""
        return RequestContext(
            *(self.operation, self.request, self.authentication, self.clock, params, permission),
            *(tags, begun_encryption, bucket_tags, bucket_owner),
        )

    def note(self, effect: Effect, bucket: BucketRow, version: Version) -> None:
        """Say what was done, for whatever follows the operation. What removes says so within its write."""
        order = 0
        if bucket.documents:
            order = version.seq if effect in _NEW else self.store.next_number()
        self.facts.append(Fact(effect, bucket, version, order))

    def confirm(self, params: Params, place: Place, version: Version | None) -> None:
        """To be called in the read that finds what the operation acts upon: raise AccessDenied unless the
        caller may have this very version. Another one may have come since it was decided."""
        seq = version.seq if version else 0
        if self.looked_at.get(place, seq) != seq:
            self.access.check(self, params)

    def confirm_current(self, index: Index, bucket: BucketRow, params: Params) -> None:
        """`confirm` for the current version of a key, in the write that replaces or deletes it."""
        if self.looked_at:
            key = params["Key"]
            self.confirm(params, (bucket.id, key, None), index.get_current(bucket.id, key))

    def look_at(self, place: Place, version: Version | None) -> None:
        """Remember on which version access depends, for `confirm`."""
        seq = version.seq if version else 0
        if self.looked_at.setdefault(place, seq) != seq:
            self.looked_at[place] = -1

    def bucket(self, index: Index, name: str) -> BucketRow:
        """The bucket of this name. Raises NoSuchBucket.

        So it does for one that came after it was decided what this caller may do: it may be somebody else's.
        """
        row = index.get_bucket(name)
        if row is None or self.judged.get(name, row.id) != row.id:
            raise S3Error("NoSuchBucket", BucketName=name)
        return row
