"""Libraries that look like pathlib, led by the variables alone."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

import pytest

from s3fixture import S3


def upath(bucket: str) -> Any:
    pytest.importorskip("s3fs")
    return pytest.importorskip("upath").UPath(f"s3://{bucket}")


def cloudpath(bucket: str) -> Any:
    return pytest.importorskip("cloudpathlib").CloudPath(f"s3://{bucket}")


def s3path(bucket: str) -> Any:
    return pytest.importorskip("s3path").S3Path(f"/{bucket}")


@pytest.fixture(autouse=True)
def _no_temporary_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """cloudpathlib makes one for each client otherwise, and leaves it to the garbage collector."""
    monkeypatch.setenv("CLOUDPATHLIB_LOCAL_CACHE_DIR", str(tmp_path))


@pytest.mark.parametrize("path_of", [upath, cloudpath, s3path])
def test_texts_and_bytes_folders_and_patterns(s3_env: object, s3: S3, path_of: Any) -> None:
    root = path_of(s3.bucket)
    (root / "a" / "ü 1.txt").write_text("eins")
    (root / "a" / "b" / "2.bin").write_bytes(b"\x00two")

    assert (root / "a" / "ü 1.txt").read_text() == "eins"
    assert (root / "a" / "b" / "2.bin").read_bytes() == b"\x00two"
    assert sorted(path.name for path in (root / "a").iterdir()) == ["b", "ü 1.txt"]
    assert sorted(path.name for path in root.glob("**/*.bin")) == ["2.bin"]
    assert (root / "a").is_dir()
    assert not (root / "missing").exists()

    (root / "a" / "ü 1.txt").rename(root / "a" / "3.txt")
    (root / "a" / "b" / "2.bin").unlink()
    assert s3.keys() == ["a/3.txt"]


def test_a_link_of_cloudpathlib(s3_env: object, s3: S3) -> None:
    s3.put("k", b"linked")

    link = (cloudpath(s3.bucket) / "k").as_url(presign=True)

    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"linked"
