"""The endpoint of an emulator in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s3fixture.backends.control import Control
from s3fixture.backends.emulator import EmulatorEndpoint
from s3fixture.backends.remote import remote

if TYPE_CHECKING:
    from s3fixture.backends.process import Child
    from s3fixture.settings import Settings


class ProcessEndpoint(EmulatorEndpoint):
    """An emulator in a child process."""

    def __init__(
        self, url: str, settings: Settings, console_url: str | None, ca_file: str | None, child: Child
    ) -> None:
        super().__init__(url, settings, remote(Control, child.perform), console_url, ca_file)
        self._child = child

    @property
    def pid(self) -> int:
        """The id of the child process."""
        return self._child.pid

    def _stop(self) -> None:
        self._child.stop()
