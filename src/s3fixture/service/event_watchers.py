"""Watchers of a bucket's events, for tests: rules beside the bucket's notification configuration."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from s3fixture.errors import S3FixtureError, did_you_mean
from s3fixture.service.bucket_documents import WATCHED, new_id
from s3fixture.service.notification_rules import covers
from s3fixture.service.notifications import known_events
from s3fixture.store import BucketRow, Index

if TYPE_CHECKING:
    from s3fixture.service.background import Background


def watch(background: Background, bucket: str, events: Sequence[str], prefix: str, suffix: str) -> str:
    """Keep the records of these events from now on. Returns the name of the watcher.

    Raises S3FixtureError for a bucket that is not there, and for what is no event.
    """
    for event in events:
        _check(event)
    watcher = new_id()
    filters = [{"Name": "Prefix", "Value": prefix}, {"Name": "Suffix", "Value": suffix}]
    rule = {"Id": watcher, "QueueArn": "", "Events": [*events], "Filter": {"Key": {"FilterRules": filters}}}
    with background.store.write() as index:
        row = index.get_bucket(bucket)
        if row is None:
            raise S3FixtureError(f"there is no bucket {bucket!r} to watch the events of; make it first")
        _keep(index, row, [*_rules(index, row), rule])
    return watcher


def _check(event: str) -> None:
    known = known_events()
    if not event.startswith("s3:") or not any(covers(event, name) for name in known):
        hint = did_you_mean(event, known) or "; write it like s3:ObjectCreated:*"
        raise S3FixtureError(f"{event!r} is not an event of S3{hint}")


def unwatch(background: Background, bucket: str, watcher: str) -> None:
    """Forget a watcher and its records."""
    with background.store.write() as index:
        row = index.get_bucket(bucket)
        if row is not None:
            _keep(index, row, [rule for rule in _rules(index, row) if rule["Id"] != watcher])
    background.destinations.watchers.forget(watcher)


def _rules(index: Index, bucket: BucketRow) -> list[dict[str, Any]]:
    document = index.get_document(bucket.id, WATCHED)
    rules: list[dict[str, Any]] = json.loads(document)["QueueConfigurations"] if document else []
    return rules


def _keep(index: Index, bucket: BucketRow, rules: list[dict[str, Any]]) -> None:
    if rules:
        index.put_document(bucket.id, WATCHED, json.dumps({"QueueConfigurations": rules}))
    else:
        index.delete_document(bucket.id, WATCHED)
