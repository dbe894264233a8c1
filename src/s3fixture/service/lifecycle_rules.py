"""What a bucket's lifecycle rules mean for a version or an upload: which rule applies, and when.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from s3fixture.named_tuples import NamedTuple
from s3fixture.service.metadata import ARCHIVED, STANDARD
from s3fixture.service.rule_filters import predicates, wanted_tags
from s3fixture.store import Upload, Version

ALL_CLASSES, BY_CLASS = "all_storage_classes_128K", "varies_by_storage_class"
MINIMUM_SIZES = (ALL_CLASSES, BY_CLASS)  # the values of x-amz-transition-default-minimum-object-size
_SMALLEST = 128 * 1024  # bytes: smaller objects are not moved, unless the rule has a size of its own

# From the warmest to the coldest: an object goes down this list only.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
CLASSES = (
    STANDARD,
    "STANDARD_IA",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
)
_WARMTH = {name: rank for rank, name in enumerate(CLASSES)} | {"REDUCED_REDUNDANCY": 0}


class Due(NamedTuple):
    """When an action of a rule is due, in seconds since the epoch, and its storage class."""

    at: float
    rule_id: str
    storage_class: str = ""


class Step(NamedTuple):
    """A transition `days` after the object was made, or from `date` on; `keep` noncurrent versions stay."""

    storage_class: str
    days: int = 0
    date: float | None = None
    keep: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One enabled rule. Times are seconds since the epoch, None where the rule has no such action."""

    id: str
    prefix: str
    tags: Mapping[str, str]
    larger: int | None  # bytes: the object is larger than that
    smaller: int | None
    expire_days: int | None
    expire_date: float | None
    expire_markers: bool
    steps: tuple[Step, ...]
    noncurrent_days: int | None
    noncurrent_keep: int
    noncurrent_steps: tuple[Step, ...]
    abort_days: int | None

    def applies(self, key: str, size: int, tags: Mapping[str, str]) -> bool:
        """Whether the rule's filter matches an object."""
        return (
            key.startswith(self.prefix)
            and (self.larger is None or size > self.larger)
            and (self.smaller is None or size < self.smaller)
            and self.tags.items() <= tags.items()
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """The enabled rules of a bucket, put at the time `put` with the option `minimum_size`."""

    enabled: tuple[Rule, ...]
    put: float
    minimum_size: str

    def next_key(self, key: str) -> str | None:
        """The first name from `key` on that a rule's prefix matches; None when there is none."""
        prefixes = {rule.prefix for rule in self.enabled}
        if any(map(key.startswith, prefixes)):
            return key
        return min((prefix for prefix in prefixes if prefix > key), default=None)

    def expiry(self, version: Version, day: float) -> Due | None:
        """When the current version of an object expires, by the earliest rule."""
        return _earliest(
            Due(moment, rule.id)
            for rule in self._of(version)
            if (moment := _moment(version.modified, rule.expire_days, rule.expire_date, day)) is not None
        )

    def marker_expiry(self, marker: Version, day: float) -> Due | None:
        """When a delete marker that is the only version of its key is removed, also by a rule with days."""
        return _earliest(
            Due(after(marker.modified, 0 if rule.expire_markers else rule.expire_days or 0, day), rule.id)
            for rule in self._of(marker)
            if rule.expire_markers or rule.expire_days is not None
        )

    def noncurrent_expiry(self, version: Version, since: float, newer: int, day: float) -> Due | None:
        """When a version is removed that is noncurrent since `since`, below `newer` noncurrent ones."""
        return _earliest(
            Due(after(since, rule.noncurrent_days, day), rule.id)
            for rule in self._of(version)
            if rule.noncurrent_days is not None and newer >= rule.noncurrent_keep
        )

    def transition(self, version: Version, now: float, day: float) -> Due | None:
        """The coldest class in which a current version should be by now; None if it is in one as cold."""
        return self._coldest(
            version,
            now,
            (
                Due(moment, rule.id, step.storage_class)
                for rule in self._of(version)
                for step in rule.steps
                if self._is_worth_it(rule, version, step)
                and (moment := _moment(version.modified, step.days, step.date, day)) is not None
            ),
        )

    def noncurrent_transition(
        self, version: Version, since: float, newer: int, now: float, day: float
    ) -> Due | None:
        """The same for a version that became noncurrent at `since`."""
        return self._coldest(
            version,
            now,
            (
                Due(after(since, step.days, day), rule.id, step.storage_class)
                for rule in self._of(version)
                for step in rule.noncurrent_steps
                if self._is_worth_it(rule, version, step) and newer >= step.keep
            ),
        )

    def abort(self, upload: Upload, day: float) -> Due | None:
        """When an unfinished upload is aborted. Such a rule can only be limited by a prefix."""
        return _earliest(
            Due(after(upload.initiated, rule.abort_days, day), rule.id)
            for rule in self.enabled
            if rule.abort_days is not None and upload.key.startswith(rule.prefix)
        )

    def _of(self, version: Version) -> Iterator[Rule]:
        return (rule for rule in self.enabled if rule.applies(version.key, version.size, version.tags))

    def _is_worth_it(self, rule: Rule, version: Version, step: Step) -> bool:
        """Whether the object is large enough for a transition, by the rule's size or S3's default."""
        if rule.larger is not None or rule.smaller is not None or version.size >= _SMALLEST:
            return not version.is_delete_marker
        return self.minimum_size == BY_CLASS and step.storage_class in ARCHIVED

    @staticmethod
    def _coldest(version: Version, now: float, steps: Iterable[Due]) -> Due | None:
        present = _WARMTH.get(version.storage_class, 0)
        due = [step for step in steps if step.at <= now and _WARMTH[step.storage_class] > present]
        return max(due, key=lambda step: _WARMTH[step.storage_class], default=None)


def after(moment: float, days: int, day: float) -> float:
    """`days` later, rounded up to the next midnight UTC. `day`: its length in seconds."""
    return math.ceil((moment + days * day) / day) * day


def next_midnight(now: float, day: float) -> float:
    """The next midnight UTC."""
    return (math.floor(now / day) + 1) * day


@lru_cache(maxsize=64)  # a pure function of its argument
def parse_rules(document: str) -> Rules:
    """The rules in the document that `lifecycle.put_bucket_lifecycle_configuration` stores."""
    kept = json.loads(document)
    enabled = tuple(_rule(rule) for rule in kept["Rules"] if rule["Status"] == "Enabled")
    return Rules(enabled, kept["Put"], kept["TransitionDefaultMinimumObjectSize"])


def _rule(rule: Mapping[str, Any]) -> Rule:
    wanted = predicates(rule)
    expiration = rule.get("Expiration") or {}
    noncurrent = rule.get("NoncurrentVersionExpiration") or {}
    return Rule(
        id=rule["ID"],
        prefix=wanted.get("Prefix", ""),
        tags=wanted_tags(rule),
        larger=wanted.get("ObjectSizeGreaterThan"),
        smaller=wanted.get("ObjectSizeLessThan"),
        expire_days=expiration.get("Days"),
        expire_date=_seconds(expiration.get("Date")),
        expire_markers=expiration.get("ExpiredObjectDeleteMarker", False),
        steps=tuple(_step(step) for step in rule.get("Transitions", ())),
        noncurrent_days=noncurrent.get("NoncurrentDays"),
        noncurrent_keep=noncurrent.get("NewerNoncurrentVersions", 0),
        noncurrent_steps=tuple(_step(step) for step in rule.get("NoncurrentVersionTransitions", ())),
        abort_days=(rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation"),
    )


def _step(step: Mapping[str, Any]) -> Step:
    days = step.get("NoncurrentDays", step.get("Days", 0))
    return Step(
        step["StorageClass"], days, _seconds(step.get("Date")), step.get("NewerNoncurrentVersions", 0)
    )


def _seconds(date: str | None) -> float | None:
    return None if date is None else datetime.fromisoformat(date).timestamp()


def _moment(made: float, days: int | None, date: float | None, day: float) -> float | None:
    if date is not None:
        return date
    return None if days is None else after(made, days, day)


def _earliest(dues: Iterable[Due]) -> Due | None:
    """The earliest: "the shorter expiration policy is honored"."""
    return min(dues, key=lambda due: due.at, default=None)
