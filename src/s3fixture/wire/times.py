"""Times in all the forms that requests, answers and errors have.

Every reader returns None for what is not a time between the years 1 and 9999.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from math import floor

from s3fixture import clock
from s3fixture.clock import DAYS, EPOCH, MONTHS
from s3fixture.expressions import Expression
from s3fixture.limits import LATEST_TIME

_ISO = Expression(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?)?"
)
_SECONDS = Expression(r"-?[0-9]{1,11}(?:\.[0-9]{1,9})?")
_LONGEST = 64  # characters of an HTTP date; the standard library's reader takes numbers of any length


def parse_time(text: str) -> datetime | None:
    """An aware datetime in UTC out of ISO 8601, seconds since the epoch, or an HTTP date."""
    text = text.strip()
    return parse_iso(text) or parse_seconds(text) or parse_http(text)


def parse_iso(text: str) -> datetime | None:
    """`2013-05-24`, or with a time behind it; in UTC where it does not say another zone."""
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    *numbers, fraction, zone = match.groups(default="0")
    year, month, day, hour, minute, second = map(int, numbers)
    micros = int(fraction.ljust(6, "0")[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, micros, tzinfo=timezone.utc)
        return moment - _offset(zone)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timedelta:
    if zone in ("0", "Z"):
        return timedelta()
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return offset if zone[0] == "+" else -offset


def parse_seconds(text: str) -> datetime | None:
    """Seconds since the epoch, perhaps with a fraction."""
    if not _SECONDS.fullmatch(text) or not float(text) <= LATEST_TIME:
        return None
    try:
        return EPOCH + timedelta(seconds=float(text))
    except OverflowError:  # before the year 1
        return None


def parse_http(text: str) -> datetime | None:
    """`Fri, 24 May 2013 00:00:00 GMT`, and the older forms of mail and HTTP."""
    if len(text) > _LONGEST:
        return None
    from email.utils import parsedate_to_datetime  # imported when used: few requests have such a date

    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def parse_basic(text: str) -> int | None:
    """`20130524T000000Z`, since 1970, as seconds since the epoch."""
    return _parse_basic(text) if len(text) == 16 else None


@lru_cache(maxsize=64)  # the requests of one second carry the same text
def _parse_basic(text: str) -> int | None:
    if text[8] != "T" or text[15] != "Z" or not text.isascii():
        return None
    digits = text[:8] + text[9:15]
    if not digits.isdigit():
        return None
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[9:11]), int(text[11:13]), int(text[13:15])
    if hour > 23 or minute > 59 or second > 59:
        return None
    try:
        days = date(year, month, day).toordinal() - EPOCH.toordinal()
    except ValueError:
        return None
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def parse_signing_time(text: str) -> int | None:
    """The basic form or an HTTP date, since 1970, as seconds since the epoch."""
    seconds = parse_basic(text)
    if seconds is None:
        moment = parse_http(text)
        seconds = floor(moment.timestamp()) if moment else None
    return seconds if seconds is not None and seconds >= 0 else None


def is_scope_date(text: str) -> bool:
    """Whether `text` is a date written as `20130524`."""
    return len(text) == 8 and parse_basic(text + "T000000Z") is not None


def iso_basic(seconds: float) -> str:
    """`20130524T000000Z`"""
    return iso_extended(seconds).replace("-", "").replace(":", "")


def iso_extended(seconds: float) -> str:
    """`2013-05-24T00:00:00Z`; the last second of the year 9999 for what ends later."""
    return (EPOCH + timedelta(seconds=min(floor(seconds), LATEST_TIME))).isoformat()[:19] + "Z"


Moment = datetime | float
"""An aware datetime, or seconds since the epoch, as the store has them."""


def iso_millis(moment: Moment) -> str:
    """2024-02-29T12:00:00.250Z"""
    if not isinstance(moment, datetime):
        moment = EPOCH + timedelta(seconds=moment)
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")[:23] + "Z"


def iso_seconds(moment: Moment) -> str:
    """2024-02-29T12:00:00.000Z, whatever the fraction (quirk 31)."""
    return _iso_second(floor(moment.timestamp() if isinstance(moment, datetime) else moment))


def http_date(moment: Moment) -> str:
    """Thu, 29 Feb 2024 12:00:00 GMT, in any locale (RFC 9110 section 5.6.7)."""
    return clock.http_date(floor(moment.timestamp() if isinstance(moment, datetime) else moment))


def pacific_time(moment: datetime) -> str:
    """Tue Dec 31 16:00:00 PST 2019, as S3's errors about retention have it: Java's form, in Seattle."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # imported when used: for one error

    try:
        local = moment.astimezone(ZoneInfo("America/Los_Angeles"))
    except ZoneInfoNotFoundError:  # a system without a database of time zones
        local = moment.astimezone(timezone(timedelta(hours=-8), "PST"))
    day, month = DAYS[local.weekday()], MONTHS[local.month - 1]
    return f"{day} {month} {local.day:02d} {local:%H:%M:%S} {local.tzname()} {local.year:04d}"


# Formatting a time takes longer than all the rest of a listing's entry, and entries share their times.
@lru_cache(maxsize=4096)
def _iso_second(seconds: int) -> str:
    minute, second = divmod(seconds, 60)
    return f"{_iso_minute(minute)}{second:02d}.000Z"


@lru_cache(maxsize=4096)
def _iso_minute(minute: int) -> str:
    return (EPOCH + timedelta(minutes=minute)).isoformat(timespec="minutes")[:16] + ":"
