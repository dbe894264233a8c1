"""`s3fixture logs`: the requests that the server served."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import click

from s3fixture.cli import output
from s3fixture.cli.server_log import tail
from s3fixture.cli.state_folder import StateFolder
from s3fixture.errors import S3FixtureError

_LOOK_SECONDS = 0.1


@click.command("logs", short_help="Print the requests that the server served.")
@click.option(
    "--follow", "-f", is_flag=True, help="Print what follows, too, until the server ends or Ctrl-C."
)
@click.option("--tail", "lines", type=click.IntRange(0), metavar="N", help="Only the last N lines.")
def command(follow: bool, lines: int | None) -> int:
    """Print the log of the server of this project, or of the last one that ran."""
    folder = StateFolder.nearest()
    server = folder.server()
    if server is not None and server.container_id:
        from s3fixture.backends.container_engine import print_logs

        print_logs(server.container_id, lines, output.say, follow=follow)
        return 0
    if not folder.log.exists():
        raise S3FixtureError(f"no server has run for {folder.path.parent}; start one with `s3fixture up`")
    start = folder.log.stat().st_size
    known = tail(folder.log, lines)
    for line in known:
        output.say(line)
    if follow:
        for text in _news(folder, start):
            click.echo(text, nl=False)
    return 0


def _news(folder: StateFolder, position: int) -> Iterator[str]:
    """What is appended to the log, until the server is gone."""
    alive = True
    while alive:
        alive = folder.is_taken()  # asked before reading: the last words are not lost
        text, position = _read_from(folder.log, position)
        if text:
            yield text
        elif alive:
            time.sleep(_LOOK_SECONDS)


def _read_from(path: Path, position: int) -> tuple[str, int]:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) < position:
            position = 0  # the log started anew
        file.seek(position)
        data = file.read()
    return data.decode(errors="replace"), position + len(data)
