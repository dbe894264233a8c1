"""Emptying and removing buckets on any server, whatever protects their objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from s3fixture.backends.bucket_setup import error_code
from s3fixture.errors import S3FixtureError
from s3fixture.limits import DELETED_KEYS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ROUNDS = 3  # an upload under way may end between emptying and removing
_NO_BUCKET = frozenset({"NoSuchBucket", "404"})
_GONE = _NO_BUCKET | frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchUpload"})
_PROTECTED = frozenset({"AccessDenied", "InvalidRequest"})  # the second is MinIO's
Item = tuple[str, "str | None"]  # key, and version or None where there are no versions


def remove_bucket(client: S3Client, bucket: str) -> None:
    """Remove a bucket with everything in it; one that is gone already is fine.

    Raises S3FixtureError for what cannot be removed, such as an object under retention in compliance mode.
    """
    problem: Exception | None = None
    for _ in range(_ROUNDS):
        try:
            empty_bucket(client, bucket)
            client.delete_bucket(Bucket=bucket)
        except ClientError as error:
            if error_code(error) == "NoSuchBucket":
                return
            problem = error
            if error_code(error) != "BucketNotEmpty":
                break
        except BotoCoreError as error:
            problem = error
            break
        else:
            return
    raise S3FixtureError(
        f"the bucket {bucket!r} could not be removed: {problem}; {_remedy(problem)}"
    ) from problem


def empty_bucket(client: S3Client, bucket: str) -> None:
    """Abort all uploads, and delete all versions and delete markers, also under holds and governance."""
    abort_uploads(client, bucket)
    delete(client, bucket, list(items(client, bucket)))


def abort_uploads(client: S3Client, bucket: str) -> None:
    """End all multipart uploads that were not completed."""
    for key, upload in list(_uploads(client, bucket)):
        _quietly(client.abort_multipart_upload, Bucket=bucket, Key=key, UploadId=upload)


def items(client: S3Client, bucket: str, prefix: str = "") -> Iterator[Item]:
    """Every version and delete marker; every object where the server knows no versions."""
    for key, version, _ in entries(client, bucket, prefix):
        yield key, version


def entries(client: S3Client, bucket: str, prefix: str = "") -> Iterator[tuple[str, str | None, str]]:
    """Every version, delete marker or object whose key begins with `prefix`, with its ETag."""
    try:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Versions", []):
                yield found["Key"], found.get("VersionId"), found.get("ETag", "")
            for marker in page.get("DeleteMarkers", []):
                yield marker["Key"], marker.get("VersionId"), "delete marker"
    except ClientError as error:
        if error_code(error) in _NO_BUCKET:
            raise
        for objects in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in objects.get("Contents", []):
                yield item["Key"], None, item.get("ETag", "")


def delete(client: S3Client, bucket: str, chosen: Iterable[Item]) -> None:
    """Delete these, in batches where the server can; what is protected, one by one."""
    for batch in batches(chosen):
        for key, version in _delete_batch(client, bucket, batch):
            _delete_protected(client, bucket, key, version)


def batches(chosen: Iterable[Item]) -> Iterator[list[Item]]:
    """As many as one request can delete."""
    rest = iter(chosen)
    while batch := list(islice(rest, DELETED_KEYS)):
        yield batch


def delete_batch(client: S3Client, bucket: str, batch: list[Item], **options: Any) -> Any:
    """One DeleteObjects; its answer names what was deleted, and what was not."""
    objects: Any = [{"Key": key, **_version(version)} for key, version in batch]
    return client.delete_objects(Bucket=bucket, Delete={"Objects": objects}, **options)


def _delete_batch(client: S3Client, bucket: str, batch: list[Item]) -> list[Item]:
    """What could not be deleted."""
    try:
        answer = delete_batch(client, bucket, batch)
    except ClientError:
        return batch  # not every server has this request, or with these checksums
    failed = {
        (error["Key"], error.get("VersionId") or None)
        for error in answer.get("Errors", [])
        if error.get("Code") not in _GONE
    }
    # moto does not say which version it was.
    return [item for item in batch if item in failed or (item[0], None) in failed]


def _delete_protected(client: S3Client, bucket: str, key: str, version: str | None) -> None:
    """Past a legal hold and retention in governance mode."""
    which: dict[str, Any] = {"Bucket": bucket, "Key": key, **_version(version)}
    if _quietly(client.delete_object, **which):
        return
    _quietly(client.put_object_legal_hold, **which, LegalHold={"Status": "OFF"})
    try:
        client.delete_object(**which, BypassGovernanceRetention=True)
    except ClientError as error:
        if error_code(error) in _GONE:
            return
        if error_code(error) not in _PROTECTED:
            raise
    else:
        return
    with _may_bypass(client, bucket):
        client.delete_object(**which, BypassGovernanceRetention=True)


@contextmanager
def _may_bypass(client: S3Client, bucket: str) -> Iterator[None]:
    """A policy that allows to delete what is under governance: VersityGW wants one, of the owner too."""
    try:
        previous: str | None = client.get_bucket_policy(Bucket=bucket)["Policy"]
    except ClientError:
        previous = None
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:BypassGovernanceRetention",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    given = _quietly(client.put_bucket_policy, Bucket=bucket, Policy=policy)
    try:
        yield
    finally:
        if given and previous is None:
            _quietly(client.delete_bucket_policy, Bucket=bucket)
        elif given:
            _quietly(client.put_bucket_policy, Bucket=bucket, Policy=previous)


def _uploads(client: S3Client, bucket: str) -> Iterator[tuple[str, str]]:
    """Key and id of every multipart upload that was not completed."""
    try:
        for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
            for upload in page.get("Uploads", []):
                yield upload["Key"], upload["UploadId"]
    except ClientError as error:
        if error_code(error) in _NO_BUCKET:
            raise
        # A server without this listing has no uploads that could be seen, or stand in the way.


def _remedy(problem: Exception | None) -> str:
    if isinstance(problem, ClientError) and error_code(problem) in _PROTECTED:
        return (
            "use keys that may delete its objects; under retention in compliance mode, nobody may delete "
            "them before it ends"
        )
    return "remove it yourself: s3fixture rb --force"


def _version(version: str | None) -> dict[str, str]:
    return {"VersionId": version} if version else {}


def _quietly(call: Any, **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError:
        return False
    return True
