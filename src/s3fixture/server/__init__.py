"""A small HTTP/1.1 listener for WSGI applications: keep-alive, strict, quick to start and to stop."""

from __future__ import annotations

from .bounds import ClientDisconnected, Limits, MalformedBody, plain_error
from .listener import Server

__all__ = ["ClientDisconnected", "Limits", "MalformedBody", "Server", "plain_error"]
