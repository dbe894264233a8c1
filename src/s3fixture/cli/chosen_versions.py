"""Versions of objects, in the order in which they were made, and which of them a command means."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote
from s3fixture.cli.failures import FAILED, details_of, explained
from s3fixture.cli.quantities import parse_duration
from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple
from s3fixture.wire.times import parse_iso

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_KINDS = {"Version": "Versions", "DeleteMarker": "DeleteMarkers"}  # element -> boto3's list of them
_ORDER = "s3fixture_order"  # the elements of an answer, in their order


class Which(NamedTuple):
    """An object, or with `version` one of its versions."""

    place: Remote
    version: str | None = None

    def __str__(self) -> str:
        name = output.printable(str(self.place))
        return f"{name} (version {self.version})" if self.version else name

    @property
    def parameters(self) -> Any:
        """For calls of boto3."""
        version = {"VersionId": self.version} if self.version else {}
        return {"Bucket": self.place.bucket, "Key": self.place.key, **version}

    @property
    def document(self) -> dict[str, Any]:
        """For --json."""
        version = {"versionId": self.version} if self.version else {}
        return {"bucket": self.place.bucket, "key": self.place.key, **version}


@dataclass(frozen=True, slots=True)
class Version:
    """A version or a delete marker."""

    which: Which
    is_marker: bool
    is_latest: bool
    size: int
    modified: datetime
    etag: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The options by which people choose versions; `rewind` as it was written."""

    recursive: bool = False
    version_id: str | None = None
    versions: bool = False
    rewind: str | None = None

    def __post_init__(self) -> None:
        if self.version_id and (self.recursive or self.versions or self.rewind):
            raise click.UsageError(
                "--version-id names one version; leave out --recursive, --versions and --rewind"
            )

    @property
    def is_given(self) -> bool:
        return self != Choice()

    def of(self, client: S3Client, place: Remote) -> Iterator[Which]:
        """The versions that are meant. Raises S3FixtureError where there is none."""
        if place.is_folder and not self.recursive:
            raise S3FixtureError(f"{place} is a folder or bucket; add --recursive")
        if not (self.recursive or self.versions or self.rewind):
            yield Which(place, self.version_id)
            return
        latest = _moment(self.rewind) if self.rewind else None
        found = False
        for _, versions in by_key(client, place, recursive=self.recursive):
            for version in _as_of(versions, latest, all_of_them=self.versions):
                found = True
                yield version.which if self.versions or self.rewind else Which(version.which.place)
        if not found:
            raise S3FixtureError(f"{place}: there is no such object; `s3fixture ls --versions` lists all")


def act_on(client: S3Client, place: Remote, choice: Choice, act: Callable[[Which], None]) -> int:
    """Act on each version that is meant; the exit code.

    One that is named alone raises what it raises; of several a failure is said, and the next follows.
    """
    from botocore.exceptions import ClientError

    code = 0
    for which in choice.of(client, place):
        try:
            act(which)
        except ClientError as error:
            if not choice.is_given:
                raise
            code = FAILED
            output.print_error(explained(error), details_of(error))
    return code


def by_key(client: S3Client, place: Remote, *, recursive: bool) -> Iterator[tuple[str, list[Version]]]:
    """Each key with its versions and delete markers, the newest first.

    The folder s3://BUCKET/a is what begins with a/; the object s3://BUCKET/a is among them.
    """
    folder = place.folder().key
    for key, versions in groupby(_listed(client, place), lambda version: version.which.place.key):
        if key == place.key or (recursive and key.startswith(folder)):
            yield key, list(versions)


def _as_of(versions: Iterable[Version], latest: float | None, *, all_of_them: bool) -> Iterator[Version]:
    """Those that were there at that time: all, or the one that was the latest then."""
    there = [version for version in versions if latest is None or version.modified.timestamp() <= latest]
    return (version for version in (there if all_of_them else there[:1]) if not version.is_marker)


def _moment(text: str) -> float:
    """Seconds since the epoch. Raises S3FixtureError for what is neither a time nor a span of time."""
    moment = parse_iso(text)
    return moment.timestamp() if moment else time.time() - parse_duration(text, "--rewind")


def _listed(client: S3Client, place: Remote) -> Iterator[Version]:
    """As S3 lists them: by key, the newest first.

    Times do not tell which of two was made first within a second, and boto3 has versions and delete markers
    apart, so that the order is taken from the answer itself.
    """
    client.meta.events.register("after-call.s3.ListObjectVersions", _note_order, _ORDER)
    pages: Any = client.get_paginator("list_object_versions").paginate(Bucket=place.bucket, Prefix=place.key)
    for page in pages:
        found = {kind: iter(page.get(name, [])) for kind, name in _KINDS.items()}
        for kind in page[_ORDER]:
            entry = next(found[kind])
            yield Version(
                Which(place.at(entry["Key"]), entry["VersionId"]),
                kind == "DeleteMarker",
                entry["IsLatest"],
                entry.get("Size", 0),
                entry["LastModified"],
                entry.get("ETag", "").strip('"'),
            )


def _note_order(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    from s3fixture.wire.xml_parser import parse_document

    if http_response.status_code == 200:
        nodes = parse_document(http_response.content).children
        parsed[_ORDER] = [node.name for node in nodes if node.name in _KINDS]
