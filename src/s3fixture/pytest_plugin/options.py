"""The options of the plugin: command line, ini file, environment, in this order."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from s3fixture.backends import BACKENDS, EMULATORS, environment
from s3fixture.errors import S3FixtureError
from s3fixture.settings import DEFAULTS, Settings

_PREFIX = "s3_"
# Of the settings' variables, those that are for `s3fixture up` and would break tests: a folder cannot be
# rolled back, and a test's server is nobody else's business.
_NOT_FOR_TESTS = frozenset(
    {"S3FIXTURE_CONSOLE_PORT", "S3FIXTURE_DATA_DIR", "S3FIXTURE_HOST", "S3FIXTURE_PORT"}
)


_SHARED_BACKENDS = frozenset({"container", "external"})  # one server for all workers of pytest-xdist


@dataclass(frozen=True, slots=True)
class Option:
    """One option; `variable` is its environment variable, `split` what separates a list in it."""

    name: str
    variable: str
    help: str
    choices: tuple[str, ...] = ()
    split: str = ""
    metavar: str = "VALUE"

    @property
    def flag(self) -> str:
        return f"--s3-{self.name.replace('_', '-')}"

    @property
    def dest(self) -> str:
        return _PREFIX + self.name


OPTIONS = (
    Option("backend", "S3FIXTURE_BACKEND", "where the S3 server comes from", tuple(BACKENDS)),
    Option(
        "emulator",
        "S3FIXTURE_EMULATOR",
        "where the emulator runs: in a thread (quickest), or in a process of its own, for clients that hold "
        "the interpreter lock while they wait",
        tuple(EMULATORS),
    ),
    Option("endpoint_url", "S3FIXTURE_ENDPOINT_URL", "the server of --s3-backend=external", metavar="URL"),
    Option(
        "image",
        "S3FIXTURE_IMAGE",
        "the image of --s3-backend=container: a name of s3fixture's table, such as rustfs, or a reference",
        metavar="IMAGE",
    ),
    Option(
        "binary",
        "S3FIXTURE_BINARY",
        "the server program of --s3-backend=binary (default: the first that is on PATH)",
        metavar="PROGRAM",
    ),
    Option(
        "defaults",
        "S3FIXTURE_DEFAULTS",
        "what new buckets of the emulator are like: aws, as AWS makes them today, without ACLs and with all "
        "public access blocked (the default), or minio, which takes ACLs and public policies",
        DEFAULTS,
    ),
    Option("port", "S3FIXTURE_PORT", "the port of the server (default: any free one)", metavar="PORT"),
    Option(
        "bucket", "S3FIXTURE_BUCKETS", "a bucket that every test finds; repeatable", split=",", metavar="NAME"
    ),
    Option(
        "seed",
        "S3FIXTURE_SEEDS",
        "a folder or manifest whose buckets and objects every test finds; repeatable",
        split=os.pathsep,
        metavar="PATH",
    ),
)


@dataclass(frozen=True, slots=True)
class Launch:
    """What the options ask for."""

    backend: str
    emulator: str
    settings: Settings
    buckets: tuple[str, ...] = ()
    seeds: tuple[Path, ...] = ()


def add_options(parser: pytest.Parser) -> None:
    """Declare the options and their ini twins."""
    group = parser.getgroup("s3", "S3 server (s3fixture)")
    for option in OPTIONS:
        how: dict[str, Any] = {"choices": option.choices} if option.choices else {"metavar": option.metavar}
        group.addoption(
            option.flag,
            dest=option.dest,
            default=None,
            action="append" if option.split else "store",
            help=option.help,
            **how,
        )
        kind: Literal["linelist", "string"] = "linelist" if option.split else "string"
        parser.addini(option.dest, f"the same as {option.flag}", type=kind, default=None)


def launch_of(
    config: pytest.Config,
    *,
    backend: str | None = None,
    emulator: str | None = None,
    **settings: Any,
) -> Launch:
    """What arguments and options ask of one server; S3FixtureError for what cannot be had.

    The arguments win. Port, buckets and seeds of the options are those of `s3_server` alone, which passes
    no arguments for them.
    """
    chosen_backend = backend or _value(config, "backend") or "emulator"
    _check_choice("s3_backend", chosen_backend, BACKENDS)
    chosen_emulator = emulator or _value(config, "emulator") or "thread"
    _check_choice("s3_emulator", chosen_emulator, EMULATORS)
    chosen: dict[str, str | None] = {"defaults": _value(config, "defaults")}
    for name, needed in (("endpoint_url", "external"), ("image", "container"), ("binary", "binary")):
        chosen[name] = _value(config, name) if chosen_backend == needed else ""
        if _value(config, name) and chosen_backend != needed and backend is None:
            raise S3FixtureError(
                f"{_flag(name)} is for --s3-backend={needed}, but the backend is {chosen_backend!r}; "
                "give both or neither"
            )
    environ = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_TESTS}
    loaded = Settings.load(settings, chosen, environ=environment(chosen_backend, environ))
    if loaded.data_dir is not None:
        raise S3FixtureError(
            "a server for tests lives in memory, so that each test can be rolled back; leave out data_dir"
        )
    return Launch(chosen_backend, chosen_emulator, loaded)


def main_launch_of(config: pytest.Config) -> Launch:
    """What the options ask of `s3_server`. Raises S3FixtureError."""
    port = _value(config, "port")
    launch = launch_of(config, port=port)
    if launch.backend not in _SHARED_BACKENDS:
        _check_port_is_not_shared(config, launch.settings.port)
    return Launch(
        launch.backend,
        launch.emulator,
        launch.settings,
        tuple(_values(config, "bucket")),
        tuple(Path(path) for path in _values(config, "seed")),
    )


def _check_choice(name: str, value: str, choices: Mapping[str, object]) -> None:
    if value not in choices:
        raise S3FixtureError(f"{name} is {value!r}; choose one of {', '.join(choices)}")


def _check_port_is_not_shared(config: pytest.Config, port: int) -> None:
    """Each xdist worker has its own server, so that they would fight for the port."""
    worker: Mapping[str, Any] = getattr(config, "workerinput", {})
    workers = worker.get("workercount", 1)
    if port and workers > 1:
        raise S3FixtureError(
            f"port {port} cannot be shared by the {workers} workers of pytest-xdist, each of which has its "
            "own server; leave out --s3-port (each then has a free port), or run without -n"
        )


def _flag(name: str) -> str:
    return next(option.flag for option in OPTIONS if option.name == name)


def _value(config: pytest.Config, name: str) -> str | None:
    """The value of one option, or None."""
    values = _values(config, name)
    return values[0] if values else None


def _values(config: pytest.Config, name: str) -> list[str]:
    """The values of one option from the first source that has any. Paths in the ini file start at it."""
    option = next(option for option in OPTIONS if option.name == name)
    on_command_line = config.getoption(option.dest)
    if on_command_line:
        return _absolute(option, _as_list(on_command_line), config.invocation_params.dir)
    in_ini = _as_list(config.getini(option.dest))
    if in_ini:
        return _absolute(option, in_ini, config.inipath.parent if config.inipath else config.rootpath)
    in_environment = os.environ.get(option.variable, "")
    found = in_environment.split(option.split) if option.split else [in_environment]
    return _absolute(option, [value for value in found if value], config.invocation_params.dir)


def _as_list(value: str | list[str] | None) -> list[str]:
    if not value:
        return []
    return [value] if isinstance(value, str) else list(value)


def _absolute(option: Option, values: list[str], start: Path) -> list[str]:
    return [str(start / value) for value in values] if option.name == "seed" else values
