"""What the collected tests tell before the first one runs: whether any uses S3, which marker cannot work.

It is called in every test run, so it imports what tests with S3 need only when there are any.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from s3fixture.pytest_plugin import MAIN_SERVER, MARKER, SESSION
from s3fixture.pytest_plugin.options import value

MISPLACED = pytest.StashKey[bool]()
"""Of a test: whether its marker has no server to work on."""

_Node = pytest.Item | pytest.Collector


def uses_s3(item: pytest.Item) -> bool:
    """Whether a fixture with a server is among those that the test asks for by name."""
    return SESSION in getattr(item, "fixturenames", ())


def look_through(items: Iterable[pytest.Item], config: pytest.Config) -> None:
    """Switch on what tests with S3 need, if there are any."""
    found = False
    marked: dict[_Node | None, tuple[_Node, ...]] = {None: ()}
    useful: set[_Node] = set()  # what has our marker, and a test that reaches the server
    others: list[tuple[pytest.Item, tuple[_Node, ...]]] = []
    for item in items:
        markers = _marked(item.parent, marked)
        if _is_marked(item):
            markers = (item, *markers)
        names: list[str] = getattr(item, "fixturenames", [])
        if SESSION in names:
            found = True
            useful.update(markers)
        elif not markers:
            continue
        elif "request" in names:  # it may ask for a fixture of this plugin while it runs
            useful.update(markers)
            if item in markers:
                names[:0] = [SESSION, MAIN_SERVER]
        else:
            others.append((item, markers))
    for item, markers in others:
        item.stash[MISPLACED] = item in markers or useful.isdisjoint(markers)
    if found or useful or others or value(config, "guard"):
        from s3fixture.pytest_plugin.isolation import isolation_of

        isolation_of(config).activate()
        if not hasattr(config, "workerinput"):  # there the fixture tells
            _check_options(config)


def _check_options(config: pytest.Config) -> None:
    from s3fixture.errors import S3FixtureError
    from s3fixture.pytest_plugin.launch import check_options
    from s3fixture.pytest_plugin.messages import text_of

    try:
        check_options(config)
    except S3FixtureError as error:
        raise pytest.UsageError(text_of(error)) from error


def _marked(node: _Node | None, known: dict[_Node | None, tuple[_Node, ...]]) -> tuple[_Node, ...]:
    """Of a node and those above it, the ones with our marker; looked up once for each."""
    if node not in known:
        assert node is not None
        above = _marked(node.parent, known)
        known[node] = (node, *above) if _is_marked(node) else above
    return known[node]


def _is_marked(node: _Node) -> bool:
    return any(mark.name == MARKER for mark in node.own_markers)
