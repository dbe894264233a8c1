"""Replicates new versions to other buckets, each by a job; the jobs of a bucket keep their order.

A replica has the version id, the metadata and the modification time of its source, and its owner and ACL
unless the rule changes the owner. Deleting a version is not replicated, and neither is a replica.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from s3fixture.auth.actions import BUCKET_ARN, Permission
from s3fixture.auth.identity import account_id
from s3fixture.errors import S3Error
from s3fixture.service.acls import acl_of, allowed_by_acls, note_owner
from s3fixture.service.bucket_documents import ACL, REPLICATION
from s3fixture.service.call import Call, Result
from s3fixture.service.encryption import AES256, CUSTOMER, ENCRYPTION, HEADER, OF_KMS, encryption_of
from s3fixture.service.kms import Place
from s3fixture.service.metadata import ARCHIVED
from s3fixture.service.object_lock import LOCK, lock_of_replica, replicated_lock, with_lock
from s3fixture.service.ownership import acls_enabled, owner_of
from s3fixture.service.replication import is_of_other_account
from s3fixture.service.rule_filters import predicates, wanted_tags
from s3fixture.service.versions import version_of_job
from s3fixture.store import BucketRow, Index, NewVersion, Version
from s3fixture.wire.times import iso_millis

if TYPE_CHECKING:
    from s3fixture.service.background import Background
    from s3fixture.store import Job

# Part of an extra record: `status`, and `waiting`, the buckets that do not have the version yet.
PENDING, COMPLETED, FAILED, REPLICA = "PENDING", "COMPLETED", "FAILED", "REPLICA"
_NOT_COPIED = frozenset({ACL, REPLICATION, "restore", "upload_id"})  # parts of an extra record
# What is replicated -> the failure reason where the other account does not let it in.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-failure-codes.html
_NOT_LET_IN: Mapping[str, str] = {
    "version": "DstPutObjectNotPermitted",
    "acl": "DstPutAclNotPermitted",
    "tagged": "DstPutTaggingNotPermitted",
    "untagged": "DstPutTaggingNotPermitted",
    "locked": "DstPutRetentionNotPermitted",
    "change": "DstPutObjectNotPermitted",  # any of the last four, in jobs of older data folders
}
_SINCE_FILTERS = "DeleteMarkerReplication"  # rules without it replicate delete markers

Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Source:
    """A version of a bucket with rules, within one write."""

    background: Background
    index: Index
    bucket: BucketRow
    version: Version


def is_record(value: Mapping[str, Any]) -> bool:
    """Whether a value from a saved state is a valid record."""
    waiting = value.get("waiting", [])
    return (
        value.keys() <= {"status", "waiting"}
        and value.get("status") in (PENDING, COMPLETED, FAILED, REPLICA)
        and isinstance(waiting, list)
        and all(isinstance(name, str) for name in waiting)
    )


def status_of(version: Version) -> str:
    """x-amz-replication-status; "" when no rule matched."""
    status: str = version.extra.get(REPLICATION, {}).get("status", "")
    return status


def follow(call: Call, _result: Result) -> None:
    """Add the jobs that replicate what was written."""
    with call.store.write() as index:
        for fact in call.facts:
            document = index.get_document(fact.bucket.id, REPLICATION)
            version = index.get_version(fact.bucket.id, fact.version.key, fact.version.version_id)
            if document is None or version is None or version.seq != fact.version.seq:
                continue
            source, configuration = _Source(call.background, index, fact.bucket, version), _parse(document)
            if fact.effect in ("created", "marked"):
                _plan(source, configuration)
            elif fact.effect in _NOT_LET_IN and status_of(version) in (PENDING, COMPLETED):
                _add_jobs(source, configuration, _chosen(version, configuration), fact.effect)


def _plan(source: _Source, configuration: Mapping[str, Any]) -> None:
    version = source.version
    chosen = _chosen(version, configuration)
    if not chosen:
        return
    state = {"status": PENDING, "waiting": sorted(chosen)}
    source.index.update_version(version.seq, extra={**version.extra, REPLICATION: state})
    _add_jobs(source, configuration, chosen, "version")


def _add_jobs(
    source: _Source, configuration: Mapping[str, Any], chosen: Mapping[str, Rule], what: str
) -> None:
    """A job for each destination; `what` is "version", or the effect of a change."""
    bucket, version = source.bucket, source.version
    for target, rule in chosen.items():
        body = {
            "bucket": bucket.name,
            "key": version.key,
            "version": version.version_id,
            "seq": version.seq,
            "target": target,
            "what": what,
            "rule": rule,
            "role": configuration["Role"],
        }
        queue = f"replicate {bucket.id} {target}"
        source.background.add(source.index, "replicate", queue=queue, body=body)


@lru_cache(maxsize=64)  # a pure function of its argument
def _parse(document: str) -> Mapping[str, Any]:
    configuration: Mapping[str, Any] = json.loads(document)
    return configuration


def _chosen(version: Version, configuration: Rule) -> dict[str, Rule]:
    """The rule with the highest priority, for each destination."""
    chosen: dict[str, Rule] = {}
    for rule in sorted(_matching(version, configuration), key=lambda rule: rule.get("Priority", 0)):
        chosen[rule["Destination"]["Bucket"].removeprefix(BUCKET_ARN)] = rule
    return chosen


def _matching(version: Version, configuration: Rule) -> Iterator[Rule]:
    if version.storage_class in ARCHIVED:
        return
    is_kms = version.extra.get(ENCRYPTION, {}).get("algorithm") in OF_KMS
    for rule in configuration["Rules"]:
        selection = rule.get("SourceSelectionCriteria", {}).get("SseKmsEncryptedObjects", {})
        if (
            rule["Status"] == "Enabled"
            and version.key.startswith(predicates(rule).get("Prefix", ""))
            and wanted_tags(rule).items() <= version.tags.items()
            and (not is_kms or selection.get("Status") == "Enabled")
            and (
                not version.is_delete_marker
                or rule.get(_SINCE_FILTERS, {"Status": "Enabled"})["Status"] == "Enabled"
            )
        ):
            yield rule


def run(background: Background, job: Job) -> None:
    """Replicate one version, or a change of it, to one bucket."""
    body = job.body
    with background.store.write() as index:
        found = version_of_job(index, body)
        if found is None:
            return
        bucket, version = found
        target = index.get_bucket(body["target"])
        replica = index.get_version(target.id, version.key, version.version_id) if target else None
        is_new = body["what"] == "version"
        if not is_new and (replica is None or status_of(replica) != REPLICA):
            return
        source = _Source(background, index, bucket, version)
        failure = _failure_reason(source, target, body)
        if failure or target is None:
            _settle(index, version, body["target"], failed=True)
            _tell_failure(source, body, failure)
            return
        if _judge(source, target, body, "s3:ReplicateTags") == "deny":
            version = version._replace(tags=replica.tags if replica else {})
            source = replace(source, version=version)
        if replica is None:
            _copy(source, target, body["rule"])
        elif not is_new:
            _copy_change(source, target, replica, body["rule"])
        if is_new:  # it may be there already: the server was killed after this job
            _settle(index, version, body["target"], failed=False)


def _failure_reason(source: _Source, target: BucketRow | None, body: Mapping[str, Any]) -> str:
    """The failure reason, in the words of S3's events; "" when it can be replicated."""
    version = source.version
    if target is None:
        return "DstBucketNotFound"
    if target.versioning != "Enabled":
        return "DstBucketUnversioned"
    if LOCK in version.extra and not target.object_lock:
        return "DstBucketObjectLockConfigMissing"
    if not _may_read(source):
        return "SrcGetObjectNotPermitted"
    try:
        lets_in = _lets_in(source, target, body)
    except S3Error as refusal:
        return "DstKmsKeyNotFound" if refusal.code == "KMS.NotFoundException" else "DstKmsKeyInvalidState"
    if lets_in:
        return ""
    return "DstDelObjNotPermitted" if version.is_delete_marker else _NOT_LET_IN[body["what"]]


