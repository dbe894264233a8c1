"""`s3fixture legalhold`: holds that keep versions from being removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_in_bucket
from s3fixture.cli.groups import VerbGroup
from s3fixture.cli.options import connection_options, json_option, versions_options

if TYPE_CHECKING:
    from s3fixture.cli.versions import Which

_NEVER_SET = "NoSuchObjectLockConfiguration"


@click.group("legalhold", cls=VerbGroup, short_help="Show and set the legal holds of objects.")
def command() -> None:
    """Show and set legal holds, which keep versions from being removed until they are cleared.

    The bucket needs object lock: s3fixture mb --with-lock.
    """


@command.command("set", short_help="Set it.")
@click.argument("target")
@versions_options
@json_option
@connection_options
def set_hold(target: str, as_json: bool, **options: Any) -> int:
    """Put a legal hold on s3://BUCKET/KEY, or with --recursive on all in a bucket or folder.

    \b
    s3fixture legalhold set s3://records/2026/report.pdf
    s3fixture legalhold set s3://records/2026 --recursive --versions
    """
    return _put(target, "ON", as_json=as_json, **options)


@command.command("clear", short_help="Clear it.")
@click.argument("target")
@versions_options
@json_option
@connection_options
def clear_hold(target: str, as_json: bool, **options: Any) -> int:
    """Take the legal hold from s3://BUCKET/KEY, or with --recursive from all in a bucket or folder."""
    return _put(target, "OFF", as_json=as_json, **options)


@command.command("info", short_help="Show it.")
@click.argument("target")
@versions_options
@json_option
@connection_options
def info(
    target: str,
    recursive: bool,
    version_id: str | None,
    versions: bool,
    rewind: str | None,
    as_json: bool,
    **connection: str | None,
) -> int:
    """Show the legal hold of s3://BUCKET/KEY, or with --recursive of all in a bucket or folder: ON or OFF."""
    from botocore.exceptions import ClientError

    from s3fixture.cli.target_server import client_of, connect
    from s3fixture.cli.versions import Choice, for_each

    choice = Choice(recursive, version_id, versions, rewind)
    place, client = parse_in_bucket(target), client_of(connect(**connection))

    def show(which: Which) -> None:
        try:
            status: str = client.get_object_legal_hold(**which.parameters)["LegalHold"]["Status"]
        except ClientError as error:
            if error.response["Error"]["Code"] != _NEVER_SET:
                raise
            status = "OFF"
        if as_json:
            output.say_json({"status": "success", "operation": "info", **which.document, "legalhold": status})
        else:
            output.say(f"{status:3}  {which}")

    return min(for_each(choice.of(client, place), show, alone=not choice.is_given), 1)


def _put(
    target: str,
    status: Literal["ON", "OFF"],
    *,
    recursive: bool,
    version_id: str | None,
    versions: bool,
    rewind: str | None,
    as_json: bool,
    **connection: str | None,
) -> int:
    from s3fixture.cli.target_server import client_of, connect
    from s3fixture.cli.versions import Choice, for_each

    choice = Choice(recursive, version_id, versions, rewind)
    place, client = parse_in_bucket(target), client_of(connect(**connection))

    def put(which: Which) -> None:
        client.put_object_legal_hold(**which.parameters, LegalHold={"Status": status})
        if as_json:
            output.say_json({"status": "success", "operation": "set", **which.document, "legalhold": status})
        else:
            output.say(f"Legal hold of {which} is {status}")

    return min(for_each(choice.of(client, place), put, alone=not choice.is_given), 1)
