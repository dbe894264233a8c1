"""Running a command as a child process: signals are passed on, its exit code is returned."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence
from types import FrameType

from s3fixture.cli.signals import came_from_terminal, handled
from s3fixture.errors import S3FixtureError


def run_child(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command to its end; its exit code, or 128 plus the number of the signal that ended it.

    Signals that ask us to stop are passed on, and we wait for what the command makes of them.
    """
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        if child is None:
            early.append(number)
        elif number != signal.SIGINT or not came_from_terminal():  # a terminal has told the child already
            child.send_signal(number)

    with handled(pass_on):
        try:
            child = subprocess.Popen(command, env=dict(environ))  # noqa: S603 - what the user asked for
        except OSError as error:
            raise S3FixtureError(f"{command[0]}: cannot be run: {error.strerror}") from error
        for number in early:
            child.send_signal(number)
        code = child.wait()
    return 128 - code if code < 0 else code
