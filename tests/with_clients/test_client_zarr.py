"""Zarr, through fsspec and through obstore, led by the variables alone."""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture import S3

zarr: Any = pytest.importorskip("zarr")


def by_fsspec(bucket: str) -> Any:
    pytest.importorskip("s3fs")
    return f"s3://{bucket}/group.zarr"


def by_obstore(bucket: str) -> Any:
    pytest.importorskip("obstore")
    from obstore.store import S3Store

    return zarr.storage.ObjectStore(S3Store(bucket, prefix="group.zarr"))


@pytest.mark.parametrize("store", [by_fsspec, by_obstore])
def test_an_array_is_written_in_chunks_and_read_in_part(s3_env: object, s3: S3, store: Any) -> None:
    group = zarr.open_group(store(s3.bucket), mode="w")
    array = group.create_array("x", shape=(8, 8), chunks=(4, 4), dtype="int32")
    array[:] = 7
    array[0, 0] = 1
    group.attrs["unit"] = "mm"
    zarr.consolidate_metadata(store(s3.bucket))

    read = zarr.open_group(store(s3.bucket), mode="r")
    assert read.attrs["unit"] == "mm"
    assert (int(read["x"][0, 0]), int(read["x"][5:, 5:].sum())) == (1, 63)
    assert len(s3.keys("group.zarr/x/c/")) == 4
