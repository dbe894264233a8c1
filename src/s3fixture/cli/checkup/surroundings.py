"""What the checks look at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from s3fixture.cli import dotenv_file
from s3fixture.cli.connection import ENDPOINT_VARIABLES
from s3fixture.cli.state import Box, StateFolder
from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The environment, the project's box if one runs, and the settings that a box here would have."""

    environ: Mapping[str, str]
    folder: StateFolder
    box: Box | None
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
        return cls(os.environ, folder, folder.box(), settings, fault)

    @property
    def endpoints(self) -> dict[str, str]:
        """Variable -> endpoint, for those variables that are set."""
        return {name: self.environ[name] for name in ENDPOINT_VARIABLES if self.environ.get(name)}

    @property
    def urls(self) -> list[str]:
        """The servers in question: the box, and what the variables name."""
        found = [self.box.url] if self.box else []
        return list(dict.fromkeys([*found, *(url.rstrip("/") for url in self.endpoints.values())]))
