"""`s3fixture diff`: what differs between two folders or buckets."""

from __future__ import annotations

import click

from s3fixture.cli import output
from s3fixture.cli.addresses import parse_trees
from s3fixture.cli.failures import FAILED
from s3fixture.cli.options import ServerChoice, connection_options, json_option
from s3fixture.errors import S3FixtureError

# Sign of mc's -> its meaning.
_ONLY_FIRST, _ONLY_SECOND, _DIFFERS = "<", ">", "!"
_MEANINGS = {_ONLY_FIRST: "only-in-first", _ONLY_SECOND: "only-in-second", _DIFFERS: "differs"}


@click.command("diff", short_help="Tell what differs between two folders or buckets.")
@click.argument("first", metavar="FIRST")
@click.argument("second", metavar="SECOND")
@json_option
@connection_options
def command(first: str, second: str, as_json: bool, server: ServerChoice) -> int:
    """Compare s3://BUCKET[/FOLDER] with another one or with a local folder, as mirror does.

    \b
    < NAME   only in FIRST
    > NAME   only in SECOND
    ! NAME   in both, with other bytes

    Exit code 0 when there is no difference, 1 when there is one.
    """
    from s3fixture.cli.mirroring import compare, exists
    from s3fixture.cli.target_server import Servers

    one, two = parse_trees(first, second, "diff")
    servers = Servers(server, one, two)
    for place in (one, two):
        if not exists(servers, place):
            raise S3FixtureError(f"{place}: there is no such folder or bucket to compare")
    found = compare(servers, one, two)
    signs = {
        **{job.item.name: _ONLY_FIRST for job in found.missing},
        **dict.fromkeys(found.refused, _ONLY_FIRST),
        **{item.name: _ONLY_SECOND for item in found.extra},
        **{job.item.name: _DIFFERS for job in found.changed},
    }
    for name, sign in sorted(signs.items()):
        _say(sign, name, as_json=as_json)
    return FAILED if signs else 0


def _say(sign: str, name: str, *, as_json: bool) -> None:
    if as_json:
        output.say_json({"status": "success", "diff": _MEANINGS[sign], "name": name})
    else:
        output.say(f"{sign} {output.printable(name)}")
