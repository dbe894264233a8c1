"""Peak memory of a server while a very large object goes in and comes out again."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.s3.transfer import TransferConfig

from bench.options import Options
from bench.results import Row
from bench.subjects import BUCKET, MOTO_SERVER, PROCESS, Subject, subjects

if TYPE_CHECKING:
    from typing_extensions import Buffer

MIB = 1024 * 1024
CONFIG = TransferConfig(max_concurrency=10)
SMALL = 16  # MiB, to see what the machinery itself takes


class Zeros(io.RawIOBase):
    """A file of `size` zeros that nobody has to store."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        count = min(len(memoryview(buffer)), self._left)
        memoryview(buffer)[:count] = bytes(count)
        self._left -= count
        return count


class Sink:
    """Counts what is written."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return len(data)


def measure(options: Options) -> list[Row]:
    """MiB of the server's process at its peak (where the system tells), or at the end."""
    with subjects((PROCESS, MOTO_SERVER)) as started:
        rows = []
        for mib in (SMALL, options.memory_mib):
            values = {}
            for name, subject in started.items():
                _through(subject, mib)
                values[name] = _memory(subject.pid)
            rows.append(Row(f"memory, {mib} MiB in and out", "MiB", values))
    return rows


def _through(subject: Subject, mib: int) -> None:
    source = io.BufferedReader(Zeros(mib * MIB))
    subject.client.upload_fileobj(source, BUCKET, "huge", Config=CONFIG)
    sink = Sink()
    for piece in subject.client.get_object(Bucket=BUCKET, Key="huge")["Body"].iter_chunks(MIB):
        sink.write(piece)
    if sink.size != mib * MIB:
        raise RuntimeError(f"{subject.name} answered {sink.size} bytes of {mib * MIB}")


def _memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        return int(found[1]) / 1024 if found else float("nan")
    if sys.platform == "win32":
        return float("nan")
    return (
        int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout)
        / 1024
    )
