"""Regular expressions that are compiled when they are first used: a server needs few of them before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile as Expression  # noqa: N812 - what it makes has the methods of a pattern
else:

    class Expression:
        """Has the methods and attributes of the pattern that `re.compile` makes of the same arguments."""

        def __init__(self, text: str | bytes, flags: int = 0) -> None:
            self._source = text, flags

        def __getattr__(self, name: str) -> Any:
            """Called once for each name, which is kept."""
            value = getattr(re.compile(*self._source), name)
            setattr(self, name, value)
            return value


__all__ = ["Expression"]
