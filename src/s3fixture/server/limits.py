"""What a listener takes from a client before it refuses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one connection: bytes, counts and seconds."""

    head_bytes: int = 64 * 1024
    """Request line and headers together; beyond it 431, or 414 when the request line alone is longer."""
    header_count: int = 256
    head_seconds: float = 20.0
    """From the first byte of a head to its last (and for a TLS handshake); beyond it 408."""
    idle_seconds: float = 60.0
    """Without a byte sent or received: between requests, within a body, within an answer."""
    drain_bytes: int = 64 * 1024
    """An unread request body up to this size is thrown away, so that the connection can be used again."""
    linger_seconds: float = 5.0
    """How long a connection closed with unread input is read on, lest a reset destroys the answer."""
