"""What lies in a folder, on the server or here, each with its name relative to the folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s3fixture.cli.addresses import Remote
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Item:
    """An object or a file. Times are in seconds since the epoch; files have no `etag`.

    `written` is when a file came to be what it is, whatever `modified` was set to; 0 for objects. `version`
    where a version is meant.
    """

    name: str
    place: Remote | Path
    size: int
    modified: float
    etag: str | None = None
    written: float = 0.0
    version: str | None = None

    @property
    def is_folder_mark(self) -> bool:
        """Whether it is the empty object by which consoles show an empty folder; it cannot be a file."""
        return not self.size and (not self.name or self.name.endswith("/"))


def remote_items(client: S3Client, folder: Remote) -> Iterator[Item]:
    """The objects in a bucket or below a prefix, in the order of their keys."""
    prefix = folder.folder().key
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=folder.bucket, Prefix=prefix)
    for page in pages:
        for found in page.get("Contents", []):
            yield Item(
                found["Key"].removeprefix(prefix),
                folder.at(found["Key"]),
                found["Size"],
                found["LastModified"].timestamp(),
                found["ETag"].strip('"'),
            )


def version_items(client: S3Client, folder: Remote) -> Iterator[Item]:
    """The versions of the objects in a bucket or below a prefix, those of a key newest first."""
    from s3fixture.cli.chosen_versions import by_key

    prefix = folder.folder().key
    for _, versions in by_key(client, folder.folder(), recursive=True):
        for found in versions:
            if not found.is_marker:
                place = found.which.place
                yield Item(
                    place.key.removeprefix(prefix),
                    place,
                    found.size,
                    found.modified.timestamp(),
                    found.etag,
                    version=found.which.version,
                )


def remote_item(client: S3Client, place: Remote, version: str | None = None) -> Item:
    """One object."""
    which: Any = {"VersionId": version} if version else {}
    head = client.head_object(Bucket=place.bucket, Key=place.key, **which)
    modified = head["LastModified"].timestamp()
    return Item(place.name, place, head["ContentLength"], modified, head["ETag"].strip('"'))


def local_items(folder: Path, *, follow: bool = True) -> Iterator[Item]:
    """The files in a folder and below. Raises S3FixtureError for what cannot be read.

    `follow`: also into linked folders. Never to be done where something may be written or removed.
    """
    waiting: list[tuple[Path, str, tuple[Path, ...]]] = [(folder, "", (folder.resolve(),))]
    while waiting:
        here, prefix, trail = waiting.pop()
        for entry in _entries(here):
            name = prefix + _checked(entry)
            if not entry.is_dir():
                yield local_item(entry, name)
                continue
            if entry.is_symlink() and not follow:
                continue
            real = entry.resolve()
            if real in trail:
                raise S3FixtureError(f"{entry}: this link leads to a folder that contains it; remove it")
            waiting.append((entry, f"{name}/", (*trail, real)))


def local_item(path: Path, name: str) -> Item:
    """One file."""
    try:
        status = path.stat()
    except OSError as error:
        raise S3FixtureError(f"{path}: {error.strerror}; was it removed meanwhile?") from error
    if not stat.S_ISREG(status.st_mode):
        raise S3FixtureError(f"{path}: is neither a file nor a folder; move it away")
    return Item(name, path, status.st_size, status.st_mtime, written=status.st_ctime)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise S3FixtureError(f"{folder}: {error.strerror}; was it removed meanwhile?") from error


def _checked(path: Path) -> str:
    try:
        path.name.encode()
    except UnicodeEncodeError as error:
        raise S3FixtureError(
            f"{os.fsencode(path)!r}: its name is not Unicode, so it cannot be a key; rename it"
        ) from error
    return path.name
