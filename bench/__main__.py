"""`python -m bench`: measure, and print a table."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from importlib.metadata import version

from bench import beside, folder, life, listing, load, many, memory, small, states, transfer
from bench.options import QUICK, Options
from bench.results import Row, as_json, table
from bench.subjects import COLUMNS

PARTS: dict[str, Callable[[Options], list[Row]]] = {
    "small": small.measure,
    "load": load.measure,
    "folder": folder.measure,
    "transfer": transfer.measure,
    "listing": listing.measure,
    "many": many.measure,
    "life": life.measure,
    "memory": memory.measure,
    "states": states.measure,
    "beside": beside.measure,
}


def main() -> None:
    arguments = parse()
    options = QUICK if arguments.quick else Options()
    given = {field.name: getattr(arguments, field.name) for field in fields(Options)}
    options = replace(options, **{name: value for name, value in given.items() if value is not None})
    rows: list[Row] = []
    if not arguments.json:
        print(", ".join(f"{name} {value}" for name, value in machine().items()), flush=True)
    for name in arguments.parts or PARTS:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        found = PARTS[name](options)
        rows += found
        if not arguments.json:
            print(f"\n{table(found, columns_of(found))}", flush=True)
    if arguments.json:
        print(as_json(rows, machine()))


def columns_of(rows: list[Row]) -> tuple[str, ...]:
    """The known ones in their order, then what else was measured."""
    measured = dict.fromkeys(name for row in rows for name in row.values)
    return tuple(dict.fromkeys((*COLUMNS, *folder.COLUMNS, *measured)))


def machine() -> dict[str, str]:
    """What the numbers depend on."""
    packages = {name: version(name) for name in ("s3fixture", "boto3", "moto")}
    return {"cores": str(os.cpu_count()), "Python": platform.python_version(), **packages}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer rounds: is it alive?")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument(
        "--server",
        dest="servers",
        action="append",
        metavar="NAME=URL,ACCESS_KEY,SECRET_KEY",
        help="a running server that is measured beside ours; may be given again",
    )
    for field in fields(Options):
        if field.name == "servers":
            continue
        parser.add_argument(
            f"--{field.name.replace('_', '-')}", type=int, metavar="N", help=f"default {field.default}"
        )
    return parser.parse_args()


if __name__ == "__main__":
    main()
