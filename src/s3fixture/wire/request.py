"""What comes in and what goes out: plain records, free of any server's types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol


class Stream(Protocol):
    """The part of a binary file that a body needs: `read(n)` gives up to n bytes, b"" at the end."""

    def read(self, n: int = -1, /) -> bytes: ...


@dataclass(slots=True, eq=False, repr=False)
class Request:
    """One HTTP request as it stood on the wire.

    `target` is the raw request target in origin form ("/b/k%20x?versions"). `headers` has lower-case names,
    stripped values as latin-1 text, and duplicates joined with ",". `body` is bounded: by Content-Length, or
    by the end of a chunked transfer coding, which is removed already.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: Stream
    scheme: str = "http"
    remote_addr: str = ""
    head_bytes: int = 0  # of the request line and the headers

    @property
    def path(self) -> str:
        """The target without its query, which may hold credentials; for logs."""
        return self.target.partition("?")[0]

    @property
    def host(self) -> str:
        """The Host header, "" without one."""
        return self.headers.get("host", "")


@dataclass(slots=True, eq=False, repr=False)
class Response:
    """An answer without the headers that every answer has (Date, Server, x-amz-request-id, x-amz-id-2).

    `body` is None where HTTP allows none (HEAD, 204, 304). Content-Length is among the headers whenever the
    length is known.
    """

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] | None = None
