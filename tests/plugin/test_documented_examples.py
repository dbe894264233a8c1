"""The tests in our pages are run as they stand there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "page",
    [
        "access.md",
        "events.md",
        "index.md",
        "lifecycle.md",
        "migration.md",
        "replication-and-logs.md",
        "tutorial.md",
    ],
)
def test_the_examples_of_a_page_pass(page: str, run: Callable[..., pytest.RunResult]) -> None:
    blocks = _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    source = "\n\n".join(blocks)
    run(source).assert_outcomes(passed=source.count("def test_"))
