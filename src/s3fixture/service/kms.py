"""The KMS keys of one server: their names and ARNs, and which can be used.

There is no KMS here: a key is only a name. Without declared keys, every name is a key. With declared keys,
any other name is refused with KMS's error.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
"""

from __future__ import annotations

from collections.abc import Iterable

from s3fixture import feature_refusals as refusals
from s3fixture.errors import S3FixtureError
from s3fixture.expressions import Expression
from s3fixture.named_tuples import NamedTuple
from s3fixture.settings import KMS_KEY_FORMAT

ENABLED, DISABLED, PENDING_DELETION = "enabled", "disabled", "pending-deletion"
_STATES = frozenset({ENABLED, DISABLED, PENDING_DELETION})
_MANAGED = "alias/aws/s3"  # the key for S3 that AWS makes in each account
_KEY_ID = Expression(r"(?:mrk-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")
_ARN = Expression(r"arn:aws[a-z-]*:kms:([a-z0-9-]*):([0-9]*):(key/|alias/)(.+)")


class Place(NamedTuple):
    """Where the name of a key is looked up: the bucket's region, and the caller's account."""

    region: str
    account: str

    def arn(self, resource: str) -> str:
        """The ARN of `key/ID` or `alias/NAME`."""
        return f"arn:aws:kms:{self.region}:{self.account}:{resource}"


class KmsKeys:
    """`declared` are texts in `settings.KMS_KEY_FORMAT`. Raises S3FixtureError for one that is not."""

    def __init__(self, declared: Iterable[str] = ()) -> None:
        self._states: dict[str, str] = {}  # key id, ARN or other name -> state
        self._aliases: dict[str, str] = {}
        for text in declared:
            self._declare(text)

    def _declare(self, text: str) -> None:
        key, *words = (word.strip() for word in text.split(","))
        aliases = [word for word in words if word.startswith("alias/")]
        states = [word for word in words if word in _STATES]
        if not key or key.startswith("alias/") or len(states) > 1 or len(aliases) + len(states) < len(words):
            raise S3FixtureError(f"{text!r} is not a KMS key; write it as {KMS_KEY_FORMAT}")
        self._states[key] = states[0] if states else ENABLED
        self._aliases.update(dict.fromkeys(aliases, key))

    def resolve(self, name: str, place: Place) -> str:
        """The ARN of the key `name`, as S3 answers it; "" means the account's own key.

        A name that is not of AWS's form stays as it is. Raises KMS.NotFoundException when keys are declared
        and this is not one of them.
        """
        match = _ARN.fullmatch(name)
        alias = f"alias/{match[4]}" if match and match[3] == "alias/" else name
        if alias in ("", _MANAGED):
            return place.arn(f"key/{_key_id_of(place.arn(_MANAGED))}")
        if alias.startswith("alias/"):
            return self._resolve_alias(alias, place)
        arn = place.arn(f"key/{name}") if _KEY_ID.fullmatch(name) else name
        if not self._states or not self._states.keys().isdisjoint((name, arn, _id_of(name))):
            return arn
        if match and match[1] != place.region:
            raise refusals.KMS_OTHER_REGION(region=match[1])
        if match or arn != name:
            raise refusals.KMS_NO_SUCH_KEY(arn=arn)
        raise refusals.KMS_NO_KEY_ID(name=name)

    def _resolve_alias(self, alias: str, place: Place) -> str:
        key = self._aliases.get(alias)
        if key is not None:
            return self.resolve(key, place)
        if self._states:
            raise refusals.KMS_NO_SUCH_ALIAS(arn=place.arn(alias))
        return place.arn(f"key/{_key_id_of(place.arn(alias))}")

    def check_usable(self, arn: str) -> None:
        """Raise KMS.DisabledException or KMS.KMSInvalidStateException for a key that cannot be used now."""
        state = self._states.get(arn) or self._states.get(_id_of(arn))
        if state == DISABLED:
            raise refusals.KMS_DISABLED(arn=arn)
        if state == PENDING_DELETION:
            raise refusals.KMS_PENDING_DELETION(arn=arn)


def _key_id_of(alias: str) -> str:
    """The same one for the ARN of an alias each time."""
    from uuid import NAMESPACE_URL, uuid5  # imported when used: every start imports this module

    return str(uuid5(NAMESPACE_URL, alias))


def _id_of(arn: str) -> str:
    return arn.rpartition(":key/")[2]
