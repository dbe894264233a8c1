"""awswrangler (AWS SDK for pandas), led by the variables alone."""

from __future__ import annotations

from typing import Any

import pytest

from s3fixture import S3

wrangler: Any = pytest.importorskip("awswrangler")
pandas: Any = pytest.importorskip("pandas")


def test_a_partitioned_dataset(s3_env: object, s3: S3) -> None:
    frame = pandas.DataFrame({"day": ["mon", "tue"], "x": [1, 2]})
    place = f"s3://{s3.bucket}/days/"

    wrangler.s3.to_parquet(frame, path=place, dataset=True, partition_cols=["day"])
    wrangler.s3.to_parquet(frame, path=place, dataset=True, mode="append", partition_cols=["day"])
    read = wrangler.s3.read_parquet(place, dataset=True, partition_filter=lambda found: found["day"] == "tue")

    assert list(read["x"]) == [2, 2]
    assert len(wrangler.s3.list_objects(place)) == 4
    wrangler.s3.to_parquet(frame, path=place, dataset=True, mode="overwrite", partition_cols=["day"])
    assert len(wrangler.s3.list_objects(place)) == 2


def test_files_are_uploaded_described_copied_and_deleted(s3_env: object, s3: S3, tmp_path: Any) -> None:
    (tmp_path / "a.txt").write_text("a")
    place = f"s3://{s3.bucket}/in/a.txt"

    wrangler.s3.upload(local_file=str(tmp_path / "a.txt"), path=place)
    assert wrangler.s3.does_object_exist(place)
    assert wrangler.s3.size_objects(place) == {place: 1}
    wrangler.s3.copy_objects(
        [place], source_path=f"s3://{s3.bucket}/in/", target_path=f"s3://{s3.bucket}/out/"
    )
    wrangler.s3.delete_objects(place)
    wrangler.s3.download(f"s3://{s3.bucket}/out/a.txt", str(tmp_path / "b.txt"))
    assert (tmp_path / "b.txt").read_text() == "a"


def test_csv_and_json(s3_env: object, s3: S3) -> None:
    frame = pandas.DataFrame({"x": [1, 2]})

    wrangler.s3.to_csv(frame, f"s3://{s3.bucket}/a.csv", index=False)
    wrangler.s3.to_json(frame, f"s3://{s3.bucket}/a.json", orient="records", lines=True)

    assert list(wrangler.s3.read_csv(f"s3://{s3.bucket}/a.csv")["x"]) == [1, 2]
    assert list(wrangler.s3.read_json(f"s3://{s3.bucket}/a.json", orient="records", lines=True)["x"]) == [
        1,
        2,
    ]
