"""Kedro's catalog, led by the variables alone."""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture import S3

pandas: Any = pytest.importorskip("pandas")
catalogs: Any = pytest.importorskip("kedro.io")


def test_datasets_of_a_catalog_are_saved_and_loaded(s3_env: object, s3: S3) -> None:
    place = f"s3://{s3.bucket}/data"
    catalog = catalogs.DataCatalog.from_config(
        {
            "table": {
                "type": "pandas.CSVDataset",
                "filepath": f"{place}/a.csv",
                "save_args": {"index": False},
            },
            "columns": {"type": "pandas.ParquetDataset", "filepath": f"{place}/a.parquet", "versioned": True},
            "parts": {
                "type": "partitions.PartitionedDataset",
                "path": f"{place}/parts",
                "dataset": "pandas.CSVDataset",
                "filename_suffix": ".csv",
            },
        }
    )
    frame = pandas.DataFrame({"x": [1, 2]})

    catalog.save("table", frame)
    catalog.save("columns", frame)
    catalog.save("parts", {"one": frame, "two": frame})

    assert s3.get("data/a.csv") == b"x\n1\n2\n"
    assert list(catalog.load("columns")["x"]) == [1, 2]
    assert sorted(catalog.load("parts")) == ["one", "two"]
    (version,) = s3.keys("data/a.parquet/")
    assert version.endswith("/a.parquet")
