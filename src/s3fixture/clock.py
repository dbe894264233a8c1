"""The one source of time and of ids. Tests move it; nothing else in the project asks the system clock."""

from __future__ import annotations

import base64
import secrets
import time
from datetime import datetime, timezone
from email.utils import formatdate
from random import Random


def utc(seconds: float) -> datetime:
    """Seconds since the epoch as an aware UTC datetime."""
    return datetime.fromtimestamp(seconds, timezone.utc)


class Clock:
    """Wall time with an offset that tests move, and the ids that S3 hands out."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._passed = 0.0
        self._frozen: float | None = None
        self._date = (-1, "")  # the last second asked for, and its text
        self._random = Random()  # noqa: S311 - for ids that tell requests apart and guard nothing

    def time(self) -> float:
        """Seconds since the epoch, as this server sees them."""
        now = time.time() if self._frozen is None else self._frozen
        return now + self._offset + self._passed

    def clients_time(self) -> float:
        """What the clients' clocks should show, which no test can move: signatures are judged by it."""
        return self.time() - self._passed

    def now(self) -> datetime:
        """The same instant as an aware UTC datetime."""
        return utc(self.time())

    def http_date(self) -> str:
        """The present instant as the header `Date` has it; made once a second."""
        now = int(self.time())
        second, text = self._date
        if second != now:
            text = formatdate(now, usegmt=True)
            self._date = now, text
        return text

    def move(self, seconds: float) -> None:
        """Go `seconds` forward, or back when negative; then it is wrong, and clients' signatures are too."""
        self._offset += seconds

    def let_pass(self, seconds: float) -> None:
        """Have `seconds` gone by, for clients as well: links expire and locks end, signatures stay good."""
        self._passed += seconds

    def freeze(self) -> None:
        """Stop at the present instant; `move` still works."""
        self._frozen = time.time()

    def reset(self) -> None:
        """Back to the wall clock."""
        self._offset = self._passed = 0.0
        self._frozen = None

    def request_id(self) -> str:
        """16 upper-case characters, as in `x-amz-request-id`."""
        return f"{self._random.getrandbits(64):016X}"

    def host_id(self) -> str:
        """An opaque base64 string, as in `x-amz-id-2`."""
        return base64.b64encode(self._random.randbytes(42)).decode()

    def etag(self) -> str:
        """32 hexadecimal digits, as an ETag that is no digest has them."""
        return f"{self._random.getrandbits(128):032x}"

    @staticmethod
    def version_id() -> str:
        """32 URL-safe characters; S3 promises only that they are opaque."""
        return secrets.token_urlsafe(24)

    @staticmethod
    def upload_id() -> str:
        """An opaque URL-safe string."""
        return secrets.token_urlsafe(48)
