"""delta-rs, led by the variables alone; its commits are conditional writes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from s3fixture import S3

deltalake: Any = pytest.importorskip("deltalake")
pyarrow: Any = pytest.importorskip("pyarrow")


def rows(*numbers: int) -> Any:
    return pyarrow.table({"x": list(numbers)})


def numbers_of(table: Any) -> list[int]:
    return sorted(table.to_pyarrow_table()["x"].to_pylist())


def test_a_table_grows_is_compacted_and_looked_back_on(s3_env: object, s3: S3) -> None:
    place = f"s3://{s3.bucket}/table"
    for number in range(4):
        deltalake.write_deltalake(place, rows(number), mode="append")
    table = deltalake.DeltaTable(place)
    table.optimize.compact()
    table.delete("x = 3")
    table.create_checkpoint()

    assert numbers_of(deltalake.DeltaTable(place)) == [0, 1, 2]
    assert numbers_of(deltalake.DeltaTable(place, version=1)) == [0, 1]
    removed = table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    assert removed
    assert numbers_of(deltalake.DeltaTable(place)) == [0, 1, 2]


def test_six_writers_at_once_lose_no_row(s3_env: object, s3: S3) -> None:
    place = f"s3://{s3.bucket}/table"
    deltalake.write_deltalake(place, rows(0))

    with ThreadPoolExecutor(6) as writers:
        list(writers.map(lambda x: deltalake.write_deltalake(place, rows(x), mode="append"), range(1, 7)))

    found = deltalake.DeltaTable(place)
    assert (found.version(), numbers_of(found)) == (6, [0, 1, 2, 3, 4, 5, 6])
