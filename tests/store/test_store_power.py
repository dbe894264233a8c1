"""A power failure at any moment: what was acknowledged is there, nothing is there by half.

The file operations of a store under load, SQLite's included, are recorded; the states of the disk that a
power failure could have left between any two of them are built from that, and a store is started on each.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from power_states import Disk, Files
from stored_bucket import StoredBucket
from test_store_crash import check, possible_states

from s3fixture.errors import S3FixtureError

MOMENTS = int(os.environ.get("S3FIXTURE_POWER_MOMENTS", "60"))  # looked at, of some thousand
PLACE = "new/store"  # the store makes these folders
HERE = Path(__file__).parent
MEMORY = Path("/dev/shm")  # a file system without a disk, where there is one


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if not sys.platform.startswith("linux") or compiler is None:
        pytest.skip("the recorder is C, and for Linux")
    library = tmp_path_factory.mktemp("recorder") / "recorder.so"
    flags = ["-shared", "-fPIC", "-O1", "-o", str(library), str(HERE / "recorder.c"), "-ldl", "-lpthread"]
    subprocess.run([compiler, *flags], check=True)
    return library


def record(folder: Path, recorder: Path, durability: str) -> bytes:
    """What a store does under load."""
    root, log = folder / "data", folder / "log"
    root.mkdir()
    environ = {
        **os.environ,
        "LD_PRELOAD": str(recorder),
        "RECORDER_ROOT": str(root),
        "RECORDER_LOG": str(log),
    }
    program = [sys.executable, str(HERE / "power_writer.py"), str(root / PLACE), durability]
    subprocess.run(program, env=environ, check=True, stdout=subprocess.DEVNULL)
    return log.read_bytes()


def failures(recorded: bytes) -> Iterator[tuple[list[str], Files]]:
    """What was said before a power failure, and a state of the disk after it."""
    kinds = list(Disk().follow(recorded))
    chance = Random(len(kinds))
    words = [moment for moment, kind in enumerate(kinds) if kind == "say"]
    chosen = {*words[:4], *chance.sample(range(len(kinds)), min(MOMENTS, len(kinds)))}
    disk = Disk()
    for moment, _ in enumerate(disk.follow(recorded)):
        if moment in chosen:
            for files in disk.states(chance):
                yield list(disk.said), files


def problem(said: list[str], files: Files) -> str:
    """What is wrong after such a failure; "" when nothing is."""
    possible: dict[str, set[int]] = {}
    possible_states(possible, said)
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        folder = Path(name)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        try:
            with StoredBucket(folder / PLACE, durable=False) as stored:
                check(stored, possible)
        except (AssertionError, S3FixtureError) as error:
            return str(error)
    return ""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("durability", ["power", "postponed"])
def test_what_was_acknowledged_survives_a_power_failure(
    tmp_path: Path, recorder: Path, durability: str
) -> None:
    recorded = record(tmp_path, recorder, durability)
    problems = [found for said, files in failures(recorded) if (found := problem(said, files))]
    assert problems == []


@pytest.mark.timeout(600)
def test_without_syncs_it_does_not(tmp_path: Path, recorder: Path) -> None:
    """So the test above can fail."""
    recorded = record(tmp_path, recorder, "process")
    assert any(problem(said, files) for said, files in failures(recorded))