def _lets_in(source: _Source, target: BucketRow, body: Mapping[str, Any]) -> bool:
    """Whether the role may write there: in its own account unless a policy denies it, else by the policy.

    Raises KMS's refusals of the key for the replica.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-change-owner.html
    """
    own = target.owner == source.bucket.owner
    identities = source.background.access.identities
    if not own and is_of_other_account(body["role"], source.bucket, identities):
        return False
    needed = ["s3:ReplicateDelete" if source.version.is_delete_marker else "s3:ReplicateObject"]
    if _changes_owner(body["rule"]) and acls_enabled(target):
        needed.append("s3:ObjectOwnerOverrideToBucketOwner")
    verdicts = [_judge(source, target, body, action) for action in needed]
    return "deny" not in verdicts and (own or None not in verdicts)


def _judge(
    source: _Source, target: BucketRow, body: Mapping[str, Any], action: str
) -> Literal["allow", "deny"] | None:
    """What the policy of the target says to the role. Raises KMS's refusals of the key for the replica."""
    role: str = body["role"]
    account = role.split(":")[4]
    owner = account_id(source.bucket.owner)
    context = {
        "aws:principalaccount": [account],
        "aws:principalarn": [role],
        "aws:sourceaccount": [owner],
    }
    if action == "s3:ReplicateObject":
        context |= _encryption_keys(_encryption_for(source, target, body["rule"]))
    names = frozenset({role, f"arn:aws:iam::{account}:root"})
    permission = Permission(action, target.name, source.version.key)
    return source.background.access.judge_outsider(target, names, permission, context, owner)


