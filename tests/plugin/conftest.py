"""For the tests of the plugin: test runs inside test runs."""

from __future__ import annotations

from collections.abc import Callable

import boto3.session  # noqa: F401 - pytester forgets what is first imported in a run, and it would be again
import pytest

import s3fixture.app
import s3fixture.backends.emulator
import s3fixture.backends.session
import s3fixture.seeding
import s3fixture.server  # noqa: F401

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Write a test file and run it in this process, with warnings as errors."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)

    def run(source: str, *arguments: str, conftest: str = "") -> pytest.RunResult:
        pytester.makepyfile(source)
        if conftest:
            pytester.makeconftest(conftest)
        return pytester.runpytest_inprocess("-W", "error", "-p", "no:cacheprovider", *arguments)

    return run
