"""The log of a server: one line for each request and for what happens to the project's server itself."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from s3fixture.cli import output

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint

MAX_BYTES = 16 * 1024 * 1024  # then the log starts anew: a server may live for weeks
LOGGER = logging.getLogger("s3fixture")


class _Lines(logging.Formatter):
    """A record is one line, without what a terminal acts upon: anybody who sends a request chooses names."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = output.printable(record.message)
        return super().formatMessage(record)


_FORMAT = _Lines("%(asctime)s %(message)s", datefmt="%H:%M:%S")


class LogFile(logging.Handler):
    """Appends to the log file; what former servers wrote is gone."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.setFormatter(_FORMAT)
        # Appending, because a detached server has its standard output and error in the same file.
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._descriptor, 0)
        self._size = 0

    def emit(self, record: logging.LogRecord) -> None:
        data = f"{self.format(record)}\n".encode(errors="backslashreplace")
        if self._size > MAX_BYTES:
            os.ftruncate(self._descriptor, 0)
            self._size = 0
        self._size += os.write(self._descriptor, data)

    def close(self) -> None:
        os.close(self._descriptor)
        super().close()


class Printed(logging.Handler):
    """Prints the same lines for the person in front of a server; tracebacks stay in the file."""

    def emit(self, record: logging.LogRecord) -> None:
        text = output.printable(record.getMessage())
        output.say(f"{_FORMAT.formatTime(record, _FORMAT.datefmt)} {text}")


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
def logged(path: Path, *, printed: bool) -> Iterator[None]:
    """Within, what s3fixture logs goes to the file, and to standard output when `printed`."""
    handlers: list[logging.Handler] = [LogFile(path), *([Printed()] if printed else [])]
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    for handler in handlers:
        LOGGER.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            LOGGER.removeHandler(handler)
            handler.close()


def log_requests(endpoint: Endpoint) -> None:
    """From now on, log each request of a server that runs in this process; others keep logs of their own."""
    from s3fixture.app.request_log import log_to_logging
    from s3fixture.backends.emulator import ThreadEndpoint

    if isinstance(endpoint, ThreadEndpoint):
        endpoint.app.log.observe(log_to_logging)


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
