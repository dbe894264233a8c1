"""`s3fixture mb`: make buckets."""

from __future__ import annotations

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_bucket
from s3fixture.cli.options import ServerChoice, connection_options, json_option
from s3fixture.errors import S3FixtureError


@click.command("mb", short_help="Make buckets.")
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--ignore-existing", "-p", is_flag=True, help="A bucket that is there already is fine.")
@click.option("--with-versioning", is_flag=True, help="Keep all versions of its objects.")
@click.option("--with-lock", is_flag=True, help="Let its objects be locked; keeps all versions, too.")
@json_option
@connection_options
def command(
    targets: tuple[str, ...],
    ignore_existing: bool,
    with_versioning: bool,
    with_lock: bool,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """Make the buckets s3://NAME (or just NAME)."""
    from s3fixture.backends.bucket_setup import creation, switch_on_lock
    from s3fixture.cli.target_server import Servers

    places = [parse_bucket(target) for target in targets]
    servers = Servers(server, *places)
    for place in places:
        client = servers.client(place)
        region = client.meta.region_name
        # Asked first: in us-east-1 S3 answers 200 for a bucket that the caller owns already.
        ours = place.bucket in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
        if ours and not ignore_existing:
            raise S3FixtureError(f"{place} is there already; use it, or add --ignore-existing")
        if not ours:
            client.create_bucket(Bucket=place.bucket, **creation(region, object_lock=with_lock))
        if with_lock:
            switch_on_lock(client, place.bucket)
        elif with_versioning:
            client.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
        if as_json:
            output.say_json({"status": "success", "bucket": place.bucket, "region": region})
        else:
            output.say(f"{place} is there already" if ours else f"Made {place}")
    return 0
