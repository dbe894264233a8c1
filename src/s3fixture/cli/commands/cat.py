"""`s3fixture cat`: the bytes of objects."""

from __future__ import annotations

import sys
from typing import Any

import click

from s3fixture.cli.addresses import parse_object
from s3fixture.cli.options import connection_options

_CHUNK = 1024 * 1024  # bytes


@click.command("cat", short_help="Write objects to standard output.")
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--version-id", metavar="ID", help="This version of it.")
@connection_options
def command(targets: tuple[str, ...], version_id: str | None, **connection: str | None) -> int:
    """Write the objects s3://BUCKET/KEY to standard output, one after the other."""
    from s3fixture.cli.target_server import client_of, connect

    if version_id and len(targets) > 1:
        raise click.UsageError("--version-id goes with one object")
    places = [parse_object(target) for target in targets]
    client = client_of(connect(**connection))
    which: Any = {"VersionId": version_id} if version_id else {}
    for place in places:
        body = client.get_object(Bucket=place.bucket, Key=place.key, **which)["Body"]
        for chunk in body.iter_chunks(_CHUNK):
            sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
    return 0