def _encryption_keys(extra: Mapping[str, Any]) -> dict[str, list[str]]:
    """The condition keys that say how a replica with this extra record is encrypted.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
    """
    record = extra.get(ENCRYPTION, {"algorithm": AES256})
    if record["algorithm"] == CUSTOMER:
        return {f"s3:{HEADER}-customer-algorithm": [AES256]}
    key = {f"s3:{HEADER}-aws-kms-key-id": [record["key"]]} if "key" in record else {}
    return {f"s3:{HEADER}": [record["algorithm"]], **key}


def _encryption_for(source: _Source, target: BucketRow, rule: Rule) -> dict[str, Any]:
    """The part of a replica's extra record that is its encryption; the rule's key is for objects under KMS.

    Raises KMS's refusals of that key, which S3 looks at only now.
    """
    extra = encryption_of(source.version.extra)
    name = rule["Destination"].get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID")
    if name is None or ENCRYPTION not in extra or extra[ENCRYPTION]["algorithm"] not in OF_KMS:
        return extra
    kms = source.background.kms
    key = kms.resolve(name, Place(target.region, account_id(source.bucket.owner)))
    kms.check_usable(key)
    return {ENCRYPTION: {**extra[ENCRYPTION], "key": key}}


def _may_read(source: _Source) -> bool:
    """Whether the bucket's owner may, who can make the replica its own: of another account's object only
    what its ACL grants.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html ("READ and READ_ACP")
    """
    bucket, version = source.bucket, source.version
    owner = source.background.access.identities.by_canonical_id(bucket.owner)
    place = bucket.name, version.key, version.version_id
    return all(
        allowed_by_acls(source.index, owner, Permission(action, *place), bucket, trusted=True, begun=False)
        for action in ("s3:GetObjectVersion", "s3:GetObjectVersionAcl")
    )


