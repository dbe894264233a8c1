"""`s3fixture du`: how much is where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote, parse_remote
from s3fixture.cli.options import ServerChoice, connection_options, json_option
from s3fixture.sizes import counted, human_size

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@click.command("du", short_help="Sum up the sizes in buckets and folders.")
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option("--depth", "-d", type=click.IntRange(1), default=1, help="Show folders this many levels deep.")
@click.option("--recursive", "-r", is_flag=True, help="Show folders on all levels.")
@click.option("--versions", is_flag=True, help="Count all versions.")
@json_option
@connection_options
def command(
    targets: tuple[str, ...],
    depth: int,
    recursive: bool,
    versions: bool,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """Sum up the sizes of all objects in s3://BUCKET or s3://BUCKET/FOLDER, or on the whole server.

    With --depth 2 its folders are shown too, with --depth 3 theirs, and so on.
    """
    from s3fixture.cli.target_server import Servers

    places = [parse_remote(target) for target in targets] or [Remote()]
    servers = Servers(server, *places)
    for place in places:
        sums = _sums(servers.client(place), place, None if recursive else depth, versions=versions)
        for name, (size, count) in sums:
            if as_json:
                output.say_json(
                    {
                        "status": "success",
                        "prefix": name,
                        "size": size,
                        "objects": count,
                        "isVersions": versions,
                    }
                )
                continue
            things = counted(count, "version" if versions else "object")
            output.say(
                f"{human_size(size).replace(' ', ''):>8}  {things:>14}  {output.printable(name)}".rstrip()
            )
    return 0


def _sums(
    client: S3Client, place: Remote, depth: int | None, *, versions: bool
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name, size in bytes and number of each folder, what is in it before it."""
    root = f"{place.bucket}/{place.folder().key}".strip("/")
    sums: dict[str, tuple[int, int]] = {}
    for bucket in [place.bucket] if place.bucket else _buckets(client):
        folder = place.within(bucket).at(place.folder().key)
        if not place.bucket and (depth is None or depth > 1):
            sums[bucket] = (0, 0)
        for key, size in _sizes(client, folder, versions=versions):
            name = f"{bucket}/{key}"
            for prefix in _folders(name, root, depth):
                total, count = sums.get(prefix, (0, 0))
                sums[prefix] = (total + size, count + 1)
    sums.setdefault(root, (0, 0))
    yield from sorted(sums.items(), key=lambda item: _inner_first(item[0], root))


def _folders(name: str, root: str, depth: int | None) -> Iterator[str]:
    """The folders from `root` down in which a name lies, as deep as is shown."""
    yield root
    rest = name[len(root) :].lstrip("/") if root else name
    path = root
    for level, part in enumerate(rest.split("/")[:-1], start=2):
        if depth is not None and level > depth:
            return
        path = f"{path}/{part}" if path else part
        yield path


def _inner_first(name: str, root: str) -> str:
    """Sorts a folder behind what is in it: U+10FFFF comes after every character that a name can have."""
    return "\U0010ffff" if name == root else f"{name}/\U0010ffff"


def _buckets(client: S3Client) -> list[str]:
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]


def _sizes(client: S3Client, folder: Remote, *, versions: bool) -> Iterator[tuple[str, int]]:
    if versions:
        paginator = client.get_paginator("list_object_versions")
        for page in paginator.paginate(Bucket=folder.bucket, Prefix=folder.key):
            yield from ((found["Key"], found["Size"]) for found in page.get("Versions", []))
        return
    for listing in client.get_paginator("list_objects_v2").paginate(Bucket=folder.bucket, Prefix=folder.key):
        yield from ((found["Key"], found["Size"]) for found in listing.get("Contents", []))
