"""What the doctor looks at, in this order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from s3fixture.cli.checkup import client_checks, machine_checks, server_checks
from s3fixture.cli.checkup.findings import Finding, Surroundings

CHECKS: tuple[Callable[[Surroundings], Iterator[Finding]], ...] = (
    machine_checks.versions,
    machine_checks.settings,
    server_checks.server,
    server_checks.ports,
    server_checks.endpoints,
    client_checks.variables,
    server_checks.keys,
    server_checks.clocks,
    client_checks.accounts,
    client_checks.mlflow,
    machine_checks.proxies,
    machine_checks.disk,
    machine_checks.data,
    machine_checks.docker,
)


def examine() -> Iterator[Finding]:
    """All findings."""
    seen = Surroundings.look()
    for check in CHECKS:
        yield from check(seen)
