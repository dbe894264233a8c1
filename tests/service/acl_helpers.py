"""Grants as boto3 names them, and buckets in which ACLs count."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OTHER = "0123456789abcdef" * 4  # the other account's canonical id
STRANGER = "f" * 64  # an account elsewhere
GROUPS = "http://acs.amazonaws.com/groups/"
ALL_USERS = f"{GROUPS}global/AllUsers"
AUTHENTICATED = f"{GROUPS}global/AuthenticatedUsers"
LOGS = f"{GROUPS}s3/LogDelivery"
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def user(canonical_id: str, permission: str = "FULL_CONTROL") -> Any:
    return {"Grantee": {"Type": "CanonicalUser", "ID": canonical_id}, "Permission": permission}


def group(uri: str, permission: str) -> Any:
    return {"Grantee": {"Type": "Group", "URI": uri}, "Permission": permission}


def make(client: S3Client, name: str = "bucket", ownership: Any = "ObjectWriter", **options: Any) -> str:
    """A bucket where ACLs count and nothing is blocked."""
    client.create_bucket(Bucket=name, ObjectOwnership=ownership, **options)
    client.delete_public_access_block(Bucket=name)
    return name


def block(client: S3Client, bucket: str, *names: str) -> None:
    settings: Any = {name: name in names for name in BLOCKS}
    client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=settings)


def allow(client: S3Client, bucket: str, *actions: str, effect: str = "Allow", principal: Any = "*") -> None:
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    row = {"Effect": effect, "Principal": principal, "Action": actions, "Resource": resources}
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [row]}))
