"""`s3fixture fail`: let requests to a running server fail."""

from __future__ import annotations

from typing import Any

import click

from s3fixture.cli import output
from s3fixture.cli.options import control_options


@click.command("fail", short_help="Let requests fail.")
@click.argument("operation", metavar="[OPERATION]", required=False)
@click.option(
    "--error", "code", default="SlowDown", show_default=True, metavar="CODE", help="S3's error code."
)
@click.option("--times", type=click.IntRange(1), default=1, show_default=True, help="How often.")
@click.option("--always", is_flag=True, help="Until `s3fixture fail --clear`, instead of --times.")
@click.option("--bucket", default="*", metavar="PATTERN", help="Only in these buckets.")
@click.option("--key", default="*", metavar="PATTERN", help="Only for these keys.")
@click.option("--skip", type=click.IntRange(0), default=0, metavar="N", help="Not the first N of them.")
@click.option("--every", type=click.IntRange(1), default=1, metavar="N", help="Only each N-th of them.")
@click.option(
    "--probability",
    type=click.FloatRange(0, 1),
    default=1.0,
    metavar="P",
    help="The share of these requests that fails, 0 to 1.",
)
@click.option(
    "--seed", type=int, default=0, metavar="N", help="The seed of the random numbers for --probability."
)
@click.option(
    "--delay",
    type=click.FloatRange(0),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long before the answer.",
)
@click.option("--after-write", is_flag=True, help="Carry out the request, then answer with the error.")
@click.option("--clear", is_flag=True, help="Remove all faults.")
@control_options
def command(
    operation: str | None,
    clear: bool,
    always: bool,
    after_write: bool,
    console_url: str | None,
    access_key: str | None,
    secret_key: str | None,
    **which: Any,
) -> None:
    """Let the next request for OPERATION, such as PutObject or *, fail with S3's error.

    SDKs try again after SlowDown and the like: only what fails more often than they try is seen by a program.
    """
    from s3fixture.cli.control_client import connect_control

    if (operation is None) != clear:
        raise click.UsageError("name one operation, such as PutObject, or give --clear to forget all faults")
    control = connect_control(console_url, access_key, secret_key)
    if clear:
        control.call("clear_faults")
        output.tell("no request fails any more")
        return
    which["times"] = None if always else which["times"]
    effect = "error-after" if after_write else "error"
    control.call("add_fault", fault={"effect": effect, "operation": operation, **which})
    often = "always" if always else "once" if which["times"] == 1 else f"{which['times']} times"
    output.tell(f"{operation} fails {often} with {which['code']}")
