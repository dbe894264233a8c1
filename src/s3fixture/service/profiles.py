"""What a new bucket is like: the profiles of defaults, chosen by `Settings.defaults`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from s3fixture.service.ownership import ENFORCED, WRITER


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
