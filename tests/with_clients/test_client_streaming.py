"""MosaicML's streaming datasets, led by the variables alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from s3fixture import S3

streaming: Any = pytest.importorskip("streaming")


@pytest.mark.timeout(300)
def test_shards_are_uploaded_and_streamed(s3_env: object, s3: S3, tmp_path: Path) -> None:
    place = f"s3://{s3.bucket}/set"
    with streaming.MDSWriter(out=place, columns={"x": "int"}, size_limit=1000) as writer:
        for number in range(200):
            writer.write({"x": number})

    read = streaming.StreamingDataset(
        remote=place, local=str(tmp_path / "local"), shuffle=False, batch_size=1
    )

    assert [row["x"] for row in read] == list(range(200))
    assert len(s3.keys("set/shard.")) > 1
    assert "set/index.json" in s3.keys()  # noqa: SIM118 - the keys of a bucket, not of a dict
