"""Sizes and numbers as people read them."""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


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
