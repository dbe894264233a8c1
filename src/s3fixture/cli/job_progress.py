"""Carrying jobs out with a progress bar, a line for each, and a count of what failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from s3fixture.cli import output
from s3fixture.cli.transfer import Job, Transfers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def carry_out(client: S3Client, jobs: Sequence[Job], what: str, *, as_json: bool) -> int:
    """Do all jobs; exit code 1 when some failed."""
    progress = output.progress()

    def report(job: Job) -> None:
        say(job, as_json=as_json)

    progress.begin(what, sum(job.item.size for job in jobs))
    try:
        with Transfers(client, progress, report) as transfers:
            for job in jobs:
                transfers.add(job)
    finally:
        progress.end()
    return 1 if transfers.failed else 0


def say(job: Job, *, as_json: bool) -> None:
    """What was done: `a` -> `b`."""
    source, target = output.printable(str(job.item.place)), output.printable(str(job.target))
    if as_json:
        output.say_json({"status": "success", "source": source, "target": target, "size": job.item.size})
    else:
        output.say(f"{source} -> {target}")
