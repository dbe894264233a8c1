"""The command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from s3fixture.cli.failures import guarded
from s3fixture.cli.lazy import LazyGroup

# Section of the help -> commands in it; each stands in a module of `commands` that has its name.
COMMANDS = {
    "The project's server": ("up", "down", "restart", "ready", "status", "logs", "doctor", "probe"),
    "Variables and files": ("env", "run", "seed", "init"),
    "Control of the running server": (
        "fail",
        "clock",
        "snapshot",
        "restore",
        "save",
        "load",
        "requests",
        "events",
    ),
    "Buckets and objects": (
        *("ls", "tree", "find", "du", "stat", "mb", "rb", "cp", "mv", "mirror", "diff", "rm"),
        *("cat", "head", "pipe", "tag", "version", "retention", "legalhold", "undo", "ilm", "policy"),
        *("cors", "event", "watch", "presign", "clean"),
    ),
}

_PROGRAM = "s3fixture"
_COMPLETING = f"_{_PROGRAM.upper()}_COMPLETE"  # click's name of the variable that shells set to ask

# What compose files that were written for MinIO say, and a name of mc's.
HIDDEN = ("server", "minio", "anonymous")


@click.group(
    cls=LazyGroup, sections=COMMANDS, hidden=HIDDEN, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="s3fixture", message="s3fixture %(version)s")
def cli() -> None:
    """S3 for tests and local development.

    \b
    s3fixture up --detach                 a server on port 9000 with this project's data
    s3fixture run --bucket data -- pytest a server for one command
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code. Never a traceback."""
    if _COMPLETING in os.environ:
        from s3fixture.cli.completing import register  # imported when a shell asks what may be typed

        register()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a key need not be in the terminal's encoding
    return guarded(lambda: cli.main(arguments, prog_name=_PROGRAM, standalone_mode=False))
