"""`s3fixture rb`: remove buckets."""

from __future__ import annotations

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_bucket
from s3fixture.cli.options import ServerChoice, connection_options, json_option
from s3fixture.errors import S3FixtureError


@click.command("rb", short_help="Remove buckets.")
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--force", is_flag=True, help="With everything in them, all versions included.")
@click.option(
    "--bypass", is_flag=True, help="With --force: also versions under retention in governance mode."
)
@json_option
@connection_options
def command(targets: tuple[str, ...], force: bool, bypass: bool, as_json: bool, server: ServerChoice) -> int:
    """Remove the buckets s3://NAME (or just NAME), which must be empty unless --force is given."""
    from s3fixture.backends.cleaning import abort_uploads, items
    from s3fixture.cli.removal import remove_objects
    from s3fixture.cli.target_server import Servers

    if bypass and not force:
        raise click.UsageError("--bypass needs --force; add it")
    places = [parse_bucket(target) for target in targets]
    servers = Servers(server, *places)
    for place in places:  # all of them must be there before the first is removed
        servers.client(place).head_bucket(Bucket=place.bucket)
    for place in places:
        client = servers.client(place)
        if force:
            everything = items(client, place.bucket)
            failed = remove_objects(client, place, everything, lambda *_: None, bypass=bypass)
            if failed:
                raise S3FixtureError(f"{place} was not removed: {failed} of its objects cannot be removed")
            abort_uploads(client, place.bucket)
        client.delete_bucket(Bucket=place.bucket)
        if as_json:
            output.say_json({"status": "success", "bucket": place.bucket})
        else:
            output.say(f"Removed {place}")
    return 0
