"""Event notifications as documents: checked as S3 checks them, stored, and returned.

`notification_rules` evaluates them, `events` acts on them.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from itertools import combinations
from typing import Any

from s3fixture import limits
from s3fixture import rule_refusals as refusals
from s3fixture.errors import S3Error
from s3fixture.model import load_model
from s3fixture.model.shapes import StringShape
from s3fixture.service.bucket_documents import NOTIFICATION, new_id
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.destinations import ArnError, parse_arn
from s3fixture.service.notification_rules import DESTINATIONS, MINIO_EVENTS, Rule, covers, rules_of
from s3fixture.store import BucketRow, Index
from s3fixture.wire.times import iso_millis

_FILTERS = ("Prefix", "Suffix")
# Member of the configuration -> the element that errors name.
_ELEMENTS: Mapping[str, str] = {
    "TopicConfigurations": "Topic",
    "QueueConfigurations": "Queue",
    "LambdaFunctionConfigurations": "CloudFunction",
}


def get_bucket_notification_configuration(call: Call, params: Params) -> Result:
    """Empty when there is no configuration."""
    with call.store.read() as index:
        document = index.get_document(call.bucket(index, params["Bucket"]).id, NOTIFICATION)
    result: Result = json.loads(document) if document else {}
    return _as_minio_writes(result) if call.settings.defaults == "minio" else result


def put_bucket_notification_configuration(call: Call, params: Params) -> Result:
    """Sends each destination a test event. Raises InvalidArgument or MalformedXML; then nothing changes."""
    with call.store.read() as index:
        bucket = call.bucket(index, params["Bucket"])
    more = MINIO_EVENTS if call.settings.defaults == "minio" else frozenset[str]()
    configuration = checked(params["NotificationConfiguration"], bucket, more)
    rules = tuple(rules_of(configuration))
    if not params.get("SkipDestinationValidation"):
        _find_destinations(call, rules)
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if not configuration:
            index.delete_document(bucket.id, NOTIFICATION)
            return {}
        index.put_document(bucket.id, NOTIFICATION, json.dumps(configuration))
        if not params.get("SkipDestinationValidation"):
            _send_test_events(call, index, bucket, rules)
    return {}


def checked(
    configuration: Mapping[str, Any], bucket: BucketRow, more_events: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The configuration as it is stored. Raises InvalidArgument or MalformedXML."""
    events = known_events() | more_events
    kept = {
        member: value
        if member not in DESTINATIONS
        else [_checked(rule, member, bucket, events) for rule in value]
        for member, value in configuration.items()
    }
    rules = tuple(rules_of(kept))
    if len(rules) > limits.NOTIFICATION_RULES:
        raise refusals.TOO_MANY_NOTIFICATIONS()
    if len({rule.id for rule in rules}) != len(rules):
        raise refusals.NOTIFICATION_ID_TWICE()
    _refuse_overlaps(rules, events)
    return kept


def _as_minio_writes(configuration: Mapping[str, Any]) -> Result:
    """With the names of filters in lower case, by which MinIO's clients find a rule to remove it."""
    written: Result = {**configuration}
    for member in DESTINATIONS.keys() & configuration.keys():
        written[member] = [
            {**rule, "Filter": _filter_in_lower_case(rule["Filter"])} if "Filter" in rule else rule
            for rule in configuration[member]
        ]
    return written


def _filter_in_lower_case(found: Mapping[str, Any]) -> dict[str, Any]:
    rules = found["Key"]["FilterRules"]
    return {"Key": {"FilterRules": [{**rule, "Name": rule["Name"].lower()} for rule in rules]}}


def _checked(
    rule: Mapping[str, Any], member: str, bucket: BucketRow, events: frozenset[str]
) -> dict[str, Any]:
    """The rule with an id, and with S3's spelling of the names of its filters."""
    element, arn = _ELEMENTS[member], rule[DESTINATIONS[member]]
    if len(rule.get("Id", "")) > limits.RULE_ID_LENGTH:
        raise refusals.NOTIFICATION_ID_TOO_LONG()
    try:
        destination = parse_arn(arn, element)
    except ArnError:
        raise refusals.BAD_ARN(arn, ArgumentName=element) from None
    if destination.region not in ("", bucket.region):
        raise refusals.OTHER_REGION(arn, ArgumentName=element)
    for event in rule["Events"]:
        if event not in events:
            raise refusals.BAD_EVENT(event)
    checked = {**rule, "Id": rule.get("Id") or new_id()}
    if "Filter" in rule:
        filters = [_checked_filter(found) for found in rule["Filter"].get("Key", {}).get("FilterRules", ())]
        if len({found["Name"] for found in filters}) != len(filters):
            raise refusals.FILTER_TWICE(filters[0]["Name"])
        checked["Filter"] = {"Key": {"FilterRules": filters}}
    return checked


@cache  # it depends on the model alone
def known_events() -> frozenset[str]:
    """All names of events, such as s3:ObjectCreated:Put and s3:ObjectCreated:*."""
    shape = load_model().shape_for("Event")
    assert isinstance(shape, StringShape)
    return frozenset(shape.enum)


def _checked_filter(found: Mapping[str, str]) -> dict[str, str]:
    if "Name" not in found or "Value" not in found:
        raise S3Error("MalformedXML")
    name = found["Name"].capitalize()
    if name not in _FILTERS:
        raise refusals.FILTER_NAME(found["Name"])
    if len(found["Value"].encode()) > limits.KEY_SIZE:
        raise refusals.FILTER_VALUE_TOO_LONG()
    return {"Name": name, "Value": found["Value"]}


def _refuse_overlaps(rules: tuple[Rule, ...], known: frozenset[str]) -> None:
    """An event of a key goes to one destination only."""
    events = {
        rule.id: {name for event in rule.events for name in known if covers(event, name)} for rule in rules
    }
    for one, other in combinations(rules, 2):
        if (
            not events[one.id].isdisjoint(events[other.id])
            and (one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix))
            and (one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix))
        ):
            raise refusals.OVERLAPPING_EVENTS()


def _find_destinations(call: Call, rules: tuple[Rule, ...]) -> None:
    """Raise InvalidArgument, naming each destination that does not exist."""
    missing = call.background.destinations.missing(dict.fromkeys(rule.arn for rule in rules))
    fields: dict[str, str] = {}
    for number, (arn, reason) in enumerate(missing.items(), 1):
        name = f"{arn}, null" if ":lambda:" in arn else arn  # as S3 was seen to write it
        fields |= {f"ArgumentName{number}": name, f"ArgumentValue{number}": reason}
    if fields:
        raise refusals.NO_DESTINATION(**fields)


def _send_test_events(call: Call, index: Index, bucket: BucketRow, rules: tuple[Rule, ...]) -> None:
    message = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso_millis(call.clock.time()),
        "Bucket": bucket.name,
        "RequestId": call.request_id,
        "HostId": call.host_id,
    }
    for arn in dict.fromkeys(rule.arn for rule in rules):
        if not arn.startswith("arn:aws:lambda:"):  # for functions, the check looks at their policy instead
            body = {"bucket": bucket.name, "key": "", "event": "s3:TestEvent", "message": message}
            call.background.add(index, "event", queue=f"event {arn}", body={"arn": arn, **body})
