"""A server with its buckets and seeds, and its life as the box of a project."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from s3fixture.backends.servers import SERVERS, UNKNOWN
from s3fixture.cli import dotenv_file
from s3fixture.cli.plan import BoxPlan
from s3fixture.cli.state import Box, StateFolder
from s3fixture.seeding import Progress, seed

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint

_LOOK_SECONDS = 0.2  # between two looks whether someone wants the box to end


@contextmanager
def started(plan: BoxPlan, progress: Progress) -> Iterator[Endpoint]:
    """A server with everything the plan asks for; stopped afterwards. Raises S3FixtureError."""
    from s3fixture.serving import launch  # imported when used: what only reads the state starts quicker

    with launch(plan.settings, backend=plan.backend, buckets=plan.buckets) as endpoint:
        for source in plan.seeds:
            seed(endpoint.setup_client, source, progress=progress)
        yield endpoint


@contextmanager
def box(plan: BoxPlan, folder: StateFolder, progress: Progress) -> Iterator[tuple[Endpoint, Box]]:
    """The box of this folder, while the context lasts."""
    folder.claim()
    try:
        _note_volume(plan, folder)
        with started(plan, progress) as endpoint:
            if plan.env_file:
                dotenv_file.write(plan.env_file, endpoint.environ(plan.buckets[0] if plan.buckets else None))
            found = _described(endpoint, plan)
            folder.write(found)
            yield endpoint, found
    finally:
        folder.release()


def wait_for_end(folder: StateFolder) -> None:
    """Return when `down` asks; a signal raises `signals.Stopped` meanwhile."""
    while not folder.asked_to_stop():
        time.sleep(_LOOK_SECONDS)


def _described(endpoint: Endpoint, plan: BoxPlan) -> Box:
    kept = not SERVERS.get(getattr(endpoint, "server", ""), UNKNOWN).forgetful
    data_dir = plan.settings.data_dir if kept else None
    return Box(
        url=endpoint.url,
        console_url=endpoint.console_url,
        pid=os.getpid(),
        backend=endpoint.backend,
        data_dir=str(data_dir) if data_dir else None,
        access_key=endpoint.access_key,
        secret_key=endpoint.secret_key,
        region=endpoint.region,
        started=time.time(),
        public_url=endpoint.public_url,
        container_id=getattr(endpoint, "container_id", None),
        volume=(kept and plan.settings.volume) or None,
    )


def _note_volume(plan: BoxPlan, folder: StateFolder) -> None:
    """Remember a data folder that we make now; one with somebody's files in it is not ours to remove."""
    if plan.settings.volume:
        folder.docker_volume.write_text(plan.settings.volume, encoding="utf-8")
    data_dir = plan.settings.data_dir
    if data_dir is not None and (not data_dir.exists() or not any(data_dir.iterdir())):
        folder.add_volume(data_dir)
