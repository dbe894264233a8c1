"""`s3fixture version`: whether a bucket keeps former versions of its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote, parse_bucket
from s3fixture.cli.groups import VerbGroup
from s3fixture.cli.options import ServerChoice, target_options

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NEVER = "never enabled"


@click.group("version", cls=VerbGroup, short_help="Show and set whether a bucket keeps versions.")
def command() -> None:
    """Show and set whether a bucket keeps former versions of its objects."""


@command.command("enable", short_help="Keep every version from now on.")
@target_options
def enable(target: str, as_json: bool, server: ServerChoice) -> int:
    """Let s3://BUCKET keep every version from now on; a removed object gets a delete marker."""
    return _set(target, "Enabled", server, as_json=as_json)


@command.command("suspend", short_help="Keep no further versions.")
@target_options
def suspend(target: str, as_json: bool, server: ServerChoice) -> int:
    """Let s3://BUCKET keep no further versions; those that there are stay."""
    return _set(target, "Suspended", server, as_json=as_json)


@command.command("info", short_help="Show it.")
@target_options
def info(target: str, as_json: bool, server: ServerChoice) -> int:
    """Show whether s3://BUCKET keeps versions: Enabled, Suspended or never enabled."""
    from s3fixture.cli.target_server import client_of, connect

    place = parse_bucket(target)
    _say(place, versioning_of(client_of(connect(server, place)), place.bucket), "info", as_json=as_json)
    return 0


def versioning_of(client: S3Client, bucket: str) -> str:
    """Enabled, Suspended, or that it never was."""
    return client.get_bucket_versioning(Bucket=bucket).get("Status", NEVER)


def _set(target: str, status: Literal["Enabled", "Suspended"], server: ServerChoice, *, as_json: bool) -> int:
    from s3fixture.cli.target_server import client_of, connect

    place = parse_bucket(target)
    client = client_of(connect(server, place))
    client.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": status})
    _say(place, status, "set", as_json=as_json)
    return 0


def _say(place: Remote, status: str, operation: str, *, as_json: bool) -> None:
    text = f"Versioning of {place} {'was' if status == NEVER else 'is'} {status}"
    output.say_result(place, operation, text, as_json=as_json, versioning=status)
