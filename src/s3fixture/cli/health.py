"""Asking a server whether it is there, without proxies, profiles or signatures."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from s3fixture.cli.state import Box

READY = "/minio/health/ready"


def is_up(box: Box) -> bool:
    """Whether the server of a box answers; only the emulator is known to say whether it is ready."""
    return answers(box.url) if box.backend == "emulator" else answers(box.url, "/", any_status=True)


def answers(url: str, path: str = READY, timeout: float = 2.0, *, any_status: bool = False) -> bool:
    """Whether the server at `url` says that it is ready, within `timeout` seconds."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200 or any_status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        return False
