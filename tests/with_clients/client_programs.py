"""Start a client that is a program, in the environment that leads it to a server."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from s3fixture import Endpoint
from s3fixture.environment import child_environ


def need(*names: str) -> None:
    """Skip the test where one of the programs is not installed."""
    for name in names:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")


def run_program(server: Endpoint, *command: str | Path, cwd: Path | None = None, timeout: float = 100) -> str:
    """What the program prints; an error of it fails the test with all that it said."""
    done = subprocess.run(
        [str(word) for word in command],
        env=child_environ(server.environ()),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout
