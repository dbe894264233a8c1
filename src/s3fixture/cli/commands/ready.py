"""`s3fixture ready`: wait until a server is ready."""

from __future__ import annotations

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_remote
from s3fixture.cli.health import answers
from s3fixture.cli.options import ServerChoice, connection_options, json_option
from s3fixture.cli.quantities import parse_duration
from s3fixture.cli.signals import sleep
from s3fixture.errors import S3FixtureError
from s3fixture.steady_clock import monotonic

_PAUSE = 0.2  # seconds between two questions


@click.command("ready", short_help="Wait until a server is ready.")
@click.argument("target", metavar="[ALIAS]", default="s3://")
@click.option("--timeout", metavar="TIME", help="Give up after 30s, 2m.  [default: wait for ever]")
@json_option
@connection_options
def command(target: str, timeout: str | None, as_json: bool, server: ServerChoice) -> int:
    """Wait until the project's server, or that of ALIAS, says that it is ready, as s3fixture and MinIO do.

    \b
    docker compose up -d; s3fixture ready --endpoint-url http://127.0.0.1:9000 --timeout 1m

    Exit code 1 when it was not ready in time.
    """
    from s3fixture.cli.target_server import connect

    seconds = None if timeout is None else parse_duration(timeout, "--timeout")
    place = parse_remote(target)
    if place.bucket:
        raise S3FixtureError(
            f"{target!r} is not an alias; leave it out, or name a server with --endpoint-url"
        )
    used = connect(server, place)
    begun = monotonic()
    while not answers(used.url, ca_file=used.ca_file):
        if seconds is not None and monotonic() - begun >= seconds:
            raise S3FixtureError(
                f"{used.url} was not ready within {timeout}; check the address, and that it is a server of "
                "s3fixture or MinIO"
            )
        sleep(_PAUSE)
    output.say_result(used.url, "ready", f"{used.url} is ready", as_json=as_json)
    return 0
