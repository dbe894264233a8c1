"""`s3fixture snapshot`: remember a state of a running server."""

from __future__ import annotations

import click

from s3fixture.cli import output
from s3fixture.cli.options import control_options


@click.command("snapshot", short_help="Remember the state of all buckets.")
@click.argument("name", metavar="NAME")
@control_options
def command(name: str, **connection: str | None) -> None:
    """Remember the state of all buckets as NAME, for `s3fixture restore NAME`.

    The server keeps it until it ends. One that keeps its data in a folder has none: start it with --memory.
    """
    from s3fixture.cli.control_client import connect_control

    connect_control(**connection).call("name_snapshot", name=name)
    output.tell(f"the state is remembered; `s3fixture restore {name}` brings it back")
