"""pyarrow's own S3 file system (the AWS SDK for C++), which holds the interpreter lock where it pleases."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import pytest

from s3fixture import S3

pytest.importorskip("pyarrow")
MIB = 1024 * 1024


def connect(s3: S3, **options: Any) -> Any:
    from pyarrow.fs import S3FileSystem

    keys = {"access_key": s3.endpoint.access_key, "secret_key": s3.endpoint.secret_key}
    return S3FileSystem(
        endpoint_override=urlsplit(s3.url).netloc, scheme="http", region=s3.endpoint.region, **keys | options
    )


def test_streams_go_up_in_parts_and_come_down(s3: S3) -> None:
    data = os.urandom(11 * MIB)
    files = connect(s3)
    with files.open_output_stream(f"{s3.bucket}/large", metadata={"Content-Type": "text/csv"}) as stream:
        stream.write(data)

    with files.open_input_file(f"{s3.bucket}/large") as file:
        file.seek(5 * MIB)
        assert file.read(7) == data[5 * MIB : 5 * MIB + 7]

    assert s3.get("large") == data
    assert s3.client.head_object(Bucket=s3.bucket, Key="large")["ContentType"] == "text/csv"


def test_a_partitioned_dataset_is_written_and_queried(s3: S3) -> None:
    import pyarrow as pa
    import pyarrow.dataset as ds

    files = connect(s3)
    table = pa.table({"row": list(range(90)), "part": [row % 3 for row in range(90)]})
    place: dict[str, Any] = {"filesystem": files, "partitioning": ["part"]}
    ds.write_dataset(table, f"{s3.bucket}/table", format="parquet", **place)

    found = ds.dataset(f"{s3.bucket}/table", **place)

    assert found.to_table(filter=ds.field("part") == 1).num_rows == 30


def test_folders_are_markers_and_can_be_removed(s3: S3) -> None:
    from pyarrow.fs import FileSelector, FileType

    files = connect(s3)
    files.create_dir(f"{s3.bucket}/a/b", recursive=True)
    s3.put("a/c ü+", b"1")

    [folder, file] = sorted(files.get_file_info(FileSelector(f"{s3.bucket}/a")), key=lambda info: info.path)
    files.move(f"{s3.bucket}/a/c ü+", f"{s3.bucket}/d")
    files.delete_dir(f"{s3.bucket}/a")

    assert (folder.type, file.type) == (FileType.Directory, FileType.File)
    assert s3.keys() == ["d"]


def test_errors_say_what_happened(s3: S3) -> None:
    s3.put("k", b"1")
    with pytest.raises(FileNotFoundError):
        connect(s3).open_input_file(f"{s3.bucket}/missing")
    with pytest.raises(OSError, match="ACCESS_DENIED"):
        connect(s3, secret_key="wrong").open_input_file(f"{s3.bucket}/k")
