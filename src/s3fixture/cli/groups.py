"""Groups of commands, which know the short names of `mc` and what a misspelt name was likely meant to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click


class VerbGroup(click.Group):
    """`aliases`: another name of a command -> its name; they stand in no help."""

    def __init__(self, *args: Any, aliases: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._aliases = aliases or {}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, self._aliases.get(cmd_name, cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        refuse_misspelt(self, ctx, args[0])
        self._refuse_higher(ctx, args[0])
        return super().resolve_command(ctx, args)

    def _refuse_higher(self, ctx: click.Context, name: str) -> None:
        """UsageError for a command of a group in this one: mc's `ilm add` became `ilm rule add`."""
        if self.get_command(ctx, name) is not None:
            return
        for between, group in self.commands.items():
            if isinstance(group, click.Group) and group.get_command(ctx, name) is not None:
                ctx.fail(f"there is no command {name!r}; did you mean '{between} {name}'?")


def refuse_misspelt(group: click.Group, ctx: click.Context, name: str) -> None:
    """UsageError for a name that is not there and almost one that is; click says it of the others."""
    if group.get_command(ctx, name) is not None:
        return
    from difflib import get_close_matches  # imported when used: most names are right

    near = get_close_matches(name, group.list_commands(ctx), n=1)
    if near:
        ctx.fail(f"there is no command {name!r}; did you mean {near[0]!r}?")
