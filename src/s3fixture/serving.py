"""A running server from one call, with buckets and seeds in it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from s3fixture import backends
from s3fixture.backends.capabilities import SNAPSHOT
from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings
from s3fixture.state_files import is_state

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from s3fixture.backends.endpoint import Endpoint
    from s3fixture.backends.runs import Run
    from s3fixture.setting_arguments import SettingArguments

Buckets = str | Iterable[str]  # one name, or several
Seeds = str | Path | Iterable[str | Path] | None


def serve(
    *,
    backend: str = "emulator",
    emulator: str = "thread",
    buckets: Buckets = (),
    seed: Seeds = None,
    console: bool = False,
    **settings: Unpack[SettingArguments],
) -> Endpoint:
    """Start an S3 server, make `buckets` and load `seed` (a folder, a manifest or a saved state, or several).

    `buckets` is a name or several. `backend` says where the server comes from (emulator, container, binary or
    external), `emulator` where the emulator runs (thread or process).

    `console` serves the web page too, at the endpoint's `console_url`. `settings` are those of `Settings`;
    what is not given comes from the environment. The endpoint is a context manager that stops the server.
    Raises S3FixtureError when any of this cannot be done; then nothing is left running.
    """
    if console:
        settings.setdefault("console_port", 0)
    loaded = Settings.load(settings, environ=backends.environment(backend, os.environ))
    return launch(loaded, backend=backend, emulator=emulator, buckets=buckets, seed=seed)


def launch(
    settings: Settings,
    *,
    backend: str = "emulator",
    emulator: str = "thread",
    buckets: Buckets = (),
    seed: Seeds = None,
    run: Run | None = None,
) -> Endpoint:
    """`serve`, for callers that have their Settings already; `run` as for `backends.start`."""
    with run.exclusive() if run else nullcontext():
        endpoint = backends.start(backend, settings, emulator=emulator, run=run)
        try:
            _fill_first(endpoint, bucket_names(buckets), seed)
        except BaseException:
            endpoint.stop()
            raise
        return endpoint


def bucket_names(buckets: Buckets) -> tuple[str, ...]:
    """The names, also of a single bucket."""
    return (buckets,) if isinstance(buckets, str) else tuple(buckets)


def _fill_first(endpoint: Endpoint, buckets: Iterable[str], seed: Seeds) -> None:
    """Fill it, unless another worker of this session has."""
    if endpoint.backend != "emulator":
        from s3fixture.backends.non_emulator import NonEmulatorEndpoint

        assert isinstance(endpoint, NonEmulatorEndpoint)
        endpoint.refill = partial(fill, endpoint, buckets, seed)
        if not endpoint.fresh:
            return
    fill(endpoint, buckets, seed)


def fill(endpoint: Endpoint, buckets: Iterable[str] = (), seed: Seeds = None) -> None:
    """Load a saved state among the seeds, make the buckets that are not there yet, then the other seeds."""
    sources = _sources(seed)
    load_state(endpoint, sources)
    for bucket in buckets:
        make_bucket(endpoint, bucket)
    for source in sources:
        if is_state(Path(source)):
            continue
        from s3fixture.seeding import seed as load  # imported when used: it brings YAML with it

        load(endpoint.setup_client, source)


def load_state(endpoint: Endpoint, seeds: Sequence[str | Path]) -> None:
    """Load the saved state among the seeds, if there is one: it is all that the server holds then.

    A data folder that already holds buckets stays as it is: the seeds were loaded when it was filled.
    S3FixtureError for two states, and where the backend is not the emulator.
    """
    states = [source for source in seeds if is_state(Path(source))]
    if not states:
        return
    if len(states) > 1:
        raise S3FixtureError(
            f"{states[0]} and {states[1]} are saved states, and a server holds only one; give one of them"
        )
    if SNAPSHOT in endpoint.capabilities or not _has_buckets(endpoint):
        endpoint.load(states[0])


def _has_buckets(endpoint: Endpoint) -> bool:
    return endpoint.backend == "emulator" and bool(endpoint.setup_client.list_buckets().get("Buckets"))


def make_bucket(
    endpoint: Endpoint, name: str, *, versioning: bool = False, object_lock: bool = False
) -> None:
    """As `bucket_setup.make_bucket`, on that server."""
    from s3fixture.backends import bucket_setup  # imported when used: it brings botocore with it

    bucket_setup.make_bucket(endpoint.setup_client, name, versioning=versioning, object_lock=object_lock)


def _sources(seed: Seeds) -> list[str | Path]:
    if seed is None:
        return []
    return [seed] if isinstance(seed, (str, Path)) else list(seed)
