"""Which run this process belongs to: alone, or a worker of pytest-xdist beside others.

The workers share what can be shared, such as one container. It ends with the session's controller.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from s3fixture.backends.runs import Run, new_id
from s3fixture.temporary_folders import TemporaryFolder

_RUN = pytest.StashKey[Run]()
_INPUT = "s3fixture_run"  # what the controller tells its workers


def run_of(config: pytest.Config, server: str) -> Run:
    """The run of this process, for the server of the fixture with this name."""
    if _RUN not in config.stash:
        config.stash[_RUN] = _told(getattr(config, "workerinput", {})) or Run(new_id())
    return replace(config.stash[_RUN], name=server)


def share_with_worker(config: pytest.Config, workerinput: dict[str, Any]) -> None:
    """In the controller: let a worker belong to this run."""
    run = config.stash.get(_RUN, None)
    if run is None:
        folder = TemporaryFolder("run")
        run = Run(new_id(), share=folder.path)
        config.stash[_RUN] = run
        config.add_cleanup(partial(_end_shared, run, folder))
    workerinput[_INPUT] = {"id": run.id, "pid": run.pid, "share": str(run.share)}


def _end_shared(run: Run, folder: TemporaryFolder) -> None:
    """In the controller: stop what the workers shared."""
    if run.share is None or run.pid != os.getpid():
        return
    try:
        if any(run.share.glob("*.container")):
            from s3fixture.backends.container import remove_session

            remove_session(run.id)
    finally:
        folder.remove()


def _told(workerinput: Mapping[str, Any]) -> Run | None:
    told = workerinput.get(_INPUT)
    if told is None:
        return None
    return Run(told["id"], worker=workerinput["workerid"], pid=told["pid"], share=Path(told["share"]))
