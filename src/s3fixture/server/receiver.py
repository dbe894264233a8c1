"""What a client sends: bytes of a socket, with those that were read ahead."""

from __future__ import annotations

import socket
from collections.abc import Callable

from s3fixture.steady_clock import monotonic

from .bounds import ClientDisconnected, Limits, MalformedBody, MalformedRequest

_HEAD_READ = 64 * 1024
_BODY_READ = 256 * 1024  # less costs more calls, more is slower when pieces are joined
_HEAD_END = b"\r\n\r\n"


class Receiver:
    """Reads heads, lines and pieces of bodies from one connection.

    `head` and `gather` never wait: what is not all there yet is kept until they are called again. `some` and
    `line` wait, and are for the thread of one request.
    """

    __slots__ = (
        "_buffer",
        "_checked",
        "_limits",
        "_nothing_yet",
        "_partial",
        "_received",
        "_skipped",
        "_sock",
        "_start",
        "_wait_longer",
        "_waited",
    )

    def __init__(
        self,
        sock: socket.socket,
        limits: Limits,
        wait_longer: Callable[[], bool],
        nothing_yet: tuple[type[OSError], ...],
    ) -> None:
        """`wait_longer` is called when `sock` has nothing: whether it now has a longer time limit.

        `nothing_yet` are the errors by which `sock` says so.
        """
        self._sock = sock
        self._limits = limits
        self._wait_longer = wait_longer
        self._nothing_yet = nothing_yet
        self._buffer = b""
        self._start = 0
        self._partial = bytearray()  # of a head or a body that is not all there
        self._checked = 0  # of the partial head
        self._skipped = 0  # bytes of empty lines before it
        self._waited = 0.0  # seconds, for what came of a body when it was read
        self._received = 0  # bytes, meanwhile

    @property
    def buffered(self) -> int:
        """How many bytes were read ahead."""
        return len(self._buffer) - self._start

    @property
    def has_begun(self) -> bool:
        """Whether a head or a body is there in part."""
        return bool(self._partial)

    def head(self) -> bytes | None:
        """The next head without its final empty line; None when it is not all there.

        Raises ClientDisconnected when the client is gone, MalformedRequest (400, 414 or 431) for what cannot
        be a head.
        """
        if not self._partial:
            data = self._take_buffer() or self._available(_HEAD_READ)
            if data is None:
                return None
            end = data.find(_HEAD_END)
            if end >= 0 and data[0] >= 33:
                if end > self._limits.head_bytes:
                    raise _too_large(data)
                if end + 4 != len(data):
                    self._buffer, self._start = data, end + 4
                return data[:end]
            self._partial += data
        return self._rest_of_head()

    def _rest_of_head(self) -> bytes | None:
        """The slow way: a head in several pieces, or with empty lines in front."""
        partial = self._partial
        while True:
            self._skip_empty_lines()
            end = partial.find(_HEAD_END, max(0, self._checked - 3))
            size = end if end >= 0 else len(partial)
            if size > self._limits.head_bytes:
                raise _too_large(partial)
            if end >= 0:
                head = bytes(partial[:end])
                self._buffer, self._start = bytes(partial[end + 4 :]), 0
                self._checked = self._skipped = 0
                partial.clear()
                return head
            _refuse_early(partial, self._checked)
            self._checked = len(partial)
            data = self._available(_HEAD_READ)
            if data is None:
                return None
            partial += data

    def _skip_empty_lines(self) -> None:
        """RFC 9112 section 2.2: empty lines before a request do not count, but there is a limit to them."""
        end = 0
        while self._partial.startswith(b"\r\n", end):
            end += 2
        if end:
            del self._partial[:end]
            self._skipped += end
            self._checked = 0
            if self._skipped > self._limits.head_bytes:
                raise MalformedRequest(400, "nothing but empty lines")

    def gather(self, count: int) -> bool:
        """Whether `count` bytes of a body are there, or all that the client will ever send."""
        if self.buffered >= count:
            return True
        if not self._partial:
            self._partial += self._take_buffer()
        missing = count - len(self._partial)
        try:
            while missing > 0:
                data = self._available(missing)
                if data is None:
                    return False
                self._partial += data
                missing -= len(data)
        except ClientDisconnected:
            pass  # the application meets the end when it reads the body
        self._buffer, self._start = bytes(self._partial), 0
        self._partial.clear()
        return True

    def forget_waiting(self) -> None:
        """The next wait is the first one for its request."""
        self._waited, self._received = 0.0, 0

    def some(self, limit: int) -> bytes:
        """At most `limit` bytes, as soon as there are any; b"" at the end of the stream."""
        if self.buffered:
            start = self._start
            piece = self._buffer[start : start + limit]
            self._start = start + len(piece)
            if self._start == len(self._buffer):
                self._buffer, self._start = b"", 0
            return piece
        try:
            return self._wait_for(min(limit, _BODY_READ))
        except TimeoutError as error:
            message = f"the client sent nothing for {self._limits.idle_seconds:g} s within a body"
            raise ClientDisconnected(message) from error
        except OSError as error:
            raise ClientDisconnected(f"the client is gone: {error}") from error

    def line(self, limit: int) -> bytes:
        """The next line without its CR LF, for chunked framing. MalformedBody beyond `limit` bytes."""
        end = self._buffer.find(b"\n", self._start)
        while end < 0:
            if self.buffered > limit:
                raise MalformedBody(f"a line of more than {limit} bytes in chunked framing")
            kept = self._take_buffer()
            more = self.some(_HEAD_READ)
            if not more:
                raise ClientDisconnected("the client closed the connection within a chunked body")
            self._buffer = kept + more
            end = self._buffer.find(b"\n")
        line = self._buffer[self._start : end + 1]
        self._start = end + 1
        if len(line) > limit + 2:
            raise MalformedBody(f"a line of more than {limit} bytes in chunked framing")
        if not line.endswith(b"\r\n") or line.count(b"\r") != 1:
            raise MalformedBody("lines of chunked framing must end with CR LF")
        return line[:-2]

    def _take_buffer(self) -> bytes:
        data = self._buffer[self._start :]
        self._buffer, self._start = b"", 0
        return data

    def _available(self, size: int) -> bytes | None:
        """What has come, at most `size` bytes; None for nothing. ClientDisconnected at the end."""
        try:
            data = self._sock.recv(size)
        except self._nothing_yet:
            return None
        except OSError as error:
            raise ClientDisconnected(f"the client is gone: {error}") from error
        if not data:
            raise ClientDisconnected("the client closed the connection")
        return data

    def _wait_for(self, size: int) -> bytes:
        while True:
            began = monotonic()
            try:
                data = self._sock.recv(size)
            except self._nothing_yet:
                if not self._wait_longer():
                    raise
                continue
            finally:
                self._waited += monotonic() - began
            self._received += len(data)
            if data:
                self._check_rate()
            return data

    def _check_rate(self) -> None:
        """A client that sends a byte now and then would keep its thread for ever."""
        limits, seconds = self._limits, self._waited
        if seconds > limits.idle_seconds and self._received < seconds * limits.body_rate:
            raise OSError(f"it sent {self._received} bytes of a body in {seconds:.0f} s")


def _refuse_early(data: bytearray, checked: int) -> None:
    """Refuse now what cannot become a request, as its sender may wait for an answer, for example to TLS."""
    if data and not 32 < data[0] < 127 and data != b"\r":
        raise MalformedRequest(
            400, "this does not begin like an HTTP request; this port speaks plain HTTP/1.1"
        )
    end = data.find(b"\n", checked)
    while end >= 0:
        if data[end - 1] != 13:
            raise MalformedRequest(400, "lines must end with CR LF")
        end = data.find(b"\n", end + 1)


def _too_large(data: bytes | bytearray) -> MalformedRequest:
    if b"\n" not in data:
        return MalformedRequest(414, "the request line is too long")
    return MalformedRequest(431, "the headers are too large")
