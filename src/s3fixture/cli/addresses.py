"""Addresses on the command line: `s3://bucket/key`, `mc`'s `alias/bucket/key`, and local paths.

`minio` is the server that commands use anyway; other aliases are those of mc. As with mc, an alias goes
before a bucket of that name, and `s3://NAME` is always the bucket. Where a local file could be meant nothing
is guessed: `./NAME` is always that.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from s3fixture.cli.aliases import known_aliases, server_of_alias
from s3fixture.errors import S3FixtureError

SCHEME = "s3://"
ALIAS = "minio"
STREAM = "-"  # standard input or output; a file of that name is ./-
_NOT_REMOTE = ("/", "./", "../", "~", ".\\", "..\\")
# What Windows does not take in file names, beside the separators that no system does.
_FORBIDDEN = '<>:"|?*\\' if os.name == "nt" else ""


@dataclass(frozen=True, slots=True)
class Remote:
    """A place on a server: all of it (no bucket), a bucket (no key), a folder (key ends in `/`), a key.

    `alias` is the name of the server; without one it is the server that commands use anyway.
    """

    bucket: str = ""
    key: str = ""
    alias: str = ""

    def __str__(self) -> str:
        head = f"{self.alias}/" if self.alias else SCHEME
        return f"{head}{self.bucket}/{self.key}" if self.key else f"{head}{self.bucket}"

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
        return self if self.is_folder else self.at(f"{self.key}/")

    def child(self, name: str) -> Remote:
        """What is called `name` in this folder."""
        return self.at(self.folder().key + name)

    def at(self, key: str) -> Remote:
        """That key in the same bucket; without one the bucket."""
        return replace(self, key=key)

    def within(self, bucket: str) -> Remote:
        """That bucket of the same server."""
        return Remote(bucket, alias=self.alias)


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
    place = _by_alias(text)
    if place is None:
        return Local(text)
    alias = place.alias or ALIAS
    if Path(alias).exists():
        other = f"./{text}, or rename the alias" if place.alias else f"{SCHEME}BUCKET/KEY or ./{text}"
        raise S3FixtureError(f"{text!r} could be the server or the local {alias!r}; write {other}")
    return place


def parse_trees(one: str, other: str, program: str) -> tuple[Remote | Local, Remote | Local]:
    """Two folders or buckets, of which one at least is on a server; `program` is for two local ones.

    Raises S3FixtureError for other addresses.
    """
    places = parse(one), parse(other)
    for place in places:
        if isinstance(place, Remote) and not place.bucket:
            raise S3FixtureError(f"{place} names no bucket; write {place}BUCKET")
    first, second = places
    if isinstance(first, Local) and isinstance(second, Local):
        raise both_local(first, second, program)
    return places


def parse_remote(text: str) -> Remote:
    """An address where only a server makes sense; there `bucket/key` will do, too."""
    if text.startswith(SCHEME):
        return _remote(text.removeprefix(SCHEME), text)
    if text.startswith(_NOT_REMOTE) or not text:
        raise S3FixtureError(f"{text!r} is a local path; this command wants {SCHEME}BUCKET/KEY")
    return _by_alias(text) or _remote(text, text)


def parse_bucket(text: str) -> Remote:
    """The address of a bucket, and of nothing in it."""
    found = parse_in_bucket(text)
    if found.key.strip("/"):
        raise S3FixtureError(f"{text!r} is more than a bucket; write {found.at('')}")
    return found.at("")


def parse_in_bucket(text: str) -> Remote:
    """The address of a bucket or of something in it."""
    found = parse_remote(text)
    if not found.bucket:
        raise S3FixtureError(f"{text!r} names no bucket; write {found}BUCKET{_bucket_hint(found)}")
    return found


def parse_object(text: str) -> Remote:
    """The address of one object."""
    found = parse_in_bucket(text)
    if not found.key:
        raise S3FixtureError(f"{text!r} names no object; write {found}/KEY{_bucket_hint(found)}")
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


def both_local(one: Local, two: Local, program: str) -> S3FixtureError:
    """The error for two local places; one may be meant for an alias, so that it names these."""
    known = ", ".join([ALIAS, *known_aliases()])
    return S3FixtureError(
        f"{one} and {two} are both local; use your system's {program}, or write {SCHEME}BUCKET or "
        f"ALIAS/BUCKET (aliases: {known})"
    )


def _by_alias(text: str) -> Remote | None:
    """The place, where the text begins with an alias."""
    alias, _, rest = text.partition("/")
    if alias == ALIAS:
        return _remote(rest.lstrip("/"), text)
    if not alias or text.startswith(_NOT_REMOTE) or server_of_alias(alias) is None:
        return None
    return replace(_remote(rest.lstrip("/"), text), alias=alias)


def _bucket_hint(place: Remote) -> str:
    return f"; {SCHEME}{place.alias} is the bucket of that name" if place.alias else ""


def _remote(text: str, whole: str) -> Remote:
    bucket, _, key = text.partition("/")
    if not bucket and key:
        raise S3FixtureError(f"{whole!r} names no bucket; write {SCHEME}BUCKET/KEY")
    return Remote(bucket, key)
