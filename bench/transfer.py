"""A large object up and down with boto3's transfer manager, ten parts at a time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from boto3.s3.transfer import TransferConfig

from bench.options import Options
from bench.results import Row, in_turns, row
from bench.subjects import BUCKET, NULL, Subject, subjects

MIB = 1024 * 1024
CONFIG = TransferConfig(max_concurrency=10)


def measure(options: Options) -> list[Row]:
    """Seconds for the whole; the null server is the floor."""
    size = options.transfer_mib * MIB
    with tempfile.TemporaryDirectory(prefix="s3fixture-bench-") as folder, subjects() as started:
        source = Path(folder, "source")
        with source.open("wb") as file:
            file.writelines(bytes([number % 251]) * MIB for number in range(options.transfer_mib))
        for subject in started.values():
            if subject.app is not None:
                subject.app.size = size
        return [
            row(
                f"{options.transfer_mib} MiB {way}",
                "s",
                in_turns(started, timed, options.transfer_rounds),
                NULL,
            )
            for way, timed in (("up", _up(source)), ("down", _down(Path(folder, "copy"), size)))
        ]


def _up(source: Path) -> Callable[[Subject], Sequence[float]]:
    def timed(subject: Subject) -> list[float]:
        start = time.perf_counter()
        subject.client.upload_file(str(source), BUCKET, "large", Config=CONFIG)
        return [time.perf_counter() - start]

    return timed


def _down(copy: Path, size: int) -> Callable[[Subject], Sequence[float]]:
    def timed(subject: Subject) -> list[float]:
        start = time.perf_counter()
        subject.client.download_file(BUCKET, "large", str(copy), Config=CONFIG)
        took = time.perf_counter() - start
        if copy.stat().st_size != size:
            raise RuntimeError(f"{subject.name} answered {copy.stat().st_size} of {size} bytes")
        copy.unlink()
        return [took]

    return timed
