"""Lifecycle rules as documents: checked as S3 checks them, stored, and returned.

`lifecycle_rules` evaluates them, `lifecycle_jobs` applies them. S3's pages name hardly any of its errors for
wrong rules; these are from recorded answers, and from answers that people quote.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any

from s3fixture import limits
from s3fixture import rule_refusals as refusals
from s3fixture.errors import S3Error
from s3fixture.service.bucket_documents import LIFECYCLE, delete_document, get_document, new_id
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.lifecycle_jobs import schedule
from s3fixture.service.lifecycle_rules import ALL_CLASSES, CLASSES, MINIMUM_SIZES
from s3fixture.service.rule_filters import check_filter, check_ids, check_lengths, predicates

_ACTIONS = (
    "AbortIncompleteMultipartUpload",
    "Expiration",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "Transitions",
)
_UNFILTERED = ("ExpiredObjectDeleteMarker", "AbortIncompleteMultipartUpload")
_INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
# Storage class -> days that an object must be in it before the next transition.
_STAYS: Mapping[str, int] = {"STANDARD_IA": 30, "ONEZONE_IA": 30, "GLACIER_IR": 90, "GLACIER": 90}

Document = Mapping[str, Any]


def get_bucket_lifecycle_configuration(call: Call, params: Params) -> Result:
    """Raises NoSuchLifecycleConfiguration."""
    document = get_document(call, params, LIFECYCLE, "NoSuchLifecycleConfiguration")
    result: Result = json.loads(document, object_hook=with_dates)
    del result["Put"]
    return result


def put_bucket_lifecycle_configuration(call: Call, params: Params) -> Result:
    """Raises MalformedXML, InvalidRequest or InvalidArgument; the former rules then stay."""
    minimum_size = params.get("TransitionDefaultMinimumObjectSize") or ALL_CLASSES
    if minimum_size not in MINIMUM_SIZES:
        raise refusals.MINIMUM_SIZE(value=minimum_size)
    rules = (params.get("LifecycleConfiguration") or {}).get("Rules") or []
    check_rules(rules)
    configuration = {
        "Rules": [_named(rule) for rule in rules],
        "TransitionDefaultMinimumObjectSize": minimum_size,
        "Put": call.clock.time(),
    }
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        index.put_document(bucket.id, LIFECYCLE, json.dumps(configuration, default=_iso))
        schedule(call.background, index, bucket)
    return {"TransitionDefaultMinimumObjectSize": minimum_size}


def delete_bucket_lifecycle(call: Call, params: Params) -> Result:
    """Succeeds also when there are no rules."""
    delete_document(call, params, LIFECYCLE)
    return {}


def _named(rule: Document) -> Document:
    return {**rule, "ID": rule.get("ID") or new_id()}


def check_rules(rules: Sequence[Document]) -> None:
    """Raise MalformedXML, InvalidRequest or InvalidArgument for rules that S3 refuses."""
    if not 0 < len(rules) <= limits.LIFECYCLE_RULES:
        raise S3Error("MalformedXML")
    check_ids(rules, refusals.RULE_ID_TOO_LONG, refusals.RULE_ID_TWICE)
    filtered = "Filter" in rules[0]  # "Lifecycle V2": all rules of a document are of one form
    for rule in rules:
        _check_form(rule, filtered=filtered)
        check_lengths(rule)
        check_filter(rule)
        _check_sizes(rule)
        _check_actions(rule)
    if not filtered:
        _refuse_overlaps(rules)


def _check_form(rule: Document, *, filtered: bool) -> None:
    if ("Filter" in rule) == ("Prefix" in rule):
        raise S3Error("MalformedXML")
    if filtered and "Prefix" in rule:
        raise refusals.OLD_PREFIX()
    if not filtered and "Filter" in rule:
        raise refusals.NEW_FILTER()
    newer = ["NewerNoncurrentVersions" in action for action in _noncurrent_actions(rule)]
    if not filtered and any(newer):
        raise refusals.NEW_NEWER_VERSIONS()


def _noncurrent_actions(rule: Document) -> list[Document]:
    return [rule.get("NoncurrentVersionExpiration") or {}, *rule.get("NoncurrentVersionTransitions", ())]


def _check_sizes(rule: Document) -> None:
    wanted = predicates(rule)
    larger, smaller = wanted.get("ObjectSizeGreaterThan"), wanted.get("ObjectSizeLessThan")
    for name, size, least in (("ObjectSizeGreaterThan", larger, 0), ("ObjectSizeLessThan", smaller, 1)):
        if size is not None and not least <= size <= limits.FILTER_SIZE:
            raise refusals.SIZE_OUT_OF_RANGE(name=name, least=str(least))
    if larger is not None and smaller is not None and larger >= smaller:
        raise refusals.SIZES_CROSSED()


def _check_actions(rule: Document) -> None:
    if not any(action in rule for action in _ACTIONS):
        raise refusals.NO_ACTION()
    if "Expiration" in rule:
        _check_expiration(rule["Expiration"])
    for step in rule.get("Transitions", ()):
        _check_moment(step, "Transition")
    if "NoncurrentVersionExpiration" in rule:
        _check_noncurrent(rule["NoncurrentVersionExpiration"], "NoncurrentVersionExpiration", least=1)
    for step in rule.get("NoncurrentVersionTransitions", ()):
        _check_noncurrent(step, "NoncurrentVersionTransition", least=0)
    if "AbortIncompleteMultipartUpload" in rule:
        abort = rule["AbortIncompleteMultipartUpload"]
        if "DaysAfterInitiation" not in abort:
            raise S3Error("MalformedXML")
        _check_positive(abort, "DaysAfterInitiation", "AbortIncompleteMultipartUpload")
    _refuse_filters(rule)
    _check_steps(rule, rule.get("Transitions", ()), rule.get("Expiration") or {}, "")
    _check_steps(
        rule,
        rule.get("NoncurrentVersionTransitions", ()),
        rule.get("NoncurrentVersionExpiration") or {},
        "Noncurrent",
    )


def _check_expiration(expiration: Document) -> None:
    if len(expiration) != 1:
        raise S3Error("MalformedXML")
    _check_positive(expiration, "Days", "Expiration")
    _check_date(expiration)


def _check_moment(step: Document, action: str) -> None:
    if ("Days" in step) == ("Date" in step) or "StorageClass" not in step:
        raise S3Error("MalformedXML")
    _check_date(step)
    _check_not_negative(step, "Days", action)


def _check_noncurrent(action: Document, name: str, *, least: int) -> None:
    if "NoncurrentDays" not in action or (name.endswith("Transition") and "StorageClass" not in action):
        raise S3Error("MalformedXML")
    if least:
        _check_positive(action, "NoncurrentDays", name)
    _check_not_negative(action, "NoncurrentDays", name)
    _check_positive(action, "NewerNoncurrentVersions", name)
    newer = action.get("NewerNoncurrentVersions", 1)
    if newer > limits.NEWER_VERSIONS:
        raise refusals.TOO_MANY_NEWER(str(newer), action=name)


def _check_date(action: Document) -> None:
    date = action.get("Date")
    if date is not None and date.astimezone(timezone.utc).time() != datetime.min.time():
        raise refusals.NOT_MIDNIGHT(_iso(date))


def _check_positive(action: Document, member: str, name: str) -> None:
    if action.get(member, 1) < 1:
        raise refusals.NOT_POSITIVE(str(action[member]), ArgumentName=member, member=member, action=name)


def _check_not_negative(action: Document, member: str, name: str) -> None:
    days = action.get(member, 0)
    if days < 0:
        raise refusals.NEGATIVE(str(days), ArgumentName=member, member=member, action=name)
    storage_class = action.get("StorageClass")
    if member in action and storage_class in _INFREQUENT and days < limits.INFREQUENT_DAYS:
        raise refusals.TOO_SOON(
            str(days), ArgumentName=member, member=member, action=name, storage_class=storage_class
        )


def _refuse_filters(rule: Document) -> None:
    """Check that rules for delete markers and uploads have no filter by tags or size."""
    wanted = predicates(rule)
    for name in _UNFILTERED:
        if name not in rule and name not in (rule.get("Expiration") or {}):
            continue
        if wanted.get("Tags"):
            raise refusals.NO_TAGS_HERE(action=name)
        if wanted.keys() & {"ObjectSizeGreaterThan", "ObjectSizeLessThan"}:
            raise refusals.NO_SIZES_HERE(action=name)


def _check_steps(rule: Document, steps: Sequence[Document], expiration: Document, kind: str) -> None:
    """Check that transitions go to colder classes, far enough apart, and before the expiration.

    `kind` is "Noncurrent" for those of noncurrent versions.
    """
    if not steps:
        return
    action = "NoncurrentVersionTransition" if kind else "Transition"
    where = f"filter '{_described(rule)}'"
    classes = [step["StorageClass"] for step in steps]
    if len(set(classes)) != len(classes):
        raise refusals.CLASS_TWICE(action=action, where=where)
    dated = ["Date" in step for step in steps]
    if any(dated) and not all(dated):
        raise refusals.MIXED_STEPS(action=action, where=where)
    member = "Date" if dated[0] else f"{kind}Days"
    for warm, cold in pairwise(sorted(steps, key=lambda step: CLASSES.index(step["StorageClass"]))):
        _check_order(warm, cold, member, action, where)
    if "Date" in expiration or f"{kind}Days" in expiration:
        _check_end(steps, expiration, member, kind, where)


def _check_order(warm: Document, cold: Document, member: str, action: str, where: str) -> None:
    stay = _STAYS.get(warm["StorageClass"], 0)
    gap = cold[member] - warm[member] if member != "Date" else (cold[member] - warm[member]).days
    refusal = refusals.STEPS_OUT_OF_ORDER if gap <= 0 else refusals.STEPS_TOO_CLOSE
    if gap <= 0 or gap < stay:
        raise refusal(
            _text(cold[member]),
            ArgumentName=member,
            member=member,
            action=action,
            cold=cold["StorageClass"],
            warm=warm["StorageClass"],
            where=where,
            days=str(stay),
        )


def _check_end(steps: Sequence[Document], expiration: Document, member: str, kind: str, where: str) -> None:
    ending, step = (f"{kind}Version{name}" if kind else name for name in ("Expiration", "Transition"))
    if member not in expiration:
        raise refusals.MIXED_END(ending=ending, action=step, where=where)
    if expiration[member] <= max(found[member] for found in steps):
        raise refusals.ENDS_TOO_SOON(
            _text(expiration[member]),
            ArgumentName=member,
            member=member,
            ending=ending,
            action=step,
            where=where,
        )


def _described(rule: Document) -> str:
    """A rule's filter as S3's messages write it: `(prefix=logs/)`."""
    wanted = predicates(rule)
    parts = [f"prefix={wanted['Prefix']}"] if "Prefix" in wanted else []
    parts += [f"tag={{key={tag['Key']}, value={tag['Value']}}}" for tag in wanted.get("Tags", ())]
    parts += [
        f"{name.lower()}={wanted[name]}"
        for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan")
        if name in wanted
    ]
    return f"({' and '.join(parts) or 'prefix='})"


def _refuse_overlaps(rules: Sequence[Document]) -> None:
    """Check that no two rules in the old form have the same kind of action for a key."""
    for action in _ACTIONS:
        prefixes = sorted(rule["Prefix"] for rule in rules if action in rule)
        for shorter, longer in pairwise(prefixes):
            if longer.startswith(shorter):
                raise refusals.OVERLAPPING_PREFIXES(
                    shorter=shorter, longer=longer, action=action.removesuffix("s")
                )


def _text(value: datetime | int) -> str:
    return _iso(value) if isinstance(value, datetime) else str(value)


def _iso(date: datetime) -> str:
    return date.astimezone(timezone.utc).isoformat()


def with_dates(document: dict[str, Any]) -> dict[str, Any]:
    """An object of the kept document as boto3 types it: the hook of JSON's decoder."""
    if isinstance(document.get("Date"), str):
        document["Date"] = datetime.fromisoformat(document["Date"])
    return document
