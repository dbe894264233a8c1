"""The blocks of Python in README.md and docs/ are run: those of a page, one below the other, are a test file.

A block of ```` ```py ```` is another tool's code and is not run. What readers need not see (a function that
stands for their own) is in a comment of the page, as in Sybil: from `<!-- invisible-code-block: python` to
`-->`. Why this is our own code: docs/decisions/0015.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]

CHECKOUT = Path(__file__).parents[2]
_BLOCK = re.compile(
    r"^(?:```python|<!-- invisible-code-block: python)\n(.*?)^(?:```|-->)$", re.MULTILINE | re.DOTALL
)
# Pages of clients, which tests/with_clients, tests/with_plugins and test_plugin_mlflow.py run.
ELSEWHERE = {"docs/client-fixtures.md", "docs/async.md", "docs/mlflow.md"}


def source_of(page: str) -> str:
    return "\n\n".join(_BLOCK.findall((CHECKOUT / page).read_text(encoding="utf-8")))


def pages() -> list[str]:
    paths = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
    names = [path.relative_to(CHECKOUT).as_posix() for path in paths]
    return [name for name in names if name not in ELSEWHERE and source_of(name)]


@pytest.mark.parametrize("page", pages())
def test_the_code_of_a_page_passes(page: str, run: Run, pytester: pytest.Pytester) -> None:
    shutil.copytree(CHECKOUT / "examples" / "seed", pytester.path / "data")  # the seed that pages name
    source = source_of(page)

    outcomes = run(source, "-rs").parseoutcomes()

    assert outcomes.keys() <= {"passed", "skipped"}
    assert sum(outcomes.values()) >= len(re.findall(r"^def test_", source, re.MULTILINE))
