"""`--s3-report`: the requests of a test run, and what they would cost at AWS.

Each test's part is made in the process that runs it, and is sent with the report of its teardown, so that it
also reaches the controller of pytest-xdist.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from s3fixture import prices
from s3fixture.records import RequestRecord
from s3fixture.sizes import counted, human_size

PROPERTY = "s3fixture"
_MOST = 5  # lines of each list
# Title of a list, member of a test's part with its [number, request], unit of the number.
_LISTS = (
    ("most requests", "requests", ""),
    ("slowest", "slowest", " ms"),
    ("most repeated", "repeated", "x"),
)


def part_of_test(records: Iterable[RequestRecord]) -> dict[str, Any]:
    """The requests of one test, as a JSON document."""
    operations: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    places: Counter[str] = Counter()
    usd, slowest = 0.0, (0.0, "")
    for record in records:
        sums = operations[record.operation or record.method]
        sums[0] += 1
        sums[1] += record.bytes_in
        sums[2] += record.bytes_out
        usd += prices.cost(record.operation, record.method, record.bytes_out)
        places[_place(record)] += 1
        slowest = max(slowest, (record.seconds * 1000, _place(record)))
    repeated = max(((count, place) for place, count in places.items() if count > 1), default=(0, ""))
    return {
        "operations": operations,
        "usd": usd,
        "requests": (_requests(operations), ""),
        "slowest": slowest,  # milliseconds
        "repeated": repeated,
    }


def _place(record: RequestRecord) -> str:
    where = "/".join(part for part in (record.bucket, record.key) if part)
    return f"{record.operation or record.method} {where}".strip()


class Reporter:
    """A plugin of pytest that collects the parts of all tests and reports the sum at the end."""

    def __init__(self, file: Path | None, *, prints: bool) -> None:
        self._file = file
        self._prints = prints
        self._parts: dict[str, Mapping[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, text in report.user_properties:
            if name == PROPERTY and report.when == "teardown":
                part = json.loads(str(text))
                former = self._parts.get(report.nodeid)
                self._parts[report.nodeid] = _merged(former, part) if former else part

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._file is not None and not hasattr(session.config, "workerinput"):
            document = {"prices": _prices(), "tests": self._parts, "total": self._total()}
            self._file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._prints:
            terminalreporter.section("requests to S3")
            for line in self._lines():
                terminalreporter.write_line(line)

    def _total(self) -> dict[str, Any]:
        operations: dict[str, list[int]] = {}
        for part in self._parts.values():
            operations = _added(operations, part["operations"])
        return {"operations": operations, "usd": sum(part["usd"] for part in self._parts.values())}

    def _lines(self) -> Iterator[str]:
        total = self._total()
        operations = total["operations"]
        if not operations:
            yield "none (fixtures, seeds and servers other than the emulator are not counted)"
            return
        requests, bytes_in, bytes_out = (sum(column) for column in zip(*operations.values(), strict=True))
        tests = sum(bool(part["operations"]) for part in self._parts.values())
        yield (
            f"{counted(requests, 'request')} of {counted(tests, 'test')}, {human_size(bytes_in)} in, "
            f"{human_size(bytes_out)} out; at AWS {_dollars(total['usd'])} ({prices.REGION}, "
            f"{prices.STORAGE_CLASS}, prices of {prices.AS_OF}, answers to the internet)"
        )
        width = max(map(len, operations))
        for operation, (count, taken, given) in sorted(operations.items(), key=lambda item: -item[1][0]):
            yield f"  {operation:{width}}  {count:7,}  {human_size(taken):>8} in  {human_size(given):>8} out"
        for title, name, unit in _LISTS:
            yield f"{title}:"
            yield from self._longest(name, unit)

    def _longest(self, name: str, unit: str) -> Iterator[str]:
        """The tests with the greatest number for this member."""
        found = sorted(((*part[name], test) for test, part in self._parts.items()), reverse=True)
        for number, what, test in found[:_MOST]:
            if number:
                yield "  ".join(filter(None, (f"  {number:6,.0f}{unit}", what, test)))


def _merged(former: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """The sum of the parts of two servers of one test."""
    merged = {name: max(former[name], part[name]) for _, name, _ in _LISTS}
    operations = _added(former["operations"], part["operations"])
    usd = former["usd"] + part["usd"]
    return {**merged, "operations": operations, "usd": usd, "requests": [_requests(operations), ""]}


def _added(former: Mapping[str, list[int]], more: Mapping[str, list[int]]) -> dict[str, list[int]]:
    nothing = [0, 0, 0]
    return {
        name: [a + b for a, b in zip(former.get(name, nothing), more.get(name, nothing), strict=True)]
        for name in sorted({*former, *more})
    }


def _requests(operations: Mapping[str, list[int]]) -> int:
    return sum(sums[0] for sums in operations.values())


def _dollars(usd: float) -> str:
    return f"${usd:.2f}" if usd >= 1 else f"${usd:.6f}"


def _prices() -> dict[str, Any]:
    return {
        "region": prices.REGION,
        "storage_class": prices.STORAGE_CLASS,
        "as_of": prices.AS_OF,
        "requests": dict(prices.REQUESTS),
        "byte_out": prices.OUT,
    }
