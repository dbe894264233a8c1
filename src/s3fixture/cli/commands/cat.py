"""`s3fixture cat`: the bytes of objects."""

from __future__ import annotations

import click

from s3fixture.cli.addresses import parse_object
from s3fixture.cli.options import ServerChoice, check_one_version, connection_options


@click.command("cat", short_help="Write objects to standard output.")
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--version-id", metavar="ID", help="This version of it.")
@click.option("--offset", type=click.IntRange(0), metavar="N", help="Leave out the first N bytes.")
@click.option("--tail", type=click.IntRange(1), metavar="N", help="Only the last N bytes.")
@connection_options
def command(
    targets: tuple[str, ...],
    version_id: str | None,
    offset: int | None,
    tail: int | None,
    server: ServerChoice,
) -> int:
    """Write the objects s3://BUCKET/KEY to standard output, one after the other."""
    from s3fixture.cli.streams import write_out
    from s3fixture.cli.target_server import Servers

    check_one_version(version_id, several=len(targets) > 1)
    if offset and tail:
        raise click.UsageError("--offset and --tail cannot be given together; choose one")
    span = f"bytes={offset}-" if offset else f"bytes=-{tail}" if tail else ""
    places = [parse_object(target) for target in targets]
    servers = Servers(server, *places)
    for place in places:
        write_out(servers.client(place), place, version_id, span)
    return 0
