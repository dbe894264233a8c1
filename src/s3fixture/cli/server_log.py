"""The log of a server: one line for each request and for what happens to the project's server itself."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from s3fixture.cli import output

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint
    from s3fixture.records import RequestRecord

_LONGEST_WORD = 64  # characters of an access key or a client's name
MAX_BYTES = 16 * 1024 * 1024  # then the log starts anew: a server may live for weeks
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"  # of this machine
LOGGER = logging.getLogger("s3fixture")


class Log(Protocol):
    """Where lines go."""

    def write(self, line: str) -> None:
        """Write a line, with its end. One that cannot be written is lost: requests are still answered."""


class _Lines(logging.Formatter):
    """A record is one line, without what a terminal acts upon: anybody who sends a request chooses names."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        return _time(int(record.created))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = output.printable(record.message)
        return super().formatMessage(record)


@lru_cache(maxsize=1)  # a second has many requests
def _time(seconds: int) -> str:
    return time.strftime(TIME_FORMAT, time.localtime(seconds))


_FORMAT = _Lines("%(asctime)s %(message)s")


class LogFile(logging.Handler):
    """Appends to the log file; what former servers wrote is gone."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.setFormatter(_FORMAT)
        # Appending, because a detached server has its standard output and error in the same file.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "ab", buffering=0)
        self._file.truncate(0)
        self._size = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.write(f"{self.format(record)}\n")

    def write(self, line: str) -> None:
        """See `Log`."""
        with suppress(OSError, ValueError):  # the disk is full; it was closed, and a request still ran
            if self._size > MAX_BYTES:
                self._file.truncate(0)
                self._size = 0
            self._size += self._file.write(line.encode(errors="backslashreplace"))

    def close(self) -> None:
        self._file.close()
        super().close()


class Printed(logging.Handler):
    """Prints the same lines for the person in front of a server; tracebacks stay in the file."""

    def emit(self, record: logging.LogRecord) -> None:
        self.write(f"{_FORMAT.formatTime(record)} {output.printable(record.getMessage())}\n")

    def write(self, line: str) -> None:
        """See `Log`."""
        with suppress(OSError):  # nobody reads the other end of a pipe any more
            sys.stdout.write(line)
            sys.stdout.flush()


class Early(logging.Handler):
    """Keeps what is logged before there is a log. What is not taken over goes to standard error."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)

    def take_over(self) -> None:
        """Log it now, and keep nothing more."""
        LOGGER.removeHandler(self)
        records, self._records = self._records, []
        for record in records:
            LOGGER.handle(record)

    def __enter__(self) -> Early:
        LOGGER.addHandler(self)
        return self

    def __exit__(self, *exception: object) -> None:
        LOGGER.removeHandler(self)
        for record in self._records:
            output.tell(output.printable(record.getMessage()))


@contextmanager
def logged(path: Path, *, printed: bool) -> Iterator[list[Log]]:
    """Within, what s3fixture logs goes to the file, and to standard output when `printed`: to these logs."""
    handlers: list[LogFile | Printed] = [LogFile(path), *([Printed()] if printed else [])]
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    for handler in handlers:
        LOGGER.addHandler(handler)
    try:
        yield [*handlers]
    finally:
        for handler in handlers:
            LOGGER.removeHandler(handler)
            handler.close()


def log_requests(endpoint: Endpoint, logs: Sequence[Log]) -> None:
    """From now on, write a line for each request to a server of this process; others keep logs of their own.

    Past `logging`, which would make, format and lock a record for each log: a third of a small request.
    """
    from s3fixture.backends.emulator import ThreadEndpoint

    def write(record: RequestRecord) -> None:
        line = f"{_time(int(time.time()))} {output.printable(_said(record))}\n"
        for log in logs:
            log.write(line)

    if isinstance(endpoint, ThreadEndpoint):
        endpoint.app.log.observe(write)


def _said(record: RequestRecord) -> str:
    """One word for each of `log_lines.FIELDS`, and the place, which may have spaces, at the end."""
    place = f"{record.bucket}/{record.key}" if record.key else record.bucket
    reason = f": {record.error_reason}" if record.error_reason else ""
    who, client = _word(record.access_key), _word(record.user_agent)
    return (
        f"{record.status} {record.error_code or '-'} {record.operation or '-'} {record.seconds * 1000:.1f}ms "
        f"{who} {client} {record.method} /{place}{reason}"
    )


def _word(text: str) -> str:
    """The first word of a text that a client chose."""
    return text[:_LONGEST_WORD].partition(" ")[0] or "-"


def tail(path: Path, lines: int | None = None, start: int = 0) -> list[str]:
    """The last lines of a log (None: all), none of them before the byte `start`."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(start if start <= size else 0)
            found = file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return found if lines is None else found[len(found) - min(lines, len(found)) :]
