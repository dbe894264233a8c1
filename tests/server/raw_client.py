"""A client that sends exactly the bytes it is told, and applications to send them to."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from s3fixture.server import Server

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Serve = Callable[..., Server]

HOST = b"Host: a\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Contexts(NamedTuple):
    """Those of a server over TLS, and of clients that trust it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


class RawClient:
    """One connection, over TLS with `trusting`. `answer()` reads one answer, and leaves the next there."""

    def __init__(
        self,
        port: int,
        host: str = "127.0.0.1",
        timeout: float = 20.0,
        trusting: ssl.SSLContext | None = None,
    ) -> None:
        self.sock = socket.create_connection((host, port), timeout)
        if trusting is not None:
            self.sock = trusting.wrap_socket(self.sock, server_hostname=host)
        self._file = self.sock.makefile("rb")

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self.sock.close()

    def reset(self) -> None:
        """Close without a goodbye: the server gets a reset."""
        layout = "hh" if sys.platform == "win32" else "ii"
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(layout, 1, 0))
        self.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def head(self) -> tuple[int, dict[str, str]]:
        status_line = self._file.readline()
        assert status_line.startswith(b"HTTP/1.1 "), status_line
        headers: dict[str, str] = {}
        while (line := self._file.readline()) != b"\r\n":
            assert line.endswith(b"\r\n"), line
            name, _, value = line.decode("latin-1").partition(":")
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value.strip()
        return int(status_line.split()[1]), headers

    def answer(self, method: str = "GET") -> Answer:
        status, headers = self.head()
        return Answer(status, headers, self._body(status, headers, method))

    def ask(self, data: bytes, method: str = "GET") -> Answer:
        self.send(data)
        return self.answer(method)

    def closed(self) -> bool:
        """Whether the server ends the connection with nothing further. Waits for either."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def _body(self, status: int, headers: dict[str, str], method: str) -> bytes:
        if method == "HEAD" or status in (204, 304):
            return b""
        if headers.get("transfer-encoding") == "chunked":
            pieces = []
            while size := int(self._file.readline(), 16):
                pieces.append(self._file.read(size))
                assert self._file.read(2) == b"\r\n"
            assert self._file.readline() == b"\r\n"
            return b"".join(pieces)
        if "content-length" in headers:
            return self._file.read(int(headers["content-length"]))
        return self._file.read()


Connect = Callable[[Server], RawClient]


def hello(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Does not look at the body."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [body]


def describe(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The environ as JSON, without what is not text."""
    texts = {name: value for name, value in environ.items() if isinstance(value, (str, dict))}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(texts).encode()]
