"""Airflow's hook, sensor and operators for S3, led by the variables alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from s3fixture import S3

# Airflow makes its settings when it is imported, by default in the home folder.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="s3fixture-airflow-"))
hooks: Any = pytest.importorskip("airflow.providers.amazon.aws.hooks.s3")
# Airflow copies with the ACL "private" otherwise, which S3 refuses where ACLs are off, as in new buckets:
# https://github.com/apache/airflow/pull/40518
NO_ACL = "no-acl"


@pytest.fixture
def hook(s3_env: object) -> Any:
    """A hook without a connection takes keys and endpoint from the environment."""
    return hooks.S3Hook(aws_conn_id=None)


def test_the_hook(hook: Any, s3: S3, tmp_path: Path) -> None:
    hook.load_string("text", "in/a.txt", bucket_name=s3.bucket)
    hook.load_bytes(b"x" * 9_000_000, "in/large", bucket_name=s3.bucket)
    (tmp_path / "b.csv.gz").write_bytes(b"b")
    hook.load_file(tmp_path / "b.csv.gz", "in/b.csv.gz", bucket_name=s3.bucket)

    assert hook.check_for_key("in/a.txt", s3.bucket)
    assert hook.check_for_wildcard_key("in/*.gz", s3.bucket)
    assert hook.list_prefixes(s3.bucket, delimiter="/") == ["in/"]
    assert hook.read_key("in/a.txt", s3.bucket) == "text"
    hook.copy_object("in/a.txt", "out/a.txt", s3.bucket, s3.bucket, acl_policy=NO_ACL)
    hook.delete_objects(s3.bucket, ["in/a.txt", "in/b.csv.gz", "in/large"])
    assert hook.list_keys(s3.bucket) == ["out/a.txt"]
    with pytest.raises(Exception, match=r"404|NoSuchKey|Not Found"):
        hook.read_key("missing", s3.bucket)
    hook.create_bucket("made-by-airflow")
    assert hook.check_for_bucket("made-by-airflow")
    hook.delete_bucket("made-by-airflow")


def test_the_sensor_and_operators(hook: Any, s3: S3) -> None:
    from airflow.providers.amazon.aws.operators.s3 import S3CopyObjectOperator, S3CreateObjectOperator
    from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor

    sensor = S3KeySensor(
        task_id="wait", bucket_key="in/*.json", bucket_name=s3.bucket, wildcard_match=True, aws_conn_id=None
    )
    assert not sensor.poke({})
    S3CreateObjectOperator(
        task_id="make", s3_bucket=s3.bucket, s3_key="in/1.json", data="{}", aws_conn_id=None
    ).execute({})
    assert sensor.poke({})
    S3CopyObjectOperator(
        task_id="copy",
        source_bucket_key=f"s3://{s3.bucket}/in/1.json",
        dest_bucket_key=f"s3://{s3.bucket}/out/1.json",
        aws_conn_id=None,
        acl_policy=NO_ACL,
    ).execute({})
    assert s3.keys() == ["in/1.json", "out/1.json"]
