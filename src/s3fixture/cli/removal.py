"""Removing objects, and saying what was and what was not removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from s3fixture.backends.cleaning import Item, batches, delete_batch
from s3fixture.cli import output
from s3fixture.cli.addresses import Remote

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Report = Callable[[str, "str | None"], None]


def remove_objects(
    client: S3Client, place: Remote, items: Iterable[Item], report: Report, *, bypass: bool = False
) -> int:
    """Remove keys, or versions of them; prints what cannot be removed, and counts that.

    A key without a version in a bucket with versioning gets a delete marker, as always in S3. `bypass` a
    retention in governance mode.
    """
    options: Any = {"BypassGovernanceRetention": True} if bypass else {}
    failed = 0
    for batch in batches(items):
        answer = delete_batch(client, place.bucket, batch, **options)
        for gone in answer.get("Deleted", []):
            report(gone["Key"], gone.get("VersionId"))
        for error in answer.get("Errors", []):
            failed += 1
            what = place.at(error.get("Key", ""))
            output.print_error(f"{output.printable(str(what))}: {error.get('Code')}: {error.get('Message')}")
    return failed
