"""Records the first bytes of bodies as long as a page asks for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from s3fixture.app import App


class BodySwitch:
    """The switch of one console: on while a page watches bodies."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._watchers = 0

    def start(self) -> None:
        """Start watching; call `stop` at the end."""
        from s3fixture.app.recorded_bodies import BodyRecorder  # imported when used: few people ask

        with self._lock:
            self._watchers += 1
            if self._app.bodies is None:
                self._app.bodies = BodyRecorder()

    def stop(self) -> None:
        """Stop watching. When no page watches any more, the recorded bodies are dropped."""
        with self._lock:
            self._watchers -= 1
            if not self._watchers:
                self._app.bodies = None
