"""One use of servers, by a test session or a `with` block: whose buckets and containers are whose.

Names of buckets begin with the run's prefix, such as `s3fx-6923bd1a5e0c9f-gw0-`; containers carry its id
as a label. The id holds the time and two check digits, so that no other name is ever taken for one of a run.
A lock on a file, which the operating system releases when its holder dies, says whether a run lives.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from s3fixture.errors import S3FixtureError
from s3fixture.file_lock import FileLock
from s3fixture.steady_clock import monotonic

_MARK = "s3fx"
_NAME = re.compile(rf"{_MARK}-([0-9a-f]{{8}})([0-9a-f]{{4}})([0-9a-f]{{2}})-([a-z0-9]+)-.*")
_LOCK_SECONDS = 600.0  # an image may have to be pulled meanwhile


@dataclass(frozen=True, slots=True)
class Run:
    """A run, seen from one of its processes.

    `pid` is the process with which the run ends. `share` is a folder in which the workers of one test
    session find each other; None: this process is alone. `name` tells the servers of a run apart.
    """

    id: str
    worker: str = "main"
    pid: int = field(default_factory=os.getpid)
    share: Path | None = None
    name: str = "server"

    @property
    def prefix(self) -> str:
        """How all names of buckets of this run and worker begin."""
        return f"{_MARK}-{self.id}-{self.worker}-"

    @contextmanager
    def exclusive(self, what: str = "") -> Iterator[None]:
        """Let one worker at a time use the server, or `what` of it. Does nothing where there is only one.

        Raises S3FixtureError when another worker holds it for _LOCK_SECONDS.
        """
        if self.share is None:
            yield
            return
        lock = FileLock(self.share / f"{self.name}.{what}.lock")
        deadline = monotonic() + _LOCK_SECONDS
        while not lock.acquire():
            if monotonic() > deadline:
                raise S3FixtureError(
                    f"another worker of this session has used {what or self.name!r} for more than "
                    f"{_LOCK_SECONDS:.0f} s; run without -n to see why"
                )
            time.sleep(0.05)
        try:
            yield
        finally:
            lock.release()


def new_id() -> str:
    """The time in seconds, a random number and two check digits, in hex."""
    head = f"{int(time.time()):08x}{secrets.token_hex(2)}"
    return head + _check_digits(head)


def new_run() -> Run:
    """A run that is this process's alone."""
    return Run(new_id())


def age_of(bucket: str) -> float | None:
    """Seconds since the run that made this bucket began; None for a bucket that no run made."""
    match = _NAME.fullmatch(bucket)
    if match is None or _check_digits(match[1] + match[2]) != match[3]:
        return None
    return time.time() - int(match[1], 16)


def _check_digits(text: str) -> str:
    return hashlib.sha256(f"{_MARK}{text}".encode()).hexdigest()[:2]


def this_host() -> str:
    """What tells apart the places in which process ids mean something: machines and their PID namespaces."""
    parts = [socket.gethostname()]
    if sys.platform == "linux":
        parts += [_text("/proc/sys/kernel/random/boot_id"), _link("/proc/self/ns/pid")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs here.

    A zombie does not: where the first process adopts orphans without reaping them, as in a container without
    an init, it stays for ever.
    """
    if sys.platform == "win32":  # os.kill would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _text(f"/proc/{pid}/stat").rpartition(")")[2].split()[:1] != ["Z"]


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""
