"""States of a server as tests see them: snapshots, what has changed since one, what a bucket should hold."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple
from s3fixture.records import Change

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.control import Control

_SHOWN = 60  # bytes of a body in a message


class Snapshot:
    """A remembered state of all buckets of one server.

    As a context manager: what is done inside the block is undone at its end, and the snapshot forgotten.
    """

    def __init__(self, control: Control) -> None:
        self._control = control
        self._token = control.snapshot()

    def token_for(self, control: Control) -> int:
        """Its token in this server. Raises S3FixtureError when it is another server's."""
        if control is not self._control:
            raise S3FixtureError("this snapshot is of another server; use the one that took it")
        return self._token

    def restore(self) -> None:
        """Go back to this state, which can be restored again; snapshots that were taken after it are gone."""
        self._control.rollback(self._token)

    def diff(self) -> Diff:
        """What has changed since."""
        return Diff.of(self._control.changes(self._token))

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *exception: object) -> None:
        self._control.rollback(self._token)
        self._control.release(self._token)


class Diff(NamedTuple):
    """What has changed, by bucket and key. A bucket itself has the key ""."""

    made: list[Change]
    changed: list[Change]
    removed: list[Change]

    @classmethod
    def of(cls, changes: list[Change]) -> Diff:
        """Sorted by their kinds."""
        kinds = ("made", "changed", "removed")
        return cls(*([change for change in changes if change.kind == kind] for kind in kinds))

    def __bool__(self) -> bool:
        """Whether anything has changed."""
        return bool(self.made or self.changed or self.removed)

    def __str__(self) -> str:
        return "\n".join(map(str, (*self.made, *self.changed, *self.removed))) or "nothing"


def check_bucket(client: S3Client, bucket: str, expected: Mapping[str, Any]) -> None:
    """Raise AssertionError unless the bucket holds what is expected, and nothing else.

    A key may have `*` and `?`: then at least one object must match, and all that do are as expected, unless
    they are expected by their whole keys. Values are the bodies as bytes or str, or anything that is equal
    to them, such as `unittest.mock.ANY`.
    """
    __tracebackhide__ = True
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    try:
        sizes = {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", ())}
    except client.exceptions.NoSuchBucket:
        raise AssertionError(f"there is no bucket {bucket!r}") from None
    wrong, seen = [], set()
    for pattern, wanted in expected.items():
        keys = [pattern] if pattern in sizes else [key for key in sizes if _is_meant(key, pattern, expected)]
        if not keys:
            wrong.append(f"- {pattern}: there is no such object")
        for key in keys:
            seen.add(key)
            wrong += _compare(client, bucket, key, sizes[key], wanted)
    wrong += [f"+ {key}: not expected ({size} bytes)" for key, size in sizes.items() if key not in seen]
    if wrong:
        raise AssertionError("\n".join([f"the bucket {bucket!r} does not hold what is expected:", *wrong]))


def _is_meant(key: str, pattern: str, expected: Mapping[str, Any]) -> bool:
    return key not in expected and fnmatchcase(key, pattern.replace("[", "[[]"))


def _compare(client: S3Client, bucket: str, key: str, size: int, wanted: Any) -> list[str]:
    wanted = wanted.encode() if isinstance(wanted, str) else wanted
    if isinstance(wanted, bytes) and len(wanted) != size and size > _SHOWN:
        return [f"~ {key}: {size} bytes, not {len(wanted)}"]
    body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return [] if wanted == body else [f"~ {key}: {_shown(body)}, not {_shown(wanted)}"]


def _shown(body: Any) -> str:
    if not isinstance(body, bytes) or len(body) <= _SHOWN:
        return repr(body)
    return f"{body[:_SHOWN]!r}... ({len(body)} bytes)"
