"""Applies lifecycle rules once a day at midnight, in slices; each bucket with rules has a job.

A server that was off, or whose clock was moved by a month, catches up day by day: a version that a rule makes
or moves has the date of the midnight at which the rule was due. A rule first acts at the first midnight after
it was put.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from s3fixture.service.archive import without_restore
from s3fixture.service.bucket_documents import LIFECYCLE, REPLICATION
from s3fixture.service.lifecycle_rules import Due, Rules, next_midnight, parse_rules
from s3fixture.service.object_lock import is_locked
from s3fixture.service.versions import add_delete_marker
from s3fixture.store import NULL_VERSION, BucketRow, Index, Job, Version

if TYPE_CHECKING:
    from s3fixture.service.background import Background
    from s3fixture.service.event_records import Event

_REPLICATING = frozenset({"PENDING", "FAILED"})
_SLICE = 250  # versions, or uploads, looked at in one transaction


@dataclass
class _Position:
    """The position of a walk over a bucket, stored in its job."""

    bucket: str
    id: int
    key: str = ""
    seq: int = 0  # of the last version looked at; sys.maxsize: none of the key was
    since: float = 0.0  # when the next older version of the key became noncurrent
    newer: int = 0  # noncurrent versions of the key kept so far
    uploads: bool = False  # whether all versions were looked at
    upload: str = ""  # the last upload looked at, of `key`
    began: float | None = None  # by the server's clock


def schedule(background: Background, index: Index, bucket: BucketRow) -> None:
    """Apply the bucket's rules at every midnight from now on, as long as it has any."""
    queue = f"{LIFECYCLE} {bucket.id}"
    if not index.jobs_of(queue, 1):
        due = next_midnight(background.clock.time(), background.settings.lifecycle_day)
        background.add(index, LIFECYCLE, queue=queue, due=due, body=asdict(_Position(bucket.name, bucket.id)))


def schedule_all(background: Background, index: Index) -> None:
    """`schedule` every bucket with rules, after a saved state was loaded."""
    after, more = "", True
    while more:
        page = index.list_buckets(after=after)
        for bucket in page.buckets:
            after = bucket.name
            if LIFECYCLE in bucket.documents:
                schedule(background, index, bucket)
        more = page.truncated


def run(background: Background, job: Job) -> float | None:
    """One slice; then the next one at once, or the next day."""
    now = background.clock.time()
    position = _Position(**job.body)
    began = now if position.began is None else position.began
    position.began = began
    with background.store.write() as index:
        bucket = index.get_bucket(position.bucket)
        document = index.get_document(position.id, LIFECYCLE)
        if bucket is None or bucket.id != position.id or document is None:
            return None
        walk = _Walk(background, index, bucket, parse_rules(document), now)
        done = walk.uploads(position) if position.uploads else walk.versions(position)
        if walk.events:
            from s3fixture.service.events import announce  # imported when used: few buckets have events

            announce(background, index, walk.events)
        if done and not position.uploads:
            position = _Position(bucket.name, bucket.id, uploads=True, began=began)
        elif done:
            index.update_job(job, asdict(_Position(bucket.name, bucket.id)))
            # The clock may have moved meanwhile: then versions that the first slices skipped are due now.
            return next_midnight(min(began, now), background.settings.lifecycle_day)
        index.update_job(job, asdict(position))
    return job.due


