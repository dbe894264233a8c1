"""Uploads in parts that were not completed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from s3fixture.cli.addresses import Remote

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def uploads(client: S3Client, place: Remote) -> Iterator[tuple[str, str, datetime]]:
    """Key, id and beginning of each upload whose key begins so."""
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=place.bucket, Prefix=place.key)
    for page in pages:
        for found in page.get("Uploads", []):
            yield found["Key"], found["UploadId"], found["Initiated"]


def size_of(client: S3Client, place: Remote, upload: str) -> int:
    """The bytes of its parts so far."""
    pages = client.get_paginator("list_parts").paginate(Bucket=place.bucket, Key=place.key, UploadId=upload)
    return sum(part["Size"] for page in pages for part in page.get("Parts", []))
