"""Where S3 servers come from: one Endpoint, many sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint
    from s3fixture.settings import Settings

__all__ = ["BACKENDS", "EMULATORS", "start"]

# Name -> module:function that starts it, imported when chosen; None: not there yet in this version.
BACKENDS: Mapping[str, str | None] = {
    "emulator": "s3fixture.backends.emulator:start_thread",
    "container": None,
    "binary": None,
    "external": None,
}
# Where the emulator runs.
EMULATORS: Mapping[str, str] = {
    "thread": "s3fixture.backends.emulator:start_thread",
    "process": "s3fixture.backends.process:start_process",
}


def start(backend: str, settings: Settings, *, emulator: str = "thread") -> Endpoint:
    """A running server. Raises S3FixtureError when it cannot be had; then nothing is left running."""
    if backend not in BACKENDS:
        raise S3FixtureError(f"there is no backend {backend!r}; choose one of {', '.join(BACKENDS)}")
    if emulator not in EMULATORS:
        raise S3FixtureError(f"there is no emulator {emulator!r}; choose one of {', '.join(EMULATORS)}")
    target = EMULATORS[emulator] if backend == "emulator" else BACKENDS[backend]
    if target is None:
        raise S3FixtureError(
            f"the backend {backend!r} is not there yet in this version; use --s3-backend=emulator"
        )
    module, _, function = target.partition(":")
    starter: Callable[[Settings], Endpoint] = getattr(import_module(module), function)
    return starter(settings)
