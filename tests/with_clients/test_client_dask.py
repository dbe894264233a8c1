"""Dask through s3fs, led by the variables alone."""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture import S3

frames: Any = pytest.importorskip("dask.dataframe")


def test_many_files_are_one_frame(s3_env: object, s3: S3) -> None:
    for number in range(3):
        s3.put(f"in/{number}.csv", f"x\n{number}\n")

    frame = frames.read_csv(f"s3://{s3.bucket}/in/*.csv")
    frame.to_parquet(f"s3://{s3.bucket}/out")

    assert frames.read_parquet(f"s3://{s3.bucket}/out")["x"].sum().compute() == 3
    assert len(s3.keys("out/part.")) == 3


def test_a_bag_of_lines(s3_env: object, s3: S3) -> None:
    bag: Any = pytest.importorskip("dask.bag")
    s3.put("a.txt", "one\ntwo\n")
    lines = bag.read_text(f"s3://{s3.bucket}/*.txt").map(str.strip)

    lines.map(str.upper).to_textfiles(f"s3://{s3.bucket}/out/*.txt", compute_kwargs={"scheduler": "threads"})

    assert s3.get("out/0.txt") == b"ONE\nTWO"
