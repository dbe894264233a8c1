"""Sessions of logged-in people, kept in this process, with a random token in a cookie.

They are not in a signed cookie, so that logging out ends a session for good. Only digests of the tokens are
stored, so that the time of a look-up tells nothing about other tokens.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from s3fixture.auth.identity import Identity

LIFETIME = 12 * 3600.0  # seconds from log-in
IDLE = 4 * 3600.0  # seconds without a request
_MOST = 500  # sessions; beyond it, the one unused for longest is removed


@dataclass(slots=True)
class Session:
    """One session. Every change must carry its token `csrf`."""

    identity: Identity
    csrf: str
    began: float
    used: float

    def accepts(self, csrf: str) -> bool:
        """Whether a change has this session's token; compared in constant time."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode("utf-8", "replace"))


class Sessions:
    """All sessions of one console. `now` gives seconds that never go back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()

    def begin(self, identity: Identity) -> tuple[str, Session]:
        """A new session and its token."""
        token = secrets.token_urlsafe(32)
        now = self._now()
        session = Session(identity, secrets.token_urlsafe(32), now, now)
        with self._lock:
            self._sessions[_digest(token)] = session
            if len(self._sessions) > _MOST:
                self._sessions.popitem(last=False)
        return token, session

    def find(self, token: str) -> Session | None:
        """The session of `token`; None when it is unknown, ended or expired."""
        name, now = _digest(token), self._now()
        with self._lock:
            session = self._sessions.get(name)
            if session is None:
                return None
            if now - session.began > LIFETIME or now - session.used > IDLE:
                del self._sessions[name]
                return None
            session.used = now
            self._sessions.move_to_end(name)
            return session

    def end(self, token: str) -> None:
        """Log out; safe to call twice."""
        with self._lock:
            self._sessions.pop(_digest(token), None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
