"""Addresses on the command line: `s3://bucket/key`, `mc`'s `minio/bucket/key`, and local paths.

`minio` is the alias that the clients of MinIO are used to, and as with `mc` it goes before a local
folder of that name; where both could be meant nothing is guessed. `./minio` is always the folder, and
`s3://minio` a bucket of that name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from s3fixture.errors import S3FixtureError

SCHEME = "s3://"
ALIAS = "minio"
STREAM = "-"  # standard input or output; a file of that name is ./-
_NOT_REMOTE = ("/", "./", "../", "~", ".\\", "..\\")
# What Windows does not take in file names, beside the separators that no system does.
_FORBIDDEN = '<>:"|?*\\' if os.name == "nt" else ""


@dataclass(frozen=True, slots=True)
class Remote:
    """A place on a server: all of it (no bucket), a bucket (no key), a folder (key ends in `/`), a key."""

    bucket: str = ""
    key: str = ""

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}" if self.key else f"{SCHEME}{self.bucket}"

    @property
    def is_folder(self) -> bool:
        return not self.key or self.key.endswith("/")

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rstrip("/").rpartition("/")[2]

    @property
    def place(self) -> Remote:
        return self

    def folder(self) -> Remote:
        """The same place as a folder: `a` is the folder `a/`, never what merely begins with an `a`."""
        return self if self.is_folder else Remote(self.bucket, f"{self.key}/")

    def child(self, name: str) -> Remote:
        """What is called `name` in this folder."""
        return Remote(self.bucket, self.folder().key + name)


@dataclass(frozen=True, slots=True)
class Local:
    """A local path, as it was written."""

    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def path(self) -> Path:
        return Path(self.text).expanduser()

    @property
    def place(self) -> Path:
        return self.path

    @property
    def is_folder(self) -> bool:
        """Whether it is one, or was written as one."""
        return self.text.endswith(("/", os.sep)) or self.path.is_dir()


def parse(text: str) -> Remote | Local:
    """An address where both kinds can stand. Raises S3FixtureError when it could be either."""
    if text.startswith(SCHEME):
        return _remote(text.removeprefix(SCHEME), text)
    if not _is_alias(text):
        return Local(text)
    if Path(ALIAS).exists():
        raise S3FixtureError(
            f"{text!r} could be the server or the local {ALIAS!r}; write {SCHEME}BUCKET/KEY or ./{text}"
        )
    return _remote(text.removeprefix(ALIAS).lstrip("/"), text)


def parse_remote(text: str) -> Remote:
    """An address where only a server makes sense; there `bucket/key` will do, too."""
    if text.startswith(SCHEME):
        return _remote(text.removeprefix(SCHEME), text)
    if _is_alias(text):
        return _remote(text.removeprefix(ALIAS).lstrip("/"), text)
    if text.startswith(_NOT_REMOTE) or not text:
        raise S3FixtureError(f"{text!r} is a local path; this command wants {SCHEME}BUCKET/KEY")
    return _remote(text, text)


def parse_bucket(text: str) -> Remote:
    """The address of a bucket, and of nothing in it."""
    found = parse_in_bucket(text)
    if found.key.strip("/"):
        raise S3FixtureError(f"{text!r} is more than a bucket; write {SCHEME}{found.bucket}")
    return Remote(found.bucket)


def parse_in_bucket(text: str) -> Remote:
    """The address of a bucket or of something in it."""
    found = parse_remote(text)
    if not found.bucket:
        raise S3FixtureError(f"{text!r} names no bucket; write {SCHEME}BUCKET")
    return found


def parse_object(text: str) -> Remote:
    """The address of one object."""
    found = parse_in_bucket(text)
    if not found.key:
        raise S3FixtureError(f"{text!r} names no object; write {SCHEME}{found.bucket}/KEY")
    return found


def parse_input_target(text: str) -> Remote:
    """The address of the object that standard input becomes."""
    place = parse_object(text)
    if place.is_folder:
        raise S3FixtureError(f"{place} is a folder; add a name for the object, because {STREAM} has none")
    return place


def local_target(folder: Path, name: str) -> Path:
    """Where the key `name` goes in a local folder. Raises S3FixtureError when that would be elsewhere.

    Names come from the server, and a key may be `../../.bashrc`.
    """
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or name.startswith("/"):
        raise S3FixtureError(f"the key {name!r} cannot be a file in {folder}: it has empty or dotted parts")
    if "\0" in name or any(character in _FORBIDDEN for character in name):
        raise S3FixtureError(f"the key {name!r} cannot be a file name on this system")
    path = folder.joinpath(*PurePosixPath(name).parts)
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise S3FixtureError(f"the key {name!r} would be written through a link that leaves {folder}")
    return path


def _is_alias(text: str) -> bool:
    return text == ALIAS or text.startswith(f"{ALIAS}/")


def _remote(text: str, whole: str) -> Remote:
    bucket, _, key = text.partition("/")
    if not bucket and key:
        raise S3FixtureError(f"{whole!r} names no bucket; write {SCHEME}BUCKET/KEY")
    return Remote(bucket, key)
