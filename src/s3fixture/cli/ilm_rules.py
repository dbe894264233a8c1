"""Lifecycle rules as the options of `ilm rule` say them, and as files have them.

A rule is a dictionary with boto3's names. https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from s3fixture.cli.quantities import parse_bytes
from s3fixture.cli.tags import parse_tags
from s3fixture.errors import S3FixtureError
from s3fixture.sizes import human_size
from s3fixture.wire.times import parse_iso

Rule = dict[str, Any]
# Options -> the action of a rule and its member.
_ACTIONS: Mapping[str, tuple[str, str]] = {
    "expire_days": ("Expiration", "Days"),
    "expire_delete_marker": ("Expiration", "ExpiredObjectDeleteMarker"),
    "noncurrent_expire_days": ("NoncurrentVersionExpiration", "NoncurrentDays"),
    "noncurrent_expire_newer": ("NoncurrentVersionExpiration", "NewerNoncurrentVersions"),
    "transition_days": ("Transitions", "Days"),
    "transition_tier": ("Transitions", "StorageClass"),
    "noncurrent_transition_days": ("NoncurrentVersionTransitions", "NoncurrentDays"),
    "noncurrent_transition_tier": ("NoncurrentVersionTransitions", "StorageClass"),
    "abort_multipart_days": ("AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
}
_LISTS = ("Transitions", "NoncurrentVersionTransitions")
# mc's files have one transition where S3 has a list: list of S3 -> member of mc.
_OF_MC: Mapping[str, str] = {
    "Transitions": "Transition",
    "NoncurrentVersionTransitions": "NoncurrentVersionTransition",
}
_SIZES = {"size_gt": "ObjectSizeGreaterThan", "size_lt": "ObjectSizeLessThan"}


def new_rule(options: Mapping[str, Any]) -> Rule:
    """A rule of these options. Raises S3FixtureError where they make none."""
    rule = changed_rule({"ID": secrets.token_hex(10), "Filter": {"Prefix": ""}, "Status": "Enabled"}, options)
    if not any(action in rule for action, _ in _ACTIONS.values()):
        raise S3FixtureError("the rule has no action; add one, such as --expire-days 30")
    return rule


def changed_rule(rule: Rule, options: Mapping[str, Any]) -> Rule:
    """The rule with what the options say; None and False say nothing. Raises S3FixtureError."""
    changed = dict(rule)
    wanted = _wanted_filter(options)
    if wanted:
        changed.pop("Prefix", None)  # where rules of the first version have it
        changed["Filter"] = _filter({**filter_of(rule), **wanted})
    for option, (action, member) in _ACTIONS.items():
        value = options.get(option)
        if value is None or value is False:
            continue
        if action in _LISTS:
            changed[action] = [_only(changed, action) | {member: value}]
        else:
            changed[action] = {**changed.get(action, {}), member: value}
    return changed


def filter_of(rule: Rule) -> dict[str, Any]:
    """What the rule is about: Prefix, Tags, ObjectSizeGreaterThan, ObjectSizeLessThan, as far as given."""
    found = {**rule.get("Filter", {})}
    found |= found.pop("And", {})
    if "Tag" in found:
        found["Tags"] = [found.pop("Tag")]
    if rule.get("Prefix"):
        found["Prefix"] = rule["Prefix"]
    return {name: value for name, value in found.items() if value not in ("", [])}


def filter_text(rule: Rule) -> str:
    """Such as `logs/* kind=model >1.0 MiB`; `*` is everything."""
    found = filter_of(rule)
    tags = [f"{tag['Key']}={tag['Value']}" for tag in found.get("Tags", [])]
    marks = zip("><", _SIZES.values(), strict=True)
    sizes = [f"{mark}{human_size(found[name])}" for mark, name in marks if name in found]
    return " ".join([f"{found.get('Prefix', '')}*", *tags, *sizes])


def actions_of(rule: Rule) -> Iterator[tuple[str, str]]:
    """What the rule does to what, for people."""
    expiration = rule.get("Expiration", {})
    if "Days" in expiration or "Date" in expiration:
        yield "latest version", f"expire {_when(expiration, 'Days')}"
    if expiration.get("ExpiredObjectDeleteMarker"):
        yield "delete marker", "remove when nothing is behind it"
    for transition in rule.get("Transitions", []):
        yield "latest version", f"to {transition['StorageClass']} {_when(transition, 'Days')}"
    old = rule.get("NoncurrentVersionExpiration", {})
    if old:
        yield "older versions", f"expire {_when(old, 'NoncurrentDays')}{_but_newest(old)}"
    for transition in rule.get("NoncurrentVersionTransitions", []):
        when = _when(transition, "NoncurrentDays")
        yield "older versions", f"to {transition['StorageClass']} {when}{_but_newest(transition)}"
    uploads = rule.get("AbortIncompleteMultipartUpload", {})
    if uploads:
        yield "unfinished uploads", f"abort {_when(uploads, 'DaysAfterInitiation')}"


def to_json(rules: list[Rule]) -> str:
    """A file for `ilm rule import`, also of mc; with several transitions in a rule in S3's form."""
    alone = all(len(rule.get(name, [])) <= 1 for rule in rules for name in _LISTS)
    written = [_renamed(rule) for rule in rules] if alone else rules
    return json.dumps({"Rules": written}, indent=2, default=_date, ensure_ascii=False)


