"""s3fixture.expressions: patterns that are compiled when they are first used."""

from __future__ import annotations

import re

import pytest

from s3fixture import expressions
from s3fixture.expressions import Expression


def test_an_expression_matches_as_its_pattern_does() -> None:
    expression, pattern = Expression("(a+)b", re.IGNORECASE), re.compile("(a+)b", re.IGNORECASE)

    for text in ("AAb", "xaab", "ab ab", "b", ""):
        for method in ("match", "search", "fullmatch"):
            found, expected = getattr(expression, method)(text), getattr(pattern, method)(text)
            assert (found and found.span(1)) == (expected and expected.span(1))
        assert expression.sub("-", text) == pattern.sub("-", text)
    assert (expression.pattern, expression.flags) == (pattern.pattern, pattern.flags)


def test_it_is_compiled_when_it_is_used_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[object] = []

    def compile_and_note(text: str, flags: int = 0) -> re.Pattern[str]:
        compiled.append(text)
        return re.compile(text, flags)

    monkeypatch.setattr(expressions, "re", type("re", (), {"compile": staticmethod(compile_and_note)}))
    expression = Expression("a")
    assert not compiled
    assert expression.fullmatch("a")
    assert expression.fullmatch("b") is None
    assert compiled == ["a"]
    assert not hasattr(expression, "nothing_of_the_kind")
