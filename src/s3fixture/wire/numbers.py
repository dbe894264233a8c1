"""Numbers in texts from outside: ASCII digits, and no more of them than S3's own numbers have."""

from __future__ import annotations

from s3fixture.expressions import Expression
from s3fixture.limits import LARGEST_INTEGER

_INTEGER = Expression(r"[+-]?[0-9]{1,19}")
_DECIMAL = Expression(r"[+-]?[0-9]{1,19}(?:\.[0-9]{1,19})?")
_DIGITS = 19


def parse_integer(text: str) -> int | None:
    """A number of 64 bits, perhaps with a sign; None for anything else."""
    number = int(text) if _INTEGER.fullmatch(text) else None
    return number if number is not None and -LARGEST_INTEGER - 1 <= number <= LARGEST_INTEGER else None


def parse_count(text: str) -> int | None:
    """The same without a sign: a size, a number of seconds, a place in a list."""
    if len(text) > _DIGITS or not (text.isascii() and text.isdigit()):  # faster than an expression
        return None
    number = int(text)
    return number if number <= LARGEST_INTEGER else None


def parse_decimal(text: str) -> float | None:
    """A number of a policy's condition, perhaps with a fraction."""
    return float(text) if _DECIMAL.fullmatch(text) else None


def json_integer(text: str) -> int:
    """`parse_int` of a JSON reader. ValueError for more than 64 bits."""
    number = parse_integer(text)
    if number is None:
        raise ValueError(f"a number with more than 64 bits: {text[:20]}...")
    return number
