"""s3fs, through which pandas, Dask and many others reach S3."""

from __future__ import annotations

import os
import urllib.request
from typing import Any

import pytest

from s3fixture import S3

s3fs = pytest.importorskip("s3fs")
MIB = 1024 * 1024


@pytest.fixture
def files(s3_env: object) -> Any:
    """Led by the variables alone."""
    return s3fs.S3FileSystem()


def test_files_are_written_read_and_appended_to(files: Any, s3: S3) -> None:
    data = os.urandom(11 * MIB)
    with files.open(f"{s3.bucket}/large", "wb", block_size=5 * MIB) as file:
        file.write(data)

    with files.open(f"{s3.bucket}/large", "rb") as file:
        file.seek(5 * MIB)
        assert file.read(7) == data[5 * MIB : 5 * MIB + 7]
    with files.open(f"{s3.bucket}/large", "ab") as file:
        file.write(b"more")

    assert s3.get("large") == data + b"more"


def test_folders_are_listed_copied_and_removed(files: Any, s3: S3) -> None:
    for key in ("a/1", "a/b/2", "c ü+"):
        s3.put(key, key.encode())

    assert files.ls(s3.bucket) == [f"{s3.bucket}/a", f"{s3.bucket}/c ü+"]
    assert files.glob(f"{s3.bucket}/**/2") == [f"{s3.bucket}/a/b/2"]
    files.copy(f"{s3.bucket}/a", f"{s3.bucket}/d", recursive=True)
    files.mv(f"{s3.bucket}/c ü+", f"{s3.bucket}/e")
    files.rm(f"{s3.bucket}/a", recursive=True)

    assert s3.keys() == ["d/1", "d/b/2", "e"]


def test_a_file_is_made_once(files: Any, s3: S3) -> None:
    with files.open(f"{s3.bucket}/lock", "xb") as file:
        file.write(b"1")
    files.invalidate_cache()

    with pytest.raises(FileExistsError), files.open(f"{s3.bucket}/lock", "xb") as file:
        file.write(b"2")

    assert s3.get("lock") == b"1"


@pytest.mark.s3(versioning=True)
def test_older_versions_are_read(s3_env: object, s3: S3) -> None:
    files = s3fs.S3FileSystem(version_aware=True)
    for text in (b"1", b"2"):
        files.pipe(f"{s3.bucket}/k", text)

    versions = [entry["VersionId"] for entry in files.object_version_info(f"{s3.bucket}/k")]

    with files.open(f"{s3.bucket}/k", version_id=versions[-1]) as file:
        assert file.read() == b"1"


def test_links_and_errors(files: Any, s3: S3) -> None:
    s3.put("k", b"linked")

    with urllib.request.urlopen(files.sign(f"{s3.bucket}/k"), timeout=10) as answer:
        assert answer.read() == b"linked"
    with pytest.raises(FileNotFoundError):
        files.cat(f"{s3.bucket}/missing")
    with pytest.raises(PermissionError):
        s3fs.S3FileSystem(key=s3.endpoint.access_key, secret="wrong").ls(s3.bucket)
