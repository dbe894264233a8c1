"""How buckets are made, and made public, on whatever server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from s3fixture.settings import DEFAULT_REGION

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PublicAccessBlockConfigurationTypeDef


def creation(region: str, *, object_lock: bool = False) -> dict[str, Any]:
    """What CreateBucket is asked for besides the name; S3 takes a location for all regions but one."""
    place = {} if region == DEFAULT_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    return {**place, "ObjectLockEnabledForBucket": True} if object_lock else place


def switch_on_lock(client: S3Client, bucket: str) -> None:
    """Enable versioning and object lock, for good; a default retention that is there stays.

    Raises botocore's errors, as of servers that take object lock only when a bucket is made.
    """
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    try:
        client.get_object_lock_configuration(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ObjectLockConfigurationNotFoundError":
            raise
        client.put_object_lock_configuration(
            Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        )


def put_policy(client: S3Client, bucket: str, policy: str) -> None:
    """Put a policy, and make it take effect where it is public and the bucket blocks such policies.

    Raises botocore's errors.
    """
    try:
        client.put_bucket_policy(Bucket=bucket, Policy=policy)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied" or not allow_public_policies(client, bucket):
            raise
        client.put_bucket_policy(Bucket=bucket, Policy=policy)


def allow_public_policies(client: S3Client, bucket: str) -> bool:
    """Switch off the bucket's blocks against public policies; public ACLs stay blocked.

    False when neither was on. Raises botocore's errors.
    """
    try:
        block = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError:  # there is none, or the server knows none
        return False
    if not (block.get("BlockPublicPolicy") or block.get("RestrictPublicBuckets")):
        return False
    changed: PublicAccessBlockConfigurationTypeDef = {
        **block,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }
    client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=changed)
    return True
