"""pyiceberg with its default FileIO, pyarrow's, which reads no variable of AWS for the endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture import S3, serve
from s3fixture.environment import applied

pytest.importorskip("pyiceberg")
pytest.importorskip("sqlalchemy")
pytest.importorskip("pyarrow")


def write_table(warehouse: str) -> Any:
    import pyarrow as pa
    from pyiceberg.catalog import load_catalog

    catalog = load_catalog("default", type="in-memory", warehouse=warehouse)
    catalog.create_namespace("shop")
    rows = pa.table({"amount": [1, 2]})
    table = catalog.create_table("shop.orders", schema=rows.schema)
    table.append(rows)
    return table


def test_the_variables_alone_lead_it_to_the_server(s3: S3) -> None:
    table = write_table(f"s3://{s3.bucket}/warehouse")

    assert table.scan().to_arrow()["amount"].to_pylist() == [1, 2]
    assert any(key.endswith(".parquet") for key in s3.keys("warehouse/shop/orders/data/"))


def test_it_reads_the_variables_again_for_the_next_server() -> None:
    """It reads them when it is imported, and keeps them."""
    import pyiceberg.catalog

    def kept() -> object:
        return pyiceberg.catalog._ENV_CONFIG.get_catalog_config("default")

    before = kept()
    for number in range(2):
        with serve(buckets=["data"], access_key=f"key{number}") as endpoint:
            with applied(endpoint.environ()):
                write_table("s3://data/warehouse")
            assert endpoint.keys(bucket="data")
    assert kept() == before
