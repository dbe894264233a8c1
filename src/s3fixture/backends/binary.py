"""A server program that is installed on this machine, run for this process alone."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from s3fixture.backends.child_processes import GUARDIAN, apart, end_of_output
from s3fixture.backends.non_emulator import NonEmulatorEndpoint
from s3fixture.backends.ports import check_free, free_port, is_free
from s3fixture.backends.programs import PROGRAMS, Program
from s3fixture.backends.readiness import NotReadyError, wait_until_ready
from s3fixture.backends.runs import Run, new_run
from s3fixture.backends.server_templates import TemplateValues, keys_of
from s3fixture.environment import child_environ
from s3fixture.errors import S3FixtureError, SettingError
from s3fixture.temporary_folders import TemporaryFolder

if TYPE_CHECKING:
    from s3fixture.settings import Settings

_STOP_SECONDS = 10.0  # the guardian gives the program half of it
_ATTEMPTS = 3  # another program may take a free port first


class ProgramEndedError(S3FixtureError):
    """The server program has ended by itself."""


class BinaryEndpoint(NonEmulatorEndpoint):
    """A server program and its folders."""

    def __init__(self, settings: Settings, run: Run, program: Program, process: _Process) -> None:
        access_key, secret_key = keys_of(program.name, settings)
        super().__init__(
            process.url,
            run=run,
            access_key=access_key,
            secret_key=secret_key,
            region=settings.region,
            backend="binary",
            capabilities=program.server.capabilities,
            exclusive=True,
        )
        self.server = program.name
        self._process = process

    @property
    def pid(self) -> int:
        """Of the process that guards the program."""
        return self._process.pid

    def check(self, patience: float = 0.0) -> None:
        self._process.check(patience)

    def logs(self) -> list[str]:
        """What the program has printed so far."""
        return self._process.output()

    def _stop(self) -> None:
        self._process.stop()


class _Process:
    """The program under its guardian, its output in a file, its folders."""

    def __init__(self, path: str, program: Program, settings: Settings, port: int) -> None:
        self._folder = TemporaryFolder(program.name)
        self.home = self._folder.path
        self.url = f"http://{settings.host}:{port}"
        self._path = path
        self._stopped = False
        try:
            data = settings.data_dir or self.home / "data"
            data.mkdir(parents=True, exist_ok=True)
            values = TemplateValues.of(
                program.name,
                settings,
                host=settings.host,
                port=port,
                data=data,
                home=self.home,
                rpc_port=free_port(settings.host),
                rpc_secret=secrets.token_hex(32),
            )
            for folder in program.folders:
                (data / folder).mkdir(exist_ok=True)
            for name, template in program.files.items():
                (self.home / name).write_text(values.fill(template), encoding="utf-8")
            self._log = (self.home / "output.log").open("w+b")
            self._process = subprocess.Popen(  # noqa: S603 - the program that was asked for
                [sys.executable, "-I", "-c", GUARDIAN, path, *values.fill_all(program.arguments)],
                stdin=subprocess.PIPE,
                stdout=self._log,
                stderr=self._log,
                cwd=self.home,
                env=child_environ(values.fill_values(program.environment)),
                **apart(),
            )
        except OSError as error:
            self._folder.remove()
            raise S3FixtureError(f"{path} could not be run: {error}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def check(self, patience: float = 0.0) -> None:
        """ProgramEndedError when the program has ended, or does within `patience` seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        code = self._process.returncode
        if code is not None and not self._stopped:
            raise ProgramEndedError(f"{self._path} ended with exit code {code}{self.said()}")

    def output(self) -> list[str]:
        if self._log.closed:
            return []
        self._log.flush()
        return (self.home / "output.log").read_text(encoding="utf-8", errors="replace").splitlines()

    def said(self) -> str:
        """The end of its output, for an error."""
        return end_of_output(self.output())

    def stop(self) -> None:
        self._stopped = True
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._folder.remove()


def start_binary(settings: Settings, run: Run | None = None) -> BinaryEndpoint:
    """The program named in the settings, or the first that is found. Raises S3FixtureError; then nothing
    is left running."""
    path, program = find(settings.binary)
    if settings.port:
        check_free(settings.host, settings.port)
    for attempt in range(_ATTEMPTS):
        port = settings.port or free_port(settings.host)
        process = _Process(path, program, settings, port)
        endpoint = BinaryEndpoint(settings, run or new_run(), program, process)
        try:
            wait_until_ready(
                endpoint, health=program.server.health, seconds=program.start_seconds, watch=process.check
            )
        except ProgramEndedError:
            endpoint.stop()
            if not settings.port and attempt + 1 < _ATTEMPTS and not is_free(settings.host, port):
                continue
            raise
        except NotReadyError as error:
            text = f"{path} {error}{process.said()}"
            endpoint.stop()
            raise S3FixtureError(text) from error
        except BaseException:
            endpoint.stop()
            raise
        return endpoint
    raise AssertionError("the last attempt returns or raises")


def find(wanted: str) -> tuple[str, Program]:
    """The path of a program and how to run it; `wanted` is a name, a path, or "" for any that is there.

    Raises S3FixtureError when it is unknown, or not there.
    """
    if not wanted:
        return _first_on_path()
    stem = Path(wanted).name.lower().removesuffix(".exe")
    known = next((p for p in PROGRAMS if stem in (*p.names, p.name) or stem.startswith(p.names)), None)
    if known is None:
        raise S3FixtureError(
            f"{wanted!r} is not a known server program; the known ones are {_names(PROGRAMS)}"
        )
    path = shutil.which(wanted) or next(filter(None, map(shutil.which, known.names)), None)
    if path is None:
        raise S3FixtureError(f"there is no program {wanted!r}; install it, or check its path and PATH")
    return path, known


def _first_on_path() -> tuple[str, Program]:
    others = [program for program in PROGRAMS if program.name != "s3fixture"]  # ours is the emulator itself
    for program in others:
        for name in program.names:
            path = shutil.which(name)
            if path:
                return path, program
    raise SettingError(
        f"none of the known server programs is on PATH: {_names(others)}",
        "install one, or name one with {binary}",
    )


def _names(programs: Iterable[Program]) -> str:
    return ", ".join(name for program in programs for name in program.names)
