"""A store that exists already: AWS, Ceph, a MinIO or Garage cluster. Nothing is started here."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from s3fixture.backends.capabilities import CAPABILITIES, EMULATOR_ONLY
from s3fixture.backends.non_emulator import NonEmulatorEndpoint
from s3fixture.backends.readiness import (
    NotReadyError,
    WrongKeysError,
    trusted_in_environment,
    wait_until_ready,
)
from s3fixture.backends.runs import Run, is_alive, new_run
from s3fixture.backends.servers import server_with
from s3fixture.errors import S3FixtureError, SettingError

if TYPE_CHECKING:
    from s3fixture.settings import Settings

_SECONDS = 10.0  # for a store that should be there
# Variables of settings -> those of AWS's clients, which stand in for them.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "MINIO_ROOT_USER": ("AWS_ACCESS_KEY_ID",),
    "MINIO_ROOT_PASSWORD": ("AWS_SECRET_ACCESS_KEY",),
    "MINIO_REGION": ("AWS_REGION", "AWS_DEFAULT_REGION"),
}


class ExternalEndpoint(NonEmulatorEndpoint):
    """A store that others use too: only what we made is ever removed."""

    def _stop(self) -> None:
        """Remove what this session made, and is still there; the last worker does."""
        with self.run.exclusive():
            ours = self.ours()
            if self.run.share is not None:
                ours = _hand_over(self.run, ours)
            self.remove(ours)


def start_external(settings: Settings, run: Run | None = None) -> ExternalEndpoint:
    """The store at `settings.endpoint_url`.

    Raises S3FixtureError when it does not answer, or does not accept our keys.
    """
    run = run or new_run()
    url = settings.endpoint_url.rstrip("/")
    if not url:
        raise SettingError(
            "the backend 'external' needs the address of the store",
            "give it with {endpoint_url}, such as https://s3.example.com",
        )
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise S3FixtureError(f"{url!r} is not an endpoint; write it as http://HOST:PORT")
    endpoint = ExternalEndpoint(
        url,
        run=run,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        region=settings.region,
        backend="external",
        ca_file=trusted_in_environment(url),
    )
    try:
        wait_until_ready(endpoint, seconds=_SECONDS, watch=endpoint.check)
    except WrongKeysError as error:
        raise S3FixtureError(
            f"{error}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to keys of that store"
        ) from error
    except NotReadyError as error:
        raise S3FixtureError(
            f"the store at {url} {error}; check the URL, and that this machine reaches it"
        ) from error
    endpoint.capabilities = _capabilities(endpoint)
    _join(run)
    return endpoint


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with the keys of the store where the settings look for them."""
    found = {
        name: next((environ[other] for other in others if environ.get(other)), "")
        for name, others in _KEYS.items()
        if not environ.get(name)
    }
    return {**environ, **{name: value for name, value in found.items() if value}}


def _capabilities(endpoint: ExternalEndpoint) -> frozenset[str]:
    """Those of the server that answers there, if its headers name it; else all of S3's.

    What a test needs, but an unknown store does not have, then shows as a failure.
    """
    try:
        answer: Any = endpoint.plain_client().list_buckets()
    except ClientError as error:  # keys that may not list buckets
        answer = error.response
    server = server_with(answer["ResponseMetadata"]["HTTPHeaders"].get("server", ""))
    return server.capabilities if server else frozenset(CAPABILITIES) - EMULATOR_ONLY - {"identities"}


def _join(run: Run) -> None:
    """Record that this worker uses the store too."""
    if run.share is not None:
        (run.share / f"{run.name}.{os.getpid()}.user").touch()


def _hand_over(run: Run, ours: list[str]) -> list[str]:
    """What is to be removed now: everything when no other worker is left, else nothing yet."""
    assert run.share is not None
    (run.share / f"{run.name}.{os.getpid()}.user").unlink(missing_ok=True)
    file = run.share / f"{run.name}.buckets.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    everything = list(dict.fromkeys([*known, *ours]))
    others = [int(path.name.split(".")[-2]) for path in run.share.glob(f"{run.name}.*.user")]
    if any(is_alive(pid) for pid in others):
        file.write_text(json.dumps(everything), encoding="utf-8")
        return []
    file.unlink(missing_ok=True)
    return everything
