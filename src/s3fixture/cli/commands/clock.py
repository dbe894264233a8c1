"""`s3fixture clock`: the time of a running server."""

from __future__ import annotations

from datetime import datetime, timezone

import click

from s3fixture.cli import output
from s3fixture.cli.options import control_options
from s3fixture.wire.numbers import parse_decimal
from s3fixture.wire.times import parse_iso

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 7 * 86_400.0}
_STATES = {"freeze": "freeze_clock", "reset": "reset_clock"}  # word -> method


@click.command(
    "clock",
    short_help="Move the server's clock.",
    context_settings={"ignore_unknown_options": True},  # -2h is a time
)
@click.argument("change", metavar="[CHANGE]", required=False)
@control_options
def command(change: str | None, **connection: str | None) -> None:
    """Let time pass for the server, and print its time.

    CHANGE is a span such as +31d or -2h (s, m, h, d, w), a moment such as 2030-01-31T12:00:00Z, freeze, or
    reset. What becomes due, such as lifecycle rules, has been done when this returns.
    """
    from s3fixture.cli.control_client import connect_control

    seconds, moment = _read(change)
    control = connect_control(**connection)
    if moment is not None:
        seconds = moment.timestamp() - control.call("time")
    if change in _STATES:
        control.call(_STATES[change])
    elif change is not None:
        control.call("let_time_pass", seconds=seconds)
    output.say(datetime.fromtimestamp(control.call("time"), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))


def _read(change: str | None) -> tuple[float, datetime | None]:
    """The seconds of a span, or the moment; nothing for the words."""
    if change is None or change in _STATES:
        return 0.0, None
    count = parse_decimal(change[:-1])
    if count is not None and change[-1] in _UNITS and change.startswith(("+", "-")):
        return count * _UNITS[change[-1]], None
    moment = parse_iso(change)
    if moment is None:
        raise click.UsageError(
            f"{change!r} is not a time; write a span such as +31d, a moment such as 2030-01-31T12:00:00Z, "
            "freeze or reset"
        )
    return 0.0, moment
