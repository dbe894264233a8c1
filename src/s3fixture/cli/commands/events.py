"""`s3fixture events`: what happens in a bucket of a running server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.event_names import event_line
from s3fixture.cli.options import control_options, json_option
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from s3fixture.cli.control_client import ControlClient

_WAIT_SECONDS = 10.0  # of one call for what comes next


@click.command("events", short_help="Print the events of a bucket as they happen.")
@click.argument("bucket")
@click.argument("events", nargs=-1, metavar="[EVENT]...")
@click.option("--prefix", default="", metavar="TEXT", help="Only of keys that begin so.")
@click.option("--suffix", default="", metavar="TEXT", help="Only of keys that end so.")
@json_option
@control_options
def command(
    bucket: str, events: tuple[str, ...], prefix: str, suffix: str, as_json: bool, **connection: str | None
) -> None:
    """Print the events of BUCKET, such as s3:ObjectCreated:*, until Ctrl-C; all of them when none is named.

    The bucket needs no notification configuration. --json prints S3's record of each, one a line.
    """
    from s3fixture.cli.control_client import connect_control

    control = connect_control(**connection)
    bucket = bucket.removeprefix("s3://").rstrip("/")
    watcher = control.call(
        "watch_events", bucket=bucket, events=list(events or ("s3:*",)), prefix=prefix, suffix=suffix
    )
    try:
        for record in _records(control, watcher):
            if as_json:
                output.say_json(record)
            else:
                output.say(output.printable(event_line(record)))
    finally:
        with suppress(S3FixtureError):  # the server has ended
            control.call("unwatch_events", bucket=bucket, watcher=watcher)


def _records(control: ControlClient, watcher: str) -> Iterator[dict[str, Any]]:
    while True:
        yield from control.call("take_events", watcher=watcher, timeout=_WAIT_SECONDS)
