"""Polars, led by the variables alone."""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture import S3

polars: Any = pytest.importorskip("polars")


def test_frames_are_written_scanned_and_sunk(s3_env: object, s3: S3) -> None:
    place = f"s3://{s3.bucket}/sales"
    polars.DataFrame({"x": [1, 2]}).write_parquet(f"{place}/a.parquet")
    polars.DataFrame({"x": [3, 4]}).write_parquet(f"{place}/b.parquet")

    polars.scan_parquet(f"{place}/*.parquet").filter(polars.col("x") > 1).sink_parquet(f"{place}/out.parquet")

    assert polars.read_parquet(f"{place}/out.parquet")["x"].to_list() == [2, 3, 4]


def test_csv_and_newline_delimited_json(s3_env: object, s3: S3) -> None:
    s3.put("a.csv", "x,y\n1,2\n")
    polars.scan_csv(f"s3://{s3.bucket}/a.csv").sink_ndjson(f"s3://{s3.bucket}/a.ndjson")

    assert s3.get("a.ndjson") == b'{"x":1,"y":2}\n'
    assert polars.scan_ndjson(f"s3://{s3.bucket}/a.ndjson").collect().rows() == [(1, 2)]


def test_a_missing_object_is_an_error_that_names_it(s3_env: object, s3: S3) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.parquet"):
        polars.read_parquet(f"s3://{s3.bucket}/missing.parquet")
