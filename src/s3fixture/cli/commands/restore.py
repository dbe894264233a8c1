"""`s3fixture restore`: bring back a state of a running server."""

from __future__ import annotations

import click

from s3fixture.cli import output
from s3fixture.cli.options import control_options


@click.command("restore", short_help="Bring a remembered state back.")
@click.argument("name", metavar="NAME")
@control_options
def command(name: str, **connection: str | None) -> None:
    """Bring all buckets back to the state that `s3fixture snapshot NAME` remembered.

    It can be restored again. Snapshots that were taken after it are forgotten.
    """
    from s3fixture.cli.control_client import connect_control

    connect_control(**connection).call("restore_named", name=name)
    output.tell(f"all buckets are as they were at the snapshot {name}")
