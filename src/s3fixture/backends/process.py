"""The emulator in a process of its own: a client that holds the interpreter lock cannot stop it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from s3fixture.backends.child_processes import apart, command, end_of_output
from s3fixture.errors import S3FixtureError, SettingError

if TYPE_CHECKING:
    from s3fixture.backends.process_endpoint import ProcessEndpoint
    from s3fixture.settings import Settings

_STOP_SECONDS = 5.0


class Child:
    """The process and the two pipes to it."""

    def __init__(self) -> None:
        if not sys.executable:
            raise SettingError(
                "sys.executable is empty here, so the emulator cannot have a process of its own",
                "choose thread with {emulator}",
            )
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command("s3fixture.backends.process_main"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            encoding="utf-8",
            **apart(),
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def perform(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Carry out the method of Control with this name."""
        return self.call({"method": name, "arguments": arguments})

    def call(self, message: dict[str, Any]) -> Any:
        """Send one line and return the answer's value. S3FixtureError: its error, or a child that died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            number = next(self._numbers)
            try:
                self._process.stdin.write(json.dumps({**message, "number": number}) + "\n")
                self._process.stdin.flush()
                answer = self._read_answer(self._process.stdout, number)
            except (OSError, ValueError):  # a broken pipe, or one that `stop` closed
                answer = None
        if answer is None:
            raise S3FixtureError(self._exit_message())
        if "parts" in answer:
            raise SettingError(*answer["parts"])
        if "error" in answer:
            raise S3FixtureError(answer["error"])
        return answer["value"]

    @staticmethod
    def _read_answer(answers: IO[str], number: int) -> dict[str, Any] | None:
        """The answer to that call, after those to interrupted ones; None when there is none."""
        for line in answers:
            answer: dict[str, Any] = json.loads(line)
            if answer["number"] == number:
                return answer
        return None

    def stop(self) -> None:
        """End the input, which ends the child; kill a child that goes on."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):  # it is dead already
            process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        self._stderr.close()

    def _exit_message(self) -> str:
        if self._stderr.closed:
            return "the S3 server's process was stopped"
        try:
            code: int | str = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            code = "unknown"
        self._stderr.seek(0)
        said = end_of_output(self._stderr.read().decode(errors="replace").splitlines())
        return f"the S3 server's process {self.pid} ended with exit code {code}{said}"


def start_process(settings: Settings) -> ProcessEndpoint:
    """An emulator in a child process. Raises S3FixtureError; then nothing is left running."""
    child = Child()
    try:
        # Imported when used: here while the child starts.
        from s3fixture.backends.process_endpoint import ProcessEndpoint

        url, console_url, ca_file = child.call({"settings": _as_json(settings), "parent": os.getpid()})
    except BaseException:
        child.stop()
        raise
    return ProcessEndpoint(url, settings, console_url, ca_file, child)


def _as_json(settings: Settings) -> dict[str, Any]:
    values = asdict(settings)
    return {
        name: str(value.absolute()) if isinstance(value, Path) else value for name, value in values.items()
    }
