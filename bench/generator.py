"""A load generator for machines without wrk: `python -m bench.generator URL SECONDS CONNECTIONS`.

Prints requests a second. It is one Python process: a server quicker than it is measured too low.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
import time
from urllib.parse import urlsplit

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Line:
    """One connection that asks again as soon as it has its answer."""

    def __init__(self, address: tuple[str, int], request: bytes) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._received = b""
        self.answers = 0
        self.socket.sendall(request)

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
        self.socket.sendall(self._request)


def main() -> None:
    url, seconds, connections = urlsplit(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    request = f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode()
    lines = [Line((url.hostname or "", url.port or 80), request) for _ in range(connections)]
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
