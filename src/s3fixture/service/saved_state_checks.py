"""Checks of a saved state: the documents of its buckets, and the records of its objects.

A file may come from anywhere. Nothing in it may break a later answer, or be what S3 would have refused. So
each document goes through the checks of its Put operation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any, NoReturn

from s3fixture import checksums
from s3fixture.auth import acls
from s3fixture.auth.policies import parse_policy
from s3fixture.errors import S3Error
from s3fixture.limits import LATEST_TIME
from s3fixture.model import load_model
from s3fixture.model.shapes import ServiceModel, Shape
from s3fixture.service import (
    acceleration,
    access,
    archive,
    bucket_encryption,
    bucket_logging,
    bucket_settings,
    buckets,
    configurations,
    cors,
    encryption,
    lifecycle,
    lifecycle_rules,
    metadata,
    multipart,
    notification_rules,
    notifications,
    object_lock,
    ownership,
    preconditions,
    replication,
    replication_jobs,
    tag_rules,
    tagging,
    versions,
    website,
)
from s3fixture.service import bucket_documents as kinds
from s3fixture.store import BucketRow, SavedState
from s3fixture.store.saved_states import ATTRIBUTES
from s3fixture.wire.numbers import json_integer
from s3fixture.wire.stored_values import check_value
from s3fixture.wire.xml_parser import DocumentError

_LONGEST = 200  # characters of a reason
_FAILURES = (S3Error, DocumentError, ValueError, RecursionError)
Check = Callable[[str, BucketRow], None]  # raises one of these
Document = Mapping[str, Any]


def find_fault(state: SavedState) -> str | None:
    """What is wrong with the state, in one line; None when S3 would have accepted all of its documents."""
    return next(_faults(state), None)


def _faults(state: SavedState) -> Iterator[str]:
    found = {bucket.id: bucket for bucket in state.buckets()}
    for bucket in found.values():
        yield from _fault(_check_object_lock, bucket.object_lock, bucket, "object lock")
    for bucket_id, kind, text in state.documents():
        yield from _fault(CHECKS.get(kind, _refuse_kind), text, found[bucket_id], kind)
    seen: set[tuple[str, str | None]] = set()
    for row in state.attributes():
        for column in zip(ATTRIBUTES, row, strict=True):
            name, value = column
            if value is not None and column not in seen:
                seen.add(column)
                yield from _fault(_ATTRIBUTES[name], value, None, name)


def _fault(
    check: Callable[[str, Any], None], text: str, bucket: BucketRow | None, kind: str
) -> Iterator[str]:
    try:
        check(text, bucket)
    except _FAILURES as error:
        whose = f"the bucket {bucket.name!r}" if bucket is not None else "an object"
        yield f"the {_shown(kind)} of {whose} is invalid: {_shown(_reason(error))}"


def _reason(error: BaseException) -> str:
    return f"{error.code}: {error.message}" if isinstance(error, S3Error) else str(error)


def _shown(text: str) -> str:
    """In one line, without control characters."""
    return "".join(character if character.isprintable() else " " for character in text)[:_LONGEST]


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)


def _refuse_kind(_text: str, _bucket: BucketRow) -> None:
    _refuse("buckets have no document of this kind")


def _read(text: str) -> Any:
    return json.loads(text, parse_int=json_integer, parse_constant=_refuse)


@cache  # it depends on the code alone
def _shape(name: str) -> Shape:
    return _model().shape_for(name)


@cache  # likewise; reading it takes milliseconds
def _model() -> ServiceModel:
    return load_model()


def _shaped(name: str, value: Any) -> None:
    check_value(_shape(name), value)


def _check_ids(rules: Collection[Document], member: str) -> None:
    """Check that each rule has an id: S3 gives one to rules without."""
    if not all(rule.get(member) for rule in rules):
        _refuse(f"a rule has no {member}")


def _structure(value: Any, members: Collection[str]) -> Document:
    if not isinstance(value, dict) or value.keys() != set(members):
        _refuse(f"it must have the members {', '.join(sorted(members))}")
    return value


# --- the documents of buckets


def _check_acl(text: str, bucket: BucketRow) -> None:
    _check_grants(_read(text), bucket.owner)


def _check_grants(rows: Any, owner: str) -> None:
    if not isinstance(rows, list) or not all(map(_is_grant, rows)):
        _refuse("it is not a list of grants")
    policy = {"Owner": {"ID": owner}, "Grants": acls.describe(acls.Grant(*row) for row in rows)}
    _shaped("AccessControlPolicy", policy)
    acls.parse_document(policy, None, owner)


def _is_grant(row: Any) -> bool:
    return (
        isinstance(row, list)
        and len(row) == len(acls.Grant._fields)
        and all(isinstance(part, str) for part in row)
        and row[0] in ("id", "uri")
    )


def _check_policy(text: str, bucket: BucketRow) -> None:
    parse_policy(text, bucket.name, None)


def _check_cors(text: str, _bucket: BucketRow) -> None:
    rules = _read(text)
    _shaped("CORSConfiguration", {"CORSRules": rules})
    cors.check_rules(rules)


def _check_encryption(text: str, _bucket: BucketRow) -> None:
    rule = _read(text)
    _shaped("ServerSideEncryptionRule", rule)
    bucket_encryption.checked(rule)


def _check_lifecycle(text: str, _bucket: BucketRow) -> None:
    kept = _structure(
        json.loads(text, parse_int=json_integer, parse_constant=_refuse, object_hook=lifecycle.with_dates),
        ("Rules", "TransitionDefaultMinimumObjectSize", "Put"),
    )
    _shaped("BucketLifecycleConfiguration", {"Rules": kept["Rules"]})
    lifecycle.check_rules(kept["Rules"])
    _check_ids(kept["Rules"], "ID")
    _check_moment(kept["Put"])
    if kept["TransitionDefaultMinimumObjectSize"] not in lifecycle_rules.MINIMUM_SIZES:
        _refuse("TransitionDefaultMinimumObjectSize is not one of S3's values")


def _check_logging(text: str, _bucket: BucketRow) -> None:
    setting = _read(text)
    _shaped("LoggingEnabled", setting)
    bucket_logging.check_setting(setting)


def _check_notification(text: str, bucket: BucketRow) -> None:
    configuration = _read(text)
    _shaped("NotificationConfiguration", configuration)
    notifications.checked(configuration, bucket, notification_rules.MINIO_EVENTS)
    for member in notification_rules.DESTINATIONS.keys() & configuration.keys():
        _check_ids(configuration[member], "Id")


def _check_watched(text: str, _bucket: BucketRow) -> None:
    """Check rules of tests, which have no destination and may want the same events."""
    configuration = _structure(_read(text), ("QueueConfigurations",))
    _shaped("NotificationConfiguration", configuration)
    for rule in configuration["QueueConfigurations"]:
        for found in rule.get("Filter", {}).get("Key", {}).get("FilterRules", ()):
            _structure(found, ("Name", "Value"))
    _check_ids(configuration["QueueConfigurations"], "Id")


def _check_replication(text: str, bucket: BucketRow) -> None:
    configuration = _read(text)
    _shaped("ReplicationConfiguration", configuration)
    _check_ids(replication.checked_rules(configuration, bucket), "ID")


def _check_tagging(text: str, _bucket: BucketRow) -> None:
    tags = _read(text)
    if not isinstance(tags, dict):
        _refuse("it is not an object of tags")
    document = {"TagSet": tag_rules.to_document(tags)}
    _shaped("Tagging", document)
    tag_rules.from_document(document, tag_rules.BUCKET)


def _check_website(text: str, _bucket: BucketRow) -> None:
    site = _read(text)
    _shaped("WebsiteConfiguration", site)
    website.check_site(site)


def _check_public_access_block(text: str, _bucket: BucketRow) -> None:
    settings = _structure(_read(text), bucket_settings.BLOCK_SETTINGS)
    _shaped("PublicAccessBlockConfiguration", settings)


def _configurations(kind: configurations.Kind) -> Check:
    def check(text: str, _bucket: BucketRow) -> None:
        kept = _read(text)
        if not isinstance(kept, dict):
            _refuse("it is not an object of configurations by id")
        configurations.check_count(kept)
        for name, configuration in kept.items():
            _shaped(kind.member, configuration)
            configurations.check(kind, name, configuration)

    return check


def _one_of(*texts: str) -> Check:
    def check(text: str, _bucket: BucketRow) -> None:
        if text not in texts:
            _refuse(f"{text!r} is not one of {', '.join(texts)}")

    return check


def _check_object_lock(text: str, bucket: BucketRow) -> None:
    if not text:
        return
    if bucket.versioning != object_lock.ENABLED:
        _refuse("versioning is not enabled")
    default = _read(text)
    if default != {}:
        _shaped("DefaultRetention", default)
        object_lock.default_retention({"DefaultRetention": default})


CHECKS: Mapping[str, Check] = {
    kinds.ACL: _check_acl,
    kinds.LIFECYCLE: _check_lifecycle,
    kinds.LOGGING: _check_logging,
    kinds.NOTIFICATION: _check_notification,
    kinds.OBJECT_ACLS: _one_of(""),
    kinds.PAYMENT: _one_of("BucketOwner", kinds.REQUESTER),
    kinds.POLICY: _check_policy,
    kinds.REPLICATION: _check_replication,
    kinds.WATCHED: _check_watched,
    acceleration.ACCELERATE: _one_of("Enabled", "Suspended"),
    bucket_settings.ABAC: _one_of("Enabled"),
    bucket_settings.PUBLIC_ACCESS_BLOCK: _check_public_access_block,
    buckets.LOCATION: _one_of(buckets.EUROPE),
    cors.CORS: _check_cors,
    encryption.ENCRYPTION: _check_encryption,
    ownership.OWNERSHIP: _one_of(ownership.PREFERRED, ownership.WRITER, ownership.NO_CONTROLS),
    tagging.TAGGING: _check_tagging,
    website.WEBSITE: _check_website,
    **{kind.name: _configurations(kind) for kind in configurations.KINDS},
}
"""How each kind of document is checked; the names of the kinds are those of `Index.put_document`."""


# --- the records of objects and uploads


def _check_record(text: str, _bucket: None) -> None:
    record = _read(text)
    json.dumps(record, ensure_ascii=False).encode()  # raises UnicodeEncodeError for half a surrogate pair
    for name, value in record.items():
        check = _PARTS.get(name)
        if check is None:
            _refuse(f"it has the unknown member {name}")
        check(value)


def _check_moment(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LATEST_TIME:
        _refuse(f"{value!r} is not a time")


def _check_lock(value: Any) -> None:
    lock = object_lock.Lock(**_structure(value, object_lock.Lock._fields))
    _check_moment(lock.until)
    if lock.mode not in ("", *object_lock.MODES) or lock.hold not in ("", "OFF", object_lock.ON):
        _refuse("it is not an object lock")


def _check_object_acl(value: Any) -> None:
    _check_grants(value, "")


def _check_encryption_record(value: Any) -> None:
    if not isinstance(value, dict) or not encryption.is_record(value):
        _refuse("it is not an encryption")


def _check_restore(value: Any) -> None:
    for number in _structure(value, archive.Restore._fields).values():
        _check_moment(number)


def _check_replication_record(value: Any) -> None:
    if not isinstance(value, dict) or not replication_jobs.is_record(value):
        _refuse("it is not a replication status")


def _check_text(value: Any) -> None:
    if not isinstance(value, str):
        _refuse("it is not text")


def _check_version_id(value: Any) -> None:
    if not isinstance(value, str) or not versions.may_have_been(value):
        _refuse("it is not a version id")


def _check_number(value: Any) -> None:
    if type(value) is not int:
        _refuse("it is not a number")


_PARTS: Mapping[str, Callable[[Any], None]] = {
    archive.RESTORE: _check_restore,
    multipart.UPLOAD_ID: _check_text,
    multipart.VERSION_ID: _check_version_id,
    encryption.ENCRYPTION: _check_encryption_record,
    kinds.ACL: _check_object_acl,
    kinds.REPLICATION: _check_replication_record,
    access.ASKED_ENCRYPTION: _check_text,
    access.INITIATOR: _check_text,
    object_lock.LOCK: _check_lock,
    preconditions.SEEN: _check_number,
}

# --- the other columns of objects and uploads


def _read_texts(text: str) -> dict[str, str]:
    """An object whose values are all text. A lone surrogate raises UnicodeEncodeError."""
    texts: dict[str, str] = _read(text)
    if not all(isinstance(value, str) for value in texts.values()):
        _refuse("a value is not text")
    "".join((*texts, *texts.values())).encode()
    return texts


def _check_tags(text: str, _bucket: None) -> None:
    _read_texts(text)


def _check_headers(text: str, _bucket: None) -> None:
    for name in _read_texts(text).keys() - metadata.SYSTEM_METADATA.keys():
        _refuse(f"S3 does not store the header {name!r}")


def _check_metadata(text: str, _bucket: None) -> None:
    for name in _read_texts(text):
        if not name.isascii() or not name.isprintable() or ":" in name or " " in name:
            _refuse(f"{name!r} cannot be the name of a header")


_ATTRIBUTES: Mapping[str, Callable[[str, Any], None]] = {
    "storage_class": _one_of(*metadata.STORAGE_CLASSES),
    "checksum_algorithm": _one_of("", *checksums.ALGORITHMS),
    "checksum_type": _one_of("", checksums.COMPOSITE, checksums.FULL_OBJECT),
    "headers": _check_headers,
    "metadata": _check_metadata,
    "tags": _check_tags,
    "extra": _check_record,
}
