"""Dagster's IO manager for S3, led by the variables alone."""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture import S3

dagster: Any = pytest.importorskip("dagster")


def test_assets_are_kept_in_a_bucket(s3_env: object, s3: S3) -> None:
    from dagster_aws.s3 import S3PickleIOManager, S3Resource

    def numbers() -> list[int]:
        return [1, 2]

    def total(numbers: list[int]) -> int:
        return sum(numbers)

    manager = S3PickleIOManager(s3_resource=S3Resource(), s3_bucket=s3.bucket, s3_prefix="assets")
    assets = [dagster.asset(numbers), dagster.asset(total)]
    with dagster.DagsterInstance.ephemeral() as instance:
        done = dagster.materialize(assets, instance=instance, resources={"io_manager": manager})

    assert done.success
    assert done.output_for_node("total") == 3
    assert s3.keys() == ["assets/numbers", "assets/total"]