def from_json(data: bytes, source: str) -> list[Rule]:
    """The rules in a file in the form of mc or of S3. Raises S3FixtureError, which names the source."""
    try:
        rules = json.loads(data)["Rules"]
        if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
        raise S3FixtureError(
            f'{source} has no lifecycle rules{reason}; write {{"Rules": [...]}} as `ilm rule export` does'
        ) from error
    return [_read(rule, source) for rule in rules]


def _read(rule: Rule, source: str) -> Rule:
    found = dict(rule)
    if "Prefix" not in found:
        found.setdefault("Filter", {"Prefix": ""})  # mc leaves out what chooses everything
    for name, of_mc in _OF_MC.items():
        if of_mc in found:
            found[name] = [found.pop(of_mc)]
    for action in (found.get("Expiration"), *found.get("Transitions", [])):
        if isinstance(action, dict) and "Date" in action:
            date = parse_iso(str(action["Date"]))
            if date is None:
                raise S3FixtureError(f"{source}: {action['Date']!r} is not a date; write it as 2030-01-31")
            action["Date"] = date
    return found


def _renamed(rule: Rule) -> Rule:
    return {
        _OF_MC.get(name, name): value[0] if name in _LISTS else value
        for name, value in rule.items()
        if value or name not in _LISTS
    }


def _date(value: object) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else str(value)


def _wanted_filter(options: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if options.get("prefix") is not None:
        found["Prefix"] = options["prefix"]
    if options.get("tags") is not None:
        tags = parse_tags([options["tags"]]) if options["tags"] else {}
        found["Tags"] = [{"Key": name, "Value": value} for name, value in tags.items()]
    for option, member in _SIZES.items():
        if options.get(option) is not None:
            found[member] = parse_bytes(options[option], f"--{option.replace('_', '-')}")
    return found


def _filter(parts: Mapping[str, Any]) -> dict[str, Any]:
    """One condition stands by itself, several in an And."""
    given = {name: value for name, value in parts.items() if value != "" and value != []}
    if not given:
        return {"Prefix": ""}
    if len(given) == 1 and len(given.get("Tags", [0])) == 1:
        return {"Tag": given["Tags"][0]} if "Tags" in given else given
    return {"And": given}


def _only(rule: Rule, action: str) -> dict[str, Any]:
    """The one transition of the rule, empty where it has none. Raises S3FixtureError for several."""
    found = rule.get(action, [])
    if len(found) > 1:
        raise S3FixtureError(
            f"the rule {rule['ID']!r} has several transitions; change it with `ilm rule export` and `import`"
        )
    return dict(found[0]) if found else {}


def _when(action: Mapping[str, Any], member: str) -> str:
    if "Date" in action:
        return f"on {action['Date']:%Y-%m-%d}"
    days = action.get(member, 0)
    return f"after {days} day{'' if days == 1 else 's'}"


def _but_newest(action: Mapping[str, Any]) -> str:
    kept = action.get("NewerNoncurrentVersions")
    return f", keep the newest {kept}" if kept else ""
