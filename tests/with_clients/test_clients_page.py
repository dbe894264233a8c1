"""docs/clients.md says what the results say, and every test file is in a group."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path

from clients_page import PAGE, RESULTS, facts, is_test_of, table

HERE = Path(__file__).parent
FILES = {path.name for path in HERE.glob("test_client*.py")}


def test_the_page_has_the_table_of_the_results() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))

    assert table(facts(), results) in PAGE.read_text(encoding="utf-8"), (
        "run tests/with_clients/clients_page.py"
    )


def test_every_client_has_a_result_or_a_reason() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))

    assert not [
        client["name"]
        for client in facts()["clients"]
        if not results.get(client["name"], {}).get("version") and "not_run" not in client
    ]


def test_every_file_is_run_by_a_group() -> None:
    assert set(chain.from_iterable(group["files"] for group in facts()["groups"].values())) == FILES


def test_the_tests_of_clients_exist() -> None:
    files = {test.partition("::")[0] for client in facts()["clients"] for test in client["tests"]}

    assert files <= FILES
    tests = [test for client in facts()["clients"] for test in client["tests"] if "::" in test]
    for file, _, name in (test.partition("::") for test in tests):
        assert f"def {name.partition('[')[0]}(" in (HERE / file).read_text(encoding="utf-8")


def test_a_test_is_of_a_client_by_its_file_its_name_and_its_parameter() -> None:
    assert is_test_of({"tests": ["a.py"]}, "a.py::test")
    assert is_test_of({"tests": ["a.py::test"]}, "a.py::test[x]")
    assert not is_test_of({"tests": ["a.py::test"]}, "a.py::test_other")
