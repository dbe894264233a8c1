"""Folders of this process: they go with it, and those of killed processes go with the next one's first."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3fixture.file_lock import FileLock
from s3fixture.store import Store
from s3fixture.temporary_folders import TemporaryFolder, remove_abandoned

MAKER = """
import sys, time
from s3fixture.temporary_folders import TemporaryFolder

folder = TemporaryFolder("test")
(folder.path / "ab").mkdir()
(folder.path / "ab" / "body").write_bytes(b"." * 1000)
print(folder.path, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's temporary folders are."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.fixture
def maker(place: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that has made a folder, and the folder."""
    with subprocess.Popen([sys.executable, "-c", MAKER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())
        process.kill()


def wait_for_removal(path: Path) -> None:
    deadline = time.monotonic() + 10
    while path.exists():
        assert time.monotonic() < deadline, list(path.rglob("*"))
        time.sleep(0.01)


def test_the_folder_of_a_killed_process_goes_with_the_next_one_that_is_made(
    maker: tuple[subprocess.Popen[str], Path],
) -> None:
    process, left = maker
    remove_abandoned()
    assert (left / "ab" / "body").exists()  # its process lives
    process.kill()
    process.wait()
    own = TemporaryFolder()
    wait_for_removal(left)
    assert own.path.exists()
    own.remove()
    assert not own.path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_process_that_is_merely_stopped_keeps_its_folder(
    maker: tuple[subprocess.Popen[str], Path],
) -> None:
    process, left = maker
    process.send_signal(signal.SIGSTOP)
    remove_abandoned()
    assert (left / "ab" / "body").exists()


def test_what_is_not_surely_ours_stays(place: Path) -> None:
    for name in ("s3fixture-without-a-lock", "another"):
        (place / name).mkdir()
    (place / "another" / ".lock").touch()
    (place / "s3fixture-file").write_text("text")
    outside = place / "outside"
    outside.mkdir()
    (outside / ".lock").touch()
    (place / "s3fixture-link").symlink_to(outside)
    abandoned = place / "s3fixture-abandoned"
    abandoned.mkdir()
    (abandoned / ".lock").touch()
    (abandoned / "link").symlink_to(outside)
    before = set(place.iterdir())
    remove_abandoned()
    assert before - set(place.iterdir()) == {abandoned}
    assert (outside / ".lock").exists()


def test_a_store_in_memory_has_its_large_bodies_in_such_a_folder(place: Path) -> None:
    store = Store()
    with store.spool(io.BytesIO(bytes(8 * 1024 * 1024))) as body:
        assert body.file is not None
        (folder,) = [path for path in place.iterdir() if path.name.startswith("s3fixture-")]
        assert not FileLock(folder / ".lock").acquire()
    store.close()
    assert not folder.exists()
