"""The pages about tests: each block of Python is a test file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("faults.md", "state.md")
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = [
    pytest.param(block, id=f"{page}-{number}")
    for page in PAGES
    for number, block in enumerate(_BLOCK.findall((DOCS / page).read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_a_test_file_that_passes(run: Run, block: str) -> None:
    outcomes = run(block).parseoutcomes()

    assert outcomes.keys() <= {"passed", "skipped"}
    assert outcomes
