"""Where S3 servers come from: one Endpoint, many sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from s3fixture.errors import S3FixtureError, SettingError

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint
    from s3fixture.backends.runs import Run
    from s3fixture.settings import Settings

__all__ = ["BACKENDS", "EMULATORS", "environment", "start"]

# Name -> module:function that starts it, imported when chosen.
BACKENDS: Mapping[str, str] = {
    "emulator": "s3fixture.backends.emulator:start_thread",
    "container": "s3fixture.backends.container:start_container",
    "binary": "s3fixture.backends.binary:start_binary",
    "external": "s3fixture.backends.external:start_external",
}
# Where the emulator runs.
EMULATORS: Mapping[str, str] = {
    "thread": "s3fixture.backends.emulator:start_thread",
    "process": "s3fixture.backends.process:start_process",
}


def start(backend: str, settings: Settings, *, emulator: str = "thread", run: Run | None = None) -> Endpoint:
    """A running server. Raises S3FixtureError when it cannot be started; then nothing is left running.

    `run` tells servers other than the emulator whose they are; None: this process's alone.
    """
    if backend not in BACKENDS:
        raise S3FixtureError(f"there is no backend {backend!r}; choose one of {', '.join(BACKENDS)}")
    if emulator not in EMULATORS:
        raise S3FixtureError(f"there is no emulator {emulator!r}; choose one of {', '.join(EMULATORS)}")
    own = backend == "emulator"
    if not own:
        _check_other_backend(backend, settings)
    module, _, function = (EMULATORS[emulator] if own else BACKENDS[backend]).partition(":")
    try:
        starter: Callable[..., Endpoint] = getattr(import_module(module), function)
    except ModuleNotFoundError as error:
        raise S3FixtureError(
            f"the backend {backend!r} needs the package {error.name!r}; run: pip install "
            f"'s3fixture[{backend}]'"
        ) from error
    endpoint = starter(settings) if own else starter(settings, run)
    endpoint.public_url = settings.public_url or endpoint.url
    return endpoint


def _check_other_backend(backend: str, settings: Settings) -> None:
    """S3FixtureError for what only the emulator has."""
    for name, what in (("identities", "further identities"), ("users", "users")):
        if getattr(settings, name):
            raise S3FixtureError(
                f"the backend {backend!r} cannot have {what}; leave them out, or use the emulator"
            )
    if settings.tls:
        raise SettingError(
            f"the backend {backend!r} makes no certificates", "leave out {tls}, or use the emulator"
        )


def environment(backend: str, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables from which the settings of a server of this backend are taken."""
    if backend != "external":
        return environ
    from s3fixture.backends.external import environment as with_keys

    return with_keys(environ)
