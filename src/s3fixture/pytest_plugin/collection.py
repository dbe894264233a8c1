"""Looks at the collected tests before the first one runs: whether any uses S3, and which markers cannot work.

It runs in every test run, so it imports what tests with S3 need only when there are such tests.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from s3fixture.pytest_plugin import MAIN_SERVER, MARKER, SESSION
from s3fixture.pytest_plugin.options import is_on

MISPLACED = pytest.StashKey[bool]()
"""Whether a test has the marker, but no fixture with a server."""

DESELECTED = pytest.StashKey[bool]()
"""Whether tests were taken out after they were collected, as by `-k`."""

_Node = pytest.Item | pytest.Collector


def uses_s3(item: pytest.Item) -> bool:
    """Whether the test asks by name for a fixture with a server."""
    return SESSION in getattr(item, "fixturenames", ())


def inspect_tests(items: Iterable[pytest.Item], config: pytest.Config) -> None:
    """Switch isolation on if there are tests with S3."""
    found = False
    marked: dict[_Node | None, tuple[_Node, ...]] = {None: ()}
    useful: set[_Node] = set()  # nodes with our marker that have a test with a server
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
    is_whole = _is_whole(config)
    for item, markers in others:
        item.stash[MISPLACED] = item in markers or (is_whole and useful.isdisjoint(markers))
    if found or useful or others or is_on(config, "guard"):
        from s3fixture.pytest_plugin.isolation import isolation_of

        isolation_of(config).activate()
        if not hasattr(config, "workerinput"):  # there the fixture reports errors
            _check_options(config)


def _is_whole(config: pytest.Config) -> bool:
    """Whether all tests of each class and module are there; else one that uses a marker may be missing."""
    named = any("::" in argument for argument in config.args)
    return not (named or config.stash.get(DESELECTED, False) or config.getoption("lf", False))


def _check_options(config: pytest.Config) -> None:
    from s3fixture.errors import S3FixtureError
    from s3fixture.pytest_plugin.launch import check_options
    from s3fixture.pytest_plugin.messages import text_of

    try:
        check_options(config)
    except S3FixtureError as error:
        raise pytest.UsageError(text_of(error)) from error


def _marked(node: _Node | None, known: dict[_Node | None, tuple[_Node, ...]]) -> tuple[_Node, ...]:
    """The node and its parents, as far as they have our marker; cached in `known`."""
    if node not in known:
        assert node is not None
        above = _marked(node.parent, known)
        known[node] = (node, *above) if _is_marked(node) else above
    return known[node]


def _is_marked(node: _Node) -> bool:
    return any(mark.name == MARKER for mark in node.own_markers)
