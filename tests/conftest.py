"""For all tests."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("s3fixture", deadline=None)
settings.load_profile("s3fixture")

pytest_plugins = ["pytester"]

# pytester forgets what is first imported in a run, so that it would be imported again in each.
KEPT_MODULES = (
    "boto3.session",
    "s3fixture.app",
    "s3fixture.backends.control",
    "s3fixture.mocking",
    "s3fixture.pytest_plugin.handle",
    "s3fixture.pytest_plugin.isolation",
    "s3fixture.pytest_plugin.launch",
    "s3fixture.pytest_plugin.resources",
    "s3fixture.pytest_plugin.workers",
    "s3fixture.boto3_sessions",
    "s3fixture.seeding",
    "s3fixture.server",
)
# Hypothesis would be imported in each run.
QUIETLY = ("-W", "error", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")


def pytest_configure() -> None:
    """A shell lets what it starts with `&` ignore Ctrl-C, and so would the programs that tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_default_session_is_left() -> Iterator[None]:
    """`boto3.client()` makes a session that boto3 keeps, and tests of what boto3 keeps may come after."""
    before = _default_session()
    yield
    assert _default_session() is before, "make the client by boto3.session.Session().client(...)"


def _default_session() -> Any:
    return getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)


@pytest.fixture(scope="session")
def _kept_modules() -> None:
    """Of a wider scope than pytester, and so before it has looked at what is imported."""
    for module in KEPT_MODULES:
        import_module(module)


@pytest.fixture
def run(
    _kept_modules: None, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., pytest.RunResult]:
    """Write a test file and run it in this process, with warnings as errors."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)

    def run(source: str, *arguments: str, conftest: str = "") -> pytest.RunResult:
        pytester.makepyfile(source)
        if conftest:
            pytester.makeconftest(conftest)
        return pytester.runpytest_inprocess(*QUIETLY, *arguments)

    return run
