"""`s3fixture cp`: copy files and objects."""

from __future__ import annotations

import click

from s3fixture.cli.addresses import STREAM, Local, parse_object
from s3fixture.cli.commands.pipe import upload_input_to
from s3fixture.cli.options import (
    ServerChoice,
    age_options,
    check_one_version,
    connection_options,
    json_option,
    property_options,
    quiet_option,
)
from s3fixture.cli.properties import Properties
from s3fixture.cli.quantities import parse_ages


@click.command("cp", short_help="Copy files and objects.")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.argument("target", metavar="TARGET")
@click.option("--recursive", "-r", is_flag=True, help="Copy folders and buckets with all that is in them.")
@click.option("--version-id", metavar="ID", help="This version of the object.")
@age_options
@property_options
@quiet_option
@json_option
@connection_options
def command(
    sources: tuple[str, ...],
    target: str,
    recursive: bool,
    version_id: str | None,
    older_than: str | None,
    newer_than: str | None,
    properties: Properties,
    quiet: bool,
    as_json: bool,
    server: ServerChoice,
) -> int:
    """Copy between local paths and s3://BUCKET/KEY, or from one bucket to another, also of another
    server (ALIAS/BUCKET/KEY).

    As with cp, a folder is copied with its name; SOURCE/ with a slash at its end copies what is in it.
    `-` is standard input as the source, and standard output as the target.
    """
    if STREAM in (*sources, target):
        _check_stream(sources, target, recursive=recursive, as_json=as_json, version_id=version_id)
        if target == STREAM:
            return _write_out(sources[0], version_id, server)
        return upload_input_to(target, properties, quiet=quiet, as_json=as_json, server=server)
    check_one_version(version_id, several=recursive or len(sources) > 1)
    from s3fixture.cli.copy_plan import parse_addresses, plan_jobs
    from s3fixture.cli.job_progress import carry_out
    from s3fixture.cli.target_server import Servers

    origins, goal = parse_addresses(sources, target, recursive=recursive, verb="cp")
    servers = Servers(server, *origins, goal)
    if properties and isinstance(goal, Local):
        raise click.UsageError("--attr, --tags and --storage-class are for objects; the target is local")
    jobs, failed = plan_jobs(
        servers,
        sources,
        origins,
        goal,
        recursive=recursive,
        version=version_id,
        written=parse_ages(older_than, newer_than),
        properties=properties,
    )
    return carry_out(servers, jobs, "copying", as_json=as_json, quiet=quiet) or min(failed, 1)


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


def _write_out(source: str, version_id: str | None, server: ServerChoice) -> int:
    from s3fixture.cli.streams import write_out
    from s3fixture.cli.target_server import client_of, connect

    place = parse_object(source)
    write_out(client_of(connect(server, place)), place, version_id)
    return 0
