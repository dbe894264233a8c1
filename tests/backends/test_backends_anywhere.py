"""The tests of tests/anywhere on each program that is here: it can do what its table says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from s3fixture.backends.programs import PROGRAMS

SUITE = Path(__file__).parents[1] / "anywhere"
NAMES = [name for program in PROGRAMS for name in program.names]
PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


@pytest.mark.parametrize("name", NAMES)
def test_a_program_can_do_what_its_table_says(name: str) -> None:
    if shutil.which(name, path=PATH) is None:
        pytest.skip(f"{name} is not on PATH")
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--s3-backend=binary", f"--s3-binary={name}")
    done = subprocess.run(
        (sys.executable, *command, str(SUITE)),
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
