"""The program of a detached box: its plan comes as JSON on standard input, its log is standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from s3fixture.cli.failures import guarded
from s3fixture.cli.life import live
from s3fixture.cli.plan import BoxPlan
from s3fixture.cli.state import StateFolder


def main() -> int:
    """Be the box of the state folder named in the first argument until asked to end."""
    return guarded(lambda: live(BoxPlan.from_json(sys.stdin.read()), StateFolder(Path(sys.argv[1]))))
