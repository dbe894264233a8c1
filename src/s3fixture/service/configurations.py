"""Metrics, analytics, inventory and intelligent tiering: configurations of which a bucket has many, by id.

They are checked, stored and listed; nothing is measured, moved or reported by them.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html and its neighbours
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from s3fixture import limits, refusals
from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Operation, Params, Result
from s3fixture.service.continuation import from_token, to_token

_FILTERS = frozenset({"AccessPointArn", "And", "Prefix", "Tag"})
_BUCKET_ARN = "arn:aws:s3:::"


class Kind(NamedTuple):
    """`name` is the kind of document that holds them, `member` what requests and answers call one."""

    name: str
    member: str
    check: Callable[[Mapping[str, Any]], None]
    mismatch: str = "MalformedXML"  # the code when the document has another id than the query


def _put(kind: Kind, call: Call, params: Params) -> Result:
    configuration = params[kind.member]
    if configuration["Id"] != params["Id"]:
        raise S3Error(kind.mismatch)
    kind.check(configuration)
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        known = _parse(index.get_document(bucket.id, kind.name))
        known[params["Id"]] = configuration
        if len(known) > limits.CONFIGURATIONS:
            raise S3Error("TooManyConfigurations")
        index.put_document(bucket.id, kind.name, json.dumps(known))
    return {}


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
    """In the order of their ids."""
    known = _read(kind, call, params)
    token = params.get("ContinuationToken")
    after = from_token(token) if token else ""
    found = sorted(name for name in known if name > after)
    page = found[: limits.CONFIGURATION_PAGE]
    result: Result = {"IsTruncated": len(found) > len(page)}
    if page:
        result[f"{kind.member}List"] = [known[name] for name in page]
    if token:
        result["ContinuationToken"] = token
    if result["IsTruncated"]:
        result["NextContinuationToken"] = to_token(page[-1])
    return result


def _read(kind: Kind, call: Call, params: Params) -> dict[str, Any]:
    with call.store.read() as index:
        return _parse(index.get_document(call.bucket(index, params["Bucket"]).id, kind.name))


def _parse(document: str | None) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(document) if document else {}
    return known


def _check_filter(configuration: Mapping[str, Any]) -> None:
    """A filter is one thing, or several in And."""
    if "Filter" in configuration and len(configuration["Filter"].keys() & _FILTERS) != 1:
        raise S3Error("MalformedXML")


def _check_analytics(configuration: Mapping[str, Any]) -> None:
    _check_filter(configuration)
    export = configuration["StorageClassAnalysis"].get("DataExport")
    if export:
        _check_bucket(export["Destination"]["S3BucketDestination"])


def _check_inventory(configuration: Mapping[str, Any]) -> None:
    _check_bucket(configuration["Destination"]["S3BucketDestination"])


def _check_bucket(destination: Mapping[str, Any]) -> None:
    if not destination["Bucket"].startswith(_BUCKET_ARN):
        raise refusals.DESTINATION_BUCKET()


def _of(kind: Kind, operate: Callable[[Kind, Call, Params], Result]) -> Operation:
    def operation(call: Call, params: Params) -> Result:
        return operate(kind, call, params)

    return operation


_ANALYTICS = Kind("analytics", "AnalyticsConfiguration", _check_analytics)
_INVENTORY = Kind("inventory", "InventoryConfiguration", _check_inventory, "IdMismatch")
_METRICS = Kind("metrics", "MetricsConfiguration", _check_filter)
_TIERING = Kind("intelligent-tiering", "IntelligentTieringConfiguration", _check_filter)

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
