"""Programs that copy and synchronize, as their users run them: rclone, s3cmd, s5cmd."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from client_programs import need, run_program

from s3fixture import Endpoint, serve

Record = Callable[[str, object], None]
LARGE = os.urandom(11 * 1024 * 1024)


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with serve(buckets=["data"]) as endpoint:
        yield endpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a small file, a large one, and one whose name is unusual."""
    made = tmp_path / "in"
    (made / "sub").mkdir(parents=True)
    (made / "a.txt").write_text("a")
    (made / "sub" / "ü +1.txt").write_text("b")
    (made / "large").write_bytes(LARGE)
    return made


FOUND = ["in/a.txt", "in/large", "in/sub/ü +1.txt"]


def test_rclone(server: Endpoint, folder: Path, tmp_path: Path, record_property: Record) -> None:
    need("rclone")
    record_property("version", run_program(server, "rclone", "version").split()[1].lstrip("v"))
    out = tmp_path / "out"

    run_program(
        server, "rclone", "sync", folder, ":s3:data/in", "--s3-upload-cutoff=5M", "--s3-chunk-size=5M"
    )
    assert server.keys(bucket="data") == FOUND
    run_program(server, "rclone", "check", folder, ":s3:data/in", "--download")
    run_program(server, "rclone", "copy", ":s3:data/in", out)
    assert (out / "large").read_bytes() == LARGE

    (folder / "a.txt").unlink()
    run_program(server, "rclone", "sync", folder, ":s3:data/in")
    run_program(server, "rclone", "moveto", ":s3:data/in/large", ":s3:data/moved")
    assert server.keys(bucket="data") == ["in/sub/ü +1.txt", "moved"]
    link = run_program(server, "rclone", "link", ":s3:data/moved", "--expire=1m").strip()
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == LARGE
    run_program(server, "rclone", "purge", ":s3:data/in")
    assert server.keys(bucket="data") == ["moved"]


def test_s3cmd(server: Endpoint, folder: Path, tmp_path: Path, record_property: Record) -> None:
    need("s3cmd")
    record_property("version", run_program(server, "s3cmd", "--version").split()[-1])
    address = server.url.removeprefix("http://")
    where = (f"--host={address}", f"--host-bucket={address}", "--no-ssl", "--config=/dev/null")

    def s3cmd(*arguments: str | Path) -> str:
        return run_program(server, "s3cmd", *where, *arguments)

    s3cmd("sync", "--multipart-chunk-size-mb=5", folder, "s3://data/")
    assert server.keys(bucket="data") == FOUND
    s3cmd("get", "s3://data/in/large", tmp_path / "large")
    assert (tmp_path / "large").read_bytes() == LARGE
    s3cmd("modify", "--add-header=Content-Type:text/csv", "s3://data/in/a.txt")
    assert "text/csv" in s3cmd("info", "s3://data/in/a.txt")
    s3cmd("mv", "s3://data/in/a.txt", "s3://data/moved.txt")
    s3cmd("mb", "s3://second")
    s3cmd("cp", "s3://data/moved.txt", "s3://second/copy.txt")
    link = s3cmd("signurl", "s3://second/copy.txt", "+60").strip()
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"a"
    s3cmd("rb", "--recursive", "--force", "s3://second")
    s3cmd("del", "--recursive", "--force", "s3://data/in/")
    assert server.keys(bucket="data") == ["moved.txt"]


def test_s5cmd(server: Endpoint, folder: Path, tmp_path: Path, record_property: Record) -> None:
    need("s5cmd")
    record_property("version", run_program(server, "s5cmd", "version").strip().lstrip("v"))

    def s5cmd(*arguments: str | Path) -> str:
        return run_program(server, "s5cmd", *arguments)

    s5cmd("cp", "--part-size=5", "--concurrency=3", folder, "s3://data/")
    assert server.keys(bucket="data") == FOUND
    s5cmd("sync", "s3://data/in/*", tmp_path / "out")
    assert (tmp_path / "out" / "large").read_bytes() == LARGE
    s5cmd("mv", "s3://data/in/a.txt", "s3://data/moved.txt")
    assert s5cmd("cat", "s3://data/moved.txt") == "a"
    link = s5cmd("presign", "--expire=1m", "s3://data/moved.txt").strip()
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"a"
    s5cmd("rm", "s3://data/in/*")
    assert server.keys(bucket="data") == ["moved.txt"]
