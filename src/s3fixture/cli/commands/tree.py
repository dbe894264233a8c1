"""`s3fixture tree`: folders and objects as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote, parse_remote
from s3fixture.cli.options import ServerChoice, connection_options, json_option
from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BRANCH, _LAST, _TRUNK, _SPACE = "├─ ", "└─ ", "│  ", "   "


class Node(NamedTuple):
    """A bucket, a folder or an object; `name` is its last part, `lines` what stands before it."""

    place: Remote
    name: str
    depth: int
    lines: str = ""
    is_last: bool = True

    @property
    def is_folder(self) -> bool:
        return self.place.is_folder


@click.command("tree", short_help="Show folders as a tree.")
@click.argument("targets", metavar="[TARGET]...", nargs=-1)
@click.option("--files", "-f", is_flag=True, help="Show objects, too.")
@click.option("--depth", "-d", type=click.IntRange(1), metavar="N", help="Show at most this many levels.")
@json_option
@connection_options
def command(
    targets: tuple[str, ...], files: bool, depth: int | None, as_json: bool, server: ServerChoice
) -> int:
    """Show the folders in s3://BUCKET or s3://BUCKET/FOLDER, or on the whole server, as a tree."""
    from s3fixture.cli.target_server import Servers

    places = [parse_remote(target) for target in targets] or [Remote()]
    servers = Servers(server, *places)
    for place in places:
        client = servers.client(place)
        root = place.folder() if place.bucket else place
        nodes = _walk(client, root, files=files, depth=depth)
        first = next(nodes, None)
        if first is None and root.key:
            _check_there(client, root)
        if not as_json:
            output.say(_styled(str(root), is_folder=True))
        for node in () if first is None else (first, *nodes):
            _say(node, as_json=as_json)
    return 0


def _walk(client: S3Client, root: Remote, *, files: bool, depth: int | None) -> Iterator[Node]:
    """All below `root`, each before what is in it. Not recursive: a key may have 512 folders."""
    waiting = [_children(client, Node(root, "", 0, is_last=True), files=files)]
    while waiting:
        node = next(waiting[-1], None)
        if node is None:
            waiting.pop()
            continue
        yield node
        if node.is_folder and (depth is None or node.depth < depth):
            waiting.append(_children(client, node, files=files))


def _children(client: S3Client, parent: Node, *, files: bool) -> Iterator[Node]:
    lines = parent.lines + ((_SPACE if parent.is_last else _TRUNK) if parent.depth else "")
    names = _names(client, parent.place, files=files)
    for number, (place, name) in enumerate(names, start=1):
        yield Node(place, name, parent.depth + 1, lines, number == len(names))


def _names(client: S3Client, place: Remote, *, files: bool) -> list[tuple[Remote, str]]:
    if not place.bucket:
        buckets = client.list_buckets()["Buckets"]
        return [(place.within(bucket["Name"]), bucket["Name"]) for bucket in buckets]
    found: list[str] = []
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=place.bucket, Prefix=place.key, Delimiter="/"
    )
    for page in pages:
        found += [folder["Prefix"] for folder in page.get("CommonPrefixes", [])]
        if files:
            found += [item["Key"] for item in page.get("Contents", []) if item["Key"] != place.key]
    return [(place.at(key), key.removeprefix(place.key).removesuffix("/")) for key in sorted(found)]


def _check_there(client: S3Client, place: Remote) -> None:
    if not client.list_objects_v2(Bucket=place.bucket, Prefix=place.key, MaxKeys=1)["KeyCount"]:
        raise S3FixtureError(
            f"{place}: there is no such folder; `s3fixture tree {place.at('')}` lists what there is"
        )


def _say(node: Node, *, as_json: bool) -> None:
    if not as_json:
        turn = _LAST if node.is_last else _BRANCH
        output.say(f"{node.lines}{turn}{_styled(node.name, is_folder=node.is_folder)}")
        return
    kind = "folder" if node.is_folder else "file"
    place = {"bucket": node.place.bucket, "key": node.place.key}
    output.say_json({"status": "success", "type": kind, **place, "depth": node.depth})


def _styled(name: str, *, is_folder: bool) -> str:
    name = output.printable(name)
    return output.style(name, fg="cyan", bold=True) if is_folder else name
