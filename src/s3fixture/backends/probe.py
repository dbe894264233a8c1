"""One HTTP request without keys, proxies or profiles: whether a server answers, and what."""

from __future__ import annotations

import http.client
from email.message import Message
from typing import NamedTuple
from urllib.parse import urlsplit


class Answer(NamedTuple):
    """What a server says; `headers` are found whatever the case of their names."""

    status: int
    headers: Message


def ask(url: str, path: str = "/", *, method: str = "GET", seconds: float) -> Answer:
    """Ask the server at `url` for `path`. Raises OSError when nobody answers in HTTP within that time."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=seconds)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return Answer(response.status, response.headers)
        finally:
            connection.close()
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"no HTTP: {error}") from error
