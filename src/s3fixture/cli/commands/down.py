"""`s3fixture down`: end the box of this project."""

from __future__ import annotations

import os
import shutil
import signal
import sys

import click

from s3fixture.cli import output
from s3fixture.cli.state import StateFolder, wait_until
from s3fixture.errors import S3FixtureError

_STOP_SECONDS = 10.0  # what a box gets to end by itself, then to be gone
_KILL = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL  # TerminateProcess on Windows


@click.command("down", short_help="Stop the box of this project.")
@click.option("--volumes", "-v", is_flag=True, help="Remove its data too, if the box made the folder.")
def command(volumes: bool) -> int:
    """Stop the box of this project. Nothing to stop is no error, as with `docker compose down`."""
    folder = StateFolder.nearest()
    if folder.is_taken():
        _stop(folder)
    else:
        output.say(f"no box runs for {folder.path.parent}")
    if volumes:
        _remove_volumes(folder)
    return 0


def _stop(folder: StateFolder) -> None:
    box = folder.box()
    folder.ask_to_stop()
    if not wait_until(lambda: not folder.is_taken(), _STOP_SECONDS):
        if box is None:
            raise S3FixtureError("the box is still starting; try again when it is up")
        os.kill(box.pid, _KILL)
        if not wait_until(lambda: not folder.is_taken(), _STOP_SECONDS):
            raise S3FixtureError(f"the box does not end; kill the process {box.pid} yourself")
    output.say(f"stopped {box.url}" if box else "stopped")


def _remove_volumes(folder: StateFolder) -> None:
    """Only folders that a box made: in any other there may be more than our data."""
    for volume in folder.volumes():
        if volume.is_dir() and not volume.is_symlink():
            shutil.rmtree(volume)
            output.say(f"removed {volume}")
    folder.forget_volumes()
