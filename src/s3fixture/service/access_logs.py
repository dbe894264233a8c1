"""Access logs: each request to a bucket becomes a line; the lines become an object in the target bucket.

S3 takes hours for it; here it takes some seconds, by the server's clock.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
"""

from __future__ import annotations

import json
import logging
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from s3fixture.auth.acls import FULL_CONTROL, LOG_DELIVERY, Grant
from s3fixture.auth.actions import BUCKET_ARN, Permission
from s3fixture.auth.identity import account_id
from s3fixture.auth.policies.principals import service_name
from s3fixture.clock import utc
from s3fixture.service.acls import bucket_acl
from s3fixture.service.bucket_documents import LOGGING, PAYMENT, REQUESTER
from s3fixture.service.ownership import acls_enabled
from s3fixture.service.service_objects import put_service_object

if TYPE_CHECKING:
    from s3fixture.service.background import Background
    from s3fixture.store import BucketRow, Job

DELAY = 5.0  # seconds that the first line waits for others
_MOST_LINES = 10_000  # in one object
_SERVICE = "logging.s3.amazonaws.com"
_GRANTS = frozenset({Grant("uri", LOG_DELIVERY, "WRITE"), Grant("uri", LOG_DELIVERY, FULL_CONTROL)})
_LOG = logging.getLogger("s3fixture")


def add_line(background: Background, bucket_name: str, line: str) -> None:
    """Queue a line for the bucket's log, if it has one."""
    with background.store.read() as index:
        bucket = index.get_bucket(bucket_name)
    if bucket is None or LOGGING not in bucket.documents:
        return
    now = background.clock.time()
    with background.store.write() as index:
        body = {"bucket": bucket.name, "id": bucket.id, "line": line}
        background.add(index, "log", queue=f"log {bucket.id}", due=now + DELAY, body=body)


def run(background: Background, job: Job) -> float | None:
    """Write the queued lines."""
    with background.store.read() as index:
        bucket = index.get_bucket(job.body["bucket"])
        if bucket is None or bucket.id != job.body["id"]:
            return None
        document = index.get_document(bucket.id, LOGGING)
        setting = json.loads(document) if document else None
        target = index.get_bucket(setting["TargetBucket"]) if setting else None
        jobs = index.jobs_of(job.queue, _MOST_LINES)
    if setting and target is not None and _reaches(background, bucket, target, setting):
        for key, lines in _objects(background, bucket, setting, jobs).items():
            put_service_object(background, target.name, key, "".join(lines).encode(), "text/plain")
    with background.store.write() as index:
        for done in jobs:
            index.remove_job(done.id)
    return None


def _reaches(
    background: Background, bucket: BucketRow, target: BucketRow, setting: Mapping[str, Any]
) -> bool:
    """Whether S3 would deliver to the target; if not, the server's log says why."""
    obstacle = _obstacle(background, target)
    if not obstacle and not _may_write(background, bucket, target, setting):
        obstacle = f"neither its policy nor its ACL lets {_SERVICE} write there"
    if obstacle:
        _LOG.warning("the access log of %s was not written to %s: %s", bucket.name, target.name, obstacle)
    return not obstacle


def _obstacle(background: Background, target: BucketRow) -> str:
    """Why no log can be delivered to this target, although S3 accepts the setting; "" when it can.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshooting-server-access-logging.html
    """
    if target.object_lock:
        return "S3 delivers no access logs to a bucket with Object Lock"
    with background.store.read() as index:
        if index.get_document(target.id, PAYMENT) == REQUESTER:
            return "S3 delivers no access logs to a Requester Pays bucket"
    return ""


def _may_write(
    background: Background, bucket: BucketRow, target: BucketRow, setting: Mapping[str, Any]
) -> bool:
    permission = Permission("s3:PutObject", target.name, setting["TargetPrefix"] + "log")
    context = {
        "aws:sourcearn": [f"{BUCKET_ARN}{bucket.name}"],
        "aws:sourceaccount": [account_id(bucket.owner)],
        "aws:principalservicename": [_SERVICE],
    }
    names = frozenset({service_name(_SERVICE)})
    if background.access.judge_outsider(target, names, permission, context) == "allow":
        return True
    with background.store.read() as index:
        return acls_enabled(target) and any(grant in bucket_acl(index, target) for grant in _GRANTS)


def _objects(
    background: Background, bucket: BucketRow, setting: Mapping[str, Any], jobs: Iterable[Job]
) -> dict[str, list[str]]:
    """The lines of each object, by its key."""
    now = utc(background.clock.time())
    form = setting.get("TargetObjectKeyFormat", {}).get("PartitionedPrefix")
    unique = secrets.token_hex(8).upper()
    objects: dict[str, list[str]] = defaultdict(list)
    for job in jobs:
        key = f"{now:%Y-%m-%d-%H-%M-%S}-{unique}"
        if form is not None:
            day = now
            if form.get("PartitionDateSource") == "EventTime":
                day = utc(job.made)
                key = f"{day:%Y-%m-%d}-00-00-00-{unique}"
            key = f"{_partition(bucket, day)}/{key}"
        objects[setting["TargetPrefix"] + key].append(job.body["line"])
    return objects


def _partition(bucket: BucketRow, day: datetime) -> str:
    return f"{account_id(bucket.owner)}/{bucket.region}/{bucket.name}/{day:%Y/%m/%d}"
