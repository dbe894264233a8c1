"""`s3fixture legalhold`: holds that keep versions from being removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_in_bucket
from s3fixture.cli.groups import VerbGroup
from s3fixture.cli.options import ServerChoice, versions_options

if TYPE_CHECKING:
    from s3fixture.cli.chosen_versions import Choice, Which

_NEVER_SET = "NoSuchObjectLockConfiguration"


@click.group("legalhold", cls=VerbGroup, short_help="Show and set the legal holds of objects.")
def command() -> None:
    """Show and set legal holds, which keep versions from being removed until they are cleared.

    The bucket needs object lock: s3fixture mb --with-lock.
    """


@command.command("set", short_help="Set it.")
@versions_options
def set_hold(target: str, choice: Choice, as_json: bool, server: ServerChoice) -> int:
    """Put a legal hold on s3://BUCKET/KEY, or with --recursive on all in a bucket or folder.

    \b
    s3fixture legalhold set s3://records/2026/report.pdf
    s3fixture legalhold set s3://records/2026 --recursive --versions
    """
    return _put("ON", target, choice, server, as_json=as_json)


@command.command("clear", short_help="Clear it.")
@versions_options
def clear_hold(target: str, choice: Choice, as_json: bool, server: ServerChoice) -> int:
    """Take the legal hold from s3://BUCKET/KEY, or with --recursive from all in a bucket or folder."""
    return _put("OFF", target, choice, server, as_json=as_json)


@command.command("info", short_help="Show it.")
@versions_options
def info(target: str, choice: Choice, as_json: bool, server: ServerChoice) -> int:
    """Show the legal hold of s3://BUCKET/KEY, or with --recursive of all in a bucket or folder: ON or OFF."""
    from botocore.exceptions import ClientError

    from s3fixture.cli.chosen_versions import act_on
    from s3fixture.cli.target_server import client_of, connect

    place = parse_in_bucket(target)
    client = client_of(connect(server, place))

    def show(which: Which) -> None:
        try:
            status: str = client.get_object_legal_hold(**which.parameters)["LegalHold"]["Status"]
        except ClientError as error:
            if error.response["Error"]["Code"] != _NEVER_SET:
                raise
            status = "OFF"
        _say(which, "info", status, f"{status:3}  {which}", as_json=as_json)

    return act_on(client, place, choice, show)


def _put(
    status: Literal["ON", "OFF"], target: str, choice: Choice, server: ServerChoice, *, as_json: bool
) -> int:
    from s3fixture.cli.chosen_versions import act_on
    from s3fixture.cli.target_server import client_of, connect

    place = parse_in_bucket(target)
    client = client_of(connect(server, place))

    def put(which: Which) -> None:
        client.put_object_legal_hold(**which.parameters, LegalHold={"Status": status})
        _say(which, "set", status, f"Legal hold of {which} is {status}", as_json=as_json)

    return act_on(client, place, choice, put)


def _say(which: Which, operation: str, status: str, text: str, *, as_json: bool) -> None:
    if as_json:
        output.say_json({"status": "success", "operation": operation, **which.document, "legalhold": status})
    else:
        output.say(text)
