"""`s3fixture head`: the first lines of objects."""

from __future__ import annotations

import click

from s3fixture.cli.addresses import parse_object
from s3fixture.cli.options import ServerChoice, check_one_version, connection_options


@click.command("head", short_help="Write the first lines of objects to standard output.")
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--lines", "-n", type=click.IntRange(0), default=10, show_default=True, help="So many lines.")
@click.option("--bytes", "-c", "size", type=click.IntRange(0), metavar="N", help="So many bytes instead.")
@click.option("--version-id", metavar="ID", help="This version of it.")
@connection_options
def command(
    targets: tuple[str, ...],
    lines: int,
    size: int | None,
    version_id: str | None,
    server: ServerChoice,
) -> int:
    """Write the beginning of the objects s3://BUCKET/KEY to standard output. No more of them is fetched."""
    from s3fixture.cli.streams import write_beginning
    from s3fixture.cli.target_server import Servers

    check_one_version(version_id, several=len(targets) > 1)
    places = [parse_object(target) for target in targets]
    servers = Servers(server, *places)
    shown = None if size is not None else lines
    for place in places:
        write_beginning(servers.client(place), place, lines=shown, size=size, version=version_id)
    return 0
