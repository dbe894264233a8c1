"""A load generator: `python -m bench.generator URL SECONDS CONNECTIONS`, for machines without wrk.

With a fourth argument, a number of bytes, it puts bodies of that size to the URLs on its standard input.
Prints requests a second. It is one Python process: a server quicker than it is measured too low.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from itertools import cycle, repeat
from urllib.parse import urlsplit

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Line:
    """One connection that asks again as soon as it has its answer, with the next of the requests."""

    def __init__(self, address: tuple[str, int], requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._received = b""
        self.answers = 0
        self.socket.sendall(next(requests))

    def receive(self) -> None:
        self._received += self.socket.recv(65536)
        head, ended, body = self._received.partition(b"\r\n\r\n")
        if not ended:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"answered {head[:200]!r}")
        found = LENGTH.search(head)
        if found is None:
            raise SystemExit("an answer without Content-Length")
        if len(body) < int(found[1]):
            return
        self.answers += 1
        self._received = b""
        if b"connection: close" in head.lower():
            raise SystemExit("the server closes each connection; measure it with wrk")
        self.socket.sendall(next(self._requests))


def request(method: str, url: str, body: bytes = b"") -> bytes:
    parts = urlsplit(url)
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    head = f"{method} {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n{length}\r\n"
    return head.encode() + body


def main() -> None:
    url, seconds, connections = urlsplit(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    requests: Iterator[bytes]
    if len(sys.argv) > 4:
        body = bytes(int(sys.argv[4]))
        requests = cycle([request("PUT", line.strip(), body) for line in sys.stdin])
    else:
        requests = repeat(request("GET", sys.argv[1]))
    lines = [Line((url.hostname or "", url.port or 80), requests) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line.socket, selectors.EVENT_READ, line)
        start = time.perf_counter()
        while time.perf_counter() < start + seconds:
            for key, _ in selector.select(1):
                key.data.receive()
        took = time.perf_counter() - start
    print(sum(line.answers for line in lines) / took)


if __name__ == "__main__":
    main()
