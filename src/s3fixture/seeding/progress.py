"""How a long transfer tells what it has done."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told the whole once, then each step; `advance` is called from several threads."""

    def begin(self, what: str, total: int) -> None:
        """`total` bytes will be transferred."""

    def advance(self, size: int) -> None:
        """`size` more bytes are through; negative when a part is sent again."""

    def end(self) -> None:
        """Finished, or given up."""


class NoProgress:
    """For those who do not look."""

    def begin(self, what: str, total: int) -> None:
        pass

    def advance(self, size: int) -> None:
        pass

    def end(self) -> None:
        pass
