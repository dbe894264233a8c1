"""A seed as a folder: its sub-folders are buckets, the files below them are objects."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from s3fixture.content_types import guess
from s3fixture.errors import S3FixtureError
from s3fixture.seeding.plan import SeedBucket, SeedObject, SeedPlan, check_bucket_name, check_key

# Files that operating systems and git put into folders. With `.gitkeep` git keeps an empty folder, an
# empty bucket here.
_IGNORED = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep", ".keep", ".gitignore"})


def read_folder(folder: Path) -> SeedPlan:
    """The plan of a seed folder. Raises S3FixtureError for files and names that cannot be seeded."""
    root = folder.resolve()
    buckets = []
    for entry in _entries(folder):
        if entry.name.startswith(".") or entry.name in _IGNORED:
            continue  # no bucket's name starts with a dot
        if not entry.is_dir():
            raise S3FixtureError(
                f"{entry} is a file, but a seed folder has one folder for each bucket; move the file into "
                "a bucket's folder, or out of the seed"
            )
        check_bucket_name(entry.name, str(folder))
        _inside(entry, root)
        objects = tuple(_object(path, key) for path, key in _files(entry, root))
        buckets.append(SeedBucket(entry.name, objects))
    if not buckets:
        raise S3FixtureError(f"{folder} has nothing to seed; make a folder in it for each bucket")
    return SeedPlan(folder, tuple(buckets))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise S3FixtureError(f"{folder} cannot be read: {error.strerror}") from error


def _files(bucket: Path, root: Path) -> Iterator[tuple[Path, str]]:
    """Each file below the bucket's folder with its key, ordered by key."""
    waiting: list[tuple[Path, str, tuple[Path, ...]]] = [(bucket, "", (bucket.resolve(),))]
    while waiting:
        folder, prefix, trail = waiting.pop()
        folders = []
        for entry in _entries(folder):
            if entry.name in _IGNORED:
                continue
            target = _inside(entry, root)
            if target.is_dir():
                if target in trail:
                    raise S3FixtureError(f"{entry} is a link to a folder that contains it; remove it")
                folders.append((entry, f"{prefix}{entry.name}/", (*trail, target)))
            else:
                yield entry, prefix + entry.name
        waiting.extend(reversed(folders))


def _inside(path: Path, root: Path) -> Path:
    """The resolved path. S3FixtureError if it is outside the seed folder."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise S3FixtureError(f"{path} is a broken link ({error}); remove or repair it") from error
    if not target.is_relative_to(root):
        raise S3FixtureError(
            f"{path} is outside of the seed folder, at {target}; copy the file into the folder instead"
        )
    return target


def _object(path: Path, key: str) -> SeedObject:
    check_key(key, str(path.parent))
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise S3FixtureError(f"{path} is neither a file nor a folder; remove it from the seed")
    if not os.access(path, os.R_OK):
        raise S3FixtureError(f"{path} cannot be read; change its permissions")
    return SeedObject(key, path, status.st_size, guess(path.name))
