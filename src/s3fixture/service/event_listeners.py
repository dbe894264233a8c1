"""Clients that listen to events over HTTP, such as `mc watch`. The API is MinIO's, not S3's.

https://github.com/minio/minio/blob/master/cmd/listen-notification-handlers.go
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from s3fixture.service.event_records import Event, record
from s3fixture.service.notification_rules import Rule

if TYPE_CHECKING:
    from s3fixture.service.background import Background

MOST = 64
"""Listeners at the same time: each one has a thread of the server."""
_WAITING = 10_000  # events kept for a slow listener; older ones are lost, as in MinIO
RULE_ID = "Config"
"""The id of the rule in the records, as in MinIO."""
_NO_EVENT = b'{"Records":null}\n'


def _record(event: Event) -> dict[str, Any]:
    """MinIO's name of an event: with the prefix "s3:", which `mc mirror --watch` expects.

    https://github.com/minio/minio/blob/master/cmd/event-notification.go (ToEvent)
    """
    return {
        **record(event, RULE_ID),
        "eventSource": "minio:s3",
        "eventName": f"s3:{event.name}",
        "source": {"host": event.origin.address},
    }


class Listener:
    """One listener: the body of the answer. Close it.

    `bucket` None means all buckets. `ping`: seconds without events after which a blank line is sent.
    `may_listen` is asked again before events are sent; the stream ends when it says no.
    """

    def __init__(
        self,
        background: Background,
        bucket: str | None,
        rule: Rule,
        ping: float,
        may_listen: Callable[[], bool],
    ) -> None:
        self._background = background
        self._bucket = bucket
        self._rule = rule
        self._ping = ping
        self._may_listen = may_listen
        self._changed = threading.Condition()
        self._lines: deque[bytes] = deque(maxlen=_WAITING)
        self._ended = False

    def receive(self, event: Event) -> None:
        """Called with each event of the server."""
        if self._bucket not in (None, event.bucket.name):
            return
        if not self._rule.matches(event.name, event.version.key):
            return
        line = json.dumps({"Records": [_record(event)]}).encode() + b"\n"
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()

    def end(self) -> None:
        """End the stream."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def __iter__(self) -> Iterator[bytes]:
        yield _NO_EVENT  # the client learns at once that the server listens
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines or self._ended, self._ping)
                if self._ended:
                    return
                lines = b"".join(self._lines)
                self._lines.clear()
            if lines and not self._may_listen():
                return
            yield lines or _NO_EVENT

    def close(self) -> None:
        """Called when the client is gone, or the stream has ended."""
        self._background.forget_listener(self)
