"""Runs `render_worker`, within limits of time and number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_WORKER = Path(__file__).with_name("render_worker.py")
_SECONDS = 15.0  # for one worker; it may use fewer of the processor (`render_worker`)
_WAIT = 10.0  # seconds until another worker must have ended
_AT_ONCE = 2  # processes of one console
_LONGEST = 16 * 1024 * 1024  # bytes of a result
_FAILED: Mapping[str, Any] = {"note": "It cannot be shown: it is not what its name says, or too large."}


class Renderer:
    """The workers of one console; for any thread."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(_AT_ONCE)

    def render(self, kind: str, name: str, data: bytes) -> Mapping[str, Any]:
        """The worker's result, or a note when it cannot be shown, or not in time."""
        if not self._places.acquire(timeout=_WAIT):
            return {"note": "Too much is being shown at once; load the page again."}
        try:
            # -I: without the current folder, the user's packages and the variables of Python.
            done = subprocess.run(  # noqa: S603 - our own program; data from outside is its input
                [sys.executable, "-I", str(_WORKER), kind, name],
                input=data,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        except (subprocess.TimeoutExpired, OSError, ValueError):
            return _FAILED
        finally:
            self._places.release()
        if done.returncode or len(done.stdout) > _LONGEST:
            return _FAILED
        found: Mapping[str, Any] = json.loads(done.stdout)
        return found
