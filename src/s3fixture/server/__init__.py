"""A small HTTP/1.1 listener for WSGI applications: keep-alive, strict, quick to start and to stop."""

from __future__ import annotations

from .errors import ClientDisconnected, MalformedBody, plain_error
from .limits import Limits
from .listener import Server

__all__ = ["ClientDisconnected", "Limits", "MalformedBody", "Server", "plain_error"]
