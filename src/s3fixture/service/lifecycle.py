"""Lifecycle rules as documents: checked as S3 checks them and given back. Nothing expires by them here.

S3 itself carries rules out once a day, some time after midnight, so that no test can wait for it.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.documents import drop_document, keep_document, kept_document

_LIFECYCLE = "lifecycle"  # the kind of the document that holds a bucket's rules
_MOST_RULES = 1000
_LONGEST_ID = 255  # characters
_STATES = ("Enabled", "Disabled")
_ACTIONS = (
    "AbortIncompleteMultipartUpload",
    "Expiration",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "Transitions",
)
_FILTERS = ("And", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "Prefix", "Tag")
_WHEN = ("Date", "Days", "ExpiredObjectDeleteMarker")

Rule = Mapping[str, Any]


def get_bucket_lifecycle_configuration(call: Call, params: Params) -> Result:
    """Raises NoSuchLifecycleConfiguration."""
    document = kept_document(call, params, _LIFECYCLE, "NoSuchLifecycleConfiguration")
    return {"Rules": json.loads(document, object_hook=_with_dates)}


def put_bucket_lifecycle_configuration(call: Call, params: Params) -> Result:
    """Raises MalformedXML, InvalidRequest, InvalidArgument; the former rules then stay."""
    rules = (params.get("LifecycleConfiguration") or {}).get("Rules") or []
    if not 0 < len(rules) <= _MOST_RULES:
        raise S3Error("MalformedXML")
    named = [{"ID": secrets.token_urlsafe(36), **rule} for rule in rules]
    for rule in named:
        _check_rule(rule)
    if len({rule["ID"] for rule in named}) != len(named):
        raise S3Error("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    keep_document(call, params, _LIFECYCLE, json.dumps(named, default=datetime.isoformat))
    return {}


def delete_bucket_lifecycle(call: Call, params: Params) -> Result:
    """Succeeds also where there are none."""
    drop_document(call, params, _LIFECYCLE)
    return {}


def _check_rule(rule: Rule) -> None:
    if rule.get("Status") not in _STATES or ("Filter" in rule) == ("Prefix" in rule):
        raise S3Error("MalformedXML")
    if len(rule["ID"]) > _LONGEST_ID:
        raise S3Error("InvalidArgument", f"ID length should not exceed allowed limit of {_LONGEST_ID}")
    if len([name for name in _FILTERS if name in (rule.get("Filter") or {})]) > 1:
        raise S3Error("MalformedXML")
    if not any(rule.get(action) for action in _ACTIONS):
        raise S3Error("InvalidRequest", "At least one action needs to be specified in a rule")
    _check_expiration(rule.get("Expiration") or {})
    for transition in rule.get("Transitions", ()):
        _check_moment(transition, "Transition")
    upload = rule.get("AbortIncompleteMultipartUpload") or {}
    _check_positive(upload, "DaysAfterInitiation", "AbortIncompleteMultipartUpload")
    _check_positive(
        rule.get("NoncurrentVersionExpiration") or {}, "NoncurrentDays", "NoncurrentVersionExpiration"
    )


def _check_expiration(expiration: Mapping[str, Any]) -> None:
    if len([name for name in _WHEN if name in expiration]) > 1:
        raise S3Error("MalformedXML")
    _check_positive(expiration, "Days", "Expiration")
    _check_moment(expiration, "Expiration")


def _check_moment(action: Mapping[str, Any], name: str) -> None:
    if "Days" in action and "Date" in action:
        raise S3Error("MalformedXML")
    date = action.get("Date")
    if isinstance(date, datetime) and date.astimezone(timezone.utc).time() != datetime.min.time():
        raise S3Error("InvalidArgument", "'Date' must be at midnight GMT")
    if action.get("Days", 0) < 0:
        raise S3Error("InvalidArgument", f"'Days' for {name} action must be nonnegative")


def _check_positive(action: Mapping[str, Any], member: str, name: str) -> None:
    if action.get(member, 1) <= 0:
        raise S3Error("InvalidArgument", f"'{member}' for {name} action must be a positive integer")


def _with_dates(document: dict[str, Any]) -> dict[str, Any]:
    if isinstance(document.get("Date"), str):
        document["Date"] = datetime.fromisoformat(document["Date"])
    return document
