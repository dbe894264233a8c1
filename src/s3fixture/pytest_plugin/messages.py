"""Errors for people: one clear text instead of a traceback through this plugin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from s3fixture.errors import S3FixtureError


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn S3FixtureError into a failure that pytest shows as its text alone."""
    try:
        yield
    except S3FixtureError as error:
        # The rooms below speak of --port, as `s3fixture up` calls it.
        text = f"s3fixture: {error}".replace(" --port", " --s3-port")
        raise pytest.fail.Exception(text, pytrace=False) from None  # the text says all that its causes do
