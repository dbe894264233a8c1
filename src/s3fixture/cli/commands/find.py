"""`s3fixture find`: the objects that are so called, so old, so large."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote, parse_remote
from s3fixture.cli.failures import FAILED
from s3fixture.cli.options import ServerChoice, age_options, connection_options, json_option
from s3fixture.cli.quantities import parse_ages, parse_bytes
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.cli.items import Item
    from s3fixture.cli.target_server import Servers

Test = Callable[["Item"], bool]


@click.command("find", short_help="Find objects by name, age and size.")
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option("--name", metavar="PATTERN", help="The last part of the key is like this, such as '*.csv'.")
@click.option("--path", metavar="PATTERN", help="The key below TARGET is like this; * matches slashes, too.")
@click.option("--regex", metavar="REGEX", help="This regular expression is found in the key below TARGET.")
@click.option("--ignore", metavar="PATTERN", help="The key below TARGET is not like this.")
@age_options
@click.option("--larger", metavar="SIZE", help="Larger than 512, 64KiB or 10MB.")
@click.option("--smaller", metavar="SIZE", help="Smaller.")
@click.option("--maxdepth", type=click.IntRange(1), metavar="N", help="At most this many levels deep.")
@click.option("--versions", is_flag=True, help="All versions, not only the latest.")
@click.option("--print", "template", metavar="TEXT", help="Print this for each of them.")
@click.option(
    "--exec", "program", metavar="COMMAND", help="Run this command for each of them, without a shell."
)
@json_option
@connection_options
def command(
    targets: tuple[str, ...],
    name: str | None,
    path: str | None,
    regex: str | None,
    ignore: str | None,
    older_than: str | None,
    newer_than: str | None,
    larger: str | None,
    smaller: str | None,
    maxdepth: int | None,
    versions: bool,
    template: str | None,
    program: str | None,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """Print the objects in s3://BUCKET or s3://BUCKET/FOLDER, or on the whole server, for which all holds.

    In a PATTERN * stands for anything, ? for one character and [ab] for one of these; a REGEX is Python's. In
    --print and --exec {} stands for the address, {base} for its last part, {dir} for what is before it,
    {size} for bytes, {time} for when it was written, {version} for its version, and {url} for a link that is
    good for 7 days.

    \b
    s3fixture find s3://photos --regex '(?i)\\.(jpe?g|png)$' --larger 1MB
    s3fixture find s3://logs --older-than 30d --exec 's3fixture cp {} old/{base}'
    s3fixture find s3://photos --name '*.jpg' --print '{size} {url}'

    Exit code 1 when a command of --exec failed; the others are run.
    """
    from s3fixture.cli.target_server import Servers

    if sum((as_json, template is not None, program is not None)) > 1:
        raise click.UsageError("--json, --print and --exec cannot be given together; choose one")
    written = parse_ages(older_than, newer_than)
    tests: list[Test] = [
        *_by_name(name, path, regex, ignore, maxdepth),
        lambda item: written(item.modified),
        *_by_size(larger, smaller),
    ]
    places = [parse_remote(target) for target in targets] or [Remote()]
    servers = Servers(server, *places)
    tell = _teller(servers, template, program, as_json=as_json)
    failed = False
    for place in places:
        for item in _items(servers.client(place), place, versions=versions):
            if all(test(item) for test in tests):
                failed |= not tell(item)
    return FAILED if failed else 0


def _items(client: S3Client, place: Remote, *, versions: bool) -> Iterator[Item]:
    from s3fixture.cli.items import remote_items, version_items

    items = version_items if versions else remote_items
    if place.bucket:
        yield from items(client, place)
        return
    for bucket in client.list_buckets()["Buckets"]:
        yield from items(client, place.within(bucket["Name"]))


def _teller(servers: Servers, template: str | None, program: str | None, *, as_json: bool) -> Test:
    """What is done with an item; whether that went well."""
    from s3fixture.cli import found_items

    if program is not None:
        arguments = found_items.parse_command(program)
        return lambda item: found_items.run(servers, arguments, item)

    def say(item: Item) -> bool:
        if template is not None:
            output.say(output.printable(found_items.filled(servers, template, item)))
        elif as_json:
            output.say_json({"status": "success", **found_items.document(item)})
        else:
            output.say(output.printable(found_items.address(item)))
        return True

    return say


def _by_name(
    name: str | None, path: str | None, regex: str | None, ignore: str | None, depth: int | None
) -> Iterator[Test]:
    if name is not None:
        yield lambda item: fnmatchcase(item.name.rpartition("/")[2], name)
    if path is not None:
        yield lambda item: fnmatchcase(item.name, path)
    if regex is not None:
        expression = _compiled(regex)
        yield lambda item: expression.search(item.name) is not None
    if ignore is not None:
        yield lambda item: not fnmatchcase(item.name, ignore)
    if depth is not None:
        yield lambda item: item.name.rstrip("/").count("/") < depth


def _compiled(regex: str) -> re.Pattern[str]:
    """Raises S3FixtureError for what is no expression. It may take its time: it is the user's own."""
    try:
        return re.compile(regex)
    except (re.error, RecursionError, OverflowError) as error:
        raise S3FixtureError(f"--regex {regex!r} is not a regular expression: {error}") from error


def _by_size(larger: str | None, smaller: str | None) -> Iterator[Test]:
    if larger is not None:
        least = parse_bytes(larger, "--larger")
        yield lambda item: item.size > least
    if smaller is not None:
        most = parse_bytes(smaller, "--smaller")
        yield lambda item: item.size < most
