"""What a seed asks for, checked completely before the first bucket is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from s3fixture import limits
from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple
from s3fixture.sizes import counted, human_size

_BUCKET_NAME_RULE = (
    "S3 allows 3 to 63 characters of a-z, 0-9, '-' and '.', with a letter or digit at both ends, "
    "no IP address, and no reserved prefix such as 'xn--'"
)
_NOTHING: Mapping[str, str] = MappingProxyType({})


class SeedObject(NamedTuple):
    """One object; `body` is its bytes or the file that holds them, `size` in bytes."""

    key: str
    body: bytes | Path
    size: int
    content_type: str | None = None
    metadata: Mapping[str, str] = _NOTHING
    tags: Mapping[str, str] = _NOTHING


class SeedBucket(NamedTuple):
    """One bucket; `versioning` None, `policy` None and `object_lock` False change nothing."""

    name: str
    objects: tuple[SeedObject, ...] = ()
    versioning: bool | None = None
    object_lock: bool = False
    tags: Mapping[str, str] = _NOTHING
    policy: str | None = None


class SeedReport(NamedTuple):
    """How much a seed made, or found already there."""

    buckets: int
    objects: int
    bytes: int

    def __str__(self) -> str:
        buckets, objects = counted(self.buckets, "bucket"), counted(self.objects, "object")
        return f"seeded {buckets}, {objects} ({human_size(self.bytes)})"


class SeedPlan(NamedTuple):
    """What one source asks for."""

    source: Path
    buckets: tuple[SeedBucket, ...]

    def report(self) -> SeedReport:
        """What exists after the plan was carried out."""
        objects = [item for bucket in self.buckets for item in bucket.objects]
        return SeedReport(len(self.buckets), len(objects), sum(item.size for item in objects))


class StateSeed(NamedTuple):
    """A saved state, with which a server starts. Its contents are known when it is loaded."""

    source: Path
    buckets: tuple[SeedBucket, ...] = ()

    def report(self) -> str:
        """What a server that starts with it reports."""
        return f"seeded with the state {self.source.name}, unless there was data before"


Seed = SeedPlan | StateSeed


def check_bucket_name(name: str, where: str) -> None:
    """Raises S3FixtureError when S3 would refuse this name."""
    from s3fixture.service.names import is_bucket_name  # imported when used: it brings the store

    if not is_bucket_name(name):
        raise S3FixtureError(f"{where}: {name!r} cannot be a bucket's name: {_BUCKET_NAME_RULE}; rename it")


def check_key(key: str, where: str) -> None:
    """Raises S3FixtureError when S3 would refuse this key."""
    problem = _key_problem(key)
    if problem:
        raise S3FixtureError(f"{where}: {key!r} cannot be a key: {problem}; rename it")


def _key_problem(key: str) -> str | None:
    if not key:
        return "it is empty"
    if "\0" in key:
        return "it has a NUL character"
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        return "it is not text in UTF-8"
    return f"it has {size} bytes in UTF-8; S3 allows {limits.KEY_SIZE}" if size > limits.KEY_SIZE else None


def check_unique(names: Iterable[str], what: str, where: str) -> None:
    """Raises S3FixtureError when a name appears twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise S3FixtureError(f"{where}: the {what} {name!r} appears twice; remove one")
        seen.add(name)
