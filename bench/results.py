"""What was measured, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Subject = TypeVar("Subject")
Samples = dict[Key, list[list[float]]]  # who -> turns -> what was measured in the turn


@dataclass(frozen=True)
class Row:
    """One line of the table: a value for each subject, and its ratio to the baseline."""

    name: str
    unit: str
    values: Mapping[str, float]
    baseline: str = ""
    ratios: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


def in_turns(
    subjects: Mapping[Key, Subject], measure: Callable[[Subject], Sequence[float]], rounds: int
) -> Samples[Key]:
    """Let each subject be measured once a round; what disturbs the machine disturbs all of them.

    The order turns with the rounds, so that nobody always comes after the same neighbour.
    """
    samples: Samples[Key] = {name: [] for name in subjects}
    names = list(subjects)
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            samples[name].append(list(measure(subjects[name])))
    return samples


def row(
    name: str,
    unit: str,
    samples: Mapping[str, Sequence[Sequence[float]]],
    baseline: str = "",
    note: str = "",
    *,
    more_is_better: bool = False,
) -> Row:
    """The undisturbed value of each, and how many times the baseline's it is."""
    values = {who: undisturbed(turns, more_is_better=more_is_better) for who, turns in samples.items()}
    floor = values.get(baseline)
    ratios = {who: value / floor for who, value in values.items() if who != baseline} if floor else {}
    return Row(name, unit, values, baseline, ratios, note)


def undisturbed(turns: Iterable[Sequence[float]], *, more_is_better: bool = False) -> float:
    """The best tenth percentile: what else the machine does only ever makes a sample worse."""
    ordered = sorted((sample for turn in turns for sample in turn), reverse=more_is_better)
    return ordered[len(ordered) // 10]


def joined(one: Row, other: Row) -> Row:
    """Both rows in one; where they have the same subject, the first is right."""
    return replace(one, values={**other.values, **one.values}, ratios={**other.ratios, **one.ratios})


def table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Plain text whose columns line up; a ratio stands behind the value it belongs to."""
    shown = [column for column in columns if any(column in row.values for row in rows)]
    lines = [["", "unit", *shown]]
    lines += [[row.name, row.unit, *(_cell(row, column) for column in shown)] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [_joined(line, widths) for line in lines]
    text.insert(1, "  ".join("-" * width for width in widths))
    notes = dict.fromkeys(row.note for row in rows if row.note)
    return "\n".join([*(line.rstrip() for line in text), "", *notes]).rstrip()


def _joined(line: Sequence[str], widths: Sequence[int]) -> str:
    """The first two columns are words, the others numbers."""
    cells = zip(line, widths, strict=True)
    return "  ".join(
        cell.ljust(width) if place < 2 else cell.rjust(width) for place, (cell, width) in enumerate(cells)
    )


def _cell(row: Row, column: str) -> str:
    if column not in row.values:
        return "-"
    ratio = f" {row.ratios[column]:7.2f}x" if column in row.ratios else " " * 9
    return f"{_number(row.values[column])}{ratio}"


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def as_json(rows: Sequence[Row], machine: Mapping[str, str]) -> str:
    return json.dumps({"machine": dict(machine), "rows": [asdict(row) for row in rows]}, indent=2)
