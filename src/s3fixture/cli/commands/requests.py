"""`s3fixture requests`: what was asked of a running server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from s3fixture.cli import output
from s3fixture.cli.options import control_options, json_option
from s3fixture.cli.signals import sleep

if TYPE_CHECKING:
    from s3fixture.cli.control_client import ControlClient

_LOOK_SECONDS = 0.2  # between two looks; the server keeps the last 1,000 requests


@click.command("requests", short_help="Print the requests that the server answered.")
@click.option(
    "--follow", "-f", is_flag=True, help="Print what follows, too, until the server ends or Ctrl-C."
)
@json_option
@control_options
def command(follow: bool, as_json: bool, **connection: str | None) -> None:
    """Print the last requests that the server has answered, oldest first; at most 1,000."""
    from s3fixture.cli.control_client import connect_control

    for record in _records(connect_control(**connection), follow):
        if as_json:
            output.say_json(record)
        else:
            output.say(output.printable(_line(record)))


def _records(control: ControlClient, follow: bool) -> Iterator[dict[str, Any]]:
    records = control.call("requests")
    yield from records
    while follow:
        known = {record["request_id"] for record in records}
        sleep(_LOOK_SECONDS)
        records = control.call("requests")
        yield from (record for record in records if record["request_id"] not in known)


def _line(record: dict[str, Any]) -> str:
    """Such as `12:00:00 200 GetObject s3://bucket/key 0 B in 12 B out 3 ms`."""
    moment = time.strftime("%H:%M:%S", time.localtime(record["time"]))
    place = "/".join(filter(None, (record["bucket"], record["key"])))
    said = f"{moment} {record['status']} {record['operation'] or record['method']} s3://{place}"
    error = f" {record['error_code']}" if record["error_code"] else ""
    sizes = f"{record['bytes_in']} B in {record['bytes_out']} B out"
    return f"{said}{error} {sizes} {record['seconds'] * 1000:.0f} ms"
