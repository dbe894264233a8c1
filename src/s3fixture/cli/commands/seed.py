"""`s3fixture seed`: fill the project's server."""

from __future__ import annotations

from pathlib import Path

import click

from s3fixture.cli import output
from s3fixture.cli.options import ServerChoice, connection_options


@click.command("seed", short_help="Make buckets and objects from a folder or manifest.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@connection_options
def command(paths: tuple[Path, ...], server: ServerChoice) -> int:
    """Make buckets and objects from folders or manifests, in the project's server or any other.

    In a folder, each sub-folder is a bucket and the files below it are its objects. A manifest is a YAML or
    JSON file. All of them are checked before the first bucket is made; doing it twice changes nothing.
    """
    from s3fixture.cli.target_server import client_of, connect
    from s3fixture.seeding import read, seed

    plans = [read(path) for path in paths]
    client = client_of(connect(server))
    for plan in plans:
        output.say(str(seed(client, plan, progress=output.progress())))
    return 0
