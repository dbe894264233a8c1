"""What a client sends: bytes of a socket, with those that were read ahead."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from .errors import ClientDisconnected, MalformedBody, MalformedRequest
from .limits import Limits

_HEAD_READ = 64 * 1024
_BODY_READ = 256 * 1024  # less costs more calls, more is slower when pieces are joined
_HEAD_END = b"\r\n\r\n"


class Receiver:
    """Reads heads, lines and pieces of bodies from one connection."""

    __slots__ = ("_buffer", "_limits", "_sock", "_start", "_wait_longer")

    def __init__(self, sock: socket.socket, limits: Limits, wait_longer: Callable[[], bool]) -> None:
        """`wait_longer` is called when `sock` has nothing: whether it has now a longer time limit."""
        self._sock = sock
        self._limits = limits
        self._wait_longer = wait_longer
        self._buffer = b""
        self._start = 0

    @property
    def buffered(self) -> int:
        """How many bytes were read ahead."""
        return len(self._buffer) - self._start

    def head(self) -> bytes | None:
        """The next head without its final empty line; None when the client is gone or was idle for too long.

        MalformedRequest 400, 408, 414 or 431 for one that does not come to an end.
        """
        data = self._take_buffer()
        if not data:
            data = self._first_bytes()
        end = data.find(_HEAD_END)
        if end < 0 or data[0] < 33:
            return self._rest_of_head(data) if data else None
        if end > self._limits.head_bytes:
            raise _too_large(data)
        if end + 4 != len(data):
            self._buffer, self._start = data, end + 4
        return data[:end]

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
            return self._recv(min(limit, _BODY_READ))
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

    def _recv(self, size: int) -> bytes:
        while True:
            try:
                return self._sock.recv(size)
            except (BlockingIOError, TimeoutError):
                if not self._wait_longer():
                    raise

    def _first_bytes(self) -> bytes:
        try:
            return self._recv(_HEAD_READ)
        except OSError:
            return b""  # idle for too long, reset, or closed by stop()

    def _rest_of_head(self, data: bytes) -> bytes | None:
        """The slow way: a head in several pieces, before a deadline, or with empty lines in front."""
        deadline = time.monotonic() + self._limits.head_seconds
        while self._wait_longer():
            pass
        checked = 0
        try:
            while True:
                data, checked = _without_empty_lines(data, checked)
                end = data.find(_HEAD_END, max(0, checked - 3))
                size = end if end >= 0 else len(data)
                if size > self._limits.head_bytes:
                    raise _too_large(data)
                if end >= 0:
                    self._buffer, self._start = data, end + 4
                    return data[:end]
                _refuse_early(data, checked)
                checked = len(data)
                more = self._before(deadline)
                if not more:
                    return None
                data += more
        finally:
            self._sock.settimeout(self._limits.idle_seconds)

    def _before(self, deadline: float) -> bytes:
        left = deadline - time.monotonic()
        try:
            if left > 0:
                self._sock.settimeout(left)
                return self._sock.recv(_HEAD_READ)
        except TimeoutError:
            pass
        except OSError:
            return b""
        seconds = self._limits.head_seconds
        raise MalformedRequest(408, f"the head of the request did not end within {seconds:g} s")


def _without_empty_lines(data: bytes, checked: int) -> tuple[bytes, int]:
    """RFC 9112 section 2.2: empty lines before a request are skipped."""
    if checked > 1 or not data.startswith(b"\r\n"):
        return data, checked
    end = 2
    while data.startswith(b"\r\n", end):
        end += 2
    return data[end:], 0


def _refuse_early(data: bytes, checked: int) -> None:
    """What cannot become a request is refused now: its sender may wait for an answer, for example to TLS."""
    if data and not 32 < data[0] < 127 and data != b"\r":
        raise MalformedRequest(
            400, "this does not begin like an HTTP request; this port speaks plain HTTP/1.1"
        )
    end = data.find(b"\n", checked)
    while end >= 0:
        if end == 0 or data[end - 1] != 13:
            raise MalformedRequest(400, "lines must end with CR LF")
        end = data.find(b"\n", end + 1)


def _too_large(data: bytes) -> MalformedRequest:
    if b"\n" not in data:
        return MalformedRequest(414, "the request line is too long")
    return MalformedRequest(431, "the headers are too large")
