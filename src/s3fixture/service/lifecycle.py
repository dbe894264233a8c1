"""Lifecycle rules as documents: checked as S3 checks them, kept, and given back.

`lifecycle_rules` knows what they mean, `expiring` carries them out. S3's answers to what is wrong are known
from its recorded answers and from those that people quote; the pages name hardly any.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.documents import LIFECYCLE, drop_document, kept_document
from s3fixture.service.expiring import schedule
from s3fixture.service.lifecycle_rules import ALL_CLASSES, CLASSES, MINIMUM_SIZES, predicates

_MOST_RULES = 1000
_LONGEST_ID = 255  # characters
_LARGEST_SIZE = 1_099_511_627_776_000  # bytes, in a filter
_ACTIONS = (
    "AbortIncompleteMultipartUpload",
    "Expiration",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "Transitions",
)
_UNFILTERED = ("ExpiredObjectDeleteMarker", "AbortIncompleteMultipartUpload")
_INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")  # objects must be 30 days old for these
# Storage class -> days that an object must be in it before the next transition.
_STAYS: Mapping[str, int] = {"STANDARD_IA": 30, "ONEZONE_IA": 30, "GLACIER_IR": 90, "GLACIER": 90}

Document = Mapping[str, Any]


def get_bucket_lifecycle_configuration(call: Call, params: Params) -> Result:
    """Raises NoSuchLifecycleConfiguration."""
    document = kept_document(call, params, LIFECYCLE, "NoSuchLifecycleConfiguration")
    result: Result = json.loads(document, object_hook=_dates)
    del result["Put"]
    return result


def put_bucket_lifecycle_configuration(call: Call, params: Params) -> Result:
    """Raises MalformedXML, InvalidRequest, InvalidArgument; the former rules then stay."""
    minimum_size = params.get("TransitionDefaultMinimumObjectSize") or ALL_CLASSES
    if minimum_size not in MINIMUM_SIZES:
        raise S3Error("InvalidRequest", f"Invalid TransitionDefaultMinimumObjectSize found: {minimum_size}")
    rules = (params.get("LifecycleConfiguration") or {}).get("Rules") or []
    _check_rules(rules)
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
    """Succeeds also where there are none."""
    drop_document(call, params, LIFECYCLE)
    return {}


def _named(rule: Document) -> Document:
    """With an ID; S3 makes 48 characters: base64 of a UUID's text."""
    return {**rule, "ID": rule.get("ID") or base64.b64encode(str(uuid.uuid4()).encode()).decode()}


