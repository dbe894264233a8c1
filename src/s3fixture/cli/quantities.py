"""Spans of time and sizes on the command line: `30s`, `1h30m`, `7d`; `512`, `64KiB`, `10MB`."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable

from s3fixture.errors import S3FixtureError
from s3fixture.sizes import parse_size

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:[0-9]{1,9}[smhd])+|[0-9]{1,9}")
_PART = re.compile(r"([0-9]+)([smhd]?)")


def parse_duration(text: str, option: str) -> int:
    """Seconds; a bare number is in seconds. Raises S3FixtureError, which names the option."""
    if not _DURATION.fullmatch(text):
        raise S3FixtureError(f"{option} {text!r} is not a time; write it as 30s, 15m, 1h30m or 7d")
    return sum(int(number) * _UNITS[unit or "s"] for number, unit in _PART.findall(text))


def parse_ages(older_than: str | None, newer_than: str | None) -> Callable[[float], bool]:
    """Whether what was written then (seconds since the epoch) is so old and so new. Raises S3FixtureError."""
    now = time.time()
    latest = now - parse_duration(older_than, "--older-than") if older_than is not None else math.inf
    earliest = now - parse_duration(newer_than, "--newer-than") if newer_than is not None else -math.inf
    return lambda written: earliest < written < latest


def parse_bytes(text: str, option: str) -> int:
    """A size in bytes. Raises S3FixtureError, which names the option."""
    size = parse_size(text)
    if size is None:
        raise S3FixtureError(f"{option} {text!r} is not a size; write it as 512, 64KiB or 10MB")
    return size
