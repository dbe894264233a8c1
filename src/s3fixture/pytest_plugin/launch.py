"""Which server the options of a test run, or a factory's arguments, ask for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from s3fixture.backends import BACKENDS, EMULATORS, environment
from s3fixture.errors import S3FixtureError
from s3fixture.pytest_plugin.options import backends, flag, value, values
from s3fixture.serving import Buckets, Seeds
from s3fixture.settings import Settings

# Variables of `s3fixture up` that would break tests: a data folder cannot be rolled back, and a server for
# tests has no public URL or console.
_NOT_FOR_TESTS = frozenset(
    {"S3FIXTURE_CONSOLE_PORT", "S3FIXTURE_DATA_DIR", "S3FIXTURE_HOST", "S3FIXTURE_PORT"}
)

# Options that are settings, by the same names.
_SETTINGS = ("defaults", "tls", "tls_cert", "tls_key", "tls_ca")
# Option -> the only backend that has it.
_OF_ONE_BACKEND = (("endpoint_url", "external"), ("image", "container"), ("binary", "binary"))
_SHARED_BACKENDS = frozenset({"container", "external"})  # one server for all workers of pytest-xdist


@dataclass(frozen=True, slots=True)
class Launch:
    """The description of a server to start."""

    backend: str
    emulator: str
    settings: Settings
    buckets: Buckets = ()
    seeds: Seeds = ()

    def with_contents(self, buckets: Buckets, seeds: Seeds) -> Launch:
        """The same server, with these buckets and seeds."""
        return replace(self, buckets=buckets, seeds=seeds)


def launch_of(
    config: pytest.Config,
    *,
    backend: str | None = None,
    emulator: str | None = None,
    **settings: Any,
) -> Launch:
    """The server that arguments and options ask for; S3FixtureError for values that cannot be used.

    Arguments win over options. The options for port, buckets and seeds apply only to `s3_server`, which
    passes no arguments for them.
    """
    named = backends(config)
    chosen_backend = backend or named[0]
    _check_choice("s3_backend", chosen_backend, BACKENDS)
    chosen_emulator = emulator or value(config, "emulator") or "thread"
    _check_choice("s3_emulator", chosen_emulator, EMULATORS)
    chosen: dict[str, Any] = {name: value(config, name) for name in _SETTINGS}
    chosen["users"] = tuple(values(config, "user"))
    for name, needed in _OF_ONE_BACKEND:
        chosen[name] = value(config, name) if chosen_backend == needed else ""
    environ = {name: text for name, text in os.environ.items() if name not in _NOT_FOR_TESTS}
    loaded = Settings.load(settings, chosen, environ=environment(chosen_backend, environ))
    if loaded.data_dir is not None:
        raise S3FixtureError(
            f"data_dir is {str(loaded.data_dir)!r}, but a server for tests keeps its data in memory, so that "
            "each test can be rolled back; leave out data_dir"
        )
    return Launch(chosen_backend, chosen_emulator, loaded)


def main_launch_of(config: pytest.Config, backend: str) -> Launch:
    """The server that the options ask for as `s3_server` on this backend. Raises S3FixtureError."""
    launch = launch_of(config, backend=backend, port=value(config, "port"))
    if launch.backend not in _SHARED_BACKENDS:
        _check_port_is_not_shared(config, launch.settings.port)
    return launch.with_contents(values(config, "bucket"), values(config, "seed"))


def check_options(config: pytest.Config) -> None:
    """S3FixtureError when the options of `s3_server` cannot be used."""
    chosen = backends(config)
    for name, needed in _OF_ONE_BACKEND:
        if value(config, name) and needed not in chosen:
            raise S3FixtureError(
                f"{flag(name)} needs --s3-backend={needed}, but the backend is {', '.join(chosen)}; "
                "give both or neither"
            )
    for backend in chosen:
        main_launch_of(config, backend)


def _check_choice(name: str, value: str, choices: Mapping[str, object]) -> None:
    if value not in choices:
        raise S3FixtureError(f"{name} is {value!r}; choose one of {', '.join(choices)}")


def _check_port_is_not_shared(config: pytest.Config, port: int) -> None:
    """S3FixtureError for a fixed port with several xdist workers, because each has its own server."""
    worker: Mapping[str, Any] = getattr(config, "workerinput", {})
    workers = worker.get("workercount", 1)
    if port and workers > 1:
        raise S3FixtureError(
            f"the {workers} workers of pytest-xdist cannot share port {port}, because each has its own "
            "server; leave out --s3-port, so that each gets a free port, or run without -n"
        )
