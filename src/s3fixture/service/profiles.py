"""Profiles: the properties of new buckets, and of what differs beside them, by `Settings.defaults`."""

from __future__ import annotations

from collections.abc import Mapping

from s3fixture.named_tuples import NamedTuple
from s3fixture.regions import VERSION_4_ONLY
from s3fixture.service.ownership import ENFORCED, WRITER
from s3fixture.settings import Settings


class Profile(NamedTuple):
    """What a new bucket is like that asks for nothing, and which signatures and constraints are taken."""

    ownership: str
    block_public_access: bool  # all of it
    version_4_only: frozenset[str]  # regions that refuse signatures of version 2
    first_as_constraint: bool  # LocationConstraint may be us-east-1


PROFILES: Mapping[str, Profile] = {
    # A bucket of today. https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
    "aws": Profile(
        ENFORCED, block_public_access=True, version_4_only=VERSION_4_ONLY, first_as_constraint=False
    ),
    # As in MinIO, and in S3 until April 2023: ACLs are on, and public policies work at once. MinIO takes
    # both versions of signatures, whatever its region is called, and its own region as a constraint:
    # minio-java 9 names it with every bucket. https://github.com/minio/minio/blob/master/cmd/handler-utils.go
    "minio": Profile(WRITER, block_public_access=False, version_4_only=frozenset(), first_as_constraint=True),
}

_HOW_TO_ALLOW: Mapping[str, str] = {
    "acls": "put ownership controls on the bucket (ObjectWriter)",
    "public access": "delete the bucket's public access block",
}


def how_to_allow(settings: Settings, refused: str) -> str:
    """For the log: what to do when a bucket refuses "acls" or "public access" because of its defaults."""
    advice = f"to allow it, {_HOW_TO_ALLOW[refused]}"
    if settings.defaults == "minio":  # this was put on the bucket later, so it is not a default
        return advice
    return (
        f"{advice}, or start the server with other defaults for new buckets (--defaults minio, --s3-defaults "
        "minio in pytest, S3FIXTURE_DEFAULTS=minio)"
    )
