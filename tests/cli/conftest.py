"""The real command line in a project folder of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CommandLine


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def s3(project: Path, tmp_path: Path) -> Iterator[CommandLine]:
    """The command line in the project."""
    home = tmp_path / "home"
    home.mkdir()
    command_line = CommandLine(project, home)
    yield command_line
    command_line.clean_up()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
