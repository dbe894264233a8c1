"""The three ways in which S3 writes a time: ISO 8601, HTTP's date, seconds since the epoch."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from math import floor

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?"
)
_SECONDS = re.compile(r"-?\d{1,11}(?:\.\d{1,9})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def parse_time(text: str) -> datetime | None:
    """An aware datetime in UTC out of any of the three forms; None for anything else."""
    text = text.strip()
    try:
        return _parse_iso(text) or _parse_seconds(text) or _parse_http(text)
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None


def _parse_iso(text: str) -> datetime | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups(default="0")
    micros = int(fraction.ljust(6, "0")[:6])
    moment = datetime(
        int(year), int(month), int(day), int(hour), int(minute), int(second), micros, tzinfo=timezone.utc
    )
    return moment - _offset(zone)


def _offset(zone: str) -> timedelta:
    if zone in ("0", "Z"):
        return timedelta()
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return offset if zone[0] == "+" else -offset


def _parse_seconds(text: str) -> datetime | None:
    if not _SECONDS.fullmatch(text):
        return None
    return _EPOCH + timedelta(seconds=float(text))


def _parse_http(text: str) -> datetime:
    moment = parsedate_to_datetime(text)
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


def iso_millis(moment: datetime) -> str:
    """2024-02-29T12:00:00.250Z"""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")[:23] + "Z"


def iso_seconds(moment: datetime) -> str:
    """2024-02-29T12:00:00.000Z, whatever the fraction (quirk 31)."""
    minute, second = divmod(floor(moment.timestamp()), 60)
    return f"{_iso_minute(minute)}{second:02d}.000Z"


def http_date(moment: datetime) -> str:
    """Thu, 29 Feb 2024 12:00:00 GMT, in any locale (RFC 9110 section 5.6.7)."""
    minute, second = divmod(floor(moment.timestamp()), 60)
    return f"{_http_minute(minute)}{second:02d} GMT"


def pacific_time(moment: datetime) -> str:
    """Tue Dec 31 16:00:00 PST 2019, as S3's errors about retention have it: Java's form, in Seattle."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # imported when used: for one error

    try:
        local = moment.astimezone(ZoneInfo("America/Los_Angeles"))
    except ZoneInfoNotFoundError:  # a system without a database of time zones
        local = moment.astimezone(timezone(timedelta(hours=-8), "PST"))
    day, month = _DAYS[local.weekday()], _MONTHS[local.month - 1]
    return f"{day} {month} {local.day:02d} {local:%H:%M:%S} {local.tzname()} {local.year:04d}"


def _at_minute(minute: int) -> datetime:
    return _EPOCH + timedelta(minutes=minute)


# Formatting a date takes longer than all the rest of a listing's entry, and entries share their minutes.
@lru_cache(maxsize=4096)
def _iso_minute(minute: int) -> str:
    return _at_minute(minute).isoformat(timespec="minutes")[:16] + ":"


@lru_cache(maxsize=4096)
def _http_minute(minute: int) -> str:
    t = _at_minute(minute)
    return (
        f"{_DAYS[t.weekday()]}, {t.day:02d} {_MONTHS[t.month - 1]} {t.year:04d} {t.hour:02d}:{t.minute:02d}:"
    )
