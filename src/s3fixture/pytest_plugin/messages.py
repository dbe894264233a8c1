"""Errors for people: one clear text instead of a traceback through this plugin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from s3fixture.errors import S3FixtureError, SettingError


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn S3FixtureError into a failure that pytest shows as its text alone."""
    try:
        yield
    except S3FixtureError as error:
        text = error.spelled(_option) if isinstance(error, SettingError) else str(error)
        raise pytest.fail.Exception(f"s3fixture: {text}", pytrace=False) from None  # its causes say no more


def _option(setting: str) -> str:
    return f"--s3-{setting.replace('_', '-')}"
