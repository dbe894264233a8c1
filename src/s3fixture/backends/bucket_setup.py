"""How buckets are made, and made public, on whatever server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from s3fixture import regions
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PublicAccessBlockConfigurationTypeDef


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
NAME_ADVICE = "use 3 to 63 characters of a-z, 0-9, '-' and '.', with a letter or a digit at both ends"
_OWN_ALREADY = "BucketAlreadyOwnedByYou"
# What stands in the reason why a bucket cannot be made -> what to do.
_ADVICE: Mapping[str, str] = {
    "RequestTimeTooSkewed": (
        "the time of this process is not the server's: where a tool such as freezegun or time-machine has "
        "changed it, use --s3-emulator=thread, whose server follows it"
    ),
    "CERTIFICATE_VERIFY_FAILED": "name your certificate's authority with tls_ca (--tls-ca) or AWS_CA_BUNDLE",
    "AccessDenied": "use keys that may do this",
    "InvalidBucketName": NAME_ADVICE,
}


def make_bucket(client: S3Client, name: str, *, versioning: bool = False, object_lock: bool = False) -> None:
    """Make a bucket unless the client's account owns it already, and switch on what is wanted.

    Raises S3FixtureError when S3 refuses to make it, as where another account owns it.
    """
    try:
        client.create_bucket(Bucket=name, **creation(client.meta.region_name, object_lock=object_lock))
    except (BotoCoreError, ClientError) as error:
        if error_code(error) != _OWN_ALREADY:
            text = reason(error)
            advice = next((advice for sign, advice in _ADVICE.items() if sign in text), "choose another name")
            raise S3FixtureError(f"the bucket {name!r} cannot be made: {text}; {advice}") from error
    if object_lock:
        switch_on_lock(client, name)
    elif versioning:
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def reason(error: Exception) -> str:
    """An error of a server or of botocore in one line."""
    if isinstance(error, ClientError):
        return f"{error_code(error)}: {error.response['Error'].get('Message', '')}".rstrip(": .")
    if isinstance(error, (exceptions.ConnectionError, exceptions.HTTPClientError)):
        return f"{error}; is the server running?"
    return str(error)


def error_code(error: Exception) -> str:
    """S3's code of a client's error, such as NoSuchKey; "" for one without."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def creation(region: str, *, object_lock: bool = False) -> dict[str, Any]:
    """The arguments of CreateBucket besides the name; S3 takes a location for all regions but the first."""
    place = {} if region == regions.FIRST else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    return {**place, "ObjectLockEnabledForBucket": True} if object_lock else place


def switch_on_lock(client: S3Client, bucket: str) -> None:
    """Enable versioning and object lock, for good; a default retention that is there stays.

    Raises botocore's errors, as of servers that take object lock only when a bucket is made.
    """
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    try:
        client.get_object_lock_configuration(Bucket=bucket)
    except ClientError as error:
        if error_code(error) != "ObjectLockConfigurationNotFoundError":
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
        if error_code(error) != "AccessDenied" or not allow_public_policies(client, bucket):
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
