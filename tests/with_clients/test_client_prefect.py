"""Prefect's S3Bucket, led by the variables alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from s3fixture import S3

prefect: Any = pytest.importorskip("prefect_aws")


def test_files_and_folders_go_there_and_back(s3_env: object, s3: S3, tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub" / "a.txt").write_text("a")
    bucket = prefect.S3Bucket(bucket_name=s3.bucket, credentials=prefect.AwsCredentials())

    bucket.write_path("b.txt", b"b")
    bucket.upload_from_folder(str(tmp_path / "in"), "in")
    bucket.copy_object("b.txt", "c.txt")
    bucket.move_object("b.txt", "d.txt")

    assert bucket.read_path("c.txt") == b"b"
    assert sorted(found["Key"] for found in bucket.list_objects()) == ["c.txt", "d.txt", "in/sub/a.txt"]
    bucket.download_folder_to_path("in", str(tmp_path / "out"))
    assert (tmp_path / "out" / "sub" / "a.txt").read_text() == "a"
