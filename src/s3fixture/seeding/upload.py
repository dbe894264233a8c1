"""Carries out a checked plan: buckets first, then objects in parallel, policies last."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.manager import TransferConfig, TransferManager
from s3transfer.subscribers import BaseSubscriber

from s3fixture.backends.bucket_setup import make_bucket, put_policy, reason
from s3fixture.errors import S3FixtureError
from s3fixture.seeding.etags import has_etag
from s3fixture.seeding.plan import SeedBucket, SeedObject, SeedPlan
from s3fixture.seeding.progress import Progress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from s3transfer.futures import TransferFuture

PART_SIZE = 8 * 1024 * 1024  # bytes; an object of more goes up in parts of this size


def carry_out(client: S3Client, plan: SeedPlan, progress: Progress) -> None:
    """Make the buckets and objects of the plan. Raises S3FixtureError at the first failure."""
    progress.begin(f"seeding {plan.source.name}", plan.report().bytes)
    try:
        existing = _existing(client, plan)
        for bucket in plan.buckets:
            make_bucket(client, bucket.name, object_lock=bucket.object_lock)
            _set_versioning(client, bucket)
        _put_objects(client, plan, existing, progress)
        for bucket in plan.buckets:
            _finish_bucket(client, bucket)
    except (ClientError, BotoCoreError) as error:
        raise S3FixtureError(f"{plan.source}: seeding failed: {reason(error)}") from error
    finally:
        progress.end()


def _existing(client: S3Client, plan: SeedPlan) -> dict[tuple[str, str], int]:
    """Sizes of the objects that are already in the plan's buckets."""
    sizes = {}
    there = {bucket["Name"] for page in [client.list_buckets()] for bucket in page.get("Buckets", [])}
    for bucket in plan.buckets:
        if bucket.name in there and bucket.objects:
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket.name):
                sizes.update({(bucket.name, item["Key"]): item["Size"] for item in page.get("Contents", [])})
    return sizes


def _set_versioning(client: S3Client, bucket: SeedBucket) -> None:
    if bucket.versioning is None:
        return
    enabled = client.get_bucket_versioning(Bucket=bucket.name).get("Status") == "Enabled"
    if bucket.versioning != enabled:
        status: Any = "Enabled" if bucket.versioning else "Suspended"
        client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": status})


def _finish_bucket(client: S3Client, bucket: SeedBucket) -> None:
    """Tags and policy; last, because a policy may deny what the seed itself does."""
    if bucket.tags:
        tags: Any = [{"Key": name, "Value": value} for name, value in bucket.tags.items()]
        client.put_bucket_tagging(Bucket=bucket.name, Tagging={"TagSet": tags})
    if bucket.policy is not None:
        put_policy(client, bucket.name, bucket.policy)


def _put_objects(
    client: S3Client, plan: SeedPlan, existing: Mapping[tuple[str, str], int], progress: Progress
) -> None:
    config = TransferConfig(multipart_threshold=PART_SIZE, multipart_chunksize=PART_SIZE)
    watcher = Watcher(progress)
    uploads: list[tuple[str, SeedObject, TransferFuture]] = []
    with TransferManager(client, config) as manager:
        for bucket in plan.buckets:
            for item in bucket.objects:
                if existing.get((bucket.name, item.key)) == item.size and _same(client, bucket.name, item):
                    progress.advance(item.size)  # an equal second version would change the state
                    continue
                source = str(item.body) if isinstance(item.body, Path) else io.BytesIO(item.body)
                future = manager.upload(source, bucket.name, item.key, _extra(item), [watcher])
                uploads.append((bucket.name, item, future))
        for bucket_name, item, future in uploads:
            _await(future, f"s3://{bucket_name}/{item.key}", plan.source)


def _await(future: TransferFuture, address: str, source: Path) -> None:
    try:
        future.result()
    except (ClientError, BotoCoreError) as error:
        raise S3FixtureError(f"{source}: {address} cannot be made: {reason(error)}") from error
    except OSError as error:
        raise S3FixtureError(f"{source}: {address} cannot be made: {error.strerror or error}") from error


class Watcher(BaseSubscriber):
    """Passes the steps of s3transfer to a Progress."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress

    def on_progress(self, future: Any, bytes_transferred: int, **kwargs: Any) -> None:
        self._progress.advance(bytes_transferred)


def _extra(item: SeedObject) -> dict[str, Any]:
    wanted = {
        "ContentType": item.content_type,
        "Metadata": dict(item.metadata),
        "Tagging": urlencode(item.tags),
    }
    return {name: value for name, value in wanted.items() if value}


def _same(client: S3Client, bucket: str, item: SeedObject) -> bool:
    """Whether the object already has the same bytes, content type, metadata and tags."""
    head = client.head_object(Bucket=bucket, Key=item.key)
    if head["Metadata"] != dict(item.metadata):
        return False
    if item.content_type and head["ContentType"] != item.content_type:
        return False
    tags = client.get_object_tagging(Bucket=bucket, Key=item.key)["TagSet"]
    if {tag["Key"]: tag["Value"] for tag in tags} != dict(item.tags):
        return False
    return has_etag(item.body, item.size, head["ETag"].strip('"')) is True
