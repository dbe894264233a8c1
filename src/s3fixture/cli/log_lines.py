"""Lines of a server's log, read again."""

from __future__ import annotations

import time
from typing import Any

from s3fixture.cli.server_log import TIME_FORMAT
from s3fixture.named_tuples import NamedTuple

# The words of a request's line behind its time; what follows them is the place.
FIELDS = ("status", "code", "operation", "milliseconds", "accessKey", "client", "method")
_TIME_LENGTH = len("2026-01-31 12:00:00")


class LogLine(NamedTuple):
    """`message` is the text without its time, which is in seconds since the epoch; None: there is none.

    `fields` of a request; none for other lines.
    """

    text: str
    message: str
    time: float | None
    fields: dict[str, Any]

    @property
    def is_error(self) -> bool:
        """Whether it is a request that was refused or got no answer."""
        return bool(self.fields) and not 100 <= self.fields["status"] < 400

    @property
    def document(self) -> dict[str, Any]:
        """For --json."""
        found = self.fields or {"message": self.message}
        if self.time is None:
            return found
        return {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.time)), **found}


def parse_line(text: str) -> LogLine:
    """A line as the server wrote it."""
    try:
        moment = time.mktime(time.strptime(text[:_TIME_LENGTH], TIME_FORMAT))
    except (ValueError, OverflowError):
        return LogLine(text, text, None, {})
    message = text[_TIME_LENGTH + 1 :]
    return LogLine(text, message, moment, _fields(message))


def _fields(message: str) -> dict[str, Any]:
    """Of a request; none where it is something else."""
    words = message.split(" ", len(FIELDS))
    if len(words) <= len(FIELDS):
        return {}
    found: dict[str, Any] = {
        name: "" if word == "-" else word for name, word in zip(FIELDS, words, strict=False)
    }
    try:
        found["status"] = int(found["status"])
        found["milliseconds"] = float(found["milliseconds"].removesuffix("ms"))
    except ValueError:
        return {}
    return {**found, "place": words[-1]}
