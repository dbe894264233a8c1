"""`s3fixture logs`: the requests that the server served."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from s3fixture.cli import output
from s3fixture.cli.log_lines import LogLine, parse_line
from s3fixture.cli.options import json_option
from s3fixture.cli.quantities import parse_duration
from s3fixture.cli.server_log import tail
from s3fixture.cli.signals import sleep
from s3fixture.cli.state_folder import StateFolder
from s3fixture.errors import S3FixtureError

_LOOK_SECONDS = 0.1


@click.command("logs", short_help="Print the requests that the server served.")
@click.option(
    "--follow", "-f", is_flag=True, help="Print what follows, too, until the server ends or Ctrl-C."
)
@click.option("--tail", "lines", type=click.IntRange(0), metavar="N", help="Only the last N lines.")
@click.option("--errors", is_flag=True, help="Only requests that were refused or got no answer.")
@click.option("--since", metavar="TIME", help="Only what is not older than 30s, 15m, 1h30m or 7d.")
@json_option
def command(follow: bool, lines: int | None, errors: bool, since: str | None, as_json: bool) -> int:
    """Print the log of the server of this project, or of the last one that ran.

    A line has the time, status, S3's code of an error, operation, duration, access key, client, method and
    place; - stands for what there is not.
    """
    earliest = time.time() - parse_duration(since, "--since") if since is not None else None
    folder = StateFolder.nearest()
    server = folder.server()
    if server is not None and server.container_id:
        if errors or since is not None or as_json:
            raise click.UsageError("--errors, --since and --json cannot be used with the log of a container")
        from s3fixture.backends.container_engine import print_logs

        print_logs(server.container_id, lines, output.say, follow=follow)
        return 0
    if not folder.log.exists():
        raise S3FixtureError(f"no server has run for {folder.path.parent}; start one with `s3fixture up`")
    start = folder.log.stat().st_size
    wanted = [line for line in _parsed(tail(folder.log)) if _is_wanted(line, earliest, errors=errors)]
    for line in wanted if lines is None else wanted[len(wanted) - min(lines, len(wanted)) :]:
        _say(line, as_json=as_json)
    if follow:
        for line in _parsed(_news(folder, start)):
            if _is_wanted(line, earliest, errors=errors):
                _say(line, as_json=as_json)
    return 0


def _parsed(lines: Iterable[str]) -> Iterator[LogLine]:
    """Each line; one without a time, as of a traceback, has that of the line before."""
    moment: float | None = None
    for text in lines:
        line = parse_line(text)
        moment = line.time if line.time is not None else moment
        yield line._replace(time=moment)


def _is_wanted(line: LogLine, earliest: float | None, *, errors: bool) -> bool:
    if errors and not line.is_error:
        return False
    return earliest is None or (line.time is not None and line.time >= earliest)


def _say(line: LogLine, *, as_json: bool) -> None:
    if as_json:
        output.say_json(line.document)
    else:
        output.say(line.text)


def _news(folder: StateFolder, position: int) -> Iterator[str]:
    """The lines that are appended to the log, until the server is gone."""
    alive, rest = True, ""
    while alive:
        alive = folder.is_taken()  # asked before reading: the last words are not lost
        text, position = _read_from(folder.log, position)
        *lines, rest = (rest + text).split("\n")
        yield from lines
        if alive and not text:
            sleep(_LOOK_SECONDS)
    if rest:
        yield rest


def _read_from(path: Path, position: int) -> tuple[str, int]:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) < position:
            position = 0  # the log started anew
        file.seek(position)
        data = file.read()
    return data.decode(errors="replace"), position + len(data)
