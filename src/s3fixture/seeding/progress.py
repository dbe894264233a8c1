"""The progress of a long transfer."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Gets the total once, then each step; `advance` is called from several threads."""

    def begin(self, what: str, total: int) -> None:
        """Begin a transfer of `total` bytes."""

    def advance(self, size: int) -> None:
        """Add `size` transferred bytes; negative when a part is sent again."""

    def end(self) -> None:
        """End the transfer, complete or not."""


class NoProgress:
    """A Progress that shows nothing."""

    def begin(self, what: str, total: int) -> None:
        pass

    def advance(self, size: int) -> None:
        pass

    def end(self) -> None:
        pass
