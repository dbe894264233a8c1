"""The code of docs/client-fixtures.md, each section a test file. Spark's is in test_client_spark.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "client-fixtures.md"
_SECTION = re.compile(r"^## (.*?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = {
    name: "\n\n".join(_CODE.findall(text))
    for name, text in _SECTION.findall(PAGE.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("section", [name for name in SECTIONS if name != "Spark"])
def test_the_code_of_a_section_passes(section: str, run: Callable[..., pytest.RunResult]) -> None:
    code = SECTIONS[section]
    run(code, "-W", "default").assert_outcomes(passed=code.count("def test_"))
