"""Asking a server whether it is there, without proxies, profiles or signatures."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

READY = "/minio/health/ready"


def answers(url: str, path: str = READY, timeout: float = 2.0) -> bool:
    """Whether the server at `url` says that it is ready, within `timeout` seconds."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        return False
