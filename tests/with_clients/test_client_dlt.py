"""dlt's filesystem destination and source, led by the variables alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from s3fixture import S3

dlt: Any = pytest.importorskip("dlt")


def test_a_pipeline_loads_into_a_bucket_and_reads_it_back(
    s3_env: object, s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    place = f"s3://{s3.bucket}/lake"
    pipeline = dlt.pipeline(
        "numbers",
        destination=dlt.destinations.filesystem(place),
        dataset_name="d",
        pipelines_dir=str(tmp_path / "pipelines"),
    )

    pipeline.run([{"x": 1}, {"x": 2}], table_name="t", loader_file_format="parquet")
    pipeline.run([{"x": 3}], table_name="t", loader_file_format="parquet", write_disposition="append")

    assert len(s3.keys("lake/d/t/")) >= 2
    from dlt.sources.filesystem import filesystem, read_parquet

    rows = filesystem(bucket_url=f"{place}/d/t", file_glob="*.parquet") | read_parquet()
    assert sorted(row["x"] for row in rows) == [1, 2, 3]
