"""Patterns of the policy language: `*`, `?` and policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

Inside a compiled pattern a wildcard is a lone surrogate, which no text that arrives by HTTP can hold. So
what a variable stands for is never taken for a wildcard, and matching is linear, unlike a regular
expression with several `.*`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

Context = Mapping[str, Sequence[str]]  # lower-case condition key -> its values

_STAR, _ANY = "\ud800", "\ud801"
_WILDCARDS = str.maketrans("*?", _STAR + _ANY)
# A variable is `${NAME}` or `${NAME, 'DEFAULT'}`. Two expressions, so that what one has read is never read
# again by the other, whatever follows.
_NAME = re.compile(r"[^}',]*")
_END = re.compile(r"(?:,\s*'([^']*)'\s*)?\}")
_LITERALS = frozenset("*?$")  # ${*}, ${?} and ${$} stand for themselves
_LONGEST = 1024 * 1024  # characters of a filled pattern; no text in a request is as long, so it fits none


@dataclass(frozen=True, slots=True)
class Variable:
    key: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Compiled text: `fixed` when it has no variables, else `parts` to be filled for each request."""

    fixed: str | None
    parts: tuple[str | Variable, ...] = ()

    def fill(self, context: Context) -> str | None:
        """The pattern for one request; None when a variable has no single value, so nothing matches."""
        if self.fixed is not None:
            return self.fixed
        filled = []
        length = 0
        for part in self.parts:
            text = part if isinstance(part, str) else _value(part, context)
            if text is None:
                return None
            length += len(text)
            if length > _LONGEST:
                return None
            filled.append(text)
        return "".join(filled)

    @property
    def has_wildcard(self) -> bool:
        """Whether it can stand for more than one text (a variable can)."""
        return self.fixed is None or _STAR in self.fixed or _ANY in self.fixed


def compile_pattern(text: str, *, wildcards: bool, variables: bool) -> Pattern:
    """`variables` is false for policies of Version 2008-10-17, which have none."""
    if not variables or "${" not in text:
        return Pattern(text.translate(_WILDCARDS) if wildcards else text)
    parts: list[str | Variable] = []
    position = 0
    for start, end, name, default in _find_variables(text):
        before = text[position:start]
        parts.append(before.translate(_WILDCARDS) if wildcards else before)
        parts.append(name if name in _LITERALS else Variable(name.lower(), default))
        position = end
    rest = text[position:]
    parts.append(rest.translate(_WILDCARDS) if wildcards else rest)
    if all(isinstance(part, str) for part in parts):
        return Pattern("".join(part for part in parts if isinstance(part, str)))
    return Pattern(None, tuple(parts))


def _find_variables(text: str) -> Iterator[tuple[int, int, str, str | None]]:
    """Start, end, name and default of each variable."""
    start = text.find("${")
    while start >= 0:
        name = _NAME.match(text, start + 2)
        assert name is not None  # it matches nothing, too
        end = _END.match(text, name.end())
        if end is not None and name[0].strip():
            yield start, end.end(), name[0].strip(), end[1]
            start = text.find("${", end.end())
        else:  # nor is a variable what begins within that name, because it would end in the same way
            start = text.find("${", name.end() + 1)


def matches(pattern: str, text: str) -> bool:
    """Whether the filled `pattern` matches all of `text`."""
    if _STAR not in pattern:
        return _equal(pattern, text)
    first, *middle, last = pattern.split(_STAR)
    if len(text) < len(first) + len(last) or not _equal(first, text[: len(first)]):
        return False
    end = len(text) - len(last)
    if not _equal(last, text[end:]):
        return False
    position = len(first)
    for segment in middle:  # the leftmost place is as good as any, because a star follows
        found = _find(segment, text, position, end)
        if found < 0:
            return False
        position = found + len(segment)
    return True


def matches_arn(pattern: str, text: str) -> bool:
    """Like `matches`, for each of the six parts of an ARN by itself."""
    wanted, given = pattern.split(":", 5), text.split(":", 5)
    return len(wanted) == len(given) and all(map(matches, wanted, given))


def _equal(segment: str, text: str) -> bool:
    if _ANY not in segment:
        return segment == text
    return len(segment) == len(text) and all(
        wanted in (_ANY, given) for wanted, given in zip(segment, text, strict=True)
    )


def _find(segment: str, text: str, start: int, end: int) -> int:
    if _ANY not in segment:
        return text.find(segment, start, end)
    room = end - start - len(segment)
    if room < 0:
        return -1
    # All places are tried together: bit n of `fits` says that the segment may begin at n. So there is a step
    # for each character of the segment, and not for each pair of a place and a character.
    places = _places(text)
    fits = ((2 << room) - 1) << start
    for offset, character in enumerate(segment):
        if character != _ANY:
            fits &= places.get(character, 0) >> offset
    return (fits & -fits).bit_length() - 1


@lru_cache(maxsize=1)  # one text is compared with many patterns
def _places(text: str) -> Mapping[str, int]:
    """Each character of `text`, with a number that has bit n set where it is the n-th."""
    size = len(text) // 8 + 1
    bits: defaultdict[str, bytearray] = defaultdict(lambda: bytearray(size))
    for place, character in enumerate(text):
        bits[character][place >> 3] |= 1 << (place & 7)
    return {character: int.from_bytes(places, "little") for character, places in bits.items()}


def _value(variable: Variable, context: Context) -> str | None:
    values = context.get(variable.key)
    if values is None:
        return variable.default
    return values[0] if len(values) == 1 else None
