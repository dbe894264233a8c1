"""The program of a detached server: its plan comes as JSON on standard input, its log is standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from s3fixture.cli.failures import guarded
from s3fixture.cli.project_server import live
from s3fixture.cli.server_plan import ServerPlan
from s3fixture.cli.state_folder import StateFolder


def main() -> int:
    """Be the server of the state folder named in the first argument until asked to end."""
    return guarded(lambda: live(ServerPlan.from_json(sys.stdin.read()), StateFolder(Path(sys.argv[1]))))
