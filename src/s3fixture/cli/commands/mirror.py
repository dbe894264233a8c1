"""`s3fixture mirror`: make one folder or bucket like another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Local, Remote, parse_trees
from s3fixture.cli.options import ServerChoice, age_options, connection_options, json_option, quiet_option
from s3fixture.cli.quantities import parse_ages
from s3fixture.cli.signals import sleep
from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple

if TYPE_CHECKING:
    from s3fixture.cli.items import Item
    from s3fixture.cli.mirroring import Mirror
    from s3fixture.cli.target_server import Servers

Address = Remote | Local
_PAUSE = 2.0  # seconds between two looks with --watch


@click.command("mirror", short_help="Make a folder or bucket like another.")
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@click.option("--overwrite", is_flag=True, help="Replace what differs in the target.")
@click.option("--remove", is_flag=True, help="Remove what is only in the target.")
@click.option(
    "--exclude", "excluded", multiple=True, metavar="PATTERN", help="Leave out names like this. Repeatable."
)
@age_options
@click.option("--watch", "-w", is_flag=True, help="Go on until Ctrl-C: look for changes every 2 seconds.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@quiet_option
@json_option
@connection_options
def command(
    source: str,
    target: str,
    overwrite: bool,
    remove: bool,
    excluded: tuple[str, ...],
    older_than: str | None,
    newer_than: str | None,
    watch: bool,
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
    from s3fixture.cli.target_server import Servers

    if watch and dry_run:
        raise click.UsageError("--watch and --dry-run cannot be given together; choose one")
    origin, goal = parse_trees(source, target, "rsync")
    if isinstance(goal, Local) and goal.path.exists() and not goal.path.is_dir():
        raise S3FixtureError(f"{goal} is a file; name a folder")
    servers = Servers(server, origin, goal)
    _check_apart(servers, origin, goal)
    options = _Options(overwrite, remove, excluded, older_than, newer_than, dry_run, quiet, as_json)
    code, told = _mirror(servers, origin, goal, options, None)
    while watch:
        sleep(_PAUSE)
        code, told = _mirror(servers, origin, goal, options, told)
    return code


class _Options(NamedTuple):
    """The options."""

    overwrite: bool
    remove: bool
    excluded: tuple[str, ...]
    older_than: str | None
    newer_than: str | None
    dry_run: bool
    quiet: bool
    as_json: bool


def _mirror(
    servers: Servers, origin: Address, goal: Address, options: _Options, told: list[str] | None
) -> tuple[int, list[str]]:
    """Do it once; the exit code, and why some was not done.

    `told` is what the time before gave back (None the first time): it is not told again.
    """
    from s3fixture.cli.job_progress import carry_out
    from s3fixture.cli.mirroring import compare, exists

    if not exists(servers, origin):
        raise S3FixtureError(f"{origin}: there is no such folder or bucket to mirror")
    written = parse_ages(options.older_than, options.newer_than)
    found = compare(servers, origin, goal, excluded=options.excluded, written=written)
    remove, as_json, quiet = options.remove and bool(found.extra), options.as_json, options.quiet
    if remove and not found.sources:
        raise S3FixtureError(
            f"{origin} is empty, and --remove would empty {goal} too; "
            "if that is meant, use `s3fixture rm --recursive --force`"
        )
    blocked = _blocked(found, overwrite=options.overwrite)
    for text in blocked:
        if text not in (told or ()):
            output.print_error(text)
    failed = len(blocked)
    jobs = found.missing + (found.changed if options.overwrite else [])
    if told is None and not (failed or jobs or remove or quiet or as_json):
        output.tell(f"nothing to do: {goal} has what {origin} has")
    if options.dry_run:
        _tell(found, jobs, remove=remove, as_json=as_json)
        return 1 if failed else 0, blocked
    _make(servers, goal)
    failed += carry_out(servers, jobs, "mirroring", as_json=as_json, quiet=quiet)
    if remove:
        failed += _remove(servers, goal, found.extra, failed=failed, as_json=as_json, quiet=quiet)
    return 1 if failed else 0, blocked


def _check_apart(servers: Servers, origin: Address, goal: Address) -> None:
    if not isinstance(origin, Remote) or not isinstance(goal, Remote):
        return
    if servers.canonical(origin.at("")) == servers.canonical(goal.at("")):
        inner, outer = sorted((origin.folder().key, goal.folder().key), key=len, reverse=True)
        if inner.startswith(outer):
            raise S3FixtureError(f"{origin} and {goal} overlap; choose two separate places")


def _blocked(found: Mirror, *, overwrite: bool) -> list[str]:
    """Why some will not be done."""
    changed = [] if overwrite else found.changed
    return [
        *found.refused.values(),
        *(
            f"{output.printable(str(job.target))} differs from its source; add --overwrite to replace it"
            for job in changed
        ),
    ]


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
