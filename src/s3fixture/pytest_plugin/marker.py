"""`@pytest.mark.s3(...)`: the buckets, seeds and settings of one test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from s3fixture.errors import S3FixtureError, did_you_mean
from s3fixture.named_tuples import NamedTuple
from s3fixture.pytest_plugin import MARKER

_FLAGS = ("versioning", "object_lock")
_KEYWORDS = ("buckets", "seed", *_FLAGS, "requires", "backends", "allow", "policy")


class MarkerArguments(NamedTuple):
    """The combined arguments of all s3 markers of a test."""

    buckets: tuple[str, ...] = ()
    seeds: tuple[Path, ...] = ()
    versioning: bool = False
    object_lock: bool = False
    requires: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    policy: Path | None = None


def marker_arguments(node: pytest.Item | pytest.Collector) -> MarkerArguments | None:
    """The combined arguments of a test's markers; None without one. S3FixtureError for wrong arguments.

    Lists of module, class and function are joined; for other arguments the nearest marker wins. Paths of
    seeds and policies are relative to the test file's folder.
    """
    markers = [_checked(marker) for marker in node.iter_markers(MARKER)]  # the nearest comes first
    if not markers:
        return None
    seeds = _gathered("seed", markers, (str, Path))
    return MarkerArguments(
        buckets=tuple(_gathered("buckets", markers)),
        seeds=tuple(node.path.parent / seed for seed in seeds),
        versioning=_nearest("versioning", markers),
        object_lock=_nearest("object_lock", markers),
        requires=tuple(_gathered("requires", markers)),
        allow=tuple(_gathered("allow", markers)),
        policy=_policy(node, markers),
    )


def _nearest(flag: str, markers: list[Mapping[str, Any]]) -> bool:
    return next((marker[flag] for marker in markers if flag in marker), False)


def _policy(node: pytest.Item | pytest.Collector, markers: list[Mapping[str, Any]]) -> Path | None:
    """The policy file of the nearest marker that has one."""
    named = next((marker["policy"] for marker in markers if marker.get("policy") is not None), None)
    if named is not None and not isinstance(named, (str, Path)):
        raise S3FixtureError(f"@pytest.mark.s3(policy=...) takes the path of a JSON file, not {named!r}")
    return None if named is None else node.path.parent / named


def _gathered(
    keyword: str, markers: list[Mapping[str, Any]], kinds: type | tuple[type, ...] = str
) -> list[Any]:
    """The values of all markers without repetitions, outermost marker first: a seed may build on another."""
    found = [item for marker in reversed(markers) for item in _listed(keyword, marker.get(keyword), kinds)]
    return list(dict.fromkeys(found))


def _checked(marker: pytest.Mark) -> Mapping[str, Any]:
    if marker.args:
        raise S3FixtureError(
            f"@pytest.mark.s3 takes keywords only ({', '.join(_KEYWORDS)}), not {marker.args[0]!r}"
        )
    for keyword in marker.kwargs:
        if keyword not in _KEYWORDS:
            near = did_you_mean(keyword, _KEYWORDS) or f"; it takes {', '.join(_KEYWORDS)}"
            raise S3FixtureError(f"@pytest.mark.s3 does not know the keyword {keyword!r}{near}")
    for flag in _FLAGS:
        if not isinstance(marker.kwargs.get(flag, False), bool):
            raise S3FixtureError(f"@pytest.mark.s3({flag}=...) takes True or False")
    return marker.kwargs


def _listed(keyword: str, value: Any, kinds: type | tuple[type, ...]) -> list[Any]:
    """One value or several, as a list."""
    if value is None:
        return []
    values = [value] if isinstance(value, (str, Path)) else value
    if not isinstance(values, Iterable) or isinstance(values, (bytes, Mapping)):
        raise S3FixtureError(f"@pytest.mark.s3({keyword}=...) takes a name or a list of names, not {value!r}")
    values = list(values)
    wrong = next((item for item in values if not isinstance(item, kinds)), None)
    if wrong is not None:
        raise S3FixtureError(f"@pytest.mark.s3({keyword}=...) takes names, not {wrong!r}")
    return values
