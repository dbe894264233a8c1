"""`s3fixture run -- COMMAND`: a server for as long as one command takes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from s3fixture.cli import output
from s3fixture.cli.server_options import server_options
from s3fixture.cli.target_server import RUN_VARIABLE

# What `.env` and the environment say of these is for the project's server, not for one command's.
IGNORED_VARIABLES = (
    "S3FIXTURE_PORT",
    "S3FIXTURE_CONSOLE_PORT",
    "S3FIXTURE_DATA_DIR",
    "S3FIXTURE_PUBLIC_URL",
)
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126  # as a shell has them


@click.command(
    "run",
    short_help="Run a command with a server of its own.",
    context_settings={"allow_interspersed_args": False},
)
@server_options
@click.option("--port", type=int, metavar="PORT", help="Listen on this port.  [default: any free one]")
@click.option("--data-dir", metavar="FOLDER", help="Keep the data in this folder.  [default: in memory]")
@click.argument("arguments", metavar="-- COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...], **options: Any) -> int:
    """Start a server, run COMMAND with the variables that lead clients to it, and stop the server.

    The exit code is the command's; 128 plus the signal's number when a signal ended it, 127 when there is
    no such command. The first --bucket becomes MLflow's artifact root.
    """
    program = shutil.which(arguments[0])
    if program is None:
        return _cannot_run(arguments[0])

    from s3fixture.cli.child import run_child
    from s3fixture.cli.project_server import started
    from s3fixture.cli.server_plan import make_plan, project_environment
    from s3fixture.cli.signals import stop_on_signals
    from s3fixture.environment import child_environ

    plan = make_plan(options, {**project_environment(), **dict.fromkeys(IGNORED_VARIABLES, "")})
    with stop_on_signals(), started(plan, output.progress()) as endpoint:
        values = endpoint.environ(plan.buckets[0] if plan.buckets else None)
        return run_child([program, *arguments[1:]], child_environ({**values, RUN_VARIABLE: endpoint.url}))


def _cannot_run(name: str) -> int:
    if Path(name).is_file() and Path(name).name != name:  # a shell does not look into the folder here either
        output.print_error(f"{name}: is not executable; `chmod +x` makes it so")
        return _NOT_EXECUTABLE
    output.print_error(f"{name}: there is no such command; check its name, and PATH")
    return _NOT_FOUND
