"""Ports of this machine, for servers that are told which one to listen on."""

from __future__ import annotations

import os
import socket

from s3fixture.errors import PortInUseError


def free_port(host: str) -> int:
    """A port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def check_free(host: str, port: int, setting: str = "port") -> None:
    """PortInUseError, about that setting, when it is not free now."""
    if not is_free(host, port):
        raise PortInUseError(host, port, setting)
