"""Sizes and numbers as people read them."""

from __future__ import annotations

import re

from s3fixture.expressions import Expression

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_SIZE = Expression(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([KMGTPE]?)(I?)B?", re.I | re.A)


def human_size(size: int) -> str:
    """`512 B`, `1.5 KiB`, `20 MiB`: powers of 1,024, a decimal below ten, as `mc` prints them."""
    value, unit = float(size), 0
    while round(value) >= 1024 and unit < len(_UNITS) - 1:
        value /= 1024
        unit += 1
    decimals = 1 if unit and round(value, 1) < 10 else 0
    return f"{value:.{decimals}f} {_UNITS[unit]}"


def counted(number: int, noun: str) -> str:
    """`1 object`, `2,000 objects`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def parse_size(text: str) -> int | None:
    """Bytes: `512`, `10MB` (powers of 1,000), `1.5MiB` (powers of 1,024), as `mc` reads them; else None."""
    match = _SIZE.fullmatch(text)
    if match is None or (match[3] and not match[2]):
        return None
    power = "KMGTPE".find(match[2].upper()) + 1 if match[2] else 0
    unit: int = (1024 if match[3] else 1000) ** power
    return round(float(match[1]) * unit)
