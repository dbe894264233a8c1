"""`s3fixture mv`: move and rename files and objects."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from s3fixture.cli.addresses import Remote
from s3fixture.cli.options import ServerChoice, age_options, connection_options, json_option, quiet_option
from s3fixture.cli.quantities import parse_ages
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from s3fixture.cli.target_server import Servers
    from s3fixture.cli.transfer import Job


@click.command("mv", short_help="Move and rename files and objects.")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.argument("target", metavar="TARGET")
@click.option("--recursive", "-r", is_flag=True, help="Move folders and buckets with all that is in them.")
@age_options
@quiet_option
@json_option
@connection_options
def command(
    sources: tuple[str, ...],
    target: str,
    recursive: bool,
    older_than: str | None,
    newer_than: str | None,
    quiet: bool,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """Move between local paths and s3://BUCKET/KEY, or rename on the server.

    Names are those of cp: a folder moves with its name, SOURCE/ with a slash at its end moves what is in it.
    A source is removed once it has arrived, and only if it is still what was copied; in a bucket with
    versioning it gets a delete marker.
    """
    from s3fixture.cli.copy_plan import parse_addresses, plan_jobs
    from s3fixture.cli.job_progress import carry_out
    from s3fixture.cli.target_server import Servers

    origins, goal = parse_addresses(sources, target, recursive=recursive, verb="mv")
    servers = Servers(server, *origins, goal)
    jobs, failed = plan_jobs(
        servers,
        sources,
        origins,
        goal,
        recursive=recursive,
        follow=False,
        written=parse_ages(older_than, newer_than),
    )
    _check_separate(servers, jobs)

    def remove(job: Job) -> None:
        _remove_source(servers, job)

    code = carry_out(servers, jobs, "moving", as_json=as_json, quiet=quiet, finish=remove)
    for text, origin in zip(sources, origins, strict=True):
        if recursive and isinstance(origin.place, Path):
            _remove_empty_folders(origin.place, with_root=not text.endswith(("/", os.sep)))
    return code or min(failed, 1)


def _check_separate(servers: Servers, jobs: Sequence[Job]) -> None:
    """Raise S3FixtureError where one thing would replace another that is moved, or itself."""

    def canonical(place: Remote | Path) -> object:
        return servers.canonical(place) if isinstance(place, Remote) else place

    sources = {canonical(job.item.place) for job in jobs}
    targets = set()
    for job in jobs:
        target = canonical(job.target)
        if target in sources:
            raise S3FixtureError(
                f"{job.item.place} would replace {job.target}, which is moved too; nothing was moved: "
                "move one of them first"
            )
        if target in targets:
            raise S3FixtureError(
                f"several sources would become {job.target}; nothing was moved: give each a target of its own"
            )
        targets.add(target)


def _remove_source(servers: Servers, job: Job) -> None:
    """Remove what has arrived. Raises S3FixtureError when it is not the same any more."""
    item = job.item
    if isinstance(item.place, Path):
        _unlink(item.place, item.size, item.modified)
        return
    if isinstance(job.target, Remote):
        _check_another(servers, item.place, job.target)
    from botocore.exceptions import ClientError

    client = servers.client(item.place)
    which = {"IfMatch": f'"{item.etag}"'} if item.etag else {}
    try:
        client.delete_object(Bucket=item.place.bucket, Key=item.place.key, **which)  # type: ignore[arg-type]  # the stubs know no dict of options
    except ClientError as error:
        if error.response["Error"]["Code"] == "PreconditionFailed":
            raise S3FixtureError(f"{item.place} has changed since it was copied; it stays") from error
        raise


def _check_another(servers: Servers, source: Remote, target: Remote) -> None:
    """Raise S3FixtureError where two addresses of one server may have made a source its own target."""
    if source.alias == target.alias or (source.bucket, source.key) != (target.bucket, target.key):
        return
    heads = [
        servers.client(place).head_object(Bucket=place.bucket, Key=place.key) for place in (source, target)
    ]
    if heads[0]["LastModified"] == heads[1]["LastModified"]:
        raise S3FixtureError(f"{source} may be the same object as {target}, of the same time; it stays")


def _unlink(path: Path, size: int, modified: float) -> None:
    status = path.stat()
    if (status.st_size, status.st_mtime) != (size, modified):
        raise S3FixtureError(f"{path} has changed since it was copied; it stays")
    path.unlink()


def _remove_empty_folders(root: Path, *, with_root: bool) -> None:
    """What the moved files leave; a folder in which something stays is left."""
    folders = [path for path in root.rglob("*") if path.is_dir() and not path.is_symlink()]
    if with_root and root.is_dir():
        folders.append(root)
    for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
