"""What the doctor looks at, in this order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from s3fixture.cli.checkup import clients, machine, servers
from s3fixture.cli.checkup.finding import Finding
from s3fixture.cli.checkup.surroundings import Surroundings

CHECKS: tuple[Callable[[Surroundings], Iterator[Finding]], ...] = (
    machine.versions,
    machine.settings,
    servers.box,
    servers.ports,
    servers.endpoints,
    clients.variables,
    servers.keys,
    servers.clocks,
    clients.accounts,
    clients.mlflow,
    machine.proxies,
    machine.disk,
    machine.data,
    machine.docker,
)


def examine() -> Iterator[Finding]:
    """All findings."""
    seen = Surroundings.look()
    for check in CHECKS:
        yield from check(seen)
