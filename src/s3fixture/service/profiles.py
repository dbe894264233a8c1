"""Profiles: the properties of new buckets, chosen by `Settings.defaults`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from s3fixture.service.ownership import ENFORCED, WRITER
from s3fixture.settings import Settings


class Profile(NamedTuple):
    """The `ownership` of a new bucket that asks for none, and whether all public access is blocked."""

    ownership: str
    block_public_access: bool


PROFILES: Mapping[str, Profile] = {
    # A bucket of today. https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
    "aws": Profile(ENFORCED, block_public_access=True),
    # As in MinIO, and in S3 until April 2023: ACLs are on, and public policies work at once.
    "minio": Profile(WRITER, block_public_access=False),
}

_WAYS_OUT: Mapping[str, str] = {
    "acls": "put ownership controls on the bucket (ObjectWriter)",
    "public access": "delete the bucket's public access block",
}


def way_out(settings: Settings, refused: str) -> str:
    """For the log: what to do when a bucket refuses "acls" or "public access" because of its defaults."""
    advice = f"to allow it, {_WAYS_OUT[refused]}"
    if settings.defaults == "minio":  # this was put on the bucket later, so it is not a default
        return advice
    return (
        f"{advice}, or start the server with other defaults for new buckets (--defaults minio, --s3-defaults "
        "minio in pytest, S3FIXTURE_DEFAULTS=minio)"
    )
