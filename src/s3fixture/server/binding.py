"""Opening the port, with errors that say what to do."""

from __future__ import annotations

import errno
import socket
import sys

from s3fixture.errors import PortForbiddenError, PortInUseError, S3FixtureError, SettingError

_BACKLOG = 1024
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - how a client reaches such a server


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on `host`:`port`. S3FixtureError when that cannot be done."""
    if not 0 <= port <= 65535:
        raise S3FixtureError(f"port {port} does not exist; choose one from 1 to 65535, or 0 for a free one")
    family, address = _resolve(host, port)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        _set_options(sock, family)
        sock.bind(address)
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise _explained(error, host, port) from error
    return sock


def url_host(sock: socket.socket) -> str:
    """The address of `sock` as a URL writes it; one of this machine when it listens on all."""
    host = str(sock.getsockname()[0])
    host = _ANY_ADDRESS.get(host, host)
    return f"[{host}]" if ":" in host else host


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise S3FixtureError(
            f"the host {host!r} is unknown ({error}); use 127.0.0.1, or 0.0.0.0 for all addresses"
        ) from error
    # A name such as localhost may have both kinds of address; clients try IPv4 in any case.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    family, _, _, _, address = found[0]
    return family, address


def _set_options(sock: socket.socket, family: socket.AddressFamily) -> None:
    if sys.platform == "win32":
        # SO_REUSEADDR would let two servers share a port there.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6 and socket.has_dualstack_ipv6():
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)


def _explained(error: OSError, host: str, port: int) -> S3FixtureError:
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(host, port)
    if error.errno == errno.EACCES:
        return PortForbiddenError(host, port)
    if error.errno == errno.EADDRNOTAVAIL:
        return SettingError(
            f"{host} is not an address of this machine",
            "choose 127.0.0.1, or 0.0.0.0 for all addresses, with {host}",
        )
    return S3FixtureError(f"cannot listen on port {port} of {host}: {error.strerror or error}")
