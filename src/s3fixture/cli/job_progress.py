"""Carrying jobs out with a progress bar, a line for each, and a count of what failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from s3fixture.cli import output
from s3fixture.cli.transfer import Job, Transfers
from s3fixture.sizes import counted, human_size

if TYPE_CHECKING:
    from s3fixture.cli.target_server import Servers


def carry_out(
    servers: Servers,
    jobs: Sequence[Job],
    what: str,
    *,
    as_json: bool,
    quiet: bool = False,
    finish: Callable[[Job], None] | None = None,
) -> int:
    """Do all jobs; exit code 1 when some failed. Then say how much that was, if it was more than one.

    `finish` is the last step of each job, and raises S3FixtureError when it fails.
    """
    progress = output.progress(quiet=quiet)
    began, moved = time.monotonic(), 0

    def report(job: Job) -> None:
        nonlocal moved
        moved += job.item.size
        if len(jobs) == 1:
            progress.end()  # the result of the only one stands below no bar
        if not quiet:
            say(job, as_json=as_json)

    progress.begin(what, sum(job.item.size for job in jobs))
    try:
        with Transfers(servers, progress, report, finish) as transfers:
            for job in jobs:
                transfers.add(job)
    finally:
        progress.end()
    if len(jobs) > 1 and not quiet and not as_json:
        _sum_up(transfers, moved, time.monotonic() - began)
    return 1 if transfers.failed else 0


def _sum_up(transfers: Transfers, moved: int, seconds: float) -> None:
    """`3 objects, 20 MiB in 0.4 s (50 MiB/s)`."""
    speed = human_size(round(moved / max(seconds, 0.001)))
    failed = f", {counted(transfers.failed, 'failure')}" if transfers.failed else ""
    done = counted(transfers.done, "object")
    output.tell(f"{done}, {human_size(moved)} in {seconds:.1f} s ({speed}/s){failed}")


def say(job: Job, *, as_json: bool) -> None:
    """What was done: `a` -> `b`."""
    source, target = output.printable(str(job.item.place)), output.printable(str(job.target))
    if as_json:
        output.say_json({"status": "success", "source": source, "target": target, "size": job.item.size})
    else:
        output.say(f"{source} -> {target}")
