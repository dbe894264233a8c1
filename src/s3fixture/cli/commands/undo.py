"""`s3fixture undo`: take back the last uploads and removals of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote, parse_in_bucket
from s3fixture.cli.failures import details_of, explained
from s3fixture.cli.options import ServerChoice, connection_options, json_option
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.cli.chosen_versions import Version

_PUT, _DELETE = "PUT", "DELETE"
_CHANGES = {_PUT: "upload", _DELETE: "removal"}


@click.command("undo", short_help="Take back the last uploads and removals of objects.")
@click.argument("target")
@click.option(
    "--last", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="So many changes."
)
@click.option(
    "--action",
    type=click.Choice([_PUT, _DELETE], case_sensitive=False),
    help="Only of objects whose last change was this.",
)
@click.option("--recursive", "-r", is_flag=True, help="Everything in a bucket or folder; needs --force.")
@click.option("--force", is_flag=True, help="Confirm --recursive.")
@click.option("--dry-run", is_flag=True, help="Show what would be taken back, and change nothing.")
@json_option
@connection_options
def command(
    target: str,
    last: int,
    action: str | None,
    recursive: bool,
    force: bool,
    dry_run: bool,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """Remove the latest version or delete marker of s3://BUCKET/KEY for good, so that the former is back.

    \b
    s3fixture undo s3://data/report.csv
    s3fixture undo s3://data/report.csv --last 3
    s3fixture undo s3://data/2026/ --recursive --action DELETE --dry-run

    The bucket needs versioning. Where there are not so many versions, the object is gone then.
    """
    from s3fixture.cli.chosen_versions import by_key
    from s3fixture.cli.target_server import client_of, connect

    if recursive and not force and not dry_run:
        raise click.UsageError("undo removes versions for good; add --force to confirm")
    place = parse_in_bucket(target)
    if place.is_folder and not recursive:
        raise S3FixtureError(f"{place} is a folder or bucket; add --recursive")
    client = client_of(connect(server, place))
    _check_versioning(client, place)
    found = failed = 0
    for _, versions in by_key(client, place, recursive=recursive):
        if action and _kind(versions[0]) != action.upper():
            continue
        found += 1
        failed += not _undo(client, versions[:last], dry_run=dry_run, as_json=as_json)
    if not found:
        what = f"whose last change was {_article(action.upper())}" if action else "with versions"
        raise S3FixtureError(f"{place}: there is no object {what}; `s3fixture ls --versions` lists all")
    return min(failed, 1)


def _undo(client: S3Client, changes: list[Version], *, dry_run: bool, as_json: bool) -> bool:
    """Take them back, the newest first; whether all were. What cannot be is said."""
    from botocore.exceptions import ClientError

    for version in changes:
        if not dry_run:
            try:
                client.delete_object(**version.which.parameters)
            except ClientError as error:
                output.print_error(explained(error), details_of(error))
                return False
        _say(version, dry_run=dry_run, as_json=as_json)
    return True


def _check_versioning(client: S3Client, place: Remote) -> None:
    from s3fixture.cli.commands.version import NEVER, versioning_of

    if versioning_of(client, place.bucket) == NEVER:
        raise S3FixtureError(
            f"{place.at('')} keeps no versions, so that nothing can be taken back; "
            f"`s3fixture version enable {place.at('')}` lets it keep them from now on"
        )


def _kind(version: Version) -> str:
    return _DELETE if version.is_marker else _PUT


def _article(kind: str) -> str:
    return f"an {_CHANGES[kind]}" if kind == _PUT else f"a {_CHANGES[kind]}"


def _say(version: Version, *, dry_run: bool, as_json: bool) -> None:
    kind = _kind(version)
    if as_json:
        document = {"status": "success", "operation": "undo", **version.which.document}
        output.say_json({**document, "action": kind, "dryRun": dry_run})
    else:
        verb = "Would take back" if dry_run else "Took back"
        output.say(f"{verb} the {_CHANGES[kind]} of {version.which}")
