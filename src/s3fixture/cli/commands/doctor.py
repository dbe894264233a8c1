"""`s3fixture doctor`: what is wrong here, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from s3fixture.cli import output
from s3fixture.cli.options import json_option

_MARKS: dict[str, tuple[str, dict[str, Any]]] = {
    "ok": ("ok", {"fg": "green"}),
    "note": ("note", {"fg": "yellow"}),
    "problem": ("PROBLEM", {"fg": "red", "bold": True}),
}


@click.command("doctor", short_help="Find out what is wrong, with the remedy.")
@json_option
def command(as_json: bool) -> int:
    """Look at the server, the port, the clients' variables, real AWS accounts, proxies, the clock, Docker.

    Every finding that is not fine comes with its remedy. Exit code 1 when something is wrong.
    """
    from s3fixture.cli.checkup import examine

    wrong = False
    for finding in examine():
        wrong = wrong or finding.level == "problem"
        if as_json:
            output.say_json(asdict(finding))
            continue
        word, how = _MARKS[finding.level]
        output.say(
            f"{output.style(word.ljust(7), **how)}  {finding.check:9}  {output.printable(finding.text)}"
        )
        if finding.remedy:
            output.say(f"{'':7}  {'':9}  {output.style('remedy:', bold=True)} {finding.remedy}")
    return 1 if wrong else 0
