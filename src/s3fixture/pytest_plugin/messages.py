"""Shows errors as one text, without a traceback through this plugin."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from s3fixture.errors import S3FixtureError, SettingError
from s3fixture.pytest_plugin.options import flag

_PACKAGE = Path(__file__).parents[1]
_FACTORIES = ("s3", "s3_bucket", "s3_client", "s3_env", "s3_resource")
# pytest's message: it has no exception class for this.
_SCOPE_MISMATCH = re.compile(r"function scoped fixture (\w+) with a (\w+) scoped request")


@contextlib.contextmanager
def readable_errors() -> Iterator[None]:
    """Turn S3FixtureError into a failure that pytest shows as its text alone."""
    try:
        yield
    except S3FixtureError as error:
        raise pytest.fail.Exception(
            text_of(error), pytrace=False
        ) from None  # its text includes that of its causes


@contextlib.contextmanager
def ending_session(session: pytest.Session) -> Iterator[None]:
    """Turn S3FixtureError into the end of the session, because no test with S3 can succeed."""
    try:
        yield
    except S3FixtureError as error:
        _end(session, text_of(error))


def text_of(error: S3FixtureError) -> str:
    """The error's text, with settings written as options of pytest."""
    return f"s3fixture: {error.spelled(_option) if isinstance(error, SettingError) else error}"


def _end(session: pytest.Session, text: str) -> NoReturn:
    if hasattr(session.config, "workerinput"):  # pytest-xdist treats a worker that exits as crashed
        session.shouldfail = text
        raise pytest.fail.Exception(text, pytrace=False) from None
    pytest.exit(text, returncode=pytest.ExitCode.USAGE_ERROR)


def explain_scope(report: pytest.TestReport, error: BaseException) -> None:
    """Add what to do when a fixture of wider scope asked for one of function scope."""
    match = _SCOPE_MISMATCH.search(str(error)) if isinstance(error, pytest.fail.Exception) else None
    if match is None or match[1] not in _FACTORIES:
        return
    name, scope = match[1], match[2]
    report.sections.append(
        (
            "s3fixture",
            f"{name} is made for each test. Define one for a {scope}:\n\n"
            f"    from s3fixture import factories\n\n"
            f'    {scope}_{name} = factories.{name}(scope="{scope}")\n\n'
            f"and use {scope}_{name}. What is done with it is rolled back at the end of the {scope}.",
        )
    )


def end_at_caller(error: BaseException) -> None:
    """End the traceback of an S3FixtureError where our code was called.

    Its text says what was wrong with the call, and includes that of its causes.
    """
    if not isinstance(error, S3FixtureError):
        return
    error.__cause__ = error.__context__ = None
    frames, caller = error.__traceback__, None
    while frames is not None:
        if not _is_ours(Path(frames.tb_frame.f_code.co_filename)):
            caller = frames
        frames = frames.tb_next
    if caller is not None:
        caller.tb_next = None


def _is_ours(file: Path) -> bool:
    return file.is_relative_to(_PACKAGE) or file == Path(contextlib.__file__)  # which enters our generators


def _option(setting: str) -> str:
    """The option for a setting; without one it is an argument of `factories.s3_server`."""
    return flag(setting) or f"{setting}="
