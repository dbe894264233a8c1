"""`mb`, `rb` and `policy`."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from botocore.exceptions import ClientError
from command_line import CommandLine

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint


def buckets(client: S3Client) -> list[str]:
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]


def anonymous(url: str, data: bytes | None = None) -> int:
    return urllib3.request("GET" if data is None else "PUT", url, body=data).status


def test_buckets_are_made_and_removed(mc: CommandLine, client: S3Client) -> None:
    assert (
        mc("mb", "s3://one", "minio/two", "three").stdout == "Made s3://one\nMade s3://two\nMade s3://three\n"
    )
    assert buckets(client) == ["one", "three", "two"]
    assert mc("rb", "one", "minio/two").stdout == "Removed s3://one\nRemoved s3://two\n"
    assert buckets(client) == ["three"]


def test_mb_does_not_mind_an_existing_bucket_when_told_so(mc: CommandLine, client: S3Client) -> None:
    mc("mb", "data")
    assert "add --ignore-existing" in mc.refused("mb", "data")
    mc("mb", "--ignore-existing", "data")
    assert buckets(client) == ["data"]


def test_mb_can_turn_versioning_on(mc: CommandLine, client: S3Client) -> None:
    mc("mb", "--with-versioning", "data")
    assert client.get_bucket_versioning(Bucket="data")["Status"] == "Enabled"


def test_mb_can_turn_object_lock_on(mc: CommandLine, client: S3Client) -> None:
    mc("mb", "old")
    mc("mb", "--with-lock", "--ignore-existing", "old", "new")
    for bucket in ("old", "new"):
        found = client.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
        assert found == {"ObjectLockEnabled": "Enabled"}
        assert client.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def lock(client: S3Client, bucket: str, key: str, mode: Any) -> str:
    """An object under retention; returns its version."""
    until = datetime.now(timezone.utc) + timedelta(days=1)
    answer = client.put_object(
        Bucket=bucket, Key=key, Body=b"1", ObjectLockMode=mode, ObjectLockRetainUntilDate=until
    )
    return answer["VersionId"]


def test_rb_and_rm_remove_what_governance_retains_only_when_told_so(
    mc: CommandLine, client: S3Client
) -> None:
    mc("mb", "--with-lock", "data")
    version = lock(client, "data", "a", "GOVERNANCE")
    lock(client, "data", "b", "GOVERNANCE")
    for command in (["rm", "--version-id", version, "data/a"], ["rb", "--force", "data"]):
        assert "protected by object lock" in mc(*command, code=1).stderr
    assert "--bypass needs --force" in mc("rb", "--bypass", "data", code=2).stderr
    assert mc("rm", "--bypass", "--version-id", version, "data/a").stdout.startswith("Removed s3://data/a")
    mc("rb", "--force", "--bypass", "data")
    assert buckets(client) == []


def test_stat_shows_what_keeps_an_object(mc: CommandLine, client: S3Client) -> None:
    mc("mb", "--with-lock", "data")
    lock(client, "data", "a", "GOVERNANCE")
    client.put_object_legal_hold(Bucket="data", Key="a", LegalHold={"Status": "ON"})
    found = json.loads(mc("stat", "--json", "data/a").stdout)
    assert found["retention"].startswith("GOVERNANCE until 20")
    assert found["legalHold"] == "ON"


def test_rb_keeps_what_compliance_retains(mc: CommandLine, client: S3Client) -> None:
    mc("mb", "--with-lock", "data")
    lock(client, "data", "a", "COMPLIANCE")
    assert "1 of its objects cannot be removed" in mc("rb", "--force", "--bypass", "data", code=1).stderr
    assert buckets(client) == ["data"]


@pytest.mark.parametrize(
    ("target", "complaint"),
    [("Not_A_Name", "InvalidBucketName"), ("minio", "names no bucket"), ("data/key", "more than a bucket")],
)
def test_mb_refuses_what_is_no_bucket(mc: CommandLine, client: S3Client, target: str, complaint: str) -> None:
    assert complaint in mc.refused("mb", target)
    assert buckets(client) == []


def test_rb_keeps_what_is_not_empty_unless_forced(mc: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    for number in range(3):
        client.put_object(Bucket="data", Key="k", Body=str(number))
    client.delete_object(Bucket="data", Key="k")
    client.create_multipart_upload(Bucket="data", Key="unfinished")
    assert "add --force" in mc.refused("rb", "data")
    assert buckets(client) == ["data"]
    mc("rb", "--force", "data")
    assert buckets(client) == []


def test_rb_removes_nothing_when_one_of_the_buckets_is_not_there(mc: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    mc.refused("rb", "data", "missing")
    assert buckets(client) == ["data"]
    assert "names no bucket" in mc.refused("rb", "--force", "minio")


@pytest.mark.parametrize("defaults", ["aws", "minio"])
@pytest.mark.parametrize(
    ("name", "reads", "lists", "writes"),
    [
        ("public", 200, 200, 200),
        ("download", 200, 200, 403),
        ("upload", 403, 403, 200),
        ("none", 403, 403, 403),
    ],
)
def test_policies_mean_what_they_say(
    mc: CommandLine, server: Endpoint, client: S3Client, name: str, reads: int, lists: int, writes: int
) -> None:
    client.create_bucket(Bucket="data")
    client.put_object(Bucket="data", Key="k", Body=b"x")
    mc("policy", "set", "public", "minio/data")
    mc("policy", "set", name, "minio/data")
    assert anonymous(f"{server.url}/data/k") == reads
    assert anonymous(f"{server.url}/data?list-type=2") == lists
    assert anonymous(f"{server.url}/data/new", b"new") == writes
    assert mc("policy", "get", "data").stdout.split()[-1] == name


def test_a_policy_may_be_for_a_prefix(mc: CommandLine, server: Endpoint, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    for key in ("open/k", "shut/k"):
        client.put_object(Bucket="data", Key=key, Body=b"x")
    mc("policy", "set", "download", "s3://data/open/")
    assert anonymous(f"{server.url}/data/open/k") == 200
    assert anonymous(f"{server.url}/data/shut/k") == 403
    assert anonymous(f"{server.url}/data?list-type=2&prefix=open/") == 200
    assert anonymous(f"{server.url}/data?list-type=2") == 403
    assert mc("policy", "get", "s3://data/open/").stdout.split()[-1] == "download"
    assert mc("policy", "get", "s3://data").stdout.split()[-1] == "custom"


def test_other_statements_of_a_policy_stay(mc: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    own = {
        "Sid": "mine",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": "arn:aws:s3:::data/keep/*",
    }
    client.delete_public_access_block(Bucket="data")
    client.put_bucket_policy(Bucket="data", Policy=json.dumps({"Version": "2012-10-17", "Statement": own}))
    mc("policy", "set", "public", "data")
    mc("policy", "set", "none", "data")
    found = json.loads(client.get_bucket_policy(Bucket="data")["Policy"])
    assert found["Statement"] == [own]
    answer = json.loads(mc("policy", "get", "--json", "data").stdout)
    assert (answer["permission"], answer["policy"]) == ("custom", found)


def test_a_policy_that_a_server_gives_back_in_another_form_is_known(
    mc: CommandLine, client: S3Client
) -> None:
    client.create_bucket(Bucket="data")
    mc("policy", "set", "download", "data")
    policy = json.loads(client.get_bucket_policy(Bucket="data")["Policy"])
    for statement in policy["Statement"]:  # as MinIO has it
        actions = statement["Action"]
        statement["Action"] = actions[::-1] if isinstance(actions, list) else [actions]
        statement["Principal"] = "*"
        statement["Sid"] = ""
    client.put_bucket_policy(Bucket="data", Policy=json.dumps(policy))

    assert mc("policy", "get", "data").stdout.split()[-1] == "download"
    assert mc("policy", "set", "private", "data").stdout.split()[-1] == "none"
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        client.get_bucket_policy(Bucket="data")


def test_setting_none_twice_leaves_no_policy(mc: CommandLine, client: S3Client) -> None:
    client.create_bucket(Bucket="data")
    mc("policy", "set", "download", "data")
    for _ in range(2):
        mc("policy", "set", "none", "data")
    with pytest.raises(client.exceptions.ClientError, match="NoSuchBucketPolicy"):
        client.get_bucket_policy(Bucket="data")
    assert "NoSuchBucket" in mc.refused("policy", "set", "none", "missing")
