"""What a new bucket is like: the profiles of defaults, chosen by `Settings.defaults`."""

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
    # What MinIO's users know, and S3's did until April 2023: ACLs are taken, public policies hold at once.
    "minio": Profile(WRITER, block_public_access=False),
}

_WAYS_OUT: Mapping[str, str] = {
    "acls": "put ownership controls on the bucket (ObjectWriter)",
    "public access": "delete the bucket's public access block",
}


def way_out(settings: Settings, refused: str) -> str:
    """For the log: what to do where a bucket refuses "acls" or "public access" because it was made so."""
    advice = f"to allow it, {_WAYS_OUT[refused]}"
    if settings.defaults == "minio":  # somebody chose so for this bucket
        return advice
    return (
        f"{advice}, or start the server with other defaults for new buckets (--defaults minio, --s3-defaults "
        "minio in pytest, S3FIXTURE_DEFAULTS=minio)"
    )
