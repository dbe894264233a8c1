"""Asking a server whether it is there, without proxies, profiles or signatures."""

from __future__ import annotations

from s3fixture.backends.readiness import ask, trusted_in_environment
from s3fixture.cli.state_folder import ProjectServer

READY = "/minio/health/ready"
_SECONDS = 2.0


def is_up(server: ProjectServer) -> bool:
    """Whether a project's server answers; only the emulator is known to say whether it is ready."""
    if server.backend == "emulator":
        return answers(server.url, ca_file=server.ca_file or trusted_in_environment(server.url))
    return answers(server.url, "/", any_status=True)


def answers(url: str, path: str = READY, *, any_status: bool = False, ca_file: str | None = None) -> bool:
    """Whether the server at `url` says that it is ready, within two seconds."""
    try:
        return ask(url, path, seconds=_SECONDS, ca_file=ca_file).status == 200 or any_status
    except OSError:
        return False
