"""`s3fixture pipe`: standard input as an object."""

from __future__ import annotations

import click

from s3fixture.cli.addresses import parse_input_target
from s3fixture.cli.options import (
    ServerChoice,
    connection_options,
    json_option,
    property_options,
    quiet_option,
)
from s3fixture.cli.properties import Properties


@click.command("pipe", short_help="Make an object of standard input.")
@click.argument("target", metavar="TARGET")
@property_options
@quiet_option
@json_option
@connection_options
def command(target: str, properties: Properties, quiet: bool, as_json: bool, server: ServerChoice) -> int:
    """Make s3://BUCKET/KEY of standard input, in parts when it is long; `cp - TARGET` is the same."""
    return upload_input_to(target, properties, quiet=quiet, as_json=as_json, server=server)


def upload_input_to(
    target: str, properties: Properties, *, quiet: bool, as_json: bool, server: ServerChoice
) -> int:
    """What `pipe` and `cp -` do; the exit code."""
    from s3fixture.cli.streams import upload_input
    from s3fixture.cli.target_server import client_of, connect

    place = parse_input_target(target)
    upload_input(client_of(connect(server, place)), place, properties, quiet=quiet, as_json=as_json)
    return 0
