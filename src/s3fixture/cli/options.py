"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce, wraps
from typing import Any

import click

from s3fixture.cli.output import as_json_wanted
from s3fixture.named_tuples import NamedTuple

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


def together(*decorators: Decorator) -> Decorator:
    """One decorator that does what these do, as if they stood one below the other."""
    return lambda command: reduce(lambda done, decorate: decorate(done), reversed(decorators), command)


class ServerChoice(NamedTuple):
    """What the options say about the server to use."""

    endpoint_url: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    profile: str | None = None


def _profiles(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The names of profiles that begin so."""
    from s3fixture.cli.aws_profiles import profiles

    return [name for name in profiles() if name.startswith(incomplete)]


def connection_options(command: Command) -> Command:
    """The options that choose a server; the command gets them as `server`."""

    @wraps(command)
    def called(
        endpoint_url: str | None,
        access_key: str | None,
        secret_key: str | None,
        profile: str | None,
        **others: Any,
    ) -> Any:
        return command(server=ServerChoice(endpoint_url, access_key, secret_key, profile), **others)

    return together(
        click.option(
            "--endpoint-url", metavar="URL", help="The server to use, instead of the project's server."
        ),
        click.option("--access-key", metavar="KEY", help="The access key for that server."),
        click.option("--secret-key", metavar="KEY", help="The secret key."),
        click.option(
            "--profile",
            metavar="NAME",
            shell_complete=_profiles,
            help="The server and keys of this profile in ~/.aws.",
        ),
    )(called)


control_options = together(
    click.option(
        "--console-url",
        metavar="URL",
        help="The console of the server to use instead of the project's.",
    ),
    click.option("--access-key", metavar="KEY", help="The main access key of that server."),
    click.option("--secret-key", metavar="KEY", help="The secret key."),
)
json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    is_eager=True,  # so that what is wrong with other options is said in JSON as well
    callback=as_json_wanted,
    help="One JSON object a line, for scripts; errors too, on standard error.",
)
# The frame of a command about one place.
target_options = together(click.argument("target"), json_option, connection_options)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")


def check_one_version(version_id: str | None, *, several: bool) -> None:
    """Raise UsageError if --version-id is given for several objects."""
    if version_id and several:
        raise click.UsageError("--version-id needs exactly one object; name one")


age_options = together(
    click.option(
        "--older-than", metavar="TIME", help="Only what was written longer ago, such as 1h30m or 7d."
    ),
    click.option("--newer-than", metavar="TIME", help="Only what was written less long ago."),
)


def property_options(command: Command) -> Command:
    """The options for what objects get beside their bytes; the command gets them as `properties`."""

    @wraps(command)
    def called(attr: str | None, tags: str | None, storage_class: str | None, **others: Any) -> Any:
        from s3fixture.cli.properties import parse_properties

        return command(properties=parse_properties(attr, tags, storage_class), **others)

    return together(
        click.option(
            "--attr",
            metavar="NAME=VALUE;...",
            help="Headers and metadata for the objects, such as 'Cache-Control=no-cache;owner=me'.",
        ),
        click.option(
            "--tags", metavar="KEY=VALUE&...", help="Tags for the objects, instead of the source's."
        ),
        click.option("--storage-class", "--sc", metavar="NAME", help="The storage class of the objects."),
    )(called)


def versions_options(command: Command) -> Command:
    """A target and the options that choose versions in it, which the command gets as one `choice`."""

    @wraps(command)
    def called(
        recursive: bool, version_id: str | None, versions: bool, rewind: str | None, **others: Any
    ) -> Any:
        from s3fixture.cli.chosen_versions import Choice

        return command(choice=Choice(recursive, version_id, versions, rewind), **others)

    return together(
        click.option("--recursive", "-r", is_flag=True, help="Everything in a bucket or folder."),
        click.option("--version-id", "--vid", metavar="ID", help="This version."),
        click.option("--versions", is_flag=True, help="All versions, not only the latest."),
        click.option(
            "--rewind",
            metavar="TIME",
            help="What was there so long ago (such as 7d), or then (such as 2026-01-31T12:00:00Z).",
        ),
        target_options,
    )(called)
