"""The real command line in a project folder of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine

from s3fixture.backends import start
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint


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


@pytest.fixture
def defaults() -> str:
    """What new buckets of `server` are like."""
    return "aws"


@pytest.fixture
def server(defaults: str) -> Iterator[Endpoint]:
    """A server in memory, in this process."""
    with start("emulator", Settings(defaults=defaults)) as endpoint:
        yield endpoint


@pytest.fixture
def client(server: Endpoint) -> S3Client:
    return server.client()


@pytest.fixture
def mc(s3: CommandLine, server: Endpoint) -> CommandLine:
    """The command line where the environment names that server."""
    s3.environ |= {
        "AWS_ENDPOINT_URL_S3": server.url,
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
    }
    return s3
