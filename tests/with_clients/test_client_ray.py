"""Ray Data, led by the variables alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from s3fixture import S3

ray: Any = pytest.importorskip("ray")


@pytest.fixture
def cluster(s3_env: object) -> Iterator[None]:
    """Started where the variables are set, for its workers inherit them."""
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield
    ray.shutdown()


@pytest.mark.timeout(600)  # Ray starts a cluster of processes
def test_a_dataset_is_written_and_read(cluster: None, s3: S3) -> None:
    s3.put("in/a.csv", "x\n1\n2\n")
    dataset = ray.data.read_csv(f"s3://{s3.bucket}/in/")

    dataset.map(lambda row: {"x": row["x"] * 10}).write_parquet(f"s3://{s3.bucket}/out")

    assert ray.data.read_parquet(f"s3://{s3.bucket}/out").sum("x") == 30
