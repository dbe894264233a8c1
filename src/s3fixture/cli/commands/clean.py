"""`s3fixture clean`: buckets that test runs left behind when they were killed."""

from __future__ import annotations

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote
from s3fixture.cli.options import ServerChoice, connection_options, json_option
from s3fixture.errors import S3FixtureError

_HOURS = 24.0  # no test run takes so long


@click.command("clean", short_help="Remove the buckets of test runs that were killed.")
@click.option(
    "--older-than",
    type=float,
    default=_HOURS,
    show_default=True,
    metavar="HOURS",
    help="Only those of runs that began more than so many hours ago.",
)
@click.option("--dry-run", is_flag=True, help="Show which these are, and remove nothing.")
@json_option
@connection_options
def command(older_than: float, dry_run: bool, as_json: bool, server: ServerChoice) -> int:
    """Remove the buckets that killed test runs left in a store, with everything in them.

    Only names that a test run of s3fixture gave are removed: s3fx-, the time, a random number and check
    digits. A younger run may still be going on.
    """
    from s3fixture.backends.cleaning import remove_bucket
    from s3fixture.backends.runs import age_of
    from s3fixture.cli.target_server import client_of, connect

    if not older_than >= 0:  # which `nan` is not either
        raise click.UsageError(f"--older-than {older_than} is not an age in hours; use 0 or more")
    client = client_of(connect(server))
    ages = {bucket["Name"]: age_of(bucket["Name"]) for bucket in client.list_buckets().get("Buckets", [])}
    old = {name: age for name, age in ages.items() if age is not None and age >= older_than * 3600}
    failed = 0
    for name, age in old.items():
        try:
            if not dry_run:
                remove_bucket(client, name)
        except S3FixtureError as error:
            failed = 1
            output.print_error(str(error))
            continue
        if as_json:
            document = {"status": "success", "bucket": name, "hours": round(age / 3600, 1), "dryRun": dry_run}
            output.say_json(document)
        else:
            output.say(f"{'Would remove' if dry_run else 'Removed'} {Remote(name)}")
    if not old and not as_json:
        output.say(f"no bucket of a test run that began more than {older_than:g} hours ago")
    return failed