def _check_rules(rules: Sequence[Document]) -> None:
    if not 0 < len(rules) <= _MOST_RULES:
        raise S3Error("MalformedXML")
    ids = [rule["ID"] for rule in rules if rule.get("ID")]
    for name in ids:
        if len(name) > _LONGEST_ID:
            raise _invalid("ID", name, f"ID length should not exceed allowed limit of {_LONGEST_ID}")
    if len(set(ids)) != len(ids):
        raise S3Error("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    filtered = "Filter" in rules[0]  # "Lifecycle V2": all rules of a document are of one form
    for rule in rules:
        _check_form(rule, filtered=filtered)
        _check_filter(rule)
        _check_actions(rule)
    if not filtered:
        _refuse_overlaps(rules)


def _check_form(rule: Document, *, filtered: bool) -> None:
    if ("Filter" in rule) == ("Prefix" in rule):
        raise S3Error("MalformedXML")
    if filtered and "Prefix" in rule:
        raise S3Error(
            "InvalidRequest",
            "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
        )
    if not filtered and "Filter" in rule:
        raise S3Error("InvalidRequest", "Filter element can only be used in Lifecycle V2.")
    newer = ["NewerNoncurrentVersions" in action for action in _noncurrent_actions(rule)]
    if not filtered and any(newer):
        raise S3Error("InvalidRequest", "NewerNoncurrentVersions element can only be used in Lifecycle V2.")


def _noncurrent_actions(rule: Document) -> list[Document]:
    return [rule.get("NoncurrentVersionExpiration") or {}, *rule.get("NoncurrentVersionTransitions", ())]


def _check_filter(rule: Document) -> None:
    chosen = rule.get("Filter") or {}
    if len(chosen) > 1:
        raise S3Error("MalformedXML")
    wanted = predicates(rule)
    tags = [tag["Key"] for tag in wanted.get("Tags", ())]
    if not all(tags) or ("And" in chosen and len(wanted) - ("Tags" in wanted) + len(tags) < 2):
        raise S3Error("MalformedXML")
    if len(set(tags)) != len(tags):
        raise S3Error("InvalidRequest", "Duplicate Tag Keys are not allowed.")
    larger, smaller = wanted.get("ObjectSizeGreaterThan"), wanted.get("ObjectSizeLessThan")
    for name, size, least in (("ObjectSizeGreaterThan", larger, 0), ("ObjectSizeLessThan", smaller, 1)):
        if size is not None and not least <= size <= _LARGEST_SIZE:
            raise S3Error("InvalidRequest", f"'{name}' should be between {least} and {_LARGEST_SIZE}.")
    if larger is not None and smaller is not None and larger >= smaller:
        raise S3Error(
            "InvalidRequest",
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
        )


def _check_actions(rule: Document) -> None:
    if not any(action in rule for action in _ACTIONS):
        raise S3Error("InvalidRequest", "At least one action needs to be specified in a rule")
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


def _check_date(action: Document) -> None:
    date = action.get("Date")
    if date is not None and date.astimezone(timezone.utc).time() != datetime.min.time():
        raise _invalid("Date", _iso(date), "'Date' must be at midnight GMT")


def _check_positive(action: Document, member: str, name: str) -> None:
    if action.get(member, 1) < 1:
        raise _invalid(member, action[member], f"'{member}' for {name} action must be a positive integer")


def _check_not_negative(action: Document, member: str, name: str) -> None:
    days = action.get(member, 0)
    if days < 0:
        raise _invalid(member, days, f"'{member}' in {name} action must be nonnegative")
    if member in action and action.get("StorageClass") in _INFREQUENT and days < _STAYS["STANDARD_IA"]:
        raise _invalid(
            member,
            days,
            f"'{member}' in {name} action must be greater than or equal to {_STAYS['STANDARD_IA']} for "
            f"storageClass '{action['StorageClass']}'",
        )


def _refuse_filters(rule: Document) -> None:
    """Delete markers and uploads have neither tags nor a size."""
    wanted = predicates(rule)
    for name in _UNFILTERED:
        if name not in rule and name not in (rule.get("Expiration") or {}):
            continue
        if wanted.get("Tags"):
            raise S3Error("InvalidRequest", f"{name} cannot be specified with Tags.")
        if wanted.keys() & {"ObjectSizeGreaterThan", "ObjectSizeLessThan"}:
            raise S3Error("InvalidRequest", f"{name} cannot be specified with Object Size.")


def _check_steps(rule: Document, steps: Sequence[Document], expiration: Document, kind: str) -> None:
    """Transitions go from a warm class to a cold one, with time between them, and end before the expiration.

    `kind` is "Noncurrent" for those of noncurrent versions.
    """
    if not steps:
        return
    action = "NoncurrentVersionTransition" if kind else "Transition"
    where = f"filter '{_described(rule)}'"
    classes = [step["StorageClass"] for step in steps]
    if len(set(classes)) != len(classes):
        raise S3Error(
            "InvalidRequest",
            f"'StorageClass' must be different for '{action}' actions in same 'Rule' with {where}",
        )
    dated = ["Date" in step for step in steps]
    if any(dated) and not all(dated):
        raise S3Error(
            "InvalidRequest",
            f"Found mixed 'Date' and 'Days' based {action} actions in lifecycle rule for {where}",
        )
    member = "Date" if dated[0] else f"{kind}Days"
    for warm, cold in pairwise(sorted(steps, key=lambda step: CLASSES.index(step["StorageClass"]))):
        _check_order(warm, cold, member, action, where)
    if "Date" in expiration or f"{kind}Days" in expiration:
        _check_end(steps, expiration, member, kind, where)


def _check_order(warm: Document, cold: Document, member: str, action: str, where: str) -> None:
    stay = _STAYS.get(warm["StorageClass"], 0)
    gap = cold[member] - warm[member] if member != "Date" else (cold[member] - warm[member]).days
    name = f"'{member}' in the '{action}' action for StorageClass '{cold['StorageClass']}' for {where}"
    if gap <= 0:
        raise _invalid(
            member,
            cold[member],
            f"{name} must be greater than '{member}' in the '{action}' action for StorageClass "
            f"'{warm['StorageClass']}' for {where}",
        )
    if gap < stay:
        raise _invalid(
            member,
            cold[member],
            f"{name} must be {stay} days more than '{where}' in the '{action}' action for StorageClass "
            f"'{warm['StorageClass']}'",
        )


def _check_end(steps: Sequence[Document], expiration: Document, member: str, kind: str, where: str) -> None:
    ending, step = (f"{kind}Version{name}" if kind else name for name in ("Expiration", "Transition"))
    if member not in expiration:
        raise S3Error(
            "InvalidRequest",
            f"Found mixed 'Date' and 'Days' based {ending} and {step} actions in lifecycle rule for {where}",
        )
    if expiration[member] <= max(found[member] for found in steps):
        raise _invalid(
            member,
            expiration[member],
            f"'{member}' in the {ending} action for {where} must be greater than '{member}' in the {step} "
            "action",
        )


def _described(rule: Document) -> str:
    """A rule's filter as S3's messages have it: `(prefix=logs/)`."""
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
    """Of rules in the old form only one may act on a key, of each kind of action."""
    for action in _ACTIONS:
        prefixes = sorted(rule["Prefix"] for rule in rules if action in rule)
        for shorter, longer in pairwise(prefixes):
            if longer.startswith(shorter):
                name = action.removesuffix("s")
                raise S3Error(
                    "InvalidRequest",
                    f"Found overlapping prefixes '{shorter}' and '{longer}' for same action type '{name}'",
                )


def _invalid(member: str, value: object, message: str) -> S3Error:
    text = _iso(value) if isinstance(value, datetime) else str(value)
    return S3Error("InvalidArgument", message, ArgumentName=member, ArgumentValue=text)


def _iso(date: datetime) -> str:
    return date.astimezone(timezone.utc).isoformat()


def _dates(document: dict[str, Any]) -> dict[str, Any]:
    if isinstance(document.get("Date"), str):
        document["Date"] = datetime.fromisoformat(document["Date"])
    return document
