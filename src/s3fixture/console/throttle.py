"""Slowing down those who guess keys."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_FREE = 5  # wrong log-ins before anyone has to wait
_FIRST_WAIT = 1.0  # seconds, doubled with each further one
_LONGEST_WAIT = 60.0  # short enough that nobody can lock another out for good
_FORGET = 900.0  # seconds without a wrong log-in
_MOST = 2000  # names remembered


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


class Throttle:
    """Counts wrong log-ins by name: an address, an access key. `now` gives seconds that never go back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def enter(self, *names: str) -> float:
        """Seconds until any of these may try again. 0.0: now, and it counts as wrong until `succeeded`.

        So it is no use to try many at once.
        """
        with self._lock:
            wait = max(map(self._wait, names))
            if not wait:
                for name in names:
                    self._count(name)
        return wait

    def succeeded(self, *names: str) -> None:
        """Forget the wrong log-ins of these."""
        with self._lock:
            for name in names:
                self._failures.pop(name, None)

    def _count(self, name: str) -> None:
        known = self._failures.get(name)
        fresh = known is None or self._now() - known.last > _FORGET
        count = 1 if known is None or fresh else known.count + 1
        self._failures[name] = _Failures(count, self._now())
        self._failures.move_to_end(name)
        if len(self._failures) > _MOST:
            self._failures.popitem(last=False)

    def _wait(self, name: str) -> float:
        known = self._failures.get(name)
        if known is None or known.count < _FREE:
            return 0.0
        wait = min(_FIRST_WAIT * 2.0 ** min(known.count - _FREE, 10), _LONGEST_WAIT)
        return max(0.0, known.last + wait - self._now())
