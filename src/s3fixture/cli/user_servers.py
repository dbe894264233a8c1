"""The servers of this user, over all projects: so that a taken port can be named by who has it.

A file for each project that has had a server, holding the path of its state folder. Whether the server lives
is asked there, where a lock tells; so an entry that was left behind says nothing wrong.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click

from s3fixture.cli.state_folder import ProjectServer, StateFolder
from s3fixture.errors import S3FixtureError


def register(folder: StateFolder) -> None:
    """A server lives there now. A home that cannot be written to is no reason not to serve."""
    with contextlib.suppress(OSError):
        entry = _entry(folder)
        entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        entry.write_text(str(folder.path), encoding="utf-8")


def forget(folder: StateFolder) -> None:
    """The server that lived there is gone."""
    with contextlib.suppress(OSError):
        _entry(folder).unlink(missing_ok=True)


def servers() -> Iterator[tuple[StateFolder, ProjectServer]]:
    """Every server of this user that lives, by the path of its project."""
    for folder in sorted(_folders(), key=lambda folder: folder.path):
        with contextlib.suppress(S3FixtureError):  # of another version, or not readable any more
            server = folder.server()
            if server is not None:
                yield folder, server


def at_port(port: int) -> tuple[StateFolder, ProjectServer] | None:
    """The server of this user that has the port, for its API or its console."""
    return next((found for found in servers() if port in _ports(found[1])), None)


def _ports(server: ProjectServer) -> set[int | None]:
    return {urlsplit(url).port for url in (server.url, server.console_url) if url}


def _folders() -> Iterator[StateFolder]:
    """Those that are still there; the entry of one that is not is removed."""
    for entry in _registry().glob("*.path"):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            path = Path(entry.read_text(encoding="utf-8"))
            if path.is_dir():
                yield StateFolder(path)
            else:
                entry.unlink(missing_ok=True)


def _entry(folder: StateFolder) -> Path:
    name = hashlib.sha256(str(folder.path).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return _registry() / f"{name}.path"


def _registry() -> Path:
    return Path(click.get_app_dir("s3fixture")) / "servers"
