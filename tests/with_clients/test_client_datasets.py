"""Hugging Face's datasets through s3fs, led by the variables alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from s3fixture import S3

# datasets counts what is loaded with a request to s3.amazonaws.com otherwise, which the guard refuses.
os.environ["HF_UPDATE_DOWNLOAD_COUNTS"] = "0"
datasets: Any = pytest.importorskip("datasets")


def test_a_dataset_is_saved_and_loaded(s3_env: object, s3: S3) -> None:
    made = datasets.Dataset.from_dict({"x": [1, 2, 3]})

    made.save_to_disk(f"s3://{s3.bucket}/saved", num_shards=2)

    assert datasets.load_from_disk(f"s3://{s3.bucket}/saved")["x"][:] == [1, 2, 3]
    assert len([key for key in s3.keys("saved/") if key.endswith(".arrow")]) == 2


def test_files_are_loaded_and_streamed(s3_env: object, s3: S3, tmp_path: Path) -> None:
    place = f"s3://{s3.bucket}/part-*.parquet"
    for number in range(2):
        datasets.Dataset.from_dict({"x": [number]}).to_parquet(f"s3://{s3.bucket}/part-{number}.parquet")

    loaded = datasets.load_dataset("parquet", data_files=place, split="train", cache_dir=str(tmp_path))
    streamed = datasets.load_dataset("parquet", data_files=place, split="train", streaming=True)

    assert sorted(loaded["x"]) == [0, 1]
    assert sorted(row["x"] for row in streamed) == [0, 1]
