"""A compose file of `s3fixture init`, brought up in a project of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from s3fixture.backends.endpoint import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PATIENCE = 900.0  # seconds; MLflow's first start on a busy machine takes minutes
PROJECT_LABEL = "com.docker.compose.project"
FOREIGN = ("AWS_", "COMPOSE_", "MINIO_", "MLFLOW_", "POSTGRES_", "S3FIXTURE_")


def said(*command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """What a program says on standard output; it must end well."""
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def composes() -> dict[str, tuple[str, ...]]:
    """Every Compose that is here: Docker's plugin, one from PyPI, one from the system's packages."""
    folders = (str(Path(sys.executable).parent), os.defpath, "/usr/local/bin")
    programs = {shutil.which("docker-compose", path=folder) for folder in folders}
    found: dict[str, tuple[str, ...]] = {program: (program,) for program in sorted(filter(None, programs))}
    if works("docker", "compose", "version"):
        found["docker compose"] = ("docker", "compose")
    return found


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for probe in sockets:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in sockets]
    for probe in sockets:
        probe.close()
    return ports


class Stack:
    """One compose file in a project folder of its own, on ports of its own."""

    def __init__(self, command: tuple[str, ...], folder: Path) -> None:
        self.name = f"s3fixture-test-{uuid.uuid4().hex[:8]}"
        self.folder = folder
        self.file = "compose.yaml"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self._command = command
        self.port, console, self.mlflow_port = free_ports(3)
        ports = (
            f"S3FIXTURE_PORT={self.port}\nS3FIXTURE_CONSOLE_PORT={console}\nMLFLOW_PORT={self.mlflow_port}\n"
        )
        (folder / ".env").write_text(f"{ports}MINIO_ROOT_PASSWORD='not the default'\n", encoding="utf-8")
        only = ("--only", "compose", "--only", "env")
        said(sys.executable, "-m", "s3fixture", "init", "--force", *only, cwd=folder, env=self.env)

    def __call__(self, *arguments: str) -> str:
        command = (*self._command, "-p", self.name, "-f", self.file, *arguments)
        return said(*command, cwd=self.folder, env=self.env)

    def up(self) -> None:
        """Return when all are healthy; `--wait` would do it, but Compose 1 does not know it."""
        self("up", "-d")
        deadline = time.monotonic() + PATIENCE
        while waiting := [name for name, state in self.states().items() if state in ("starting", "created")]:
            assert time.monotonic() < deadline, f"{waiting}: {self('logs', '--tail=50')}"
            time.sleep(1)
        assert set(self.states().values()) <= {"healthy", "exited 0"}, (self.states(), self("logs"))

    def states(self) -> dict[str, str]:
        """Service -> its health, or how it ended."""
        found = {}
        for container in said(
            "docker", "ps", "-aq", "--filter", f"label={PROJECT_LABEL}={self.name}"
        ).split():
            (document,) = json.loads(said("docker", "inspect", container))
            state = document["State"]
            health = state.get("Health", {}).get("Status", "no health check")
            ended = f"exited {state['ExitCode']}" if state["Status"] == "exited" else ""
            service = document["Config"]["Labels"]["com.docker.compose.service"]
            found[service] = ended or (state["Status"] if state["Status"] == "created" else health)
        return found

    def left(self) -> list[str]:
        """What Docker still has of it."""
        kinds = (("ps", "-aq"), ("network", "ls", "-q"), ("volume", "ls", "-q"))
        return [name for kind in kinds for name in self._of_project(*kind)]

    def _of_project(self, *command: str) -> list[str]:
        return said("docker", *command, "--filter", f"label={PROJECT_LABEL}={self.name}").split()

    def client(self) -> S3Client:
        """As the .env beside it says."""
        env = {name: value or "" for name, value in dotenv_values(self.folder / ".env").items()}
        endpoint = Endpoint(
            env["AWS_ENDPOINT_URL"],
            access_key=env["AWS_ACCESS_KEY_ID"],
            secret_key=env["AWS_SECRET_ACCESS_KEY"],
            region=env["AWS_REGION"],
            backend="container",
        )
        return endpoint.client()
