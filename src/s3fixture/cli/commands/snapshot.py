"""`s3fixture snapshot`: remember a state of a running server."""

from __future__ import annotations

import click

from s3fixture.cli import output
from s3fixture.cli.options import control_options


@click.command("snapshot", short_help="Remember the state of all buckets.")
@click.argument("name", metavar="[NAME]", required=False)
@control_options
def command(name: str | None, **connection: str | None) -> None:
    """Remember the state of all buckets as NAME, for `s3fixture restore NAME`; without NAME, list the names.

    The server keeps it until it ends. One that keeps its data in a folder has none: start it with --memory.
    """
    from s3fixture.cli.control_client import connect_control

    control = connect_control(**connection)
    if name is None:
        for known in control.call("named_snapshots"):
            output.say(output.printable(known))
        return
    control.call("name_snapshot", name=name)
    output.tell(f"the state is remembered; `s3fixture restore {name}` brings it back")
