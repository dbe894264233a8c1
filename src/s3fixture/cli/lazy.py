"""A group whose commands are imported when they are used: `s3fixture status` does not wait for `mirror`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from s3fixture.cli import mc_words, output
from s3fixture.cli.failures import report
from s3fixture.cli.groups import refuse_misspelt


class LazyGroup(click.Group):
    """`sections` names the commands by section of the help, `hidden` those that stand in none."""

    def __init__(
        self, *args: Any, sections: Mapping[str, Sequence[str]], hidden: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._sections = sections
        self._hidden = hidden

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in self._sections.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in (*self.list_commands(ctx), *self._hidden):
            return None
        command: click.Command = import_module(f"s3fixture.cli.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a name that is not there gets the one that it was likely meant to be."""
        if args[0] in mc_words.COMMANDS:
            ctx.fail(f"there is no command {args[0]!r}: {mc_words.COMMANDS[args[0]]}")
        refuse_misspelt(self, ctx, args[0])
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, but failures are printed here, where `ctx` knows whether as JSON."""
        try:
            return self._invoke(ctx)
        except (click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except click.ClickException as error:
            if not output.is_json(ctx):
                raise  # click tells the usage as well
            raise click.exceptions.Exit(report(error)) from error
        except Exception as error:
            raise click.exceptions.Exit(report(error)) from error

    def _invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            hint = mc_words.OPTIONS.get(error.option_name)
            if hint is None:
                raise
            raise click.UsageError(f"there is no option {error.option_name}: {hint}", error.ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.list_commands(ctx)))
        for title, names in self._sections.items():
            rows = []
            for name in names:
                command = self.get_command(ctx, name)
                if command:
                    rows.append((name.ljust(width), command.get_short_help_str(formatter.width)))
            with formatter.section(title):
                formatter.write_dl(rows)
