"""The section about servers in the report of a failed test; imported when a test has failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from s3fixture.records import printable

if TYPE_CHECKING:
    from s3fixture.backends.emulator import EmulatorEndpoint
    from s3fixture.records import RequestRecord

_MOST_REQUESTS = 10  # lines, the last ones
_MOST_CHANGES = 20  # lines
_LONGEST = 120  # characters of a key, or of a client's name


def report_on(server: EmulatorEndpoint, token: int) -> str:
    """The requests of the test, the changes since the snapshot `token`, and the faults that are still set.

    Never raises, so that it does not hide the test's own failure.
    """
    try:
        return "\n".join(_lines(server, token))
    except Exception as error:
        return f"the server at {server.url} cannot be asked: {type(error).__name__}: {error}"


def _lines(server: EmulatorEndpoint, token: int) -> Iterator[str]:
    yield f"backend {server.backend} at {server.url}"
    joined = [(line, len(list(same))) for line, same in groupby(map(_described, server.requests))]
    yield from _section("requests", [f"{line} x{n}" if n > 1 else line for line, n in joined], last=True)
    yield from _section("changes since the test began", map(str, server.control.changes(token)))
    states = [state for state in server.control.faults() if state.injected != state.fault.times]
    yield from _section(
        "faults that are still set", [f"{one.fault}, injected {one.injected} times" for one in states]
    )


def _section(title: str, lines: Iterable[str], *, last: bool = False) -> Iterator[str]:
    lines = [printable(line) for line in lines]
    if not lines:
        return
    most = _MOST_REQUESTS if last else _MOST_CHANGES
    shown = lines[-most:] if last else lines[:most]
    omitted = len(lines) - len(shown)
    which = "last" if last else "first"
    yield f"{title}, the {which} {most} of {len(lines)}:" if omitted else f"{title}:"
    yield from (f"  {line}" for line in shown)


def _described(record: RequestRecord) -> str:
    place = "/".join(part for part in (record.bucket, record.key[:_LONGEST]) if part)
    status = f"{record.status} {record.error_code}".rstrip() if record.status else "connection cut"
    client = record.user_agent.partition(" ")[0][:_LONGEST]
    reason = f": {record.error_reason}" if record.error_reason else ""
    return f"{record.operation or record.method} {place} -> {status}{reason} ({client or 'no user agent'})"
