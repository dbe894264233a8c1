"""Slows down clients that guess keys.

Wrong log-ins count only for the address that they come from, so nobody can lock out the owner of a key.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

_FREE = 5  # wrong log-ins before anyone has to wait
_FIRST_WAIT = 1.0  # seconds, doubled with each further one
_LONGEST_WAIT = 60.0
_FORGET = 900.0  # seconds without a wrong log-in
_MOST = 2000  # addresses remembered
_NETWORK = 64  # bits of an IPv6 address that are its network's; a client may choose the others


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last: float = 0.0
    key: bytes = b""  # the digest of the access key that was tried last
    of_key: int = 0  # how often in a row


class Throttle:
    """Counts wrong log-ins by address. `now` gives seconds that never go back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def enter(self, address: str, access_key: str) -> float:
        """Seconds until `address` may try again. 0.0: now, and it counts as wrong until `succeeded`.

        So trying many at once does not help.
        """
        origin, key = _origin(address), digest(access_key)
        with self._lock:
            wait = self._wait(origin)
            if not wait:
                self._count(origin, key)
        return wait

    def waiting(self, address: str) -> float:
        """Seconds until `address` may try again, without counting anything."""
        with self._lock:
            return self._wait(_origin(address))

    def succeeded(self, address: str, access_key: str) -> None:
        """Forget the wrong log-ins of `address` with this key.

        Those with other keys stay, because somebody with their own keys could guess others without end.
        """
        origin, key = _origin(address), digest(access_key)
        with self._lock:
            known = self._failures.get(origin)
            if known is None or known.key != key:
                return
            known.count -= known.of_key
            known.of_key = 0
            if not known.count:
                del self._failures[origin]

    def _count(self, origin: str, key: bytes) -> None:
        known = self._failures.get(origin)
        if known is None or self._now() - known.last > _FORGET:
            known = self._failures[origin] = _Failures()
        known.of_key = known.of_key + 1 if known.key == key else 1
        known.count, known.last, known.key = known.count + 1, self._now(), key
        self._failures.move_to_end(origin)
        if len(self._failures) > _MOST:
            self._failures.popitem(last=False)

    def _wait(self, origin: str) -> float:
        known = self._failures.get(origin)
        if known is None or known.count < _FREE:
            return 0.0
        wait = min(_FIRST_WAIT * 2.0 ** min(known.count - _FREE, 10), _LONGEST_WAIT)
        return max(0.0, known.last + wait - self._now())


def _origin(address: str) -> str:
    """The address; for IPv6, its network."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or int(found) >> 128 - _NETWORK)


def digest(text: str) -> bytes:
    """A digest, so that a comparison does not show the length of a secret."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
