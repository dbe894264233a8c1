"""The backup and the restore of a MinIO server's handbook, as the disaster they are for.

mc mirror minio/mlflow-artifacts ./backup/
mc mb minio/backup
mc mirror minio/mlflow-artifacts minio/backup

mc mirror ./backup minio/mlflow-artifacts
mc mirror minio/backup minio/mlflow-artifacts
"""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SIZES = [0, 1, 1000, 70_000, 1024 * 1024, 8 * 1024 * 1024, 20 * 1024 * 1024 + 1]


def fill(client: S3Client) -> None:
    for number, size in enumerate(SIZES):
        body = os.urandom(size)
        key = f"{number}/run {number}/artifacts/modèle+%&.pkl"
        client.put_object(Bucket="mlflow-artifacts", Key=key, Body=body)
    client.put_object(Bucket="mlflow-artifacts", Key="top", Body=b"top")


def digests(client: S3Client) -> dict[str, str]:
    found = {}
    for item in client.list_objects_v2(Bucket="mlflow-artifacts").get("Contents", []):
        body = client.get_object(Bucket="mlflow-artifacts", Key=item["Key"])["Body"]
        found[item["Key"]] = hashlib.sha256(body.read()).hexdigest()
    return found


def lose_objects(s3: CommandLine) -> None:
    s3("rm", "--recursive", "--force", "minio/mlflow-artifacts")


def lose_bucket(s3: CommandLine) -> None:
    s3("rb", "--force", "minio/mlflow-artifacts")


def lose_half_and_spoil_the_rest(s3: CommandLine) -> None:
    client = s3.client()
    for number, item in enumerate(client.list_objects_v2(Bucket="mlflow-artifacts")["Contents"]):
        if number % 2:
            client.delete_object(Bucket="mlflow-artifacts", Key=item["Key"])
        else:
            client.put_object(Bucket="mlflow-artifacts", Key=item["Key"], Body=os.urandom(item["Size"]))


def lose_disk(s3: CommandLine) -> None:
    s3("down")
    shutil.rmtree(s3.folder / ".s3fixture" / "data")
    s3.up()


@pytest.mark.parametrize("disaster", [lose_objects, lose_bucket, lose_half_and_spoil_the_rest, lose_disk])
def test_a_backup_in_a_folder_restores_every_byte(s3: CommandLine, disaster: object) -> None:
    assert callable(disaster)
    s3.up("--bucket", "mlflow-artifacts")
    fill(s3.client())
    before = digests(s3.client())
    s3("mirror", "minio/mlflow-artifacts", "./backup/")
    disaster(s3)
    assert digests_or_none(s3) != before
    s3("mirror", "--overwrite", "./backup", "minio/mlflow-artifacts")
    assert digests(s3.client()) == before


@pytest.mark.parametrize("disaster", [lose_objects, lose_bucket, lose_half_and_spoil_the_rest])
def test_a_backup_in_a_bucket_restores_every_byte(s3: CommandLine, disaster: object) -> None:
    assert callable(disaster)
    s3.up("--bucket", "mlflow-artifacts")
    fill(s3.client())
    before = digests(s3.client())
    s3("mb", "minio/backup")
    s3("mirror", "minio/mlflow-artifacts", "minio/backup")
    disaster(s3)
    assert digests_or_none(s3) != before
    s3("mirror", "--overwrite", "minio/backup", "minio/mlflow-artifacts")
    assert digests(s3.client()) == before


def digests_or_none(s3: CommandLine) -> dict[str, str] | None:
    client = s3.client()
    names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    return digests(client) if "mlflow-artifacts" in names else None
