"""Removing objects, in requests of a thousand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BATCH = 1000  # what S3 takes in one request
Victim = tuple[str, "str | None"]  # key, and version or None
Report = Callable[[str, "str | None"], None]


def remove_objects(
    client: S3Client, bucket: str, victims: Iterable[Victim], report: Report, *, bypass: bool = False
) -> int:
    """Remove keys, or versions of them; complains of what cannot be removed, and counts that.

    A key without a version in a bucket with versioning gets a delete marker, as always in S3. `bypass` a
    retention in governance mode.
    """
    options: Any = {"BypassGovernanceRetention": True} if bypass else {}
    failed, rest = 0, iter(victims)
    while batch := list(islice(rest, _BATCH)):
        objects: Any = [
            {"Key": key, "VersionId": version} if version else {"Key": key} for key, version in batch
        ]
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": objects}, **options)
        for gone in answer.get("Deleted", []):
            report(gone["Key"], gone.get("VersionId"))
        for error in answer.get("Errors", []):
            failed += 1
            place = Remote(bucket, error.get("Key", ""))
            output.complain(f"{output.printable(str(place))}: {error.get('Code')}: {error.get('Message')}")
    return failed


def all_versions(client: S3Client, bucket: str, prefix: str = "") -> Iterator[Victim]:
    """Every version and delete marker of the keys that begin with `prefix`."""
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for found in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            yield found["Key"], found["VersionId"]


def abort_uploads(client: S3Client, bucket: str) -> None:
    """End all multipart uploads that were not completed."""
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
