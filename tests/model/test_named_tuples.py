"""s3fixture.named_tuples: classes like those of typing.NamedTuple."""

from __future__ import annotations

import ast
import copy
import pickle
import typing
from collections.abc import Mapping
from pathlib import Path

import pytest

import s3fixture
from s3fixture.named_tuples import NamedTuple

NOTHING: Mapping[str, str] = {}


class Ours(NamedTuple):
    """A class."""

    number: int
    text: str | None = None
    """What it is."""
    table: Mapping[str, str] = NOTHING

    @property
    def double(self) -> int:
        return 2 * self.number

    @classmethod
    def of(cls, text: str) -> Ours:
        return cls(int(text))

    def __str__(self) -> str:
        return f"number {self.number}"


class Theirs(typing.NamedTuple):
    """A class."""

    number: int
    text: str | None = None
    """What it is."""
    table: Mapping[str, str] = NOTHING


def test_a_class_has_what_one_of_typing_has() -> None:
    ours, theirs = Ours(1, table={"a": "b"}), Theirs(1, table={"a": "b"})

    assert tuple(ours) == tuple(theirs)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert set(dir(Theirs)) - set(dir(Ours)) <= {"__annotate_func__", "__orig_bases__"}
    assert Ours._fields == Theirs._fields
    assert Ours._field_defaults == Theirs._field_defaults
    assert (Ours.__doc__, Ours.__module__, Ours.__qualname__) == ("A class.", __name__, "Ours")
    assert typing.get_type_hints(Ours) == typing.get_type_hints(Theirs)
    assert copy.copy(ours) == ours == pickle.loads(pickle.dumps(ours))  # noqa: S301 - our own bytes


def test_methods_and_properties_stand_in_the_class() -> None:
    assert (Ours(2).double, Ours.of("3"), str(Ours(4))) == (4, Ours(3), "number 4")


def test_a_missing_or_unknown_field_is_a_type_error() -> None:
    for wrong in ("Ours()", "Ours(1, other=2)", "Ours(1, None, {}, 4)"):
        with pytest.raises(TypeError):
            eval(wrong)  # noqa: S307 - mypy need not see it


def test_no_class_of_the_package_has_another_base() -> None:
    for path in Path(s3fixture.__file__).parent.rglob("*.py"):
        if path.stem == "render_worker":  # a program that imports nothing of the package
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "typing" and path.stem != "named_tuples":
                assert "NamedTuple" not in [name.name for name in node.names], path
