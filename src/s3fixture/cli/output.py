"""Everything that is printed: plain on a pipe, coloured on a terminal, JSON lines for machines."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

import click

from s3fixture.sizes import human_size

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from s3fixture.seeding.progress import Progress

_JSON = "s3fixture.json"  # in the meta data of a click context: whether --json was given
_QUICK_SECONDS = 0.5  # what takes less needs no progress bar


def colours(stream: TextIO) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR (https://no-color.org) is set."""
    return not os.environ.get("NO_COLOR") and stream.isatty()


def style(text: str, **how: Any) -> str:
    """Text for standard output, coloured where that is wanted."""
    return click.style(text, **how) if colours(sys.stdout) else text


def say(text: str = "") -> None:
    """A line of what was asked for, on standard output."""
    click.echo(text)


def tell(text: str) -> None:
    """A line about what happens, on standard error: it is no part of the output."""
    click.echo(text, err=True)


def as_json_wanted(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> bool:
    """The callback of `--json`: from now on this command writes errors as JSON, too."""
    ctx.meta[_JSON] = wanted
    return wanted


def is_json(context: click.Context | None) -> bool:
    """Whether the command was given --json."""
    return context is not None and bool(context.meta.get(_JSON))


def print_error(text: str, details: Mapping[str, Any] | None = None) -> None:
    """What went wrong, in one line; with --json an object that also has `details`."""
    if is_json(click.get_current_context(silent=True)):
        error = {"message": " ".join(text.split()), **(details or {})}
        click.echo(_json_line({"status": "error", "error": error}), err=True)
        return
    head = click.style("s3fixture:", fg="red", bold=True) if colours(sys.stderr) else "s3fixture:"
    click.echo(f"{head} {printable(' '.join(text.split()))}", err=True)


def say_json(document: Mapping[str, Any]) -> None:
    """One object on one line."""
    click.echo(_json_line(document))


def say_result(place: object, operation: str, text: str, *, as_json: bool, **details: Any) -> None:
    """What a command did with a place or found there: `text`, or with --json an object with `details`."""
    if as_json:
        say_json({"status": "success", "operation": operation, "resource": str(place), **details})
    elif text:
        say(text)


def _json_line(document: Mapping[str, Any]) -> str:
    """Readable, but for what a terminal would act upon: that is escaped, also where JSON need not."""
    text = json.dumps(document, ensure_ascii=False, default=_json_value)
    return (
        text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    )


def _json_value(value: object) -> str:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def printable(text: str) -> str:
    """A key or name as it may be printed: one with control characters cannot play tricks on a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


def pairs(rows: Sequence[tuple[str, str]], indent: str = "  ") -> str:
    """Names and values in two columns."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{indent}{style(name.ljust(width), dim=True)}  {value}" for name, value in rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows below the names of their columns, which line up."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join([style(row(head, widths), dim=True), *(row(cells, widths) for cells in rows)])


def row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One line of a table."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


class Bar:
    """A progress bar on standard error; it appears when the transfer takes longer than half a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: RichProgress | None = None
        self._task: TaskID | None = None
        self._what, self._total, self._done, self._began = "", 0, 0, 0.0

    def begin(self, what: str, total: int) -> None:
        self._what, self._total, self._done, self._began = what, total, 0, time.monotonic()

    def advance(self, size: int) -> None:
        with self._lock:
            self._done += size
            if self._shown is None and time.monotonic() - self._began > _QUICK_SECONDS:
                self._show()
            if self._shown is not None and self._task is not None:
                self._shown.update(self._task, completed=self._done)

    def end(self) -> None:
        with self._lock:
            if self._shown is not None:
                self._shown.stop()
            self._shown = None

    def _show(self) -> None:
        from rich import progress  # imported when used: most transfers are over before it would be there
        from rich.console import Console
        from rich.text import Text

        class Amount(progress.ProgressColumn):
            """All sizes in the unit that `ls` and the summary have; rich's columns have two."""

            def render(self, task: progress.Task) -> Text:
                speed = f"  {human_size(round(task.speed))}/s" if task.speed else ""
                total = human_size(round(task.total or 0))
                return Text(f"{human_size(max(0, round(task.completed)))} of {total}{speed}")

        self._shown = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            Amount(),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True, no_color=not colours(sys.stderr)),
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # such lines go above the bar, those of a file into it
        )
        self._task = self._shown.add_task(self._what, total=self._total)
        self._shown.start()


def progress(*, quiet: bool = False) -> Progress:
    """A bar on a terminal, nothing elsewhere."""
    from s3fixture.seeding.progress import NoProgress  # imported when used: few commands show progress

    return Bar() if sys.stderr.isatty() and not quiet else NoProgress()
