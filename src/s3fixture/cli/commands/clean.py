"""`s3fixture clean`: buckets that test runs left behind when they were killed."""

from __future__ import annotations

import click

from s3fixture.cli import output
from s3fixture.cli.options import connection_options
from s3fixture.errors import S3FixtureError

_HOURS = 24.0  # no test run takes so long


@click.command("clean", short_help="Remove the buckets of test runs that were killed.")
@click.option(
    "--older-than", type=float, default=_HOURS, show_default=True, metavar="HOURS", help="Runs begun before."
)
@click.option("--dry-run", is_flag=True, help="Only name them.")
@connection_options
def command(older_than: float, dry_run: bool, **connection: str | None) -> int:
    """Remove the buckets that killed test runs left in a store, with everything in them.

    Only names that a test run of s3fixture gave are removed: s3fx-, the time, a random number and check
    digits. A younger run may still be going on.
    """
    from s3fixture.backends.cleaning import remove_bucket
    from s3fixture.backends.runs import age_of
    from s3fixture.cli.connection import client_of, connect

    client = client_of(connect(**connection))
    failed = 0
    for bucket in client.list_buckets().get("Buckets", []):
        age = age_of(bucket["Name"])
        if age is None or age < older_than * 3600:
            continue
        try:
            if not dry_run:
                remove_bucket(client, bucket["Name"])
            output.say(f"{'would remove' if dry_run else 'removed'} {bucket['Name']}")
        except S3FixtureError as error:
            failed = 1
            output.complain(str(error))
    return failed
