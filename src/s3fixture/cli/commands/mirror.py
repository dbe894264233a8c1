"""`s3fixture mirror`: make one folder or bucket like another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Local, Remote, both_local, parse
from s3fixture.cli.options import ServerChoice, connection_options, json_option, quiet_option
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from s3fixture.cli.items import Item
    from s3fixture.cli.mirroring import Mirror
    from s3fixture.cli.target_server import Servers

Address = Remote | Local


@click.command("mirror", short_help="Make a folder or bucket like another.")
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@click.option("--overwrite", is_flag=True, help="Replace what differs in the target.")
@click.option("--remove", is_flag=True, help="Remove what is only in the target.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@quiet_option
@json_option
@connection_options
def command(
    source: str,
    target: str,
    overwrite: bool,
    remove: bool,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """Bring to TARGET what SOURCE has and TARGET lacks: a local folder or s3://BUCKET[/FOLDER] each.

    What is equal on both sides is not sent again. A bucket or folder that is not there yet is made. Exit
    code 1 when something could not be done, or differs and --overwrite is missing. Nothing is removed when
    anything failed before.
    """
    from s3fixture.cli.mirroring import compare, exists
    from s3fixture.cli.target_server import Servers

    origin, goal = parse(source), parse(target)
    _check(origin, goal)
    servers = Servers(server, origin, goal)
    _check_apart(servers, origin, goal)
    if not exists(servers, origin):
        raise S3FixtureError(f"{origin}: there is no such folder or bucket to mirror")
    found = compare(servers, origin, goal)
    if remove and found.extra and not found.sources:
        raise S3FixtureError(
            f"{origin} is empty, and --remove would empty {goal} too; "
            "if that is meant, use `s3fixture rm --recursive --force`"
        )
    failed = _print_blocked(found, overwrite=overwrite)
    jobs = found.missing + (found.changed if overwrite else [])
    if not failed and not jobs and not (remove and found.extra) and not quiet and not as_json:
        output.tell(f"nothing to do: {goal} has what {origin} has")
    if dry_run:
        _tell(found, jobs, remove=remove, as_json=as_json)
        return 1 if failed else 0
    _make(servers, goal)
    from s3fixture.cli.job_progress import carry_out

    failed += carry_out(servers, jobs, "mirroring", as_json=as_json, quiet=quiet)
    if remove and found.extra:
        failed += _remove(servers, goal, found.extra, failed=failed, as_json=as_json, quiet=quiet)
    return 1 if failed else 0


def _check(origin: Address, goal: Address) -> None:
    if isinstance(origin, Local) and isinstance(goal, Local):
        raise both_local(origin, goal, "rsync")
    for place in (origin, goal):
        if isinstance(place, Remote) and not place.bucket:
            raise S3FixtureError(f"{place} names no bucket; write s3://BUCKET")
    if isinstance(goal, Local) and goal.path.exists() and not goal.path.is_dir():
        raise S3FixtureError(f"{goal} is a file; name a folder")


def _check_apart(servers: Servers, origin: Address, goal: Address) -> None:
    if not isinstance(origin, Remote) or not isinstance(goal, Remote):
        return
    if servers.canonical(origin.at("")) == servers.canonical(goal.at("")):
        inner, outer = sorted((origin.folder().key, goal.folder().key), key=len, reverse=True)
        if inner.startswith(outer):
            raise S3FixtureError(f"{origin} and {goal} overlap; choose two separate places")


def _print_blocked(found: Mirror, *, overwrite: bool) -> int:
    """Say what will not be done; how many that are."""
    for text in found.refused.values():
        output.print_error(text)
    blocked = [] if overwrite else found.changed
    for job in blocked:
        output.print_error(
            f"{output.printable(str(job.target))} differs from its source; add --overwrite to replace it"
        )
    return len(found.refused) + len(blocked)


def _tell(found: Mirror, jobs: list[Any], *, remove: bool, as_json: bool) -> None:
    from s3fixture.cli.job_progress import say

    for job in jobs:
        say(job, as_json=as_json)
    for item in found.extra if remove else []:
        _say_removed(item, as_json=as_json)


def _make(servers: Servers, goal: Address) -> None:
    from s3fixture.backends.bucket_setup import make_bucket
    from s3fixture.cli.mirroring import exists

    if isinstance(goal, Local):
        goal.path.mkdir(parents=True, exist_ok=True)
    elif not exists(servers, goal):
        make_bucket(servers.client(goal), goal.bucket)


def _remove(
    servers: Servers, goal: Address, extra: list[Item], *, failed: int, as_json: bool, quiet: bool
) -> int:
    if failed:
        output.print_error("nothing was removed, because not everything could be mirrored")
        return 1
    by_key = {str(item.place): item for item in extra}
    if isinstance(goal, Local):
        return sum(_unlink(item, goal, as_json=as_json, quiet=quiet) for item in extra)
    from s3fixture.cli.removal import remove_objects

    def report(key: str, version: str | None) -> None:
        if not quiet:
            _say_removed(by_key[str(goal.at(key))], as_json=as_json)

    keys = [(item.place.key, None) for item in extra if isinstance(item.place, Remote)]
    return remove_objects(servers.client(goal), goal, keys, report)


def _unlink(item: Item, goal: Local, *, as_json: bool, quiet: bool) -> int:
    """Remove a file, and folders that are empty then."""
    from pathlib import Path

    assert isinstance(item.place, Path)
    try:
        item.place.unlink(missing_ok=True)
    except OSError as error:
        output.print_error(f"{item.place}: cannot be removed: {error.strerror}")
        return 1
    if not quiet:
        _say_removed(item, as_json=as_json)
    folder = item.place.parent
    while folder != goal.path and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
    return 0


def _say_removed(item: Item, *, as_json: bool) -> None:
    place = output.printable(str(item.place))
    if as_json:
        output.say_json({"status": "success", "target": place, "eventType": "removed"})
    else:
        output.say(f"Removed {place}")
