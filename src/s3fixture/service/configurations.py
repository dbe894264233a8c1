"""Metrics, analytics, inventory and intelligent tiering: a bucket has many of these configurations, by id.

They are checked, stored and listed, but have no effect.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html and its neighbours
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping
from typing import Any

from s3fixture import limits, refusals, rule_refusals
from s3fixture.auth.actions import BUCKET_ARN
from s3fixture.errors import S3Error
from s3fixture.named_tuples import NamedTuple
from s3fixture.service.call import Call, Operation, Params, Result
from s3fixture.service.continuation import from_token, to_token

_FILTERS = frozenset({"AccessPointArn", "And", "Prefix", "Tag"})
_ID_CHARACTERS = frozenset(string.ascii_letters + string.digits + ".-_")
_ARCHIVE, _DEEP_ARCHIVE = "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"
_LEAST_DAYS = {_ARCHIVE: limits.ARCHIVE_DAYS, _DEEP_ARCHIVE: limits.DEEP_ARCHIVE_DAYS}


class Kind(NamedTuple):
    """`name` is the kind of document that holds them, `member` the name of one in requests and answers.

    `bad_id` is the error code for an invalid id; None: `check` refuses it with its own error.
    """

    name: str
    member: str
    check: Callable[[Mapping[str, Any]], None]
    bad_id: str | None = "MalformedXML"
    mismatch: str = "MalformedXML"  # the code when the document has another id than the query


def _put(kind: Kind, call: Call, params: Params) -> Result:
    configuration = params[kind.member]
    check(kind, params["Id"], configuration)
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        known = _parse(index.get_document(bucket.id, kind.name))
        known[params["Id"]] = configuration
        check_count(known)
        index.put_document(bucket.id, kind.name, json.dumps(known))
    return {}


def check_count(known: Mapping[str, Any]) -> None:
    """Raise TooManyConfigurations."""
    if len(known) > limits.CONFIGURATIONS:
        raise S3Error("TooManyConfigurations")


def check(kind: Kind, name: str, configuration: Mapping[str, Any]) -> None:
    """Raise S3's error for a configuration that is invalid, or has another id."""
    if kind.bad_id and not _is_id(configuration["Id"]):
        raise S3Error(kind.bad_id)
    if configuration["Id"] != name:
        raise S3Error(kind.mismatch)
    kind.check(configuration)


def _get(kind: Kind, call: Call, params: Params) -> Result:
    known = _read(kind, call, params)
    if params["Id"] not in known:
        raise S3Error("NoSuchConfiguration")
    return {kind.member: known[params["Id"]]}


def _delete(kind: Kind, call: Call, params: Params) -> Result:
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        known = _parse(index.get_document(bucket.id, kind.name))
        if known.pop(params["Id"], None) is None:
            raise S3Error("NoSuchConfiguration")
        if known:
            index.put_document(bucket.id, kind.name, json.dumps(known))
        else:
            index.delete_document(bucket.id, kind.name)
    return {}


def _list(kind: Kind, call: Call, params: Params) -> Result:
    """Ordered by id."""
    known = _read(kind, call, params)
    token = params.get("ContinuationToken")
    after = _place(token) if token else ""
    found = sorted(name for name in known if name > after)
    page = found[: limits.CONFIGURATION_PAGE]
    result: Result = {"IsTruncated": len(found) > len(page)}
    if page:
        result[f"{kind.member}List"] = [known[name] for name in page]
    if token is not None:
        result["ContinuationToken"] = token
    if result["IsTruncated"]:
        result["NextContinuationToken"] = to_token(page[-1])
    return result


def _place(token: str) -> str:
    """The id after which to go on. Raises MalformedContinuationToken, which only these lists have."""
    try:
        return from_token(token)
    except S3Error:
        raise S3Error("MalformedContinuationToken") from None


def _read(kind: Kind, call: Call, params: Params) -> dict[str, Any]:
    with call.store.read() as index:
        return _parse(index.get_document(call.bucket(index, params["Bucket"]).id, kind.name))


def _parse(document: str | None) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(document) if document else {}
    return known


def _is_id(text: str) -> bool:
    """Whether this id is valid: https://docs.aws.amazon.com/AmazonS3/latest/API/API_MetricsConfiguration.html

    For an invalid id, S3 answers InvalidConfigurationId for inventories (the S3 tests of KSAN, by PSPACE) and
    MalformedXML for metrics.
    """
    return 0 < len(text) <= limits.CONFIGURATION_ID_LENGTH and _ID_CHARACTERS.issuperset(text)


def _check_filter(configuration: Mapping[str, Any]) -> None:
    """Check that a filter has one predicate, or And, which "must have at least two predicates".

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_MetricsFilter.html
    """
    wanted = configuration.get("Filter")
    if wanted is None:
        return
    if len(wanted.keys() & _FILTERS) != 1:
        raise S3Error("MalformedXML")
    both = wanted.get("And")
    if both is not None and len(both.keys() - {"Tags"}) + len(both.get("Tags", ())) < 2:
        raise S3Error("MalformedXML")


