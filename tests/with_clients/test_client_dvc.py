"""DVC, led by the variables alone: a remote, imported files, garbage collection."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from client_programs import run_program

from s3fixture import Endpoint, serve

pytest.importorskip("dvc")


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with serve(buckets=["data"]) as endpoint:
        yield endpoint


def test_data_is_pushed_pulled_imported_and_collected(server: Endpoint, tmp_path: Path) -> None:
    def dvc(*arguments: str) -> str:
        return run_program(server, sys.executable, "-m", "dvc", *arguments, cwd=tmp_path)

    assert version("dvc-s3")
    dvc("init", "--no-scm")
    dvc("config", "core.analytics", "false")
    dvc("remote", "add", "-d", "storage", "s3://data/dvc")
    (tmp_path / "model.bin").write_bytes(b"model")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "ü.txt").write_text("one")
    dvc("add", "model.bin", "set")

    dvc("push")
    assert len(server.keys("dvc/files/md5/", bucket="data")) == 3
    assert "in sync" in dvc("status", "-c")
    (tmp_path / "model.bin").unlink()
    shutil.rmtree(tmp_path / ".dvc" / "cache")
    dvc("pull", "--force")
    assert (tmp_path / "model.bin").read_bytes() == b"model"

    server.put("from/outside.txt", b"outside", bucket="data")
    dvc("import-url", "s3://data/from/outside.txt")
    assert (tmp_path / "outside.txt").read_bytes() == b"outside"
    dvc("get-url", "s3://data/from/outside.txt", "again.txt")
    (tmp_path / "set.dvc").unlink()
    dvc("gc", "-w", "-c", "-f")
    assert len(server.keys("dvc/files/md5/", bucket="data")) == 1
