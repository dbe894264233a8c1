"""A real `mlflow server` in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 300.0  # seconds until it must answer; it imports for many of them on a busy machine
HIDDEN = ("AWS_", "MLFLOW_", "PYTEST_")
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


@contextmanager
def mlflow_server(folder: Path, environ: Mapping[str, str], *options: str) -> Iterator[str]:
    """Serve with a new database in `folder`; the URL. Stopped with all of its workers at the end."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    with (folder / "mlflow-server.log").open("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            [*command, "--backend-store-uri", f"sqlite:///{(folder / 'mlflow.db').as_posix()}", *options],
            env={**inherited, **QUIET, **environ},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for(f"{url}/health", process, log.name)
            yield url
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                said = Path(log).read_text(encoding="utf-8", errors="replace")
                raise AssertionError(f"mlflow server does not answer ({error}); it said:\n{said}") from error
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The command's children are its web server and that one's workers; SIGTERM reaches all of them."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
