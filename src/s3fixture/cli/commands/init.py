"""`s3fixture init`: what a project needs beside its code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from s3fixture.cli import git_ignore, output
from s3fixture.cli.scaffold import GROUPS, Draft, Group, drafts
from s3fixture.errors import S3FixtureError

_KEYS = ".env"


@click.command("init", short_help="Write compose, test and CI files for a project.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([group.name for group in GROUPS]),
    help="Write these only. Repeatable.  [default: all]",
)
@click.option("--force", is_flag=True, help="Overwrite without asking.")
@click.option("--list", "listed", is_flag=True, help="Tell what there is to write, and write nothing.")
def command(folder: Path, only: tuple[str, ...], force: bool, listed: bool) -> int:
    """Write what a project needs beside its code: compose files, .env, conftest, tox, nox and CI.

    What is there already is left alone when it is the same, and asked about when it is not; without a
    terminal to ask on, nothing is written and the exit code is 1. The lines of an .env file stay, but for
    those of the variables that lead to the server. Where git would take that file, a line of .gitignore is
    offered.
    """
    groups = [group for group in GROUPS if group.name in only or not only]
    if listed:
        output.say(output.pairs([(group.name, ", ".join(_targets(group))) for group in groups], indent=""))
        return 0
    if folder.exists() and not folder.is_dir():
        raise S3FixtureError(f"{folder}: is not a folder; name the one of your project")
    found = [draft for group in groups for draft in drafts(group, folder)]
    if not force and not sys.stdin.isatty():
        _refuse([draft.obstacle for draft in found if draft.obstacle])
    for draft in found:
        output.say(f"{_settle(draft, force)} {output.printable(str(draft.path))}")
    if any(group.name == "env" for group in groups):
        _offer_to_ignore(folder, force)
    output.say("\nnext")
    output.say(output.pairs([(group.name, group.hint) for group in groups]))
    return 0


def _targets(group: Group) -> list[str]:
    return [template.target for template in group.templates]


def _refuse(obstacles: Sequence[str]) -> None:
    if obstacles:
        raise S3FixtureError(
            f"{'; '.join(obstacles)}. Nothing was written: --force writes all the same, "
            "--only leaves files out"
        )


def _settle(draft: Draft, force: bool) -> str:
    """Write, or not; what came of it in one word."""
    if draft.is_there:
        return "unchanged"
    if draft.obstacle and not force and not _agreed(draft):
        return "kept     " if draft.before is not None else "left out "
    draft.write()
    return "wrote    "


def _offer_to_ignore(folder: Path, force: bool) -> None:
    """Keys do not belong into a repository; but whose .gitignore it is decides."""
    if not git_ignore.git_would_track(folder, _KEYS):
        return
    path = folder / ".gitignore"
    if force or (sys.stdin.isatty() and click.confirm(f"git would take {_KEYS}; ignore it?", True, err=True)):
        git_ignore.add(path, _KEYS)
        output.say(f"wrote     {output.printable(str(path))}")
    elif not sys.stdin.isatty():
        output.tell(f"git would take {_KEYS}, which holds keys; add the line {_KEYS} to {path}")


def _agreed(draft: Draft) -> bool:
    """Ask, and show the difference as often as it is wanted."""
    while True:
        answer = click.prompt(
            f"{draft.obstacle}; write it?",
            type=click.Choice(["y", "n", "diff"]),
            default="n",
            err=True,
        )
        if answer != "diff":
            return bool(answer == "y")
        for line in draft.diff():
            colour = {"+": "green", "-": "red"}.get(line[0])
            output.tell(click.style(line, fg=colour) if output.colours(sys.stderr) else line)
