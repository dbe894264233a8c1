"""The part of a bucket's policy that `policy set` makes, among statements that are somebody's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from s3fixture.anonymous_access import document, statements
from s3fixture.cli.addresses import Remote

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NAMES = ("public", "download", "upload")
NONE, CUSTOM = "none", "custom"
Statement = dict[str, Any]


def policy_of(client: S3Client, bucket: str) -> Statement | None:
    """The bucket's policy document, None when it has none."""
    try:
        found: Statement = json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
            return None
        raise
    return found


def access_of(client: S3Client, place: Remote) -> str:
    """The name of what anonymous clients may do there; `custom` when `set_access` did not make it so."""
    found = [_canonical(statement) for statement in _statements(policy_of(client, place.bucket))]
    if not found:
        return NONE
    for name in NAMES:
        if all(_canonical(each) in found for each in statements(name, place.bucket, place.key)):
            return name
    return CUSTOM


def set_access(client: S3Client, place: Remote, name: str) -> None:
    """Give anonymous clients this access there; other statements of the policy stay."""
    former = policy_of(client, place.bucket)
    ours = [_canonical(each) for known in NAMES for each in statements(known, place.bucket, place.key)]
    kept = [statement for statement in _statements(former) if _canonical(statement) not in ours]
    wanted = kept + ([] if name == NONE else statements(name, place.bucket, place.key))
    if wanted:
        client.put_bucket_policy(Bucket=place.bucket, Policy=document(wanted))
    elif former is not None:
        client.delete_bucket_policy(Bucket=place.bucket)
    else:
        client.head_bucket(Bucket=place.bucket)  # there is nothing to do, unless there is no such bucket


def _statements(policy: Statement | None) -> list[Statement]:
    found = policy["Statement"] if policy else []
    return found if isinstance(found, list) else [found]


def _canonical(value: Any) -> Any:
    """Lists are sets here: servers give them back in another order, and one text for a list of one."""
    if isinstance(value, dict):
        whole = {**value, **({"Principal": {"AWS": "*"}} if value.get("Principal") == "*" else {})}
        return {name: _canonical(part) for name, part in whole.items() if name != "Sid"}
    return sorted(value) if isinstance(value, list) else [value]
