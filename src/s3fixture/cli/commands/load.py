"""`s3fixture load`: put a saved state in the place of a running server's."""

from __future__ import annotations

from pathlib import Path

import click

from s3fixture.cli import output
from s3fixture.cli.options import control_options, json_option


@click.command("load", short_help="Put a saved state in the place of all buckets.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@json_option
@control_options
def command(file: Path, as_json: bool, **connection: str | None) -> None:
    """Put the state that `s3fixture save FILE` wrote in the place of all buckets and objects.

    What was there is gone, unless there is a snapshot of it.
    """
    from s3fixture.cli.control_client import connect_control

    path = file.absolute()
    connect_control(**connection).load(path)
    if as_json:
        output.say_json({"file": str(path)})
        return
    output.tell(f"all buckets are as they were saved in {file}")
