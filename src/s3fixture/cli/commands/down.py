"""`s3fixture down`: end the server of this project."""

from __future__ import annotations

import os
import shutil
import signal
import sys

import click

from s3fixture.cli import output
from s3fixture.cli.state_folder import StateFolder, wait_until
from s3fixture.errors import S3FixtureError

_STOP_SECONDS = 10.0  # what a server gets to end by itself, then to be gone
_KILL = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL  # TerminateProcess on Windows

_STORE_FILES = ("index.sqlite", "blobs")  # with -wal and -shm behind the first


@click.command("down", short_help="Stop the server of this project.")
@click.option("--volumes", "-v", is_flag=True, help="Remove its data too, if the server made the folder.")
def command(volumes: bool) -> int:
    """Stop the server of this project. Nothing to stop is no error, as with `docker compose down`."""
    folder = StateFolder.nearest()
    if folder.is_taken():
        _stop(folder)
    elif folder.left_container():
        _remove_container(folder)
    else:
        output.say(f"no server runs for {folder.path.parent}")
    if volumes:
        _remove_volumes(folder)
    return 0


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


def _remove_volumes(folder: StateFolder) -> None:
    """Only folders that a server made, and in them only what a store makes: the rest is somebody's.

    All of the folder that nobody chose, for other servers than ours keep what they like in it.
    """
    for volume in folder.volumes():
        if volume == folder.data and volume.is_dir() and not volume.is_symlink():
            shutil.rmtree(volume)
            output.say(f"removed {volume}")
            continue
        for path in volume.glob("*"):
            if path.is_symlink() or not path.name.startswith(_STORE_FILES):
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        left = sorted(path.name for path in volume.glob("*"))
        if left:
            output.say(f"emptied {volume}, but for {', '.join(map(output.printable, left))}: not made by it")
        elif volume.is_dir():
            volume.rmdir()
            output.say(f"removed {volume}")
    folder.forget_volumes()
    if folder.docker_volume.exists():
        from s3fixture.backends.container_engine import remove_volume

        name = folder.docker_volume.read_text(encoding="utf-8")
        if remove_volume(name):
            output.say(f"removed the Docker volume {name}")
        folder.docker_volume.unlink()
