"""`s3fixture status`: whether the server of this project runs."""

from __future__ import annotations

import time
from typing import Any

import click

from s3fixture.cli import output
from s3fixture.cli.failures import NOT_RUNNING
from s3fixture.cli.health import is_up
from s3fixture.cli.options import json_option
from s3fixture.cli.state_folder import ProjectServer, StateFolder

_FIELDS = (
    *("url", "console_url", "pid", "backend", "data_dir", "access_key"),
    *("public_url", "container_id", "volume", "ca_file"),
)
_HEAD = ("STATE", "ENDPOINT", "BACKEND", "PID", "SINCE", "PROJECT")


@click.command("status", short_help="Show whether the server runs, and where.")
@click.option("--all", "everyone", is_flag=True, help="List the servers of all your projects.")
@json_option
def command(everyone: bool, as_json: bool) -> int:
    """Show whether the server of this project runs, and where.

    Exit code 0 when it runs and answers, 3 when not. With --json the object has the same fields in both
    cases, null when there is nothing to say.

    With --all it is 0 when at least one server of yours answers; with --json there is an object for each.
    """
    if everyone:
        return _all(as_json)
    folder = StateFolder.nearest()
    server = folder.server()
    running = server is not None and is_up(server)
    if as_json:
        output.say_json({"running": running, **_described(server)})
    else:
        _print(folder, server, running)
    return 0 if running else NOT_RUNNING


def _all(as_json: bool) -> int:
    from s3fixture.cli import user_servers

    found = [(folder, server, is_up(server)) for folder, server in user_servers.servers()]
    if as_json:
        for folder, server, running in found:
            output.say_json({"project": str(folder.project), "running": running, **_described(server)})
    elif found:
        output.say(output.table(_HEAD, [_row(*each) for each in found]))
    else:
        output.say("no server of yours runs; `s3fixture up` starts one")
    return 0 if any(running for *_, running in found) else NOT_RUNNING


def _row(folder: StateFolder, server: ProjectServer, running: bool) -> tuple[str, ...]:
    state = "running" if running else "does not answer"
    since = _local(server.started)
    return state, server.url, server.backend, str(server.pid), since, output.printable(str(folder.project))


def _local(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def _described(server: ProjectServer | None) -> dict[str, Any]:
    return {name: getattr(server, name, None) for name in _FIELDS}


def _print(folder: StateFolder, server: ProjectServer | None, running: bool) -> None:
    if server is None:
        what = "a server starts" if folder.is_taken() else "no server runs"
        output.say(f"{what} for {folder.path.parent}; `s3fixture up` starts one")
        return
    state = output.style("running", fg="green") if running else output.style("does not answer", fg="red")
    rows = [
        ("state", state),
        ("endpoint", server.url),
        ("console", server.console_url or "none"),
        ("public", server.public_url),
        *([("authority", server.ca_file)] if server.ca_file else []),
        ("pid", str(server.pid)),
        ("container", server.container_id or "none"),
        ("backend", server.backend),
        ("data", server.data),
        ("access key", server.access_key),
        ("since", _local(server.started)),
    ]
    output.say(output.pairs(rows, indent=""))
