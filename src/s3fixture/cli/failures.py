"""Every way to fail, as one clear line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import click

from s3fixture.cli import output
from s3fixture.cli.signals import Stopped, stop_on_signals
from s3fixture.errors import PortInUseError, S3FixtureError, SettingError

FAILED = 1
NOT_RUNNING = 3  # of `status`, as of systemctl and of LSB init scripts
INTERRUPTED = 130
_DEBUG = "S3FIXTURE_DEBUG"


def guarded(work: Callable[[], int | None]) -> int:
    """The exit code of `work`; whatever it raises becomes a line on standard error.

    SIGTERM ends it as Ctrl-C does, so that what it began is taken back.
    """
    try:
        with stop_on_signals():
            return work() or 0
    except click.exceptions.Exit as request:
        return request.exit_code
    except click.ClickException as error:  # wrong usage: click knows best how to say so
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        cause = error.__cause__ if isinstance(error, click.Abort) else error  # click wraps what it meets
        return 128 + cause.number if isinstance(cause, Stopped) else INTERRUPTED
    except BrokenPipeError:  # `s3fixture ls | head`
        _silence_standard_output()
        return FAILED
    except Exception as error:
        return report(error)


def report(error: Exception) -> int:
    """Print what a command met as an error; its exit code."""
    if _shows_tracebacks():
        import traceback  # imported when used: completion in a shell does not wait for it

        traceback.print_exc()
    if isinstance(error, click.ClickException):
        output.print_error(error.format_message())
        return error.exit_code
    output.print_error(explained(error), details_of(error))
    return FAILED


def _shows_tracebacks() -> bool:
    from s3fixture.settings import parse_flag  # imported when used, as above

    try:
        return parse_flag(os.environ.get(_DEBUG) or "no")
    except ValueError:  # any other text
        return True


def details_of(error: Exception) -> dict[str, str]:
    """What programs want to know of a failure: the code of S3, the bucket and the key."""
    if "botocore" not in sys.modules:
        return {}
    from s3fixture.cli.server_failures import details_by_server

    return details_by_server(error)


def explained(error: Exception) -> str:
    """An exception for people, with what to do about it."""
    if isinstance(error, SettingError):
        return error.spelled(_option) + (_holder(error) if isinstance(error, PortInUseError) else "")
    if isinstance(error, S3FixtureError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if "botocore" in sys.modules:
        from s3fixture.cli.server_failures import explained_by_server

        text = explained_by_server(error)
        if text:
            return text
    return f"unexpected {type(error).__name__}: {error}; please report this with the output of {_DEBUG}=1"


def _option(setting: str) -> str:
    return f"--{setting.replace('_', '-')}"


def _holder(error: PortInUseError) -> str:
    """Which server of this user has the port, if it is one of them."""
    from s3fixture.cli.user_servers import at_port

    found = at_port(error.port)
    if found is None:
        return ""
    folder, server = found
    return f": the server of {folder.project} (pid {server.pid}), which `s3fixture down` there stops"


def _silence_standard_output() -> None:
    """Nobody reads any more: the interpreter must not report that when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
