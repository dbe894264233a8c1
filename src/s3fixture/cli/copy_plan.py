"""What `cp` and `mv` have to do: each source's objects or files, and where they go."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from s3fixture.cli import output
from s3fixture.cli.addresses import Local, Remote, both_local, local_target, parse
from s3fixture.cli.items import Item, local_item, local_items, remote_item, remote_items
from s3fixture.cli.properties import Properties
from s3fixture.cli.transfer import Job
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from s3fixture.cli.target_server import Servers

Address = Remote | Local
_DEEDS = {"cp": "copy", "mv": "move"}


def parse_addresses(
    sources: Sequence[str], target: str, *, recursive: bool, verb: str
) -> tuple[list[Address], Address]:
    """The sources and the target. Raises S3FixtureError for what cannot be copied from or to."""
    origins, goal = [parse(source) for source in sources], parse(target)
    _check(origins, goal, recursive=recursive, verb=verb)
    return origins, goal


def plan_jobs(
    servers: Servers,
    sources: Sequence[str],
    origins: Sequence[Address],
    goal: Address,
    *,
    recursive: bool,
    version: str | None = None,
    follow: bool = True,
    written: Callable[[float], bool] = lambda time: True,
    properties: Properties = MappingProxyType({}),
) -> tuple[list[Job], int]:
    """All that is to be done, and how many keys cannot be files here; each of these is said.

    `sources` as they were written: a slash at the end means what is in the folder. `follow`: also into linked
    folders. `written`: whether what was written then is meant. Raises S3FixtureError for a source that is
    not there.
    """
    into = len(origins) > 1 or goal.is_folder or _is_folder_there(servers, goal)
    jobs, failed = [], 0
    for text, origin in zip(sources, origins, strict=True):
        for item, name in _items(servers, origin, text, recursive=recursive, version=version, follow=follow):
            if not written(item.modified) or (item.is_folder_mark and isinstance(goal, Local)):
                continue
            try:
                place = _place(goal, name) if into or recursive else goal.place
            except S3FixtureError as error:
                output.print_error(str(error))
                failed += 1
                continue
            jobs.append(Job(item, place, version, properties))
    return jobs, failed


def _check(origins: Sequence[Address], goal: Address, *, recursive: bool, verb: str) -> None:
    if isinstance(goal, Remote) and not goal.bucket:
        raise S3FixtureError(f"{goal} names no bucket to {_DEEDS[verb]} to; write s3://BUCKET/KEY")
    if len(origins) > 1 and isinstance(goal, Local) and not goal.is_folder:
        raise S3FixtureError(
            f"{goal} must be a folder, as there are several sources; make it, or add a slash"
        )
    if recursive and isinstance(goal, Local) and goal.path.exists() and not goal.path.is_dir():
        raise S3FixtureError(f"{goal} is a file, and a folder goes into a folder; name another")
    for origin in origins:
        if isinstance(origin, Local) and isinstance(goal, Local):
            raise both_local(origin, goal, verb)
        if isinstance(origin, Remote) and not origin.bucket:
            raise S3FixtureError(f"{origin} names no bucket; write s3://BUCKET/KEY")


def _is_folder_there(servers: Servers, goal: Address) -> bool:
    """`cp a s3://b/c` means s3://b/c/a when there is a folder c, as with cp."""
    if isinstance(goal, Local):
        return False
    found = servers.client(goal).list_objects_v2(Bucket=goal.bucket, Prefix=goal.folder().key, MaxKeys=1)
    return found["KeyCount"] > 0


def _items(
    servers: Servers, origin: Address, text: str, *, recursive: bool, version: str | None, follow: bool
) -> Iterator[tuple[Item, str]]:
    """What one source comes to, and what each is called in the target folder."""
    if not recursive or (isinstance(origin, Local) and not origin.path.is_dir()):
        item = _single(servers, origin, version)
        yield item, item.name
        return
    head = "" if text.endswith(("/", os.sep)) else f"{_name(origin)}/"
    for item in _tree(servers, origin, follow=follow):
        yield item, head + item.name


def _name(origin: Address) -> str:
    if isinstance(origin, Local):
        return origin.path.resolve().name
    return origin.name if origin.key else origin.bucket


def _tree(servers: Servers, origin: Address, *, follow: bool) -> Iterator[Item]:
    if isinstance(origin, Local):
        return local_items(origin.path, follow=follow)
    items = iter(remote_items(servers.client(origin), origin))
    first = next(items, None)
    if first is None and origin.key:
        raise S3FixtureError(
            f"{origin}: there is no such folder; `s3fixture ls {origin.at('')}` lists what there is"
        )
    return items if first is None else chain([first], items)


def _single(servers: Servers, origin: Address, version: str | None) -> Item:
    if isinstance(origin, Remote):
        if origin.is_folder:
            raise S3FixtureError(f"{origin} is a folder or bucket; add --recursive")
        return remote_item(servers.client(origin), origin, version)
    if origin.path.is_dir():
        raise S3FixtureError(f"{origin} is a folder; add --recursive")
    if not origin.path.exists():
        raise S3FixtureError(f"{origin}: there is no such file")
    return local_item(origin.path, origin.path.name)


def _place(goal: Address, name: str) -> Remote | Path:
    return goal.child(name) if isinstance(goal, Remote) else local_target(goal.path, name)
