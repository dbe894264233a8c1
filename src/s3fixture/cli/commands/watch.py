"""`s3fixture watch`: what happens on a server, in a bucket or in a folder."""

from __future__ import annotations

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_remote
from s3fixture.cli.event_names import event_line, names_of
from s3fixture.cli.options import ServerChoice, connection_options, json_option


@click.command("watch", short_help="Print events as they happen, of any server of MinIO's kind.")
@click.argument("target")
@click.option(
    "--events",
    default="put,delete,get",
    show_default=True,
    metavar="EVENTS",
    help="put, delete, get, ilm, replica, or names of S3, separated by commas.",
)
@click.option("--prefix", default="", metavar="TEXT", help="Only of keys that begin so.")
@click.option("--suffix", default="", metavar="TEXT", help="Only of keys that end so.")
@click.option("--recursive", is_flag=True, help="Does nothing: all below is watched anyway.")
@json_option
@connection_options
def command(
    target: str,
    events: str,
    prefix: str,
    suffix: str,
    recursive: bool,
    as_json: bool,
    server: ServerChoice,
) -> None:
    """Print the events of s3://BUCKET or s3://BUCKET/FOLDER, or with s3:// of all buckets, until Ctrl-C.

    \b
    s3fixture watch s3://data
    s3fixture watch s3://data/in/ --events put --suffix .csv --json

    It asks the server as MinIO's clients do, and so needs no console; `events` asks the console of the
    project's server. --json prints S3's record of each, one a line.
    """
    from s3fixture.cli.event_client import listen
    from s3fixture.cli.target_server import connect

    place, names = parse_remote(target), names_of(events)
    if place.key:
        prefix = place.folder().key + prefix
    for record in listen(connect(server, place), place, names, prefix, suffix):
        if as_json:
            output.say_json(record)
        else:
            output.say(output.printable(event_line(record)))
