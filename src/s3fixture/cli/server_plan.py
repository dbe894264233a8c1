"""The plan of a server: all options resolved and checked before anything is started."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from s3fixture.auth.identity import identities_of
from s3fixture.backends import environment
from s3fixture.cli import dotenv_file
from s3fixture.cli.state_folder import ProjectServer
from s3fixture.named_tuples import NamedTuple
from s3fixture.seeding import Seed, read
from s3fixture.seeding.plan import check_bucket_name
from s3fixture.settings import Settings

_ARTIFACT_ROOTS = ("MLFLOW_DEFAULT_ARTIFACT_ROOT", "MLFLOW_ARTIFACTS_DESTINATION")
# Option -> the only backend that it is for.
_OF_BACKENDS: Mapping[str, str] = {
    "binary": "binary",
    "endpoint_url": "external",
    "image": "container",
    "metrics": "emulator",
    **dict.fromkeys(("tls", "tls_cert", "tls_key", "tls_ca"), "emulator"),
}
# Settings that a process elsewhere has to find.
_PATHS = ("data_dir", "tls_cert", "tls_key", "tls_ca")


class ServerPlan(NamedTuple):
    """One server, with what it holds from the start."""

    settings: Settings
    backend: str = "emulator"
    buckets: tuple[str, ...] = ()
    seeds: tuple[Seed, ...] = ()
    env_file: Path | None = None

    @property
    def all_buckets(self) -> list[str]:
        """The buckets that will be there, as asked for and from seeds."""
        seeded = [bucket.name for seed in self.seeds for bucket in seed.buckets]
        return list(dict.fromkeys([*self.buckets, *seeded]))

    def with_ports_of(self, server: ProjectServer) -> ServerPlan:
        """The same plan with the ports that the server has, where it was to pick free ones."""
        ports: dict[str, Any] = {"port": urlsplit(server.url).port}
        if server.console_url:
            ports["console_port"] = urlsplit(server.console_url).port
        return self._replace(settings=replace(self.settings, **ports))

    def to_json(self) -> str:
        """For the process that becomes the server; it reads the seeds itself."""
        document = {
            "settings": asdict(self.settings),
            "backend": self.backend,
            "buckets": self.buckets,
            "seeds": [seed.source for seed in self.seeds],
            "env_file": self.env_file,
        }
        return json.dumps(document, default=str)

    @classmethod
    def from_json(cls, text: str) -> ServerPlan:
        document = json.loads(text)
        return cls(
            settings=Settings.load(document["settings"], environ={}),
            backend=document["backend"],
            buckets=tuple(document["buckets"]),
            seeds=tuple(read(path) for path in document["seeds"]),
            env_file=Path(document["env_file"]) if document["env_file"] else None,
        )


def make_plan(options: Mapping[str, Any], environ: Mapping[str, str]) -> ServerPlan:
    """A plan from the command line (the values of `options.server_options`) and the environment.

    Raises S3FixtureError for whatever cannot be.
    """
    wanted = dict(options)
    buckets, paths = tuple(wanted.pop("buckets")), wanted.pop("seeds")
    backend, env_file = wanted.pop("backend"), wanted.pop("env_file", None)
    _check_fitting(wanted, backend)
    settings = Settings.load(wanted, environ=environment(backend, environ))
    paths_in = {name: getattr(settings, name) for name in _PATHS}
    there = {name: path.expanduser().absolute() for name, path in paths_in.items() if path}
    settings = replace(settings, **there)
    for name in buckets:
        check_bucket_name(name, "--bucket")
    if settings.users:
        from s3fixture.auth.users import with_absolute_paths  # imported when used: few servers have users

        users = tuple(with_absolute_paths(user, Path.cwd()) for user in settings.users)
        settings = replace(settings, users=users)
    identities_of(settings)
    seeds = tuple(read(path.absolute()) for path in paths)
    if env_file:
        dotenv_file.read(env_file)  # a broken one is said before anything starts
    return ServerPlan(settings, backend, buckets, seeds, env_file.absolute() if env_file else None)


def _check_fitting(options: Mapping[str, Any], backend: str) -> None:
    """UsageError for an option that another backend, or another option, would need."""
    if options.get("tls") is False and options.get("tls_cert"):
        raise click.UsageError("--no-tls and --tls-cert cannot be given together; choose one")
    for name, needed in _OF_BACKENDS.items():
        if options.get(name) and backend != needed:
            flag = f"--{name.replace('_', '-')}"
            raise click.UsageError(
                f"{flag} is for --backend {needed}, but the backend is {backend}; give both or neither"
            )


def named_buckets(environ: Mapping[str, str]) -> list[str]:
    """The buckets that MLflow's variables name."""
    roots = (urlsplit(environ.get(name, "")) for name in _ARTIFACT_ROOTS)
    return list(dict.fromkeys(root.netloc for root in roots if root.scheme == "s3" and root.netloc))


def project_environment() -> dict[str, str]:
    """The environment of this process over the `.env` of the current directory."""
    return {**dotenv_file.read(Path(".env")), **os.environ}
