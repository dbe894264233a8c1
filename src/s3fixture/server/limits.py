"""What a listener takes from a client before it refuses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one connection, and of all together: bytes, counts and seconds."""

    connections: int = 4096
    """Beyond it, the connection that would be given up next is closed for a new one."""
    threads: int = 512
    """Of clients that are waited for within a large body or answer; beyond it 503."""

    head_bytes: int = 64 * 1024
    """Request line and headers together; beyond it 431, or 414 when the request line alone is longer."""
    header_count: int = 256
    head_seconds: float = 20.0
    """From the first byte of a head to its last (and for a TLS handshake); beyond it 408."""
    idle_seconds: float = 60.0
    """Without a byte sent or received: between requests, within a body, within an answer."""
    body_bytes: int = 64 * 1024
    """A body up to this size costs no thread while it comes: the application is asked when all of it is
    there, which may take `idle_seconds`; beyond that 408."""
    body_rate: int = 1024
    """Bytes in a second that a larger body must have come with, on average, after `idle_seconds`."""
    drain_bytes: int = 64 * 1024
    """An unread request body up to this size is thrown away, so that the connection can be used again."""
    linger_seconds: float = 5.0
    """How long a connection closed with unread input is read on, lest a reset destroys the answer."""
