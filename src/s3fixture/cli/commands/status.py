"""`s3fixture status`: whether the box of this project runs."""

from __future__ import annotations

import time
from typing import Any

import click

from s3fixture.cli import output
from s3fixture.cli.failures import NOT_RUNNING
from s3fixture.cli.health import is_up
from s3fixture.cli.options import json_option
from s3fixture.cli.state_folder import Box, StateFolder

_FIELDS = (
    *("url", "console_url", "pid", "backend", "data_dir", "access_key"),
    *("public_url", "container_id", "volume"),
)


@click.command("status", short_help="Tell whether the box runs, and where.")
@json_option
def command(as_json: bool) -> int:
    """Tell whether the box of this project runs, and where.

    Exit code 0 when it runs and answers, 3 when not. With --json the object has the same fields in both
    cases, null when there is nothing to say.
    """
    folder = StateFolder.nearest()
    box = folder.box()
    running = box is not None and is_up(box)
    if as_json:
        output.say_json({"running": running, **_described(box)})
    else:
        _print(folder, box, running)
    return 0 if running else NOT_RUNNING


def _described(box: Box | None) -> dict[str, Any]:
    return {name: getattr(box, name, None) for name in _FIELDS}


def _print(folder: StateFolder, box: Box | None, running: bool) -> None:
    if box is None:
        what = "a box starts" if folder.is_taken() else "no box runs"
        output.say(f"{what} for {folder.path.parent}; `s3fixture up` starts one")
        return
    state = output.style("running", fg="green") if running else output.style("does not answer", fg="red")
    rows = [
        ("state", state),
        ("endpoint", box.url),
        ("console", box.console_url or "none"),
        ("public", box.public_url),
        ("pid", str(box.pid)),
        ("container", box.container_id or "none"),
        ("backend", box.backend),
        ("data", box.data),
        ("access key", box.access_key),
        ("since", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(box.started))),
    ]
    output.say(output.pairs(rows, indent=""))
