"""`s3fixture presign`: a URL that carries its own permission."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_object
from s3fixture.cli.options import ServerChoice, connection_options, json_option
from s3fixture.cli.quantities import parse_duration
from s3fixture.errors import S3FixtureError

_LONGEST = (
    7 * 86400
)  # seconds; https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html


@click.command("presign", short_help="Make a URL that anyone may use for a while.")
@click.argument("target", metavar="TARGET")
@click.option(
    "--expires", default="1h", show_default=True, metavar="TIME", help="30s, 15m, 1h30m, 7d at most."
)
@click.option("--put", is_flag=True, help="A URL to upload to, instead of one to download from.")
@click.option("--version-id", metavar="ID", help="This version of the object.")
@json_option
@connection_options
def command(
    target: str, expires: str, put: bool, version_id: str | None, as_json: bool, server: ServerChoice
) -> int:
    """Make a URL with which anyone may download s3://BUCKET/KEY for a while, or with --put upload to it."""
    from s3fixture.cli.target_server import client_of, connect

    if put and version_id:
        raise click.UsageError("--version-id cannot be used with --put; leave one of them out")
    place, seconds = parse_object(target), _seconds(expires)
    operation: Literal["put_object", "get_object"] = "put_object" if put else "get_object"
    used = connect(server, place)
    client = client_of(replace(used, url=used.public_url or used.url))
    params = {"Bucket": place.bucket, "Key": place.key, **({"VersionId": version_id} if version_id else {})}
    url = client.generate_presigned_url(operation, Params=params, ExpiresIn=seconds)
    if as_json:
        output.say_json(
            {"status": "success", "url": url, "method": "PUT" if put else "GET", "expires": seconds}
        )
    else:
        output.say(url)
    return 0


def _seconds(text: str) -> int:
    seconds = parse_duration(text, "--expires")
    if not 1 <= seconds <= _LONGEST:
        raise S3FixtureError(f"--expires {text!r} is out of range; S3 takes 1s to 7d")
    return seconds
