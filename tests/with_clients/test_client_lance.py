"""Lance, led by the variables alone; its commits are conditional writes."""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture import S3

lance: Any = pytest.importorskip("lance")
pyarrow: Any = pytest.importorskip("pyarrow")


def test_a_dataset_grows_is_filtered_and_looked_back_on(s3_env: object, s3: S3) -> None:
    place = f"s3://{s3.bucket}/points.lance"
    lance.write_dataset(pyarrow.table({"x": [1, 2]}), place)
    lance.write_dataset(pyarrow.table({"x": [3]}), place, mode="append")

    dataset = lance.dataset(place)
    dataset.delete("x = 1")

    assert sorted(lance.dataset(place).to_table()["x"].to_pylist()) == [2, 3]
    assert lance.dataset(place).to_table(filter="x > 2").num_rows == 1
    assert lance.dataset(place, version=1).count_rows() == 2
    assert s3.keys("points.lance/data/")
