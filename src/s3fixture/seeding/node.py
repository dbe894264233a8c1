"""One value of a manifest, with its position, so that every error names the file and the field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from s3fixture.errors import S3FixtureError, did_you_mean


@dataclass(frozen=True, slots=True)
class Node:
    """`value` from YAML; `where` is like `seed.yaml: buckets[0].name`. Methods raise S3FixtureError."""

    value: Any
    where: str

    def error(self, what: str) -> S3FixtureError:
        """The error to raise, which says where in the manifest it is."""
        return S3FixtureError(f"{self.where}: {what}")

    def fields(self, known: Sequence[str], required: Sequence[str] = ()) -> dict[str, Node]:
        """The fields of a mapping. Refuses unknown fields, and missing required ones."""
        found = dict(self.pairs())
        for name in found:
            if name not in known:
                hint = did_you_mean(name, known) or f"; the fields are {', '.join(known)}"
                raise self.error(f"there is no field {name!r}{hint}")
        for name in required:
            if name not in found:
                raise self.error(f"the field {name!r} is missing; add it")
        return found

    def pairs(self) -> Iterator[tuple[str, Node]]:
        """Names and values of a mapping."""
        if not isinstance(self.value, dict):
            raise self.error(f"must be a mapping (name: value), not {_kind(self.value)}")
        separator = "." if ": " in self.where else ": "
        for name, value in self.value.items():
            if not isinstance(name, str):
                raise self.error(f"the name {name!r} is {_kind(name)}; put it in quotes")
            yield name, Node(value, f"{self.where}{separator}{name}")

    def entries(self) -> list[Node]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            raise self.error(f"must be a list, not {_kind(self.value)}")
        return [Node(entry, f"{self.where}[{number}]") for number, entry in enumerate(self.value)]

    def text(self, *, empty: bool = False) -> str:
        """A string; a number is accepted, too."""
        if isinstance(self.value, bool) or not isinstance(self.value, (str, int, float)):
            raise self.error(f"must be text, not {_kind(self.value)}; put it in quotes")
        if self.value == "" and not empty:
            raise self.error("must not be empty")
        return str(self.value)

    def ascii(self) -> str:
        """A string that can be in an HTTP header."""
        text = self.text(empty=True)
        if not text.isascii() or not text.isprintable():
            raise self.error(f"{text!r} cannot be in a header; use printable ASCII characters")
        return text

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.error(f"must be true or false, not {self.value!r}")
        return self.value


_KINDS = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "empty"}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), type(value).__name__)
