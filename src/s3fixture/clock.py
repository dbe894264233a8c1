"""The one source of time and of ids in a server. Tests move it; requests are answered by no other clock."""

from __future__ import annotations

import base64
import secrets
import time
import zlib
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from itertools import count
from random import Random

from s3fixture.errors import S3FixtureError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Version ids hold numbers that go up, each multiplied by an odd one, so that they look like any others.
_NUMBERS = 2**64
_MIXED = 0x9E3779B97F4A7C15  # odd, so it has an inverse
_UNMIXED = pow(_MIXED, -1, _NUMBERS)
_LATEST = 221845392000.0  # seconds: the year 9000; what lasts 100 years still ends in the calendar


def utc(seconds: float) -> datetime:
    """Seconds since the epoch as an aware UTC datetime."""
    return datetime.fromtimestamp(seconds, timezone.utc)


@lru_cache(maxsize=1024)  # one object is read again and again, and a second has many answers
def http_date(second: int) -> str:
    """Thu, 29 Feb 2024 12:00:00 GMT, in any locale (RFC 9110 section 5.6.7)."""
    t = EPOCH + timedelta(seconds=second)
    return f"{DAYS[t.weekday()]}, {t.day:02d} {MONTHS[t.month - 1]} {t.year:04d} {t:%H:%M:%S} GMT"


def is_version_id(text: str) -> bool:
    """Whether a clock may have made this version id. S3, too, tells ids of its own from invented ones."""
    return len(text) == 32 and text[26:] == _check(text[:26])


def version_order(text: str) -> int:
    """A number that is greater for the version ids that a clock made later; `text` is one of them."""
    number = base64.urlsafe_b64decode(text[:11].replace(".", "-") + "=")
    return int.from_bytes(number, "big") * _UNMIXED % _NUMBERS


def is_upload_id(text: str, key: str) -> bool:
    """Whether a clock may have made this id for an upload of `key`."""
    return len(text) == 72 and text[60:66] == _check(text[:60] + key)


def is_upload_id_of(text: str, key: str, initiator: str) -> bool:
    """Whether a clock may have made this id for an upload of `key` that `initiator` began."""
    return is_upload_id(text, key) and text[66:] == _check(text[:66] + initiator)


def _check(text: str) -> str:
    checksum = zlib.crc32(text.encode("utf-8", "replace")).to_bytes(4, "big")
    return base64.urlsafe_b64encode(checksum)[:6].decode().replace("-", ".")


class Clock:
    """Wall time with an offset that tests move, and the ids that S3 hands out."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._passed = 0.0
        self._frozen: float | None = None
        self._numbers = count(time.time_ns())  # of version ids: greater than those of a server before it
        self._random = Random()  # noqa: S311 - for ids that tell requests apart and guard nothing
        self.host_id = base64.b64encode(self._random.randbytes(42)).decode()
        """An opaque base64 string, as in `x-amz-id-2`: it names a server."""

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
        """The present instant as the header `Date` has it."""
        return http_date(int(self.time()))

    def move(self, seconds: float) -> None:
        """Make the clock wrong by `seconds` (negative: slow), also for the signatures of clients.

        Raises S3FixtureError for a time before 1970 or after the year 8999.
        """
        self._offset += self._checked(seconds)

    def let_pass(self, seconds: float) -> None:
        """Let `seconds` pass, for clients as well: links expire and locks end, signatures stay valid.

        Raises S3FixtureError as `move`.
        """
        self._passed += self._checked(seconds)

    def _checked(self, seconds: float) -> float:
        if not 0 <= self.time() + seconds < _LATEST:  # nor is NaN between them
            raise S3FixtureError(
                f"the clock cannot be moved by {seconds:g} s: it goes from 1970 to the year 8999"
            )
        return seconds

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

    def etag(self) -> str:
        """32 hexadecimal digits: an ETag that is not a digest."""
        return f"{self._random.getrandbits(128):032x}"

    def version_id(self) -> str:
        """32 letters, digits, `.` and `_`, as S3's are.

        The first 11 tell `version_order` and nobody else when it was made; the last six are a checksum.
        """
        number = (next(self._numbers) * _MIXED % _NUMBERS).to_bytes(8, "big")
        text = base64.urlsafe_b64encode(number)[:11].decode() + secrets.token_urlsafe(12)[:15]
        text = text.replace("-", ".")
        return text + _check(text)

    @staticmethod
    def upload_id(key: str, initiator: str) -> str:
        """An opaque URL-safe string; its end are checksums that `is_upload_id` and its like know."""
        text = secrets.token_urlsafe(45)
        text += _check(text + key)
        return text + _check(text + initiator)
