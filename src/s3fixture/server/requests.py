"""An HTTP/1.1 request from its bytes: RFC 9112, strict where leniency would be unsafe.

First its head, then its body, which the application reads as `wsgi.input`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from s3fixture.expressions import Expression

from .bounds import ClientDisconnected, MalformedBody, MalformedRequest
from .receiver import Receiver

_METHODS = frozenset(("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"))
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VERSION = re.compile(r"HTTP/([0-9])\.([0-9])")
_HOST = re.compile(r"[!$&'()*+,;=%\-._~:\[\]0-9A-Za-z]*")
_ABSOLUTE = Expression(r"https?://([^/?#]+)(.*)", re.IGNORECASE)
_CONTROLS = bytes(code for code in range(32) if code != 9) + b"\x7f"  # a tab may be in a value
_ONLY_ONCE = frozenset(("content-length", "host", "content-type"))
_MOST_NAMES = 1024  # names remembered: clients invent them (x-amz-meta-*)
_LONGEST_NAME = 64  # characters of a name that is remembered
_LONGEST_LENGTH = 18  # decimal digits of a Content-Length


@dataclass(slots=True, eq=False, repr=False)
class RequestHead:
    """One request without its body."""

    method: str
    target: str
    """As sent, but absolute-form is reduced to origin-form; "*" for OPTIONS."""
    minor: int
    """0 for HTTP/1.0, 1 for HTTP/1.1."""
    headers: dict[str, str]
    """Names in lower case; repeated ones joined with ","."""
    variables: dict[str, str]
    """The same as WSGI spells it: HTTP_*, CONTENT_TYPE, CONTENT_LENGTH."""
    content_length: int
    """0 when not sent."""
    chunked: bool
    keep_alive: bool
    expects_continue: bool
    size: int
    """Bytes as it was sent."""

    @property
    def path_info(self) -> str:
        """PATH_INFO: percent-decoded, bytes as latin-1 text."""
        path = self.target.partition("?")[0]
        if path == "*":
            return ""
        return unquote(path, "latin-1") if "%" in path else path

    @property
    def query_string(self) -> str:
        """Everything after the first "?", as sent."""
        return self.target.partition("?")[2]


class HeadParser:
    """Parses heads. Remembers the names of headers that it has seen; may be shared by threads."""

    def __init__(self, header_count: int) -> None:
        self._header_count = header_count
        self._names: dict[str, tuple[str, str]] = {}

    def parse(self, raw: bytes) -> RequestHead:
        """`raw` has no final empty line. Raises MalformedRequest when it is not a request of HTTP/1.x."""
        lines = _split(raw)
        method, target, minor = _request_line(lines[0])
        if len(lines) - 1 > self._header_count:
            raise MalformedRequest(431, f"more than {self._header_count} headers")
        headers, variables = self._headers(lines)
        authority = ""
        if target[0] != "/":
            target, authority = _reduce(method, target)
        if authority:
            _check_host(authority)
        _require_host(headers, minor)
        if authority:
            headers["host"] = variables["HTTP_HOST"] = authority
        return RequestHead(
            method,
            target,
            minor,
            headers,
            variables,
            _content_length(headers) if "content-length" in headers else 0,
            "transfer-encoding" in headers and _is_chunked(headers, minor),
            _keeps_alive(headers, minor) if "connection" in headers else minor > 0,
            "expect" in headers and _expects_continue(headers, minor),
            len(raw),
        )

    def _headers(self, lines: list[str]) -> tuple[dict[str, str], dict[str, str]]:
        names = self._names
        headers: dict[str, str] = {}
        variables: dict[str, str] = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon:
                raise MalformedRequest(400, f"a header line without a colon: {_shorten(line)}")
            lower, variable = names.get(name) or self._learn(name)
            value = value.strip(" \t")
            if lower in headers:
                if lower in _ONLY_ONCE:
                    raise MalformedRequest(400, f"the header {name} is sent more than once")
                if lower == "authorization":
                    raise _not_implemented("Authorization")
                value = f"{headers[lower]},{value}"
            headers[lower] = variables[variable] = value
        return headers, variables

    def _learn(self, name: str) -> tuple[str, str]:
        if not _TOKEN.fullmatch(name):
            # Also a folded line and a blank before the colon, RFC 9112 sections 5.1 and 5.2.
            raise MalformedRequest(400, f"not the name of a header: {_shorten(name)}")
        lower = name.lower()
        variable = lower.upper().replace("-", "_")
        if lower not in ("content-type", "content-length"):
            variable = "HTTP_" + variable
        if len(self._names) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
            self._names[name] = lower, variable
        return lower, variable


def _split(raw: bytes) -> list[str]:
    lines = raw.decode("latin-1").split("\r\n")
    breaks = len(lines) - 1
    if len(raw.translate(None, _CONTROLS)) != len(raw) - 2 * breaks:
        if raw.count(b"\r") != breaks or raw.count(b"\n") != breaks:
            raise MalformedRequest(400, "lines must end with CR LF")
        raise MalformedRequest(400, "control characters in the head of the request")
    return lines


def _request_line(line: str) -> tuple[str, str, int]:
    words = line.split(" ")
    if len(words) != 3:
        raise MalformedRequest(400, f"not a request line: {_shorten(line)}")
    method, target, version = words
    if version != "HTTP/1.1":
        _check_version(version)
    if method not in _METHODS and not _TOKEN.fullmatch(method):
        raise MalformedRequest(400, f"not a method: {_shorten(method)}")
    if not target or not target.isascii() or "\t" in target:
        raise MalformedRequest(400, f"not a request target: {_shorten(target)}")
    return method, target, 0 if version == "HTTP/1.0" else 1


def _check_version(version: str) -> None:
    match = _VERSION.fullmatch(version)
    if match is None:
        raise MalformedRequest(400, f"not a version of HTTP: {_shorten(version)}")
    if match[1] != "1":
        raise MalformedRequest(505, f"{version} is not served here, only HTTP/1.1 and HTTP/1.0")


def _reduce(method: str, target: str) -> tuple[str, str]:
    """Origin-form and authority of an absolute target; RFC 9112 section 3.2."""
    if target == "*" and method == "OPTIONS":
        return target, ""
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise MalformedRequest(400, f"not a request target for {method}: {_shorten(target)}")
    authority, rest = match.groups()
    return (rest if rest.startswith("/") else "/" + rest), authority


def _require_host(headers: dict[str, str], minor: int) -> None:
    host = headers.get("host")
    if host is not None:
        _check_host(host)
    elif minor:
        raise MalformedRequest(400, "an HTTP/1.1 request needs a Host header")


@lru_cache(maxsize=64)  # requests name the same few; what raises is not kept
def _check_host(host: str) -> None:
    if not _HOST.fullmatch(host):
        raise MalformedRequest(400, f"not a host: {_shorten(host)}")


def _content_length(headers: dict[str, str]) -> int:
    value = headers["content-length"]
    if not (value.isascii() and value.isdigit()) or len(value) > _LONGEST_LENGTH:
        raise MalformedRequest(400, f"not a Content-Length: {_shorten(value)}")
    return int(value)


def _is_chunked(headers: dict[str, str], minor: int) -> bool:
    """RFC 9112 section 6.1: everything that could let two readers disagree on the length is refused."""
    if "content-length" in headers:
        raise MalformedRequest(400, "Content-Length and Transfer-Encoding exclude each other")
    if not minor:
        raise MalformedRequest(400, "HTTP/1.0 has no Transfer-Encoding")
    coding = headers["transfer-encoding"].lower()
    if coding == "chunked":
        return True
    if coding.endswith("chunked") and coding.count("chunked") == 1:
        raise _not_implemented("Transfer-Encoding")
    raise MalformedRequest(400, f"a Transfer-Encoding must end with chunked, once: {_shorten(coding)}")


def _keeps_alive(headers: dict[str, str], minor: int) -> bool:
    options = {option.strip() for option in headers["connection"].lower().split(",")}
    return "close" not in options and (minor > 0 or "keep-alive" in options)


def _expects_continue(headers: dict[str, str], minor: int) -> bool:
    """RFC 9110 section 10.1.1: ignored from HTTP/1.0; S3 ignores other expectations than 100-continue."""
    return minor > 0 and headers["expect"].lower() == "100-continue"


def _not_implemented(header: str) -> MalformedRequest:
    """As S3 answers two Authorization headers and other transfer codings (quirk 41)."""
    return MalformedRequest(501, f"what the header {header} asks for is not implemented", header)


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "…")


_PIECE = 1024 * 1024
_LINE_READ = 8192
_CHUNK_LINE = 1024  # size and extensions of one chunk, and each trailer
_TRAILERS = 64
_CHUNK_SIZE = Expression(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;.*)?")
_TRAILER = Expression(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*")


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
