"""Replication between buckets of this server as a document: checked as S3 checks it, stored, and returned.

`replication_jobs` applies it. Roles are not checked, as there are none here.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from s3fixture import limits
from s3fixture import rule_refusals as refusals
from s3fixture.auth.actions import BUCKET_ARN
from s3fixture.auth.identity import Identities, account_id
from s3fixture.errors import S3Error
from s3fixture.service.bucket_documents import REPLICATION, delete_document, get_document, new_id
from s3fixture.service.call import Call, Params, Result
from s3fixture.service.names import is_bucket_name
from s3fixture.service.rule_filters import check_filter, check_ids, predicates, wanted_tags
from s3fixture.store import BucketRow, Index

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(.+)")
_VERSIONED = "Enabled"
_MINUTES = 15  # the one value of times

Rule = Mapping[str, Any]


def get_bucket_replication(call: Call, params: Params) -> Result:
    """Raises ReplicationConfigurationNotFoundError."""
    document = get_document(call, params, REPLICATION, "ReplicationConfigurationNotFoundError")
    return {"ReplicationConfiguration": json.loads(document)}


def put_bucket_replication(call: Call, params: Params) -> Result:
    """Raises MalformedXML, InvalidRequest or InvalidArgument; the former rules then stay."""
    configuration = params["ReplicationConfiguration"]
    with call.store.write() as index:
        bucket = call.bucket(index, params["Bucket"])
        rules = checked_rules(configuration, bucket)
        if is_of_other_account(configuration["Role"], bucket, call.access.identities):
            raise refusals.ROLE_OF_OTHER_ACCOUNT()
        call.access.check_pass_role(call, params, configuration["Role"])
        _check_targets(rules, index)
        named = [{**rule, "ID": rule.get("ID") or new_id()} for rule in rules]
        index.put_document(bucket.id, REPLICATION, json.dumps({**configuration, "Rules": named}))
    return {}


def delete_bucket_replication(call: Call, params: Params) -> Result:
    """Succeeds also when there is no configuration."""
    delete_document(call, params, REPLICATION)
    return {}


def is_of_other_account(role: str, bucket: BucketRow, identities: Identities) -> bool:
    """Whether a role is one of another account of this server, for which the bucket's owner cannot speak."""
    return identities.has_other(role.split(":")[4], account_id(bucket.owner))


def _check_role(role: str) -> None:
    match = _ROLE.fullmatch(role)
    if match is None:
        raise refusals.BAD_ROLE(role)
    if not match[1].startswith("role/") or match[1] == "role/":
        raise refusals.NO_ROLE(role)


def checked_rules(configuration: Mapping[str, Any], bucket: BucketRow) -> Sequence[Rule]:
    """The rules; their targets are not checked. Raises MalformedXML, InvalidRequest or InvalidArgument."""
    rules: Sequence[Rule] = configuration.get("Rules") or []
    if not 0 < len(rules) <= limits.REPLICATION_RULES:
        raise S3Error("MalformedXML")
    _check_role(configuration["Role"])
    if bucket.versioning != _VERSIONED:
        raise refusals.UNVERSIONED_SOURCE()
    _check_rules(rules, bucket)
    return rules


def _check_rules(rules: Sequence[Rule], bucket: BucketRow) -> None:
    filtered = all("Filter" in rule for rule in rules)  # the newer schema, with priorities
    for rule in rules:
        if ("Filter" in rule) == ("Prefix" in rule) or "ExistingObjectReplication" in rule:
            raise S3Error("MalformedXML")
        check_filter(rule)
        prefix = predicates(rule).get("Prefix", "")
        if len(prefix.encode()) > limits.KEY_SIZE:
            raise refusals.REPLICATION_PREFIX_TOO_LONG(prefix)
        _check_schema(rule, filtered=filtered)
        _check_selection(rule)
        _check_destination(rule, bucket)
    check_ids(rules, refusals.REPLICATION_ID_TOO_LONG, refusals.REPLICATION_ID_TWICE)
    _check_priorities([rule["Priority"] for rule in rules if "Priority" in rule])


def _check_priorities(priorities: Sequence[int]) -> None:
    numbers = Counter(priorities)
    for priority in priorities:
        if priority < 0:
            raise refusals.BAD_PRIORITY()
        if numbers[priority] > 1:
            raise refusals.PRIORITY_TWICE(priority=str(priority))


def _check_targets(rules: Sequence[Rule], index: Index) -> None:
    for rule in rules:
        target = index.get_bucket(rule["Destination"]["Bucket"].removeprefix(BUCKET_ARN))
        if target is None or target.versioning != _VERSIONED:
            raise refusals.UNVERSIONED_TARGET()


def _check_schema(rule: Rule, *, filtered: bool) -> None:
    for member in ("Priority", "DeleteMarkerReplication"):
        if (member in rule) != filtered:
            how = "must be specified" if filtered else "cannot be used"
            raise refusals.OTHER_SCHEMA(member=member, how=how)
    markers = rule.get("DeleteMarkerReplication", {"Status": ""})
    if "Status" not in markers:
        raise S3Error("MalformedXML")
    if markers["Status"] == "Enabled" and wanted_tags(rule):
        raise refusals.TAGGED_MARKERS()


def _check_selection(rule: Rule) -> None:
    criteria = rule.get("SourceSelectionCriteria")
    if criteria is not None and not criteria:
        raise refusals.NO_SELECTION()
    has_kms = "SseKmsEncryptedObjects" in (criteria or {})
    encryption = rule["Destination"].get("EncryptionConfiguration")
    if encryption is not None and not has_kms:
        raise refusals.KMS_UNSELECTED()
    if has_kms and not (encryption or {}).get("ReplicaKmsKeyID"):
        raise refusals.KMS_KEY_MISSING()


def _check_destination(rule: Rule, bucket: BucketRow) -> None:
    destination = rule["Destination"]
    arn = destination["Bucket"]
    if not arn.startswith(BUCKET_ARN):
        raise refusals.BAD_BUCKET_ARN(arn)
    name = arn.removeprefix(BUCKET_ARN)
    if not is_bucket_name(name):
        raise refusals.BAD_TARGET_NAME(arn)
    if name == bucket.name:
        raise refusals.TARGET_IS_SOURCE()
    if "AccessControlTranslation" in destination and not destination.get("Account"):
        raise refusals.ACCOUNT_MISSING()
    _check_times(destination)


def _check_times(destination: Mapping[str, Any]) -> None:
    metrics, time = destination.get("Metrics"), destination.get("ReplicationTime")
    threshold = (metrics or {}).get("EventThreshold")
    if time is not None:
        if metrics is None:
            raise refusals.METRICS_MISSING()
        if time["Time"].get("Minutes") != _MINUTES:
            raise refusals.BAD_TIME()
    if time is not None and time["Status"] == "Enabled":
        if threshold is None:
            raise refusals.NO_THRESHOLD()
        if threshold.get("Minutes") != _MINUTES:
            raise refusals.BAD_THRESHOLD()
    elif threshold is not None:
        raise refusals.THRESHOLD_ALONE()
