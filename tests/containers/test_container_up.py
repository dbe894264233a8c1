"""`s3fixture up --backend container`: a server as any other, whose server and data are Docker's."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from build_images import MOTO, OURS
from docker_helpers import docker, inventory, running

FOREIGN = ("AWS_", "MINIO_", "MLFLOW_", "S3FIXTURE_")


class Project:
    """A folder in which the command line is used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}

    def __call__(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            (sys.executable, "-m", "s3fixture", *arguments),
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def up(self, *options: str, image: str = OURS) -> dict[str, Any]:
        self("up", "--detach", "--backend=container", f"--image={image}", "--port=0", *options)
        return self.status()

    def status(self, code: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("status", "--json", code=code))
        return found


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path)
    yield project
    project("down", "--volumes")


def test_the_data_is_there_after_down_and_gone_after_down_with_volumes(project: Project) -> None:
    before = inventory()
    server = project.up("--bucket=data")
    (project.folder / "file").write_text("kept")
    project("cp", "file", "s3://data/file")
    assert (server["backend"], server["data_dir"]) == ("container", None)
    assert docker("inspect", "--format", "{{.Config.Image}}", server["container_id"])
    assert server["volume"] in docker("volume", "ls", "-q").split()

    project("down")
    assert project.status(code=3) == {**dict.fromkeys(server), "running": False}
    assert inventory()["containers"] == before["containers"]
    project.up()
    assert project("cat", "s3://data/file") == "kept"

    said = project("down", "--volumes")
    assert f"removed the Docker volume {server['volume']}" in said
    assert inventory() == before


def test_the_console_of_the_image_is_published(project: Project) -> None:
    server = project.up()
    with urllib.request.urlopen(server["console_url"]) as page:
        assert page.status == 200
    assert server["console_url"] in project("status")


def test_a_server_without_console_has_none(project: Project) -> None:
    assert project.up("--memory", image=MOTO)["console_url"] is None


def test_a_console_port_that_is_taken_is_one_line(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        options = ("--backend=container", f"--image={OURS}", "--memory", "--port=0", f"--console-port={port}")
        said = project("up", "--detach", *options, code=1)
    assert f"port {port} on 127.0.0.1 is already in use; choose another with --console-port" in said


def test_down_removes_the_container_of_a_box_that_was_killed(project: Project) -> None:
    before = running()
    server = project.up("--memory")
    os.kill(server["pid"], signal.SIGKILL)
    assert project.status(code=3)["running"] is False
    assert running() - before

    assert "removed the container of a server that was killed" in project("down")
    assert running() == before
    assert "no server runs" in project("down")


def test_a_folder_that_the_server_may_not_write_is_one_line(project: Project) -> None:
    folder = project.folder / "data"
    folder.mkdir(mode=0o700)  # of the user here; the server in the container is another
    said = project(
        *("up", "--detach", "--backend=container", f"--image={OURS}", "--port=0", "--no-console"),
        f"--data-dir={folder}",
        code=1,
    )
    assert "ended with exit code" in said
    assert f"must be able to write {folder}: chmod a+rwx it, or leave it out, for a Docker volume" in said
