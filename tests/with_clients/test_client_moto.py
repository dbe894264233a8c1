"""moto, active in the same test: other services from moto, S3 from the server."""

from __future__ import annotations

import boto3
import pytest

from s3fixture import S3, mock_s3

mock_aws = pytest.importorskip("moto").mock_aws


def test_clients_of_the_fixtures_reach_the_server_and_others_moto(s3: S3) -> None:
    with mock_aws():
        queues = boto3.client(
            "sqs", region_name="us-east-1", endpoint_url="https://sqs.us-east-1.amazonaws.com"
        )
        queues.create_queue(QueueName="jobs")
        s3.client.put_object(Bucket=s3.bucket, Key="k", Body=b"kept")

    assert s3.get("k") == b"kept"


def test_code_that_makes_its_own_clients(s3_env: object, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/pytest.md says: moto leaves the keys alone, and only S3 is led to the server."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with mock_aws(config={"core": {"mock_credentials": False}}):
        boto3.client("sqs").create_queue(QueueName="jobs")
        boto3.client("s3").put_object(Bucket=s3.bucket, Key="k", Body=b"kept")

    assert s3.get("k") == b"kept"


def test_the_server_is_as_before_when_moto_ends(s3: S3) -> None:
    bucket = s3.bucket
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", endpoint_url="https://s3.amazonaws.com")
        client.create_bucket(Bucket="in-moto")

    assert [row["Name"] for row in s3.client.list_buckets()["Buckets"]] == [bucket]


def test_mock_s3_around_mock_aws_and_within_it() -> None:
    around = mock_s3(buckets=["data"])(mock_aws(use_both))
    around()
    within = mock_aws(mock_s3(buckets=["data"])(use_both))
    within()


def use_both() -> None:
    """The code under test makes its own clients, of S3 and of another service."""
    queue = boto3.client("sqs", region_name="us-east-1").create_queue(QueueName="jobs")
    assert "amazonaws.com" in queue["QueueUrl"]
    store = boto3.client("s3")
    store.put_object(Bucket="data", Key="k", Body=b"kept")
    answer = store.get_object(Bucket="data", Key="k")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["server"] == "s3fixture"
