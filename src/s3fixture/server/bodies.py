"""Request bodies: what the application reads as `wsgi.input`."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

from .bounds import ClientDisconnected, MalformedBody
from .receiver import Receiver

_PIECE = 1024 * 1024
_LINE_READ = 8192
_CHUNK_LINE = 1024  # size and extensions of one chunk, and each trailer
_TRAILERS = 64
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;.*)?")
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*")


class Body(ABC):
    """A binary stream that ends where the request does. `read(n)` returns less than n bytes only at the end.

    Reading raises ClientDisconnected when the client goes away before the end.
    """

    __slots__ = ("_invite", "_peeked", "_receiver", "broken")

    def __init__(self, receiver: Receiver, invite: Callable[[], None] | None) -> None:
        """`invite` sends 100 Continue; it is called before the first read that needs the client."""
        self._receiver = receiver
        self._invite = invite
        self._peeked = b""
        self.broken = False
        """Whether reading failed: what follows on the connection has no meaning then."""

    @abstractmethod
    def _receive(self, limit: int) -> bytes:
        """Some bytes, at most `limit`; b"" at the end."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether everything was taken from the connection, so that the next request follows."""

    @property
    @abstractmethod
    def unread(self) -> int | None:
        """How many bytes are still on the connection; None when that is unknown."""

    @property
    def uninvited(self) -> bool:
        """Whether the client waits for a 100 Continue that was not sent."""
        return self._invite is not None and not self.finished

    def read(self, size: int | None = -1) -> bytes:
        """`size` bytes, or all when it is negative or None."""
        left = -1 if size is None else size
        if left == 0:
            return b""
        if left > 0:
            piece = self._some(left)
            if len(piece) == left or not piece:
                return piece
            pieces = [piece]
            left -= len(piece)
        else:
            pieces = []
        while left:
            piece = self._some(left if left > 0 else _PIECE)
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece) if left > 0 else 0
        return b"".join(pieces)

    def read1(self, size: int = -1) -> bytes:
        """What is there, at least a byte and at most `size`; b"" at the end. The way that copies least."""
        return self._some(size if size >= 0 else _PIECE) if size else b""

    def readline(self, size: int | None = -1) -> bytes:
        """To the next b"\\n", the end, or `size` bytes."""
        left = -1 if size is None else size
        pieces: list[bytes] = []
        while left:
            piece = self._some(_LINE_READ if left < 0 else min(left, _LINE_READ))
            if not piece:
                break
            end = piece.find(b"\n") + 1
            if end:
                self._peeked = piece[end:] + self._peeked
                pieces.append(piece[:end])
                break
            pieces.append(piece)
            left -= len(piece) if left > 0 else 0
        return b"".join(pieces)

    def readlines(self, hint: int | None = -1) -> list[bytes]:
        """All lines, or those that come to `hint` bytes."""
        lines: list[bytes] = []
        total = 0
        for line in self:
            lines.append(line)
            total += len(line)
            if hint is not None and 0 < hint <= total:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def drain(self, limit: int) -> bool:
        """Throw up to `limit` bytes away. Whether that was all."""
        while not self.finished and limit > 0:
            limit -= len(self._receive_or_break(limit))
        return self.finished

    def _some(self, limit: int) -> bytes:
        if self._peeked:
            piece, self._peeked = self._peeked[:limit], self._peeked[limit:]
            return piece
        return self._receive_or_break(limit)

    def _receive_or_break(self, limit: int) -> bytes:
        if self.broken:
            raise ClientDisconnected("an earlier read of this body failed")
        try:
            return self._receive(limit)
        except (ClientDisconnected, MalformedBody):
            self.broken = True
            raise

    def _ask(self) -> None:
        invite, self._invite = self._invite, None
        # RFC 9110 section 10.1.1: not needed when the client did not wait.
        if invite is not None and not self._receiver.buffered:
            invite()


class SizedBody(Body):
    """A body of Content-Length bytes; also the empty body."""

    __slots__ = ("_left", "_length")

    def __init__(self, receiver: Receiver, invite: Callable[[], None] | None, length: int) -> None:
        super().__init__(receiver, invite)
        self._length = self._left = length

    @property
    def finished(self) -> bool:
        return not self._left

    @property
    def unread(self) -> int | None:
        return self._left

    def _receive(self, limit: int) -> bytes:
        if not self._left:
            return b""
        if self._invite is not None:
            self._ask()
        piece = self._receiver.some(min(limit, self._left))
        if not piece:
            got = self._length - self._left
            raise ClientDisconnected(f"the client left after {got} of {self._length} bytes of its body")
        self._left -= len(piece)
        return piece


class ChunkedBody(Body):
    """A body in the chunked transfer coding, RFC 9112 section 7.1. Trailers are checked and dropped."""

    __slots__ = ("_ended", "_first", "_left")

    def __init__(self, receiver: Receiver, invite: Callable[[], None] | None) -> None:
        super().__init__(receiver, invite)
        self._first = True
        self._ended = False
        self._left = 0  # of the current chunk

    @property
    def finished(self) -> bool:
        return self._ended

    @property
    def unread(self) -> int | None:
        return 0 if self._ended else None

    def _receive(self, limit: int) -> bytes:
        if self._ended:
            return b""
        if self._invite is not None:
            self._ask()
        if not self._left:
            self._left = self._chunk_size()
            if not self._left:
                self._skip_trailers()
                self._ended = True
                return b""
        piece = self._receiver.some(min(limit, self._left))
        if not piece:
            raise ClientDisconnected("the client left within a chunked body")
        self._left -= len(piece)
        return piece

    def _chunk_size(self) -> int:
        if self._first:
            self._first = False
        else:
            self._receiver.line(0)  # the CR LF that ends the previous chunk
        line = self._receiver.line(_CHUNK_LINE)
        match = _CHUNK_SIZE.fullmatch(line)
        if match is None:
            raise MalformedBody(f"the size of a chunk is malformed: {line[:80]!r}")
        return int(match[1], 16)

    def _skip_trailers(self) -> None:
        for _ in range(_TRAILERS):
            line = self._receiver.line(_CHUNK_LINE * 8)
            if not line:
                return
            if not _TRAILER.fullmatch(line):
                raise MalformedBody(f"a trailer is malformed: {line[:80]!r}")
        raise MalformedBody(f"more than {_TRAILERS} trailers")


def open_body(receiver: Receiver, invite: Callable[[], None] | None, *, length: int, chunked: bool) -> Body:
    """The body that follows a head."""
    return ChunkedBody(receiver, invite) if chunked else SizedBody(receiver, invite, length)
