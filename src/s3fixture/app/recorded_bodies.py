"""The first bytes of requests' and answers' bodies, kept only while a page of the console watches them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from s3fixture.named_tuples import NamedTuple
from s3fixture.store import BodyReader

if TYPE_CHECKING:
    from s3fixture.app.exchange import Exchange
    from s3fixture.wire.request import Response, Stream

LIMIT = 4096  # bytes of each body
_KEPT = 200  # requests
# The bodies of these, and of other services than S3, contain keys or signatures.
_SECRET = frozenset({"CreateSession", "PostObject"})


class Bodies(NamedTuple):
    """The first bytes of the bodies of one request and its answer, as they were sent."""

    sent: bytes
    answered: bytes


class BodyRecorder:
    """Keeps the bodies of the last requests; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taps: dict[str, _Tap] = {}  # by request id, the oldest first
        self._answers: dict[str, bytes] = {}

    def begin(self, exchange: Exchange) -> None:
        """Record what is read of the request's body from now on."""
        exchange.request.body = tap = _Tap(exchange.request.body)
        with self._lock:
            self._taps[exchange.request_id] = tap
            if len(self._taps) > _KEPT:
                oldest = next(iter(self._taps))
                del self._taps[oldest]
                self._answers.pop(oldest, None)

    def end(self, exchange: Exchange, response: Response) -> None:
        """Record the answer's body. A body that is made while it is sent is not recorded."""
        if exchange.operation in _SECRET or exchange.operation not in exchange.app.protocol.operations:
            with self._lock:
                self._taps.pop(exchange.request_id, None)
            return
        answered = _beginning(response)
        with self._lock:
            if exchange.request_id in self._taps:
                self._answers[exchange.request_id] = answered

    def of(self, request_id: str) -> Bodies | None:
        """The bodies of a request; None if they were not recorded, or it is not among the last 200."""
        with self._lock:
            if request_id not in self._answers:
                return None
            return Bodies(bytes(self._taps[request_id].beginning), self._answers[request_id])


def _beginning(response: Response) -> bytes:
    if isinstance(response.body, bytes):
        return response.body[:LIMIT]
    if isinstance(response.body, BodyReader):
        with response.body.again() as reader:
            return reader.read(LIMIT)
    return b""


class _Tap:
    """A request body whose first bytes are recorded."""

    def __init__(self, body: Stream) -> None:
        self._body = body
        self.beginning = bytearray()

    def read(self, n: int = -1, /) -> bytes:
        data = self._body.read(n)
        room = LIMIT - len(self.beginning)
        if room > 0:
            self.beginning += data[:room]
        return data
