"""What a mirror has to do: both sides listed completely, compared, and nothing done before that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s3fixture.cli.addresses import Local, Remote, local_target
from s3fixture.cli.comparing import differs
from s3fixture.cli.items import Item, local_items, remote_items
from s3fixture.cli.transfer import Job
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from s3fixture.cli.target_server import Servers

Address = Remote | Local


@dataclass(slots=True)
class Mirror:
    """`missing` in the target, `changed` since, `extra`: only in the target; `refused`: by name, why."""

    missing: list[Job] = field(default_factory=list)
    changed: list[Job] = field(default_factory=list)
    extra: list[Item] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    sources: int = 0


def compare(
    servers: Servers,
    source: Address,
    target: Address,
    *,
    excluded: Sequence[str] = (),
    written: Callable[[float], bool] = lambda time: True,
) -> Mirror:
    """Compare two folders or buckets. Raises when either cannot be read to its end.

    Names that match a pattern of `excluded` count on neither side, and of the source only what was `written`
    at such a time.
    """
    both_remote = isinstance(source, Remote) and isinstance(target, Remote)
    options: Any = {"marks": both_remote, "excluded": excluded}
    here = _listed(servers, source, follow=True, **options)
    there = _listed(servers, target, follow=False, **options) if exists(servers, target) else {}
    found = Mirror(sources=len(here))
    for name, item in here.items():
        if not written(item.modified):
            continue
        try:
            job = Job(item, _place(target, name))
        except S3FixtureError as error:
            found.refused[name] = str(error)
            continue
        if name not in there:
            found.missing.append(job)
        elif differs(item, there[name]):
            found.changed.append(job)
    found.extra = [item for name, item in there.items() if name not in here]
    return found


def _listed(
    servers: Servers, address: Address, *, follow: bool, marks: bool, excluded: Sequence[str]
) -> dict[str, Item]:
    """What is in a folder or bucket, by name; `marks`: also the empty objects that stand for folders."""
    items = (
        local_items(address.path, follow=follow)
        if isinstance(address, Local)
        else remote_items(servers.client(address), address)
    )
    return {
        item.name: item
        for item in items
        if (marks or not item.is_folder_mark)
        and not any(fnmatchcase(item.name, pattern) for pattern in excluded)
    }


def exists(servers: Servers, address: Address) -> bool:
    """Whether the folder or bucket is there."""
    if isinstance(address, Local):
        return address.path.is_dir()
    from botocore.exceptions import ClientError

    try:
        servers.client(address).head_bucket(Bucket=address.bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            return False
        raise
    return True


def _place(target: Address, name: str) -> Remote | Path:
    return target.child(name) if isinstance(target, Remote) else local_target(target.path, name)
