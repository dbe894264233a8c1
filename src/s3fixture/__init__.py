"""S3 for tests and local development: `serve`, `mock_s3`, and the types of the pytest fixtures."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint
    from s3fixture.errors import S3FixtureError
    from s3fixture.mocking import mock_s3
    from s3fixture.pytest_plugin.handle import S3
    from s3fixture.serving import serve
    from s3fixture.settings import Settings

__all__ = ["S3", "Endpoint", "S3FixtureError", "Settings", "mock_s3", "serve"]

_MODULES = {
    "S3": "s3fixture.pytest_plugin.handle",
    "Endpoint": "s3fixture.backends.endpoint",
    "S3FixtureError": "s3fixture.errors",
    "Settings": "s3fixture.settings",
    "mock_s3": "s3fixture.mocking",
    "serve": "s3fixture.serving",
}


def __getattr__(name: str) -> Any:
    """Import on first use: the pytest plugin imports this package in every test run."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
