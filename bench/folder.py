"""Puts into a data folder, with and without waiting for the disk, beside those into memory."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import s3fixture
from bench.options import Options
from bench.results import Row, in_turns, row
from bench.subjects import BUCKET

MEMORY, FOLDER, DURABLE = "in memory", "folder, --durability=process", "folder"
COLUMNS = (MEMORY, FOLDER, DURABLE)
WRITERS = (1, 8, 32)
SIZES = {"1 KiB": 1024, "100 KiB": 100 * 1024}  # in the index, and in files of their own
KEYS = 500  # that are written in turn
NOTE = (
    "puts a second; the folder is on the disk of the working directory; beside them, times those into memory"
)


def measure(options: Options) -> list[Row]:
    """By bench.generator, which signed its links before."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(dir=Path.cwd(), prefix=".bench-")))
        ways: dict[str, dict[str, Any]] = {
            MEMORY: {},
            FOLDER: {"data_dir": place / "process", "durability": "process"},
            DURABLE: {"data_dir": place / "power"},
        }
        links = {}
        for name, settings in ways.items():
            server = s3fixture.serve(emulator="process", buckets=[BUCKET], **settings)
            client = stack.enter_context(server).client()
            links[name] = [
                client.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": f"key-{number}"})
                for number in range(KEYS)
            ]
        return [
            row(
                f"put {name}, {writers} writer{'s' * (writers > 1)}",
                "1/s",
                in_turns(links, partial(_puts, size, writers, options.seconds), options.load_rounds),
                MEMORY,
                NOTE,
                more_is_better=True,
            )
            for name, size in SIZES.items()
            for writers in WRITERS
        ]


def _puts(size: int, writers: int, seconds: int, urls: list[str]) -> list[float]:
    command = [
        sys.executable,
        "-m",
        "bench.generator",
        urls[0],
        str(seconds),
        str(writers),
        str(size),
    ]
    done = subprocess.run(command, input="\n".join(urls), capture_output=True, text=True, check=True)
    return [float(done.stdout)]
