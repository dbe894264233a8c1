"""Ending the server of a project, or what a killed one left."""

from __future__ import annotations

import os
import signal
import sys

from s3fixture.cli import output
from s3fixture.cli.state_folder import StateFolder, wait_until
from s3fixture.errors import S3FixtureError

_STOP_SECONDS = 10.0  # what a server gets to end by itself, then to be gone
_KILL = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL  # TerminateProcess on Windows


def end_server(folder: StateFolder) -> bool:
    """End it, and return whether there was one. Raises S3FixtureError when it does not end."""
    if folder.is_taken():
        _stop(folder)
        return True
    if folder.has_leftover_container():
        _remove_container(folder)
        return True
    return False


def _stop(folder: StateFolder) -> None:
    server = folder.server()
    folder.ask_to_stop()
    if not wait_until(lambda: not folder.is_taken(), _STOP_SECONDS):
        if server is None:
            raise S3FixtureError("the server is still starting; try again when it is up")
        os.kill(server.pid, _KILL)
        if not wait_until(lambda: not folder.is_taken(), _STOP_SECONDS):
            raise S3FixtureError(f"the server did not stop; kill its process, {server.pid}")
    output.say(f"stopped {server.url}" if server else "stopped")


def _remove_container(folder: StateFolder) -> None:
    """The process of the server was killed, and could not take its container with it."""
    from s3fixture.backends.container import remove_all_leftovers

    remove_all_leftovers()
    folder.forget_server()
    output.say("removed the container of a server that was killed")
