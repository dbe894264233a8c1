"""s3fixture beside other S3 servers, in one run and in turns, by wrk and presigned links.

    python -m bench beside                                  # and each program of the table that is on PATH
    python -m bench beside --server NAME=URL,ACCESS_KEY,SECRET_KEY   # and this one; may be given again

Links are signed before, so that the client is no bottleneck: wrk sends them from C. Each server is asked for
the same rows: put, get and a listing, with 1, 8 and 64 connections. What is not answered with 200
does not count, and is told below the table.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import s3fixture
from bench.options import Options
from bench.results import Row, Samples, in_turns, row
from bench.subjects import BUCKET, MOTO_SERVER, client_for, moto_server
from s3fixture.backends.programs import PROGRAMS
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MEMORY, PROCESS, FOLDER = "s3fixture memory", "s3fixture --durability=process", "s3fixture folder"
CONNECTIONS = (1, 8, 64)
SIZE = 1024  # bytes of an object
KEYS = 500  # that are written in turn
LISTED = 1000  # keys of a page
_LINK_SECONDS = 3600
NOTE = "1/s: requests a second; p50, p99: what an answer takes; beside them, times ours in memory"
_SCRIPT = """
local paths, turn = {{}}, 0
for line in io.lines({paths!r}) do paths[#paths + 1] = line end
local body = {method!r} == "PUT" and string.rep("x", {size}) or nil
request = function()
  turn = turn % #paths + 1
  return wrk.format({method!r}, paths[turn], nil, body)
end
done = function(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '{{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d, "broken": %d}}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed.status,
    failed.connect + failed.read + failed.write + failed.timeout))
end
"""


@dataclass(frozen=True)
class Target:
    """A server, and for each kind of request the paths of links to it."""

    url: str
    paths: Mapping[str, list[str]]


# Row -> method of its links.
ROWS = {"put 1 KiB": "PUT", "get 1 KiB": "GET", f"list {LISTED:,} keys": "GET"}


def measure(options: Options) -> list[Row]:
    """Rates and waiting times of every server that can be had; nothing without wrk."""
    wrk = shutil.which("wrk")
    if wrk is None:
        print("not measured: wrk is not on PATH, and nothing else here is quick enough", file=sys.stderr)
        return []
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(dir=Path.cwd(), prefix=".bench-")))
        targets = {name: _prepared(client) for name, client in _servers(stack, place, options.servers)}
        rows: list[Row] = []
        for name, method in ROWS.items():
            for connections in CONNECTIONS:
                ask = partial(_load, wrk, place, options.seconds, connections, name, method)
                rows += _rows(f"{name}, {connections}", in_turns(targets, ask, options.load_rounds))
        return rows


def _rows(name: str, samples: Samples[str]) -> list[Row]:
    """The rate, and the two waiting times; the note names who did not answer everything."""

    def only(place: int) -> dict[str, list[list[float]]]:
        return {who: [[turn[place]] for turn in turns] for who, turns in samples.items()}

    failed = {who: sum(turn[3] for turn in turns) for who, turns in samples.items()}
    told = [f"{who} failed {count:.0f} times in {name}" for who, count in failed.items() if count]
    return [
        row(name, "1/s", only(0), MEMORY, "; ".join(told), more_is_better=True),
        row(f"{name}, p50", "ms", only(1), MEMORY, NOTE),
        row(f"{name}, p99", "ms", only(2), MEMORY, NOTE),
    ]


def _servers(stack: ExitStack, place: Path, given: tuple[str, ...]) -> Iterator[tuple[str, S3Client]]:
    """Ours, programs on PATH, moto's server, and those that were given. Ended by `stack`."""
    ways: dict[str, dict[str, Any]] = {
        MEMORY: {},
        PROCESS: {"data_dir": place / "process", "durability": "process"},
        FOLDER: {"data_dir": place / "power"},
    }
    for name, settings in ways.items():
        yield name, stack.enter_context(s3fixture.serve(emulator="process", **settings)).client()
    for program in PROGRAMS:
        if any(map(shutil.which, program.names)):
            yield (
                program.name,
                stack.enter_context(s3fixture.serve(backend="binary", binary=program.name)).client(),
            )
    yield MOTO_SERVER, stack.enter_context(moto_server()).client
    for text in given:
        yield parse_server(text)


def parse_server(text: str) -> tuple[str, S3Client]:
    """NAME=URL,ACCESS_KEY,SECRET_KEY. Raises S3FixtureError for anything else."""
    name, equals, rest = text.partition("=")
    url, *keys = rest.split(",")
    if not name or not equals or len(keys) != 2:
        raise S3FixtureError(f"{text!r} is not a server; write NAME=URL,ACCESS_KEY,SECRET_KEY")
    return name, client_for(url, (keys[0], keys[1]))


def _prepared(client: S3Client) -> Target:
    """A bucket with an object and a page of others, and the links to them."""
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key="read", Body=bytes(SIZE))
    for number in range(LISTED):
        client.put_object(Bucket=BUCKET, Key=f"listed/{number:06}", Body=b"x")
    url = client.meta.endpoint_url

    def links(operation: str, parameters: Mapping[str, object]) -> str:
        asked = {"Bucket": BUCKET, **parameters}
        link = client.generate_presigned_url(operation, asked, ExpiresIn=_LINK_SECONDS)
        return link.removeprefix(url)

    put, get, listing = ROWS
    paths = {
        put: [links("put_object", {"Key": f"written/{number}"}) for number in range(KEYS)],
        get: [links("get_object", {"Key": "read"})],
        listing: [links("list_objects_v2", {"Prefix": "listed/"})],
    }
    return Target(url, paths)


def _load(
    wrk: str, place: Path, seconds: int, connections: int, name: str, method: str, target: Target
) -> list[float]:
    """Rate, p50, p99 and failures of one turn."""
    paths, script = place / "paths", place / "script.lua"
    paths.write_text("\n".join(target.paths[name]))
    script.write_text(_SCRIPT.format(paths=str(paths), method=method, size=SIZE))
    threads = min(2, connections)
    command = [wrk, f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "-s", str(script), target.url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = json.loads(said.splitlines()[-1])
    failed = found["refused"] + found["broken"]
    good = found["requests"] - found["refused"]
    return [good / found["microseconds"] * 1e6, found["p50"] / 1000, found["p99"] / 1000, failed]
