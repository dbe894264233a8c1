"""pandas through s3fs, led by the variables alone."""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture import S3

pandas: Any = pytest.importorskip("pandas")


@pytest.mark.parametrize("kind", ["parquet", "csv", "json", "pickle"])
def test_a_frame_is_read_as_it_was_written(s3_env: object, s3: S3, kind: str) -> None:
    frame = pandas.DataFrame({"x": [1, 2], "y": ["a", "ü"]})
    place = f"s3://{s3.bucket}/frame.{kind}"
    index = {"index": False} if kind == "csv" else {}

    getattr(frame, f"to_{kind}")(place, **index)

    pandas.testing.assert_frame_equal(getattr(pandas, f"read_{kind}")(place), frame, check_dtype=False)
    assert s3.keys() == [f"frame.{kind}"]


def test_a_partitioned_dataset(s3_env: object, s3: S3) -> None:
    frame = pandas.DataFrame({"day": ["mon", "tue"], "x": [1, 2]})

    frame.to_parquet(f"s3://{s3.bucket}/days", partition_cols=["day"])

    read = pandas.read_parquet(f"s3://{s3.bucket}/days", filters=[("day", "=", "tue")])
    assert list(read["x"]) == [2]
