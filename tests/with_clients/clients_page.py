"""Write the table of docs/clients.md, after `nox -s clients more_clients`.

Each run of a group leaves a report in JUnit's form. What it says of a client replaces what results.json has;
a client that was not run, or was skipped, keeps its former result.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "clients.md"
RESULTS = HERE / "results.json"
REPORTS = ROOT / "build" / "clients"
BEGIN, END = "<!-- clients: made by tests/with_clients/clients_page.py -->", "<!-- end of clients -->"
HEAD = ("client", "version", "result", "what is tested", "how to configure it")
NOT_PASSED = ("failure", "error", "skipped")
DEFAULT_CONFIGURATION = "the variables"


@dataclass
class Case:
    """One test of a report."""

    group: str
    name: str
    outcome: str
    date: str
    properties: dict[str, str] = field(default_factory=dict)


def facts() -> dict[str, Any]:
    """What clients.toml says."""
    found: dict[str, Any] = tomllib.loads((HERE / "clients.toml").read_text(encoding="utf-8"))
    return found


def is_test_of(client: dict[str, Any], name: str) -> bool:
    """True where the test `FILE::NAME[PARAMETERS]` is one of the client's."""
    return any(name == test or name.startswith((f"{test}::", f"{test}[")) for test in client["tests"])


def cases_of(report: Path) -> list[Case]:
    """The tests of a JUnit report."""
    found = []
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314 - pytest wrote it
        date = suite.get("timestamp", "")[:10]
        for case in suite.iter("testcase"):
            file = case.get("classname", "").split(".")[-1] + ".py"
            outcome = next(
                (tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None), "passed"
            )
            properties = {item.get("name", ""): item.get("value", "") for item in case.iter("property")}
            found.append(Case(report.stem, f"{file}::{case.get('name')}", outcome, date, properties))
    return found


def result(client: dict[str, Any], cases: list[Case]) -> dict[str, Any] | None:
    """What the tests of a client showed; None where none of them ran."""
    ran = [
        case for case in cases if client.get("group", case.group) == case.group and case.outcome != "skipped"
    ]
    own = [case for case in ran if is_test_of(client, case.name)]
    if not own:
        return None
    failed = [case.name for case in own if case.outcome != "passed"]
    version = next((case.properties["version"] for case in own if "version" in case.properties), "")
    return {"version": version, "date": max(case.date for case in own), "tests": len(own), "failed": failed}


def table(known: dict[str, Any], results: dict[str, Any]) -> str:
    """The tables of the page, in Markdown."""
    lines = [
        "| client | version | result | what is tested | how to configure it |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [_row(client, results.get(client["name"])) for client in sorted(known["clients"], key=_by_name)]
    for client in sorted(known["by_hand"], key=_by_name):
        lines.append(_cells(client, client["version"], "by hand"))
    return "\n".join(lines)


def _row(client: dict[str, Any], found: dict[str, Any] | None) -> str:
    if not found:
        return _cells(client, "", f"not run: {client['not_run']}" if "not_run" in client else "not run yet")
    if not found["failed"]:
        return _cells(client, found["version"], f"{_tests(found['tests'])} passed, {found['date']}")
    return _cells(client, found["version"], f"{len(found['failed'])} of {_tests(found['tests'])} failed")


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"


def _by_name(client: dict[str, Any]) -> str:
    return str(client["name"]).lower()


def _cells(client: dict[str, Any], version: str, result: str) -> str:
    cells = [
        client["name"],
        version,
        result,
        client["does"],
        client.get("configuration", DEFAULT_CONFIGURATION),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    known = facts()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    cases = [case for report in sorted(REPORTS.glob("*.xml")) for case in cases_of(report)]
    results |= {client["name"]: found for client in known["clients"] if (found := result(client, cases))}
    names = {client["name"] for client in known["clients"]}
    results = {name: results[name] for name in sorted(results) if name in names}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(known, results)}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
