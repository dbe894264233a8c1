"""Makes buckets and objects from a folder or a manifest; recognizes saved states, which the server loads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Union

from s3fixture.errors import S3FixtureError
from s3fixture.seeding.plan import Seed, SeedPlan, SeedReport, StateSeed
from s3fixture.seeding.progress import NoProgress, Progress
from s3fixture.state_files import is_state

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["Progress", "Seed", "SeedPlan", "SeedReport", "StateSeed", "Target", "read", "seed"]


class HasClient(Protocol):
    """An object with a `client` method, such as an endpoint."""

    def client(self) -> S3Client: ...


Target = Union["S3Client", HasClient]


def read(source: Path | str) -> Seed:
    """Read a folder or manifest and check all of it; nothing is made yet. Raises S3FixtureError.

    A saved state is only recognized; the server checks it when it loads it.
    """
    from s3fixture.seeding.folder import read_folder  # imported when used: YAML costs a start 20 ms
    from s3fixture.seeding.manifest import SUFFIXES, read_manifest

    path = Path(source)
    if path.is_dir():
        return read_folder(path)
    if not path.exists():
        raise S3FixtureError(
            f"{path} does not exist; give a folder, a manifest ({_names(SUFFIXES)}) or a saved state"
        )
    if is_state(path):
        return StateSeed(path)
    if path.suffix.lower() not in SUFFIXES:
        raise S3FixtureError(
            f"{path} is not a seed; give a folder, a manifest ({_names(SUFFIXES)}) or a saved state"
        )
    return read_manifest(path)


def seed(target: Target, source: Path | str | Seed, *, progress: Progress | None = None) -> SeedReport:
    """Make the buckets and objects of a folder or manifest; a second call changes nothing.

    Everything is checked before the first bucket is made. Raises S3FixtureError.
    """
    from botocore.client import BaseClient  # imported when used: botocore costs a start 300 ms

    from s3fixture.seeding.upload import carry_out

    plan = read(source) if isinstance(source, (Path, str)) else source
    if isinstance(plan, StateSeed):
        raise S3FixtureError(
            f"{plan.source} is a saved state, which replaces all buckets; load it into a running server with "
            f"`s3fixture load {plan.source}`"
        )
    client = target if isinstance(target, BaseClient) else target.client()
    carry_out(client, plan, progress or NoProgress())
    return plan.report()


def _names(suffixes: frozenset[str]) -> str:
    return ", ".join(sorted(suffixes))
