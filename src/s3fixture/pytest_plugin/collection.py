"""What the collected tests tell before the first one runs: whether any uses S3, which marker cannot work."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from s3fixture.pytest_plugin.isolation import MISPLACED, isolation_of
from s3fixture.pytest_plugin.marker import MAIN_SERVER, NAME, SESSION, uses_s3

_Node = pytest.Item | pytest.Collector


def look_through(items: Iterable[pytest.Item], config: pytest.Config) -> None:
    """Switch on what tests with S3 need, if there are any. It costs others next to nothing."""
    found = False
    marked: dict[_Node | None, tuple[_Node, ...]] = {None: ()}
    useful: set[_Node] = set()  # what has our marker, and a test that reaches the server
    others: list[tuple[pytest.Item, tuple[_Node, ...]]] = []
    for item in items:
        markers = _marked(item.parent, marked)
        if _is_marked(item):
            markers = (item, *markers)
        names: list[str] = getattr(item, "fixturenames", [])
        if uses_s3(item):
            found = True
            useful.update(markers)
        elif not markers:
            continue
        elif "request" in names:  # it may ask for a fixture of ours while it runs
            useful.update(markers)
            if item in markers:
                names[:0] = [SESSION, MAIN_SERVER]
        else:
            others.append((item, markers))
    for item, markers in others:
        item.stash[MISPLACED] = item in markers or useful.isdisjoint(markers)
    if found or useful or others:
        isolation_of(config).activate(config)


def _marked(node: _Node | None, known: dict[_Node | None, tuple[_Node, ...]]) -> tuple[_Node, ...]:
    """Of a node and those above it, the ones with our marker; looked up once for each."""
    if node not in known:
        assert node is not None
        above = _marked(node.parent, known)
        known[node] = (node, *above) if _is_marked(node) else above
    return known[node]


def _is_marked(node: _Node) -> bool:
    return any(mark.name == NAME for mark in node.own_markers)
