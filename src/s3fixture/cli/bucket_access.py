"""What `policy` asks servers for: the part of a bucket's policy about clients without keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from s3fixture.anonymous_access import NONE, Policy, with_access
from s3fixture.backends.bucket_setup import allow_public_policies
from s3fixture.cli.addresses import Remote

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def policy_of(client: S3Client, bucket: str) -> Policy | None:
    """The bucket's policy document, None when it has none."""
    try:
        found: Policy = json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
            return None
        raise
    return found


def set_access(client: S3Client, place: Remote, name: str) -> None:
    """Give anonymous clients this access there; other statements of the policy stay.

    What the bucket's public access block has against it is taken back, as a person would have to.
    """
    former = policy_of(client, place.bucket)
    wanted = with_access(former, place.bucket, name, place.key)
    if name != NONE:
        allow_public_policies(client, place.bucket)
    if wanted:
        client.put_bucket_policy(Bucket=place.bucket, Policy=json.dumps(wanted))
    elif former is not None:
        client.delete_bucket_policy(Bucket=place.bucket)
    else:
        client.head_bucket(Bucket=place.bucket)  # there is nothing to do, unless there is no such bucket