class _Walk:
    """Applies the rules of one bucket within one transaction."""

    def __init__(
        self, background: Background, index: Index, bucket: BucketRow, rules: Rules, now: float
    ) -> None:
        self._background = background
        self._clock = background.clock
        self._day = background.settings.lifecycle_day
        self._index = index
        self._bucket = bucket
        self._rules = rules
        self._now = now
        self._first = next_midnight(rules.put, self._day)
        self._has_receivers = background.has_event_receivers(bucket)
        self.events: list[Event] = []

    def versions(self, position: _Position) -> bool:
        """Look at the next versions; True when there are no more."""
        page = self._index.walk_versions(self._bucket.id, position.key, position.seq, _SLICE)
        for version in page:
            if version.key != position.key:
                self._end_key(position.key)
                following = self._rules.next_key(version.key)
                if following is None:
                    return True
                position.key, position.since, position.newer = following, 0.0, 0
                if following != version.key:  # no rule is about the keys between
                    position.seq = sys.maxsize
                    return False
            if version.extra.get(REPLICATION, {}).get("status") in _REPLICATING:
                self._skip(version, position)
            elif version.is_latest:
                self._current(version, position)
            else:
                self._noncurrent(version, position)
            position.seq = version.seq
        if len(page) == _SLICE:
            return False
        self._end_key(position.key)
        return True

    def _skip(self, version: Version, position: _Position) -> None:
        """Go past a version that is not replicated yet: until it is, no rule acts on it."""
        position.since = version.modified
        position.newer += not version.is_latest

    def uploads(self, position: _Position) -> bool:
        """Look at the next uploads; True when there are no more."""
        page = self._index.list_uploads(
            self._bucket.id, key_marker=position.key, upload_id_marker=position.upload, limit=_SLICE
        )
        for upload in page.uploads:
            if self._is_due(self._rules.abort(upload, self._day)):
                self._index.delete_upload(upload)
        position.key, position.upload = page.last_key, page.last_upload_id
        return not page.truncated

    def _current(self, version: Version, position: _Position) -> None:
        position.since = version.modified
        if version.is_delete_marker:
            return
        expiry = self._rules.expiry(version, self._day)
        expires = self._is_due(expiry)
        if expires and not self._bucket.versioning:
            self._remove(version)
            return
        version = self._move(version, self._rules.transition(version, self._now, self._day))
        if expiry is None or not expires:
            return
        position.since = max(expiry.at, self._first)
        marker = add_delete_marker(self._clock, self._index, self._bucket, version.key, position.since)
        self._tell("LifecycleExpiration:DeleteMarkerCreated", marker)
        if self._bucket.versioning == "Enabled" or version.version_id != NULL_VERSION:  # else it is replaced
            self._noncurrent(version, position)

    def _noncurrent(self, version: Version, position: _Position) -> None:
        since, newer = position.since, position.newer
        position.since = version.modified
        expiry = self._rules.noncurrent_expiry(version, since, newer, self._day)
        if self._is_due(expiry) and not is_locked(version, self._now):
            self._remove(version)
            return
        position.newer += 1
        self._move(version, self._rules.noncurrent_transition(version, since, newer, self._now, self._day))

    def _end_key(self, key: str) -> None:
        """Remove a delete marker that is the only version left of its key."""
        left = self._index.versions_of(self._bucket.id, key, limit=2)
        if len(left) != 1 or not left[0].is_delete_marker:
            return
        if self._is_due(self._rules.marker_expiry(left[0], self._day)):
            self._remove(left[0])

    def _is_due(self, due: Due | None) -> bool:
        return due is not None and max(due.at, self._first) <= self._now

    def _remove(self, version: Version) -> None:
        self._index.remove_version(version.seq)
        self._tell("LifecycleExpiration:Delete", version)

    def _move(self, version: Version, step: Due | None) -> Version:
        """Move a version to the storage class of `step`, and remove a restored copy."""
        if step is None or not self._is_due(step):
            return version
        moved = version._replace(storage_class=step.storage_class, extra=without_restore(version.extra))
        self._index.update_version(version.seq, extra=moved.extra, storage_class=moved.storage_class)
        self._tell(
            "LifecycleTransition",
            moved,
            lifecycleEventData={"transitionEventData": {"destinationStorageClass": moved.storage_class}},
        )
        return moved

    def _tell(self, name: str, version: Version, **data: Any) -> None:
        """Send an event, if the bucket has notifications."""
        if not self._has_receivers:
            return
        from s3fixture.service.event_records import Event  # imported when used, as above
        from s3fixture.service.events import service_origin

        reason = "Lifecycle Expiration" if name.startswith("LifecycleExpiration:") else ""
        origin = service_origin(self._background, reason)
        self.events.append(
            Event(name, self._bucket, version, self._index.next_id(), self._now, origin, data=data)
        )
