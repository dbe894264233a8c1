"""The policy that recorded calls need: they pass under it, and others are refused."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from service_helpers import refused

from s3fixture.app import App
from s3fixture.auth.actions import Permission
from s3fixture.auth.policies.least import least_policy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OTHER = {"CanonicalUser": "0123456789abcdef" * 4}


@pytest.fixture
def needs(app: App) -> Iterator[set[Permission]]:
    needs: set[Permission] = set()
    app.needs = needs
    yield needs
    app.needs = None


def use(client: S3Client, bucket: str) -> None:
    """What some program does."""
    for name in ("a", "b"):
        client.put_object(Bucket=bucket, Key=f"in/{name}", Body=b"x", Tagging="k=v")
    client.copy_object(Bucket=bucket, Key="out/copy", CopySource={"Bucket": bucket, "Key": "in/a"})
    client.list_objects_v2(Bucket=bucket, Prefix="in/")
    with refused("404"):
        client.head_object(Bucket=bucket, Key="missing")
    client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "in/a"}, {"Key": "in/b"}]})


def test_the_same_calls_pass_under_the_policy_and_others_are_refused(
    client: S3Client, other: S3Client, bucket: str, needs: set[Permission]
) -> None:
    use(client, bucket)
    policy = least_policy(needs)
    for statement in policy["Statement"]:
        statement["Principal"] = OTHER
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    use(other, bucket)
    with refused("AccessDenied"):
        other.put_object(Bucket=bucket, Key="elsewhere", Body=b"")
    with refused("AccessDenied"):
        other.get_object(Bucket=bucket, Key="out/copy")
    with refused("AccessDenied"):
        other.delete_object(Bucket=bucket, Key="out/copy")


def test_the_policy_has_each_action_on_what_it_was_used_for(
    client: S3Client, bucket: str, needs: set[Permission]
) -> None:
    client.put_object(Bucket=bucket, Key="one*", Body=b"")
    client.list_objects_v2(Bucket=bucket)
    for name in "ab":
        client.put_object(Bucket=bucket, Key=f"in/{name}", Body=b"")
    with refused("NoSuchTagSet"):
        client.get_bucket_tagging(Bucket=bucket)
    assert least_policy(needs) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetBucketTagging", "s3:ListBucket"],
                "Resource": [f"arn:aws:s3:::{bucket}"],
            },
            {
                "Effect": "Allow",
                "Action": ["s3:PutObject"],
                "Resource": [f"arn:aws:s3:::{bucket}/in/*", f"arn:aws:s3:::{bucket}/one${{*}}"],
            },
        ],
    }


def test_to_be_told_that_an_object_is_missing_needs_the_permission_to_list(
    client: S3Client, bucket: str, needs: set[Permission]
) -> None:
    with refused("404"):
        client.head_object(Bucket=bucket, Key="k")
    assert needs == {Permission("s3:GetObject", bucket, "k"), Permission("s3:ListBucket", bucket)}


def test_a_refused_call_needs_nothing(other: S3Client, bucket: str, needs: set[Permission]) -> None:
    with suppress(ClientError):
        other.get_object(Bucket=bucket, Key="k")
    assert needs == set()


@pytest.mark.parametrize(
    ("keys", "patterns"),
    [
        (["a"], ["a"]),
        (["a", "b"], ["a", "b"]),
        (["x/a", "y/b"], ["x/a", "y/b"]),
        (["x/a", "x/b", "x/c/d"], ["x/*"]),
        ([f"x/{number}/a" for number in range(20)], ["x/*"]),
        ([f"{number}/a" for number in range(20)], ["*"]),
        ([f"k{number}" for number in range(20)], ["*"]),
        ([*(f"x/{number}/a" for number in range(20)), "y/b"], ["x/*", "y/b"]),
        (["/", "//", "//a"], ["/", "//*"]),
        ([f"1/{number:032x}/artifacts/model.pkl" for number in (1, 2)], ["1/*/artifacts/model.pkl"]),
        (
            [f"t/part-0-{uuid.UUID(int=number)}.c000.parquet" for number in (1, 2)],
            ["t/part-0-*.c000.parquet"],
        ),
        (["2026-11-28/15-digits-012345678901234"], ["2026-11-28/15-digits-012345678901234"]),
    ],
)
def test_keys_become_patterns_by_their_folders(keys: list[str], patterns: list[str]) -> None:
    policy = least_policy(Permission("s3:GetObject", "b", key) for key in reversed(keys))
    (statement,) = policy["Statement"]
    assert statement["Resource"] == [f"arn:aws:s3:::b/{pattern}" for pattern in patterns]


def test_what_an_answer_tells_by_a_permission_of_its_own_is_needed_too(
    client: S3Client, app: App, needs: set[Permission]
) -> None:
    """GetObject counts the tags, and names the lock, for those who may read these."""
    locked: Any = {"Bucket": "locked", "Key": "k"}
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = app.clock.now() + timedelta(days=1)
    client.put_object(
        **locked,
        Body=b"x",
        Tagging="k=v",
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=until,
        ObjectLockLegalHoldStatus="OFF",
    )
    needs.clear()
    client.get_object(**locked)
    assert {action for action, *_ in needs} == {
        *("s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectRetention", "s3:GetObjectLegalHold")
    }
