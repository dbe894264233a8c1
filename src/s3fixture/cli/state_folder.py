"""The folder `.s3fixture`: which server runs for this project, its log, its data.

state.json   what runs (mode 0600: it holds the secret key)
lock         held by the server while it lives; so a stale state.json is never taken for a server
stop         made by `down`, seen by the server (Windows has no SIGTERM)
s3fixture.log
data/        what the server stores, unless told otherwise
volumes.json folders elsewhere that a server made for its data
tls/         the certificate of a server over TLS, and the authority that clients have to trust
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from s3fixture.errors import S3FixtureError
from s3fixture.file_lock import FileLock
from s3fixture.named_tuples import NamedTuple

FOLDER_NAME = ".s3fixture"
FOLDER_VARIABLE = "S3FIXTURE_STATE_DIR"
_CLAIM_SECONDS = 1.0  # `status` holds the lock for an instant when it looks; that must not stop an `up`
# Backend -> where it keeps its data by default.
_PASSING = {"emulator": "in memory", "binary": "in a temporary folder", "container": "in the container"}


class ProjectServer(NamedTuple):
    """A server that runs, as it wrote itself down once it answered."""

    url: str
    console_url: str | None
    pid: int
    backend: str
    data_dir: str | None
    access_key: str
    secret_key: str
    region: str
    started: float  # seconds since the epoch
    public_url: str = ""  # where clients elsewhere reach it
    container_id: str | None = None
    volume: str | None = None  # Docker's, with the data of a container
    ca_file: str | None = None  # what clients have to trust, with TLS

    @property
    def data(self) -> str:
        """Where the data is, for people."""
        if self.volume:
            return f"in the Docker volume {self.volume}"
        return self.data_dir or f"{_PASSING[self.backend]}: gone when the server stops"


class StateFolder:
    """One project's state folder; it need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "s3fixture.log"
        self.data = path / "data"
        self.tls = path / "tls"
        self._state = path / "state.json"
        self._stop = path / "stop"
        self._volumes = path / "volumes.json"
        self.docker_volume = path / "docker-volume"  # holds the name of the one that a server made
        self._lock = FileLock(path / "lock")

    @property
    def project(self) -> Path:
        """The folder whose server lives here; one that was named stands for itself."""
        return self.path.parent if self.path.name == FOLDER_NAME else self.path

    @classmethod
    def here(cls) -> StateFolder:
        """The folder that a server started here has: a project's server does not depend on its parents'."""
        named = os.environ.get(FOLDER_VARIABLE)
        return cls(Path(named).absolute() if named else Path.cwd() / FOLDER_NAME)

    @classmethod
    def nearest(cls) -> StateFolder:
        """The folder of this project, looked up through the parents as git does."""
        here = cls.here()
        if FOLDER_VARIABLE in os.environ:
            return here
        for folder in (Path.cwd(), *Path.cwd().parents):
            if (folder / FOLDER_NAME / "lock").is_file():
                return cls(folder / FOLDER_NAME)
        return here

    def make(self) -> None:
        """Make the folder, for its owner only, and hide it from git."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            ignore = self.path / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise S3FixtureError(
                f"the state folder {self.path} cannot be made: {error.strerror}; "
                f"name another in {FOLDER_VARIABLE}"
            ) from error

    def claim(self) -> None:
        """Become the one server of this folder, or raise S3FixtureError. `release` gives it back."""
        self.make()
        deadline = time.monotonic() + _CLAIM_SECONDS
        while not self._acquire():
            if time.monotonic() > deadline:
                raise self._taken()
            time.sleep(0.05)
        self._state.unlink(missing_ok=True)
        self._stop.unlink(missing_ok=True)

    def release(self) -> None:
        """The server is gone."""
        self._state.unlink(missing_ok=True)
        self._stop.unlink(missing_ok=True)
        self._lock.release()

    def is_taken(self) -> bool:
        """Whether a server lives here, ready or not."""
        if not self.path.is_dir() or not (self.path / "lock").exists():
            return False
        if self._acquire():
            self._lock.release()
            return False
        return True

    def check_free(self) -> None:
        """Raise S3FixtureError when a server lives here."""
        if self.is_taken():
            raise self._taken()

    def has_leftover_container(self) -> bool:
        """Whether the last server here was killed, and may have left its container."""
        found = self._read(self._state)
        return not self.is_taken() and isinstance(found, dict) and bool(found.get("container_id"))

    def forget_server(self) -> None:
        """Nothing is left of the last server."""
        self._state.unlink(missing_ok=True)

    def write(self, server: ProjectServer, plan: str | None = None) -> None:
        """Write down that the server is ready, in one step that no reader can see half of.

        `plan` is how to start it again, None for a server that only its terminal can.
        """
        self._write(self._state, {**server._asdict(), "plan": plan})

    def plan(self) -> str | None:
        """How to start this folder's server again, also after it was killed; None when not known."""
        found = self._read(self._state)
        plan = found.get("plan") if isinstance(found, dict) else None
        return plan if isinstance(plan, str) else None

    def server(self) -> ProjectServer | None:
        """The server that lives here and was ready, or None."""
        if not self.is_taken():
            return None
        found = self._read(self._state)
        if not isinstance(found, dict):
            return None
        try:
            return ProjectServer(**{name: found[name] for name in ProjectServer._fields})
        except KeyError:
            raise S3FixtureError(
                f"{self._state} was written by another version of s3fixture; stop it with that version"
            ) from None

    def ask_to_stop(self) -> None:
        """Ask the server that lives here to end."""
        self._stop.touch()

    def asked_to_stop(self) -> bool:
        """Whether the server that runs here should end: it was asked to, or its state file is gone."""
        return self._stop.exists() or not self._state.exists()

    def add_volume(self, folder: Path) -> None:
        """Remember a folder that a server made for its data, so that `down --volumes` may remove it."""
        known = self.volumes()
        if folder not in known:
            self._write(self._volumes, [str(path) for path in (*known, folder)])

    def volumes(self) -> list[Path]:
        found = self._read(self._volumes)
        return [Path(path) for path in found] if isinstance(found, list) else []

    def forget_volumes(self) -> None:
        self._volumes.unlink(missing_ok=True)

    def _acquire(self) -> bool:
        try:
            return self._lock.acquire()
        except OSError as error:
            raise S3FixtureError(
                f"{self.path} cannot be used: {error.strerror}; change its permissions, or name another "
                f"folder in {FOLDER_VARIABLE}"
            ) from error

    def _taken(self) -> S3FixtureError:
        found = self._read(self._state)
        what = f" ({found['url']}, pid {found['pid']})" if isinstance(found, dict) else ""
        return S3FixtureError(
            f"a server runs for {self.path.parent} already{what}; use it, or stop it with `s3fixture down`"
        )

    def _write(self, path: Path, document: Any) -> None:
        beside = path.with_suffix(".new")
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
        beside.replace(path)

    def _read(self, path: Path) -> Any:
        """The document, or None when there is none that can be read: then nothing is known."""
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time; asked twenty times a second."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
