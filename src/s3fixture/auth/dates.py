"""Times as requests and errors write them, to and from seconds since the epoch."""

from __future__ import annotations

from calendar import timegm
from datetime import datetime, timezone
from email.utils import parsedate_tz
from functools import lru_cache


@lru_cache(maxsize=64)  # the requests of one second carry the same text
def parse_basic(text: str) -> int | None:
    """`20130524T000000Z` as seconds, or None when it is not such a time."""
    if len(text) != 16 or text[8] != "T" or text[15] != "Z" or not text.isascii():
        return None
    digits = text[:8] + text[9:15]
    if not digits.isdigit():
        return None
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[9:11]), int(text[11:13]), int(text[13:15])
    if hour > 23 or minute > 59 or second > 59:
        return None
    if day > 28 or not 1 <= month <= 12 or day < 1 or year < 1970:  # only the rare need the calendar
        try:
            datetime(year, month, day)
        except ValueError:
            return None
    return timegm((year, month, day, hour, minute, second))


def parse_any(text: str) -> int | None:
    """A basic ISO time or an HTTP date as seconds; None when it is neither or lies before 1970."""
    seconds = parse_basic(text)
    if seconds is None:
        parsed = parsedate_tz(text)
        if parsed is None or parsed[0] < 1970:
            return None
        try:
            seconds = timegm(parsed[:6]) - (parsed[9] or 0)
        except ValueError:
            return None
    return seconds if seconds >= 0 else None


def is_scope_date(text: str) -> bool:
    """Whether `text` is a date written as `20130524`."""
    return len(text) == 8 and parse_basic(text + "T000000Z") is not None


def basic(seconds: float) -> str:
    """`20130524T000000Z`"""
    return _utc(seconds).strftime("%Y%m%dT%H%M%SZ")


def extended(seconds: float) -> str:
    """`2013-05-24T00:00:00Z`"""
    return _utc(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
