"""The events of a bucket, as a test sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s3fixture.backends.control import Control

Record = dict[str, Any]


class WatchedEvents:
    """What code that is notified of a bucket's events would get: S3's records, in the order of the events."""

    def __init__(self, control: Control, watcher: str) -> None:
        self._control = control
        self._watcher = watcher

    @property
    def records(self) -> list[Record]:
        """The records so far."""
        return self._control.watched_events(self._watcher, 0, 0.0)

    @property
    def names(self) -> list[str]:
        """Their names, such as ObjectCreated:Put."""
        return [record["eventName"] for record in self.records]

    def wait(self, count: int = 1, *, timeout: float = 5.0) -> list[Record]:
        """All records, once there are `count` of them. AssertionError after `timeout` seconds."""
        __tracebackhide__ = True
        records = self._control.watched_events(self._watcher, count, timeout)
        if len(records) < count:
            found = "\n".join(f"  {_described(record)}" for record in records) or "  none"
            raise AssertionError(f"expected {count} events within {timeout:g} seconds; there were:\n{found}")
        return records

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __getitem__(self, position: int) -> Record:
        return self.records[position]


def _described(record: Record) -> str:
    return f"{record['eventName']} {record['s3']['bucket']['name']}/{record['s3']['object']['key']}"
