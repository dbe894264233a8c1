"""A server with its console, and somebody who asks it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.test import Client, TestResponse

from s3fixture.console.security import CSRF_HEADER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from mypy_boto3_s3 import S3Client

    from s3fixture.app import App
    from s3fixture.backends.control import Control
    from s3fixture.console.application import Console


@dataclass
class Box:
    """One server, its console, and a client of the main account."""

    app: App
    console: Console
    api_url: str
    console_url: str
    s3: S3Client
    control: Control


def as_bytes(console: Console, address: str) -> WSGIApplication:
    """The console, with its headers made bytes as the listener makes them; what has no bytes is an error."""

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            for header in headers:
                assert b"\n" not in ": ".join(header).encode("latin-1")
            return start_response(status, headers, *more)

        return console({**environ, "REMOTE_ADDR": address}, start)

    return serve


class Visitor:
    """Somebody with a browser that runs no scripts."""

    def __init__(self, console: Console, address: str = "127.0.0.1") -> None:
        self.http = Client(as_bytes(console, address))
        self.csrf = ""

    def log_in(self, access_key: str = "minioadmin", secret_key: str = "minioadmin123") -> TestResponse:
        answer = self.http.post("/login", data={"access_key": access_key, "secret_key": secret_key})
        found = re.search(r'name="csrf-token" content="([^"]*)"', self.http.get("/connect").text)
        self.csrf = found[1] if found else ""
        return answer

    def get(self, path: str, **query: str) -> TestResponse:
        return self.http.get(path, query_string=query)

    def ask(self, method: str, path: str, document: Any = None, **query: str) -> TestResponse:
        """As the modules do."""
        body = b"" if document is None else json.dumps(document).encode()
        return self.send(method, path, body, "application/json", **query)

    def send(self, method: str, path: str, body: bytes, content_type: str = "", **query: str) -> TestResponse:
        return self.http.open(
            path,
            method=method,
            query_string=query,
            data=body,
            content_type=content_type or None,
            headers={CSRF_HEADER: self.csrf},
        )