def _copy(source: _Source, target: BucketRow, rule: Rule) -> None:
    background, index, version = source.background, source.index, source.version
    encryption = _encryption_for(source, target, rule)
    extra = _extra_of_replica(version, target, rule, background.clock.time()) | encryption
    owner = target.owner if _changes_owner(rule) else owner_of(target, version.owner)
    new = NewVersion(
        key=version.key,
        version_id=version.version_id,
        modified=version.modified,
        owner=owner,
        etag=version.etag,
        is_delete_marker=version.is_delete_marker,
        storage_class=rule["Destination"].get("StorageClass", version.storage_class),
        checksum=version.checksum,
        headers=version.headers,
        metadata=version.metadata,
        tags=version.tags,
        extra=extra,
    )
    replica = index.add_version(target.id, new, None if version.is_delete_marker else version)
    note_owner(index, target, owner, extra)
    if version.parts:
        index.copy_parts(version, replica)
    if background.has_event_receivers(target):
        name = "ObjectRemoved:DeleteMarkerCreated" if version.is_delete_marker else "ObjectCreated:Put"
        _announce(replace(source, bucket=target, version=replica), name, {})


def _extra_of_replica(version: Version, target: BucketRow, rule: Rule, now: float) -> dict[str, Any]:
    """The extra record of a replica: that of its source, with what the target and the rule change."""
    extra = {name: part for name, part in version.extra.items() if name not in _NOT_COPIED}
    extra |= _acl_for(version, target, rule)
    if target.object_lock and not version.is_delete_marker:
        extra = with_lock(extra, lock_of_replica(version, target, now))
    return {**extra, REPLICATION: {"status": REPLICA}}


def _changes_owner(rule: Rule) -> bool:
    """Whether the destination's owner owns replicas, which then have no grants of the source.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-change-owner.html
    """
    return "AccessControlTranslation" in rule["Destination"]


def _acl_for(version: Version, target: BucketRow, rule: Rule) -> dict[str, Any]:
    """The part of a replica's extra record that is its ACL."""
    return acl_of(version.extra) if acls_enabled(target) and not _changes_owner(rule) else {}


def _copy_change(source: _Source, target: BucketRow, replica: Version, rule: Rule) -> None:
    index, version = source.index, source.version
    extra = {name: part for name, part in replica.extra.items() if name != ACL}
    extra |= _acl_for(version, target, rule)
    if target.object_lock:
        extra = with_lock(extra, replicated_lock(replica, version, source.background.clock.time()))
    index.update_version(replica.seq, tags=version.tags, extra=extra)
    note_owner(index, target, replica.owner, extra)


def _settle(index: Index, version: Version, target: str, *, failed: bool) -> None:
    """COMPLETED when all buckets have it; FAILED, for good, after it failed for one bucket."""
    state = version.extra.get(REPLICATION, {"status": PENDING, "waiting": []})
    waiting = [name for name in state.get("waiting", ()) if name != target]
    status = FAILED if failed or state["status"] == FAILED else PENDING if waiting else COMPLETED
    state = {"status": status, "waiting": waiting}
    index.update_version(version.seq, extra={**version.extra, REPLICATION: state})


def _tell_failure(source: _Source, body: Mapping[str, Any], reason: str) -> None:
    version = source.version
    if not source.background.has_event_receivers(source.bucket):
        return
    data = {
        "replicationEventData": {
            "replicationRuleId": body["rule"]["ID"],
            "destinationBucket": f"{BUCKET_ARN}{body['target']}",
            "s3Operation": "OBJECT_DELETE_MARKER_COPY" if version.is_delete_marker else "OBJECT_PUT_COPY",
            "requestTime": iso_millis(version.modified),
            "failureReason": reason,
        }
    }
    _announce(source, "Replication:OperationFailedReplication", data)


def _announce(source: _Source, name: str, data: Mapping[str, Any]) -> None:
    """Send an event about a version."""
    from s3fixture.service.event_records import Event  # imported when used: few buckets have events
    from s3fixture.service.events import announce, service_origin

    background, index = source.background, source.index
    origin = service_origin(background, "PutObject" if name.startswith("ObjectCreated:") else "")
    event = Event(
        name,
        source.bucket,
        source.version,
        index.next_id(),
        background.clock.time(),
        origin,
        data=data,
    )
    announce(background, index, [event])
