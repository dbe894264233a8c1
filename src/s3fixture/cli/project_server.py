"""A server with its buckets and seeds, and its life as the server of a project."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from s3fixture.backends.garbage_collection import without_garbage_collection
from s3fixture.backends.servers import SERVERS, UNKNOWN
from s3fixture.cli import dotenv_file, output, user_servers
from s3fixture.cli.server_log import LOGGER, Early, log_requests, logged
from s3fixture.cli.server_plan import ServerPlan
from s3fixture.cli.signals import Stopped, sleep, stop_on_signals
from s3fixture.cli.state_folder import ProjectServer, StateFolder
from s3fixture.seeding import Progress, StateSeed, seed

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint


_LOOK_SECONDS = 0.2  # between two looks whether someone wants the server to end


@contextmanager
def started(plan: ServerPlan, progress: Progress) -> Iterator[Endpoint]:
    """A server with everything the plan asks for; stopped afterwards. Raises S3FixtureError."""
    from s3fixture.serving import launch  # imported when used: what only reads the state starts quicker

    states = [source.source for source in plan.seeds if isinstance(source, StateSeed)]
    with without_garbage_collection():
        endpoint = launch(plan.settings, backend=plan.backend, buckets=plan.buckets, seed=states)
    with endpoint:
        for source in plan.seeds:
            if isinstance(source, StateSeed):
                continue
            seed(endpoint.setup_client, source, progress=progress)
        yield endpoint


@contextmanager
def project_server(
    plan: ServerPlan, folder: StateFolder, progress: Progress, *, detached: bool
) -> Iterator[tuple[Endpoint, ProjectServer]]:
    """The server of this folder, while the context lasts; `restart` can start a detached one again."""
    folder.claim()
    try:
        _note_volume(plan, folder)
        with started(plan, progress) as endpoint:
            if plan.env_file:
                dotenv_file.write(plan.env_file, endpoint.environ(plan.buckets[0] if plan.buckets else None))
            found = _described(endpoint, plan)
            folder.write(found, plan.with_ports_of(found).to_json() if detached else None)
            user_servers.register(folder)
            yield endpoint, found
    finally:
        user_servers.forget(folder)
        folder.release()


def wait_for_end(folder: StateFolder) -> None:
    """Return when `down` asks; a signal raises `signals.Stopped` meanwhile."""
    while not folder.asked_to_stop():
        sleep(_LOOK_SECONDS)


def _described(endpoint: Endpoint, plan: ServerPlan) -> ProjectServer:
    kept = not SERVERS.get(getattr(endpoint, "server", ""), UNKNOWN).volatile
    data_dir = plan.settings.data_dir if kept else None
    return ProjectServer(
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
        ca_file=endpoint.ca_file,
    )


def _note_volume(plan: ServerPlan, folder: StateFolder) -> None:
    """Remember a data folder that is made now; one that holds files already must never be removed."""
    if plan.settings.volume:
        folder.docker_volume.write_text(plan.settings.volume, encoding="utf-8")
    data_dir = plan.settings.data_dir
    if data_dir is not None and (not data_dir.exists() or not any(data_dir.iterdir())):
        folder.add_volume(data_dir)


Announce = Callable[[ProjectServer, ServerPlan], None]


def live(plan: ServerPlan, folder: StateFolder, *, announce: Announce | None = None) -> int:
    """Serve until a signal or `down` ends it; exit code 0, for that is how it is meant to end.

    `announce` is called when the server is up; with it, requests are printed too. Raises S3FixtureError, and
    `Stopped` when a signal comes before the server is ready.
    """
    with (
        stop_on_signals(),
        Early() as early,
        project_server(plan, folder, output.progress(), detached=announce is None) as (endpoint, found),
        logged(folder.log, printed=announce is not None) as logs,
    ):
        try:
            early.take_over()
            for seed in plan.seeds:
                LOGGER.info("%s", seed.report())
            LOGGER.info("ready at %s", found.url)
            log_requests(endpoint, logs)
            if announce:
                announce(found, plan)
            wait_for_end(folder)
            LOGGER.info("stopped by `s3fixture down`")
        except Stopped as signal:
            LOGGER.info("stopped by %s", signal.name)
    return 0
