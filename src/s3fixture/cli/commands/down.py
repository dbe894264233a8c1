"""`s3fixture down`: end the server of this project."""

from __future__ import annotations

import shutil

import click

from s3fixture.cli import output
from s3fixture.cli.ending import end_server
from s3fixture.cli.state_folder import StateFolder

_STORE_FILES = ("index.sqlite", "blobs")  # with -wal and -shm behind the first


@click.command("down", short_help="Stop the server of this project.")
@click.option("--volumes", "-v", is_flag=True, help="Remove its data too, if the server made the folder.")
def command(volumes: bool) -> int:
    """Stop the server of this project. Nothing to stop is no error, as with `docker compose down`."""
    folder = StateFolder.nearest()
    if not end_server(folder):
        output.say(f"no server runs for {folder.path.parent}")
    if volumes:
        _remove_volumes(folder)
    return 0


def _remove_volumes(folder: StateFolder) -> None:
    """Only folders that a server made, and in them only what a store makes; other files stay.

    The default folder is removed whole, since other servers than the emulator keep what they like in it.
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
