"""The real command line, started as a program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import s3fixture
from s3fixture.backends.endpoint import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PACKAGES = str(Path(s3fixture.__file__).parents[1])  # where the tested package is, installed or not
FOREIGN = ("AWS_", "MINIO_", "MLFLOW_", "S3FIXTURE_", "S3_", "PYTEST_")
PATIENCE = 100.0  # seconds for anything that a test waits for


class CommandLine:
    """Runs `s3fixture` in a folder, with nothing of the developer's environment that matters."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.environ |= {"HOME": str(home), "USERPROFILE": str(home), "COLUMNS": "100", "APPDATA": str(home)}
        self.environ.pop("XDG_CONFIG_HOME", None)
        self.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (PACKAGES, os.environ.get("PYTHONPATH"))))
        self._started: list[subprocess.Popen[str]] = []

    def __call__(
        self, *arguments: object, code: int | None = 0, folder: Path | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end. The exit code must be `code` (None: any), and nothing may look like a traceback."""
        done = subprocess.run(
            [sys.executable, "-m", "s3fixture", *map(str, arguments)],
            cwd=folder or self.folder,
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        said = f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert code is None or done.returncode == code, said
        assert "Traceback" not in said, said
        return done

    def refused(self, *arguments: object, code: int = 1, folder: Path | None = None) -> str:
        """What a command that must fail says, in one line."""
        done = self(*arguments, code=code, folder=folder)
        (line,) = done.stderr.splitlines()
        assert line.startswith("s3fixture: ")
        return line

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Run in the background; ended after the test."""
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "s3fixture", *map(str, arguments)],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # no terminal: a signal is for this process, not for its group
        )
        self._started.append(process)
        return process

    def up(self, *arguments: object) -> Endpoint:
        """A detached server in memory on a free port, unless told otherwise."""
        self("up", "--detach", "--port", 0, *arguments)
        return self.endpoint()

    def endpoint(self) -> Endpoint:
        """The server that runs."""
        found = self.state()
        names = ("access_key", "secret_key", "region", "backend")
        return Endpoint(found["url"], **{name: found[name] for name in names})

    def client(self) -> S3Client:
        return self.endpoint().client()

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            (self.folder / ".s3fixture" / "state.json").read_text(encoding="utf-8")
        )
        return found

    def clean_up(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
        if not (self.folder / ".s3fixture" / "state.json").exists():
            return
        subprocess.run(
            [sys.executable, "-m", "s3fixture", "down"],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )


def until(condition: Callable[[], Any], what: str) -> Any:
    """What the condition gave once it was true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)
    return found


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    # A process that ended may still be listed until its parent looks.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
STOP_SIGNALS = [signal.SIGINT, signal.SIGTERM]
