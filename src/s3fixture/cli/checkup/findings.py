"""What the checks look at, how they ask, and what they have to say."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from s3fixture.backends.readiness import ask, trusted_in_environment
from s3fixture.cli import dotenv_file
from s3fixture.cli.state_folder import ProjectServer, StateFolder
from s3fixture.cli.target_server import ENDPOINT_VARIABLES
from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint


Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's: `problem` is wrong now, `note` may matter one day; both have a remedy."""

    check: str
    level: Level
    text: str
    remedy: str = ""


def ok(check: str, text: str) -> Finding:
    return Finding(check, "ok", text)


def note(check: str, text: str, remedy: str) -> Finding:
    return Finding(check, "note", text, remedy)


def problem(check: str, text: str, remedy: str) -> Finding:
    return Finding(check, "problem", text, remedy)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The environment, the project's server if one runs, and the settings that a server here would have."""

    environ: Mapping[str, str]
    folder: StateFolder
    server: ProjectServer | None
    settings: Settings | None
    fault: str  # of `.env` or a variable, when there are no settings

    @classmethod
    def look(cls) -> Surroundings:
        folder = StateFolder.nearest()
        settings, fault = None, ""
        try:
            settings = Settings.load(environ={**dotenv_file.read(Path(".env")), **os.environ})
        except S3FixtureError as error:
            fault = str(error)
        return cls(os.environ, folder, folder.server(), settings, fault)

    @property
    def endpoints(self) -> dict[str, str]:
        """Variable -> endpoint, for those variables that are set."""
        return {name: self.environ[name] for name in ENDPOINT_VARIABLES if self.environ.get(name)}

    @property
    def urls(self) -> list[str]:
        """The servers in question: the project's, and those that the variables name."""
        found = [self.server.url] if self.server else []
        return list(dict.fromkeys([*found, *(url.rstrip("/") for url in self.endpoints.values())]))

    def trusted_for(self, url: str) -> str | None:
        """The file with the authority of the server at `url`, if it has one of its own; S3FixtureError."""
        if self.server and self.server.ca_file and url.rstrip("/") == self.server.url:
            return self.server.ca_file
        return trusted_in_environment(url)


_SECONDS = 3.0  # for any server to answer


def client_with_short_timeouts(endpoint: Endpoint) -> S3Client:
    """A client that asks once, and not for long."""
    from botocore.config import Config

    config = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 1})
    return endpoint.client(config=config)


def listens(host: str, number: int) -> bool:
    try:
        with socket.create_connection((host, number), timeout=_SECONDS):
            return True
    except OSError:
        return False


def time_of(url: str, ca_file: str | None = None) -> float | None:
    """The server's time in seconds since the epoch, None when it does not say."""
    try:
        date = ask(url, method="HEAD", seconds=_SECONDS, ca_file=ca_file).headers["Date"]
        return parsedate_to_datetime(date).timestamp() if date else None
    except (OSError, ValueError):
        return None
