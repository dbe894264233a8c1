"""The fixtures of clients, each used as that client's users do."""

from __future__ import annotations

import asyncio
import gc
import warnings
from pathlib import Path
from typing import Any

import pytest

from s3fixture import S3


def test_aiobotocore(s3: S3, s3_aio_client: Any) -> None:
    async def job() -> bytes:
        async with s3_aio_client as client:
            await client.put_object(Bucket=s3.bucket, Key="k", Body=b"bytes")
            answer = await client.get_object(Bucket=s3.bucket, Key="k")
            return bytes(await answer["Body"].read())

    assert asyncio.run(job()) == b"bytes"
    s3.assert_called("PutObject", Key="k", times=1)


def test_an_aiobotocore_client_that_is_not_entered_is_no_matter(s3_aio_client: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del s3_aio_client
        gc.collect()


def test_s3fs(s3: S3, s3_fs: Any) -> None:
    with s3_fs.open(f"{s3.bucket}/folder/k", "wb") as file:
        file.write(b"bytes")
    assert s3.get("folder/k") == b"bytes"
    assert s3_fs.ls(f"{s3.bucket}/folder") == [f"{s3.bucket}/folder/k"]


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_file_system_knows_nothing_of_the_test_before(s3: S3, s3_fs: Any, turn: str) -> None:
    """s3fs keeps its instances, and they keep what they have listed."""
    s3.client.create_bucket(Bucket="named")
    assert s3_fs.ls("named") == []
    s3.put(turn, b"", bucket="named")
    s3_fs.invalidate_cache()
    assert s3_fs.ls("named") == [f"named/{turn}"]


def test_universal_pathlib(s3: S3, s3_path: Any) -> None:
    assert s3_path.fs.protocol[0] == "s3"
    (s3_path / "folder" / "k.txt").write_text("text")
    assert [path.name for path in (s3_path / "folder").iterdir()] == ["k.txt"]
    assert s3.get("folder/k.txt") == b"text"


def test_pyarrow(s3: S3, s3_pyarrow: Any) -> None:
    with s3_pyarrow.open_output_stream(f"{s3.bucket}/k") as stream:
        stream.write(b"bytes")
    assert s3.get("k") == b"bytes"


def test_obstore(s3: S3, s3_obstore: Any) -> None:
    obstore = pytest.importorskip("obstore")

    obstore.put(s3_obstore, "k", b"bytes")
    assert s3.get("k") == b"bytes"


def test_opendal(s3: S3, s3_opendal: Any) -> None:
    s3_opendal.write("k", b"bytes")
    assert s3.get("k") == b"bytes"
    assert s3_opendal.read("k") == b"bytes"


def test_duckdb(s3: S3, s3_duckdb: Any) -> None:
    s3_duckdb.execute(f"COPY (SELECT 7 AS x) TO 's3://{s3.bucket}/k.parquet'")
    assert s3_duckdb.execute(f"FROM 's3://{s3.bucket}/k.parquet'").fetchall() == [(7,)]
    assert s3.keys() == ["k.parquet"]


def test_polars_and_deltalake(s3: S3, s3_storage_options: dict[str, Any]) -> None:
    deltalake, polars = pytest.importorskip("deltalake"), pytest.importorskip("polars")

    frame = polars.DataFrame({"x": [1, 2]})
    frame.write_parquet(f"s3://{s3.bucket}/frame.parquet", storage_options=s3_storage_options)
    read = polars.read_parquet(f"s3://{s3.bucket}/frame.parquet", storage_options=s3_storage_options)
    assert read["x"].to_list() == [1, 2]

    table = f"s3://{s3.bucket}/table"
    deltalake.write_deltalake(table, frame.to_arrow(), storage_options=s3_storage_options)
    deltalake.write_deltalake(table, frame.to_arrow(), mode="append", storage_options=s3_storage_options)
    found = deltalake.DeltaTable(table, storage_options=s3_storage_options)
    assert (found.version(), polars.from_arrow(found.to_pyarrow_table()).shape) == (1, (4, 1))


def test_pandas(s3: S3, s3_fsspec_options: dict[str, Any]) -> None:
    pandas = pytest.importorskip("pandas")

    frame = pandas.DataFrame({"x": [1, 2]})
    frame.to_csv(f"s3://{s3.bucket}/frame.csv", index=False, storage_options=s3_fsspec_options)
    assert s3.get("frame.csv") == b"x\n1\n2\n"
    read = pandas.read_csv(f"s3://{s3.bucket}/frame.csv", storage_options=s3_fsspec_options)
    assert list(read["x"]) == [1, 2]


def test_pyiceberg(s3: S3, s3_iceberg: dict[str, Any], tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    sql = pytest.importorskip("pyiceberg.catalog.sql")

    catalog = sql.SqlCatalog(
        "test", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"s3://{s3.bucket}/lake", **s3_iceberg
    )
    catalog.create_namespace("n")
    rows = pyarrow.table({"x": [1, 2]})
    table = catalog.create_table("n.t", schema=rows.schema)
    table.append(rows)
    assert table.scan().to_arrow()["x"].to_pylist() == [1, 2]
    listed = s3.keys()
    assert listed == [key for key in listed if key.startswith("lake/")]
    catalog.close()


def test_spark_is_told_where_the_server_is(s3: S3, s3_spark: dict[str, str]) -> None:
    assert s3_spark["spark.hadoop.fs.s3a.endpoint"] == s3.endpoint.url
