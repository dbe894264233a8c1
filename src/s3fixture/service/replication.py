"""Replication between buckets of this server as a document: checked as S3 checks it, kept, and given back.

`replicating` carries it out. Roles are taken on trust, as principals of policies are.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from s3fixture.errors import S3Error
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.documents import REPLICATION, drop_document, kept_document, new_id
from s3fixture.service.names import is_bucket_name
from s3fixture.service.rule_filters import check_filter, wanted_tags
from s3fixture.store import BucketRow, Index

ARN = "arn:aws:s3:::"  # and the name of a bucket
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(.+)")
_LONGEST_ID = 255  # characters
_MOST_RULES = 1000
_SEE_GUIDE = "Please refer to S3 Developer Guide for more information."
_VERSIONED = "Enabled"
_MINUTES = 15  # the one value of times

Rule = Mapping[str, Any]


def get_bucket_replication(call: Call, params: Params) -> Result:
    """Raises ReplicationConfigurationNotFoundError."""
    document = kept_document(call, params, REPLICATION, "ReplicationConfigurationNotFoundError")
    return {"ReplicationConfiguration": json.loads(document)}


def put_bucket_replication(call: Call, params: Params) -> Result:
    """Raises MalformedXML, InvalidRequest, InvalidArgument; the former rules then stay."""
    configuration = params["ReplicationConfiguration"]
    rules = configuration.get("Rules") or []
    if not 0 < len(rules) <= _MOST_RULES:
        raise S3Error("MalformedXML")
    _check_role(configuration["Role"])
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        if bucket.versioning != _VERSIONED:
            raise S3Error(
                "InvalidRequest",
                "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
            )
        _check_rules(rules, bucket, index)
        named = [{**rule, "ID": rule.get("ID") or new_id()} for rule in rules]
        index.put_document(bucket.id, REPLICATION, json.dumps({**configuration, "Rules": named}))
    return {}


def delete_bucket_replication(call: Call, params: Params) -> Result:
    """Succeeds also where there is none."""
    drop_document(call, params, REPLICATION)
    return {}


def _check_role(role: str) -> None:
    match = _ROLE.fullmatch(role)
    if match is None:
        raise _invalid("Role", role, "Invalid Role specified in replication configuration")
    if not match[1].startswith("role/") or match[1] == "role/":
        raise _invalid("Role", role, "The relative id should start with role")


def _check_rules(rules: Sequence[Rule], bucket: BucketRow, index: Index) -> None:
    filtered = all("Filter" in rule for rule in rules)  # the newer schema, with priorities
    for rule in rules:
        if ("Filter" in rule) == ("Prefix" in rule) or "ExistingObjectReplication" in rule:
            raise S3Error("MalformedXML")
        check_filter(rule)
        _check_schema(rule, filtered=filtered)
        _check_selection(rule)
        _check_destination(rule, bucket)
    ids = [rule["ID"] for rule in rules if rule.get("ID")]
    for name in ids:
        if len(name) > _LONGEST_ID:
            raise _invalid("ID", name, f"Rule Id cannot be greater than {_LONGEST_ID}")
        if ids.count(name) > 1:
            raise _invalid("ID", name, "Rule Id must be unique")
    priorities = [rule["Priority"] for rule in rules if "Priority" in rule]
    for priority in priorities:
        if priority < 0:
            raise S3Error("InvalidRequest", "Priority must be between 0 and 2147483647.")
        if priorities.count(priority) > 1:
            raise S3Error("InvalidRequest", f"Found duplicate priority {priority}.")
    for rule in rules:
        target = index.get_bucket(rule["Destination"]["Bucket"].removeprefix(ARN))
        if target is None or target.versioning != _VERSIONED:
            raise S3Error("InvalidRequest", "Destination bucket must have versioning enabled.")


def _check_schema(rule: Rule, *, filtered: bool) -> None:
    for member in ("Priority", "DeleteMarkerReplication"):
        if (member in rule) != filtered:
            how = "must be specified" if filtered else "cannot be used"
            raise S3Error(
                "InvalidRequest",
                f"{member} {how} for this version of Cross Region Replication configuration schema. "
                f"{_SEE_GUIDE}",
            )
    markers = rule.get("DeleteMarkerReplication", {"Status": ""})
    if "Status" not in markers:
        raise S3Error("MalformedXML")
    if markers["Status"] == "Enabled" and wanted_tags(rule):
        raise S3Error(
            "InvalidRequest",
            f"Delete marker replication is not supported if any Tag filter is specified. {_SEE_GUIDE}",
        )


def _check_selection(rule: Rule) -> None:
    criteria = rule.get("SourceSelectionCriteria")
    if criteria is not None and not criteria:
        raise S3Error("InvalidRequest", "SourceSelectionCriteria cannot be empty.")
    has_kms = "SseKmsEncryptedObjects" in (criteria or {})
    encryption = rule["Destination"].get("EncryptionConfiguration")
    if encryption is not None and not has_kms:
        raise S3Error(
            "InvalidRequest",
            "SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.",
        )
    if has_kms and not (encryption or {}).get("ReplicaKmsKeyID"):
        raise S3Error(
            "InvalidRequest", "ReplicaKmsKeyID must be specified if SseKmsEncryptedObjects tag is present."
        )


def _check_destination(rule: Rule, bucket: BucketRow) -> None:
    destination = rule["Destination"]
    arn = destination["Bucket"]
    if not arn.startswith(ARN):
        raise _invalid("Bucket", arn, "Invalid bucket ARN")
    name = arn.removeprefix(ARN)
    if not is_bucket_name(name):
        raise _invalid("Bucket", arn, "The specified bucket is not valid.")
    if name == bucket.name:
        raise S3Error("InvalidRequest", "Destination bucket cannot be the same as the source bucket.")
    if "AccessControlTranslation" in destination and not destination.get("Account"):
        raise S3Error(
            "InvalidRequest",
            "Account must be specified if the Owner in AccessControlTranslation has a value",
        )
    _check_times(destination)


def _check_times(destination: Mapping[str, Any]) -> None:
    metrics, time = destination.get("Metrics"), destination.get("ReplicationTime")
    threshold = (metrics or {}).get("EventThreshold")
    if time is not None:
        if metrics is None:
            raise S3Error(
                "InvalidRequest",
                "Replication destination must contain both ReplicationTime and Metrics or neither.",
            )
        if time["Time"].get("Minutes") != _MINUTES:
            raise _invalid("ReplicationTime", "", "Invalid time minute value")
    if time is not None and time["Status"] == "Enabled":
        if threshold is None:
            raise _invalid("ReplicationMetrics", "", "ReplicationMetrics must contain an event threshold")
        if threshold.get("Minutes") != _MINUTES:
            raise _invalid("ReplicationMetrics", "", "Invalid event threshold minute value")
    elif threshold is not None:
        raise _invalid(
            "Metrics",
            "",
            "Metrics cannot contain an event threshold when ReplicationTime is not specified or Disabled",
        )


def _invalid(name: str, value: str, message: str) -> S3Error:
    fields = {"ArgumentValue": value} if value else {}
    return S3Error("InvalidArgument", message, headers=None, ArgumentName=name, **fields)
