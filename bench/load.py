"""Requests a second of one presigned GET of 1 KiB, by a generator in a process of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

from bench.null import KIB
from bench.options import Options
from bench.results import Row, in_turns, row
from bench.subjects import BUCKET, COLUMNS, MOTO_MOCK, MOTO_SERVER, Subject, subjects

SERVERS = tuple(name for name in COLUMNS if name != MOTO_MOCK)  # mock_aws cannot be reached from outside


def measure(options: Options) -> list[Row]:
    """With wrk where it is installed (Debian: apt-get install wrk), else with bench.generator."""
    generator = shutil.which("wrk")
    note = (
        f"requests a second: {options.connections} connections of {'wrk' if generator else 'bench.generator'}"
    )

    def requests_a_second(subject: Subject) -> list[float]:
        subject.client.put_object(Bucket=BUCKET, Key="small", Body=KIB)
        url = subject.client.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "small"})
        return [_wrk(generator, url, options) if generator else _own(url, options)]

    with subjects(SERVERS) as started:
        samples = in_turns(started, requests_a_second, options.load_rounds)
    note += "; beside it, times moto's server"
    return [row("presigned get 1 KiB", "1/s", samples, MOTO_SERVER, note, more_is_better=True)]


def _wrk(program: str, url: str, options: Options) -> float:
    command = [program, "-t2", f"-c{options.connections}", f"-d{options.seconds}s", url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if refused or not found:
        raise RuntimeError(f"wrk was not answered as it should be:\n{said}")
    return float(found[1])


def _own(url: str, options: Options) -> float:
    command = [sys.executable, "-m", "bench.generator", url, str(options.seconds), str(options.connections)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
