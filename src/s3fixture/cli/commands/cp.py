"""`s3fixture cp`: copy files and objects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Local, Remote, local_target, parse, parse_object
from s3fixture.cli.options import connection_options, json_option, quiet_option
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.cli.items import Item

Address = Remote | Local
STREAM = "-"  # standard input or output; a file of that name is ./-


@click.command("cp", short_help="Copy files and objects.")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.argument("target", metavar="TARGET")
@click.option("--recursive", "-r", is_flag=True, help="Copy folders and buckets with all that is in them.")
@click.option("--version-id", metavar="ID", help="This version of the object.")
@quiet_option
@json_option
@connection_options
def command(
    sources: tuple[str, ...],
    target: str,
    recursive: bool,
    version_id: str | None,
    quiet: bool,
    as_json: bool,
    **connection: str | None,
) -> int:
    """Copy between local paths and s3://BUCKET/KEY, or from one bucket to another.

    As with cp, a folder is copied with its name; SOURCE/ with a slash at its end copies what is in it.
    `-` is standard input as the source, and standard output as the target.
    """
    if STREAM in (*sources, target):
        _check_stream(sources, target, recursive=recursive, as_json=as_json, version_id=version_id)
        return _stream(sources[0], target, version_id, quiet=quiet, as_json=as_json, **connection)
    from s3fixture.cli.job_progress import carry_out
    from s3fixture.cli.target_server import client_of, connect
    from s3fixture.cli.transfer import Job

    origins, goal = [parse(source) for source in sources], parse(target)
    _check(origins, goal, recursive=recursive, version_id=version_id)
    client = client_of(connect(**connection))
    into = len(origins) > 1 or goal.is_folder or _is_folder_there(client, goal)
    jobs, failed = [], 0
    for text, origin in zip(sources, origins, strict=True):
        for item, name in _items(client, origin, text, recursive=recursive, version_id=version_id):
            if item.is_folder_mark and isinstance(goal, Local):
                continue
            try:
                place = _place(goal, name) if into or recursive else goal.place
            except S3FixtureError as error:
                output.print_error(str(error))
                failed += 1
                continue
            jobs.append(Job(item, place, version_id))
    return carry_out(client, jobs, "copying", as_json=as_json, quiet=quiet) or min(failed, 1)


def _check_stream(
    sources: tuple[str, ...], target: str, *, recursive: bool, as_json: bool, version_id: str | None
) -> None:
    if len(sources) > 1 or sources[0] == target:
        raise click.UsageError(
            f"{STREAM} copies one object; write {STREAM} s3://BUCKET/KEY, or s3://BUCKET/KEY {STREAM}"
        )
    if recursive:
        raise click.UsageError(
            f"--recursive cannot be used with {STREAM}, which copies one object; leave it out"
        )
    if target == STREAM and as_json:
        raise click.UsageError(
            f"--json cannot be used with the target {STREAM}: standard output gets the object; leave it out"
        )
    if target != STREAM and version_id:
        raise click.UsageError(
            f"--version-id cannot be used with the source {STREAM}, which has no versions; leave it out"
        )


def _stream(
    source: str, target: str, version_id: str | None, *, quiet: bool, as_json: bool, **connection: str | None
) -> int:
    from s3fixture.cli.streams import read_in, write_out
    from s3fixture.cli.target_server import client_of, connect

    place = parse_object(source if target == STREAM else target)
    if target != STREAM and place.is_folder:
        raise S3FixtureError(f"{place} is a folder; add a name for the object, because {STREAM} has none")
    client = client_of(connect(**connection))
    if target == STREAM:
        write_out(client, place, version_id)
        return 0
    size = read_in(client, place, output.progress(quiet=quiet))
    if quiet:
        return 0
    if as_json:
        output.say_json({"status": "success", "source": STREAM, "target": str(place), "size": size})
    else:
        output.say(f"{STREAM} -> {output.printable(str(place))}")
    return 0


def _check(origins: list[Address], goal: Address, *, recursive: bool, version_id: str | None) -> None:
    if isinstance(goal, Remote) and not goal.bucket:
        raise S3FixtureError(f"{goal} names no bucket to copy to; write s3://BUCKET/KEY")
    if version_id and (recursive or len(origins) > 1):
        raise click.UsageError("--version-id needs exactly one object; name one")
    if len(origins) > 1 and isinstance(goal, Local) and not goal.is_folder:
        raise S3FixtureError(
            f"{goal} must be a folder, as there are several sources; make it, or add a slash"
        )
    if recursive and isinstance(goal, Local) and goal.path.exists() and not goal.path.is_dir():
        raise S3FixtureError(f"{goal} is a file, and a folder is copied into a folder; name another")
    for origin in origins:
        if isinstance(origin, Local) and isinstance(goal, Local):
            raise S3FixtureError(
                f"{origin} and {goal} are both local; use your system's cp, or write s3://BUCKET"
            )
        if isinstance(origin, Remote) and not origin.bucket:
            raise S3FixtureError(f"{origin} names no bucket; write s3://BUCKET/KEY")


def _is_folder_there(client: S3Client, goal: Address) -> bool:
    """`cp a s3://b/c` means s3://b/c/a when there is a folder c, as with cp."""
    if isinstance(goal, Local):
        return False
    found = client.list_objects_v2(Bucket=goal.bucket, Prefix=goal.folder().key, MaxKeys=1)
    return found["KeyCount"] > 0


def _items(
    client: S3Client, origin: Address, text: str, *, recursive: bool, version_id: str | None
) -> Iterator[tuple[Item, str]]:
    """What one source comes to, and what each is called in the target folder."""
    if not recursive or (isinstance(origin, Local) and not origin.path.is_dir()):
        item = _single(client, origin, version_id)
        yield item, item.name
        return
    head = "" if text.endswith(("/", os.sep)) else f"{_name(origin)}/"
    for item in _tree(client, origin):
        yield item, head + item.name


def _name(origin: Address) -> str:
    if isinstance(origin, Local):
        return origin.path.resolve().name
    return origin.name if origin.key else origin.bucket


def _tree(client: S3Client, origin: Address) -> Iterator[Item]:
    from s3fixture.cli.items import local_items, remote_items

    if isinstance(origin, Local):
        return local_items(origin.path)
    items = iter(remote_items(client, origin))
    first = next(items, None)
    if first is None and origin.key:
        raise S3FixtureError(
            f"{origin}: there is no such folder; `s3fixture ls s3://{origin.bucket}` lists what there is"
        )
    return items if first is None else chain([first], items)


def _single(client: S3Client, origin: Address, version_id: str | None) -> Item:
    from s3fixture.cli.items import local_item, remote_item

    if isinstance(origin, Remote):
        if origin.is_folder:
            raise S3FixtureError(f"{origin} is a folder or bucket; add --recursive")
        return remote_item(client, origin, version_id)
    if origin.path.is_dir():
        raise S3FixtureError(f"{origin} is a folder; add --recursive")
    if not origin.path.exists():
        raise S3FixtureError(f"{origin}: there is no such file")
    return local_item(origin.path, origin.path.name)


def _place(goal: Address, name: str) -> Remote | Path:
    return goal.child(name) if isinstance(goal, Remote) else local_target(goal.path, name)
