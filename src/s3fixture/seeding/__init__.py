"""Buckets and objects from a folder or a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Union

from s3fixture.errors import S3FixtureError
from s3fixture.seeding.plan import SeedPlan, SeedReport
from s3fixture.seeding.progress import NoProgress, Progress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = ["Progress", "SeedPlan", "SeedReport", "Target", "read", "seed"]


class HasClient(Protocol):
    """An endpoint, or whatever else can make a client for itself."""

    def client(self) -> S3Client: ...


Target = Union["S3Client", HasClient]


def read(source: Path | str) -> SeedPlan:
    """Check a folder or manifest completely. Raises S3FixtureError with the remedy; nothing is made yet."""
    from s3fixture.seeding.folder import read_folder  # imported when used: YAML costs a start 20 ms
    from s3fixture.seeding.manifest import SUFFIXES, read_manifest

    path = Path(source)
    if path.is_dir():
        return read_folder(path)
    if not path.exists():
        raise S3FixtureError(
            f"{path}: there is no such seed; give a folder or a manifest ({_names(SUFFIXES)})"
        )
    if path.suffix.lower() not in SUFFIXES:
        raise S3FixtureError(f"{path}: is not a seed; give a folder or a manifest ({_names(SUFFIXES)})")
    return read_manifest(path)


def seed(target: Target, source: Path | str | SeedPlan, *, progress: Progress | None = None) -> SeedReport:
    """Make what a folder or manifest asks for; doing it twice gives the same state.

    Everything is checked before the first bucket is made. Raises S3FixtureError.
    """
    from botocore.client import BaseClient  # imported when used: botocore costs a start 300 ms

    from s3fixture.seeding.upload import carry_out

    plan = source if isinstance(source, SeedPlan) else read(source)
    client = target if isinstance(target, BaseClient) else target.client()
    carry_out(client, plan, progress or NoProgress())
    return plan.report()


def _names(suffixes: frozenset[str]) -> str:
    return ", ".join(sorted(suffixes))
