"""The ids and filters of rules for lifecycle and replication, which have the same form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from s3fixture import limits
from s3fixture import rule_refusals as refusals
from s3fixture.errors import S3Error
from s3fixture.refusals import Refusal
from s3fixture.service.tag_rules import utf16_length


def check_ids(rules: Sequence[Mapping[str, Any]], too_long: Refusal, twice: Refusal) -> None:
    """Raise the refusal `too_long` or `twice`, with the id, for the first rule whose id is one of these."""
    ids = [rule["ID"] for rule in rules if rule.get("ID")]
    numbers = Counter(ids)
    for name in ids:
        if len(name) > limits.RULE_ID_LENGTH:
            raise too_long(name)
        if numbers[name] > 1:
            raise twice(name)


def predicates(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """The conditions of a rule in the form of `And`: Prefix, Tags, ObjectSizeGreaterThan, ..."""
    chosen = rule.get("Filter") or {}
    if "And" in chosen:
        inner: Mapping[str, Any] = chosen["And"]
        return inner
    if "Tag" in chosen:
        return {"Tags": [chosen["Tag"]]}
    return chosen or {"Prefix": rule.get("Prefix", "")}


def wanted_tags(rule: Mapping[str, Any]) -> dict[str, str]:
    """The tags that an object must have."""
    return {tag["Key"]: tag["Value"] for tag in predicates(rule).get("Tags", ())}


def check_lengths(rule: Mapping[str, Any]) -> None:
    """Raise InvalidRequest for a prefix or tag that no object can have, as lifecycle rules do."""
    wanted = predicates(rule)
    if len(wanted.get("Prefix", "").encode()) > limits.KEY_SIZE:
        raise refusals.PREFIX_TOO_LONG()
    for tag in wanted.get("Tags", ()):
        if not 0 < utf16_length(tag["Key"]) <= limits.TAG_KEY_LENGTH:
            raise refusals.TAG_KEY_LENGTH()
        if utf16_length(tag["Value"]) > limits.TAG_VALUE_LENGTH:
            raise refusals.TAG_VALUE_LENGTH()


def check_filter(rule: Mapping[str, Any]) -> None:
    """Raise MalformedXML unless it is one predicate, or several in And; InvalidRequest for a repeated tag."""
    chosen = rule.get("Filter") or {}
    if len(chosen) > 1:
        raise S3Error("MalformedXML")
    wanted = predicates(rule)
    tags = [tag["Key"] for tag in wanted.get("Tags", ())]
    if not all(tags) or ("And" in chosen and len(wanted) - ("Tags" in wanted) + len(tags) < 2):
        raise S3Error("MalformedXML")
    if len(set(tags)) != len(tags):
        raise refusals.TAG_TWICE()