def _check_analytics(configuration: Mapping[str, Any]) -> None:
    _check_filter(configuration)
    export = configuration["StorageClassAnalysis"].get("DataExport")
    if export:
        _check_bucket(export["Destination"]["S3BucketDestination"])


def _check_inventory(configuration: Mapping[str, Any]) -> None:
    _check_bucket(configuration["Destination"]["S3BucketDestination"])


def _check_tiering(configuration: Mapping[str, Any]) -> None:
    """Raise InvalidConfigId, InvalidAccessTier, InvalidAnd, InvalidPrefix, MalformedXML.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tiering.html
    """
    _check_tiering_id(configuration["Id"])
    _check_tiering_filter(configuration.get("Filter") or {})
    _check_filter(configuration)
    days: dict[str, int] = {}
    if not configuration["Tierings"]:
        raise S3Error("MalformedXML")
    for tiering in configuration["Tierings"]:
        tier = tiering["AccessTier"]
        if tier in days:
            raise rule_refusals.TIER_TWICE(tier=tier)
        days[tier] = tiering["Days"]
        if days[tier] < _LEAST_DAYS[tier]:
            raise rule_refusals.TIER_TOO_SOON(tier=tier, days=str(_LEAST_DAYS[tier]))
        if days[tier] > limits.TIERING_DAYS:
            raise rule_refusals.TIER_TOO_LATE(tier=tier)
    if days.keys() == _LEAST_DAYS.keys() and days[_DEEP_ARCHIVE] <= days[_ARCHIVE]:
        raise rule_refusals.TIERS_OUT_OF_ORDER()


def _check_tiering_id(text: str) -> None:
    if not text:
        raise rule_refusals.NO_CONFIG_ID()
    if len(text) > limits.CONFIGURATION_ID_LENGTH:
        raise rule_refusals.CONFIG_ID_TOO_LONG()
    if not _is_id(text):
        raise rule_refusals.CONFIG_ID_CHARACTERS()


def _check_tiering_filter(wanted: Mapping[str, Any]) -> None:
    both = wanted.get("And", {})
    keys = [tag["Key"] for tag in both.get("Tags", ())]
    if "And" in wanted and len(keys) + ("Prefix" in both) < 2:
        raise rule_refusals.TIERING_AND()
    if "" in (wanted.get("Prefix"), both.get("Prefix")):
        raise rule_refusals.TIERING_PREFIX()
    for key in keys:
        if keys.count(key) > 1:
            raise rule_refusals.TIERING_TAG_TWICE(key=key)


def _check_bucket(destination: Mapping[str, Any]) -> None:
    if not destination["Bucket"].startswith(BUCKET_ARN):
        raise refusals.DESTINATION_BUCKET()


def _of(kind: Kind, operate: Callable[[Kind, Call, Params], Result]) -> Operation:
    def operation(call: Call, params: Params) -> Result:
        return operate(kind, call, params)

    return operation


_ANALYTICS = Kind("analytics", "AnalyticsConfiguration", _check_analytics)
_INVENTORY = Kind(
    "inventory", "InventoryConfiguration", _check_inventory, "InvalidConfigurationId", "IdMismatch"
)
_METRICS = Kind("metrics", "MetricsConfiguration", _check_filter)
_TIERING = Kind("intelligent-tiering", "IntelligentTieringConfiguration", _check_tiering, bad_id=None)
KINDS = (_ANALYTICS, _INVENTORY, _METRICS, _TIERING)

delete_bucket_analytics_configuration: Operation = _of(_ANALYTICS, _delete)
delete_bucket_intelligent_tiering_configuration: Operation = _of(_TIERING, _delete)
delete_bucket_inventory_configuration: Operation = _of(_INVENTORY, _delete)
delete_bucket_metrics_configuration: Operation = _of(_METRICS, _delete)
get_bucket_analytics_configuration: Operation = _of(_ANALYTICS, _get)
get_bucket_intelligent_tiering_configuration: Operation = _of(_TIERING, _get)
get_bucket_inventory_configuration: Operation = _of(_INVENTORY, _get)
get_bucket_metrics_configuration: Operation = _of(_METRICS, _get)
list_bucket_analytics_configurations: Operation = _of(_ANALYTICS, _list)
list_bucket_intelligent_tiering_configurations: Operation = _of(_TIERING, _list)
list_bucket_inventory_configurations: Operation = _of(_INVENTORY, _list)
list_bucket_metrics_configurations: Operation = _of(_METRICS, _list)
put_bucket_analytics_configuration: Operation = _of(_ANALYTICS, _put)
put_bucket_intelligent_tiering_configuration: Operation = _of(_TIERING, _put)
put_bucket_inventory_configuration: Operation = _of(_INVENTORY, _put)
put_bucket_metrics_configuration: Operation = _of(_METRICS, _put)
