"""`s3fixture policy`: what anonymous clients may do."""

from __future__ import annotations

from typing import Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote, parse_in_bucket
from s3fixture.cli.groups import VerbGroup
from s3fixture.cli.options import ServerChoice, target_options

_NONE = "none"
_NEW_MC = "private"  # what later versions of mc call it


@click.group("policy", cls=VerbGroup, short_help="Show and set what anonymous clients may do.")
def command() -> None:
    """Show and set what clients without keys may do in a bucket or below a prefix.

    \b
    none      nothing; private is the same
    download  list and read
    upload    write, but not read
    public    list, read and write
    """


@command.command("set", short_help="Set it.")
@click.argument("name", type=click.Choice(["public", "download", "upload", _NONE, _NEW_MC]))
@target_options
def set_policy(name: str, target: str, as_json: bool, server: ServerChoice) -> int:
    """Let clients without keys do this in s3://BUCKET, or with keys that begin with s3://BUCKET/PREFIX.

    Statements of the bucket's policy about anything else stay. Where the bucket blocks public policies, as
    new buckets at AWS do, that block is taken back.
    """
    from s3fixture.cli.bucket_access import set_access
    from s3fixture.cli.target_server import client_of, connect

    place = parse_in_bucket(target)
    name = _NONE if name == _NEW_MC else name
    set_access(client_of(connect(server, place)), place, name)
    _say(place, "set", f"is now {name}", as_json=as_json, permission=name)
    return 0


@command.command("get", short_help="Show it.")
@target_options
def get_policy(target: str, as_json: bool, server: ServerChoice) -> int:
    """Show what clients without keys may do in s3://BUCKET or below s3://BUCKET/PREFIX.

    `custom` means that the bucket has a policy that `set` did not make; --json shows it.
    """
    from s3fixture.anonymous_access import access_of
    from s3fixture.cli.bucket_access import policy_of
    from s3fixture.cli.target_server import client_of, connect

    place = parse_in_bucket(target)
    policy = policy_of(client_of(connect(server, place)), place.bucket)
    access = access_of(policy, place.bucket, place.key)
    _say(place, "get", f"is {access}", as_json=as_json, permission=access, policy=policy)
    return 0


def _say(place: Remote, operation: str, what: str, *, as_json: bool, **details: Any) -> None:
    text = f"Access of clients without keys to {output.printable(str(place))} {what}"
    output.say_result(place, operation, text, as_json=as_json, **details)
