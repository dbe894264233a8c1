"""`s3fixture save`: write the state of a running server into a file."""

from __future__ import annotations

from pathlib import Path

import click

from s3fixture.cli import output
from s3fixture.cli.options import control_options, json_option


@click.command("save", short_help="Save the state of all buckets in a file.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@json_option
@control_options
def command(file: Path, as_json: bool, **connection: str | None) -> None:
    """Save all buckets in FILE, for `s3fixture load FILE` and `s3fixture up --seed FILE`.

    It is written whole, or not at all. It replaces a state that was saved before, and no other file.
    """
    from s3fixture.cli.control_client import connect_control

    path = file.absolute()
    size = connect_control(**connection).save(path)
    if as_json:
        output.say_json({"file": str(path), "bytes": size})
        return
    output.tell(f"the state is saved; `s3fixture load {file}` brings it back")
