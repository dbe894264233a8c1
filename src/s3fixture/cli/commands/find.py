"""`s3fixture find`: the objects that are so called, so old, so large."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote, parse_remote
from s3fixture.cli.options import connection_options, json_option
from s3fixture.cli.quantities import parse_bytes, parse_duration
from s3fixture.clock import utc

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.cli.items import Item

Test = Callable[["Item"], bool]


@click.command("find", short_help="Find objects by name, age and size.")
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option("--name", metavar="PATTERN", help="The last part of the key is like this, such as '*.csv'.")
@click.option("--path", metavar="PATTERN", help="The key below TARGET is like this; * matches slashes, too.")
@click.option("--ignore", metavar="PATTERN", help="The key below TARGET is not like this.")
@click.option("--older-than", metavar="TIME", help="Written longer ago than 30s, 15m, 1h30m or 7d.")
@click.option("--newer-than", metavar="TIME", help="Written less long ago.")
@click.option("--larger", metavar="SIZE", help="Larger than 512, 64KiB or 10MB.")
@click.option("--smaller", metavar="SIZE", help="Smaller.")
@click.option("--maxdepth", type=click.IntRange(1), metavar="N", help="At most this many levels deep.")
@json_option
@connection_options
def command(
    targets: tuple[str, ...],
    name: str | None,
    path: str | None,
    ignore: str | None,
    older_than: str | None,
    newer_than: str | None,
    larger: str | None,
    smaller: str | None,
    maxdepth: int | None,
    as_json: bool,
    **connection: str | None,
) -> int:
    """Print the objects in s3://BUCKET or s3://BUCKET/FOLDER, or on the whole server, for which all holds.

    In a PATTERN * stands for anything, ? for one character and [ab] for one of these.
    """
    from s3fixture.cli.target_server import client_of, connect

    tests = [
        *_by_name(name, path, ignore, maxdepth),
        *_by_age(older_than, newer_than),
        *_byparse_bytes(larger, smaller),
    ]
    places = [parse_remote(target) for target in targets] or [Remote()]
    client = client_of(connect(**connection))
    for place in places:
        for item in _items(client, place):
            if all(test(item) for test in tests):
                _say(item, as_json=as_json)
    return 0


def _items(client: S3Client, place: Remote) -> Iterator[Item]:
    from s3fixture.cli.items import remote_items

    if place.bucket:
        yield from remote_items(client, place)
        return
    for bucket in client.list_buckets()["Buckets"]:
        yield from remote_items(client, Remote(bucket["Name"]))


def _by_name(name: str | None, path: str | None, ignore: str | None, depth: int | None) -> Iterator[Test]:
    if name is not None:
        yield lambda item: fnmatchcase(item.name.rpartition("/")[2], name)
    if path is not None:
        yield lambda item: fnmatchcase(item.name, path)
    if ignore is not None:
        yield lambda item: not fnmatchcase(item.name, ignore)
    if depth is not None:
        yield lambda item: item.name.rstrip("/").count("/") < depth


def _by_age(older_than: str | None, newer_than: str | None) -> Iterator[Test]:
    now = time.time()
    if older_than is not None:
        latest = now - parse_duration(older_than, "--older-than")
        yield lambda item: item.modified < latest
    if newer_than is not None:
        earliest = now - parse_duration(newer_than, "--newer-than")
        yield lambda item: item.modified > earliest


def _byparse_bytes(larger: str | None, smaller: str | None) -> Iterator[Test]:
    if larger is not None:
        least = parse_bytes(larger, "--larger")
        yield lambda item: item.size > least
    if smaller is not None:
        most = parse_bytes(smaller, "--smaller")
        yield lambda item: item.size < most


def _say(item: Item, *, as_json: bool) -> None:
    assert isinstance(item.place, Remote)
    if not as_json:
        output.say(output.printable(str(item.place)))
        return
    found = {"bucket": item.place.bucket, "key": item.place.key, "size": item.size, "etag": item.etag}
    output.say_json({"status": "success", **found, "lastModified": utc(item.modified)})
