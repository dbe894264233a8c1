"""Asking servers that may not be there, or hang, without waiting for long."""

from __future__ import annotations

import socket
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from s3fixture.backends.probe import ask

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint

_SECONDS = 3.0  # for any server to answer


def impatient_client(endpoint: Endpoint) -> S3Client:
    """A client that asks once, and not for long."""
    from botocore.config import Config

    config = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 1})
    return endpoint.client(config=config)


def listens(host: str, number: int) -> bool:
    try:
        with socket.create_connection((host, number), timeout=_SECONDS):
            return True
    except OSError:
        return False


def time_of(url: str) -> float | None:
    """The server's time in seconds since the epoch, None when it does not say."""
    try:
        date = ask(url, method="HEAD", seconds=_SECONDS).headers["Date"]
        return parsedate_to_datetime(date).timestamp() if date else None
    except (OSError, ValueError):
        return None
