"""Answers: from what a WSGI application returns to bytes on the connection."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from _typeshed import OptExcInfo

_JOINED = 128 * 1024  # a body up to this size goes out with its head, in one send
_BLOCK = 256 * 1024
_BODILESS = frozenset(("204", "304"))


class Channel(Protocol):
    """Where the bytes of an answer go. Both methods raise ClientDisconnected."""

    @property
    def can_sendfile(self) -> bool:
        """Whether the kernel may copy from a file by itself (not with TLS)."""

    def send(self, data: bytes) -> None:
        """All of `data`."""

    def sendfile(self, file: BinaryIO, offset: int, count: int) -> int:
        """`count` bytes of a regular file, less if it is shorter. Returns how many."""


class FileWrapper:
    """`wsgi.file_wrapper`: a file from its position on, if possible sent without passing through Python."""

    def __init__(self, file: BinaryIO, block_size: int = _BLOCK) -> None:
        self.file = file
        self._block_size = block_size

    def __iter__(self) -> Iterator[bytes]:
        while block := self.file.read(self._block_size):
            yield block

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def size(self) -> int | None:
        """How many bytes a regular file still has; None for anything else."""
        try:
            status = os.fstat(self.file.fileno())
            return status.st_size - self.file.tell() if stat.S_ISREG(status.st_mode) else None
        except (AttributeError, OSError):  # io.UnsupportedOperation is an OSError
            return None


class Response:
    """One answer: the `start_response` of an application, and the way its body is framed."""

    __slots__ = (
        "_bodiless",
        "_channel",
        "_chunked",
        "_date",
        "_headers",
        "_left",
        "_may_continue",
        "_method",
        "_minor",
        "_status",
        "head_sent",
        "keep_alive",
    )

    def __init__(
        self,
        channel: Channel,
        date: Callable[[], str],
        method: str,
        minor: int,
        may_continue: Callable[[], bool],
    ) -> None:
        """`may_continue` is asked when the head is sent: whether another request may follow."""
        self._channel = channel
        self._date = date
        self._method = method
        self._minor = minor
        self._may_continue = may_continue
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._bodiless = False
        self._chunked = False
        self._left: int | None = None  # bytes of Content-Length that were not sent yet
        self.head_sent = False
        self.keep_alive = False
        """Whether another request may follow this answer. Final after `send`."""

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: OptExcInfo | None = None, /
    ) -> Callable[[bytes], object]:
        """PEP 3333. Returns the old `write` callable."""
        if exc_info is not None and exc_info[1] is not None and self.head_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        if self._status and exc_info is None:
            raise RuntimeError("start_response was called twice")
        self._status = status
        self._headers = headers
        return self.write

    def send(self, result: Iterable[bytes]) -> None:
        """Send everything that the application returned."""
        if isinstance(result, (list, tuple)) and not self.head_sent:
            body = b"".join(result)
            self._start(len(body), body)
        elif isinstance(result, FileWrapper) and not self.head_sent:
            self._send_file(result)
        else:
            for piece in result:
                if piece:
                    self.write(piece)
            if not self.head_sent:
                self._start(0, b"")
        self._end()

    def write(self, data: bytes) -> None:
        """A piece of the body, at once."""
        if not self.head_sent:
            self._start(None, data)
        elif data and not self._bodiless:
            self._channel.send(self._framed(data))

    def _start(self, length: int | None, data: bytes) -> None:
        """Send the head and the first of the body. `length` of the whole body, None when it is unknown."""
        head = self._head(length)
        first = b"" if self._bodiless else self._framed(data)
        self.head_sent = True
        if len(first) > _JOINED:
            self._channel.send(head)
            self._channel.send(first)
        else:
            self._channel.send(head + first)

    def _end(self) -> None:
        if self._bodiless:
            return
        if self._chunked:
            self._channel.send(b"0\r\n\r\n")
        elif self._left:
            raise ValueError(f"the application sent {self._left} bytes less than its Content-Length")

    def _send_file(self, wrapper: FileWrapper) -> None:
        size = wrapper.size()
        head = self._head(size)
        self.head_sent = True
        left = self._left
        if self._bodiless or left == 0:
            self._channel.send(head)
        elif left is None:
            self._channel.send(head)
            for piece in wrapper:
                self.write(piece)
        elif size and left > _JOINED and self._channel.can_sendfile:
            self._channel.send(head)
            self._left = left - self._channel.sendfile(wrapper.file, wrapper.file.tell(), min(left, size))
        else:
            self._copy_file(wrapper.file, head, left)

    def _copy_file(self, file: BinaryIO, head: bytes, left: int) -> None:
        while left and (block := file.read(min(left, _BLOCK))):
            self._channel.send(head + block if head else block)
            head = b""
            left -= len(block)
        if head:
            self._channel.send(head)
        self._left = left

    def _framed(self, data: bytes) -> bytes:
        if self._chunked:
            return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        if self._left is not None:
            if len(data) > self._left:
                raise ValueError("the application sends more than its Content-Length")
            self._left -= len(data)
        return data

    def _head(self, length: int | None) -> bytes:
        if not self._status:
            raise RuntimeError("the application did not call start_response")
        self.keep_alive = self._may_continue()
        self._bodiless = self._method == "HEAD" or self._status[:3] in _BODILESS
        names, values = _columns(self._headers)
        text, places = _layout(names)
        if "transfer-encoding" in places:
            raise ValueError(
                "the application set Transfer-Encoding, which only the server may set (PEP 3333)"
            )
        if "connection" in places or self._status[:3] == "204":
            names, values = _columns(self._kept_headers())
            text, places = _layout(names)
        _refuse_breaks("".join((self._status, *values)))
        head = f"HTTP/1.1 {self._status}\r\n" + text % values
        if "date" not in places:
            head += f"Date: {self._date()}\r\n"
        if "content-length" in places:
            self._left = int(values[places["content-length"]])
        else:
            head += self._framing(length)
        if not self.keep_alive:
            head += "Connection: close\r\n"
        elif not self._minor:
            head += "Connection: keep-alive\r\n"
        return head.encode("latin-1") + b"\r\n"

    def _kept_headers(self) -> list[tuple[str, str]]:
        """Without those that are the server's to send, or that the status does not have."""
        kept = []
        for name, value in self._headers:
            lower = name.lower()
            if lower == "connection":
                self.keep_alive = self.keep_alive and value.lower() != "close"
            elif lower != "content-length" or self._status[:3] != "204":  # RFC 9110 section 8.6
                kept.append((name, value))
        return kept

    def _framing(self, length: int | None) -> str:
        """The header that tells the end of the body, when the application did not; RFC 9112 section 6."""
        if self._bodiless:
            return f"Content-Length: {length}\r\n" if length and self._method == "HEAD" else ""
        if length is not None:
            self._left = length
            return f"Content-Length: {length}\r\n"
        if self._minor:
            self._chunked = True
            return "Transfer-Encoding: chunked\r\n"
        self.keep_alive = False
        return ""


def _columns(headers: list[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names, and the values."""
    names, values = zip(*headers, strict=True) if headers else ((), ())
    return names, values


@lru_cache(maxsize=256)  # most answers have the same names in the same order
def _layout(names: tuple[str, ...]) -> tuple[str, dict[str, int]]:
    """How headers of these names are written, with %s for the values; each name's place, in lower case."""
    _refuse_breaks("".join(names))
    text = "".join([f"{name.replace('%', '%%')}: %s\r\n" for name in names])
    return text, {name.lower(): place for place, name in enumerate(names)}


def _refuse_breaks(text: str) -> None:
    if "\n" in text or "\r" in text:
        raise ValueError("a line break in a header of the answer")
