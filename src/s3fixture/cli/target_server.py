"""Which server a command means, in this order: options, the server of `run`, the project's, the environment.

Never ~/.aws, a profile or AWS itself: a command that finds nothing says so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from s3fixture.backends.readiness import trusted_in_environment
from s3fixture.cli import output
from s3fixture.cli.options import ServerChoice
from s3fixture.cli.state_folder import ProjectServer, StateFolder
from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint

RUN_VARIABLE = "S3FIXTURE_RUN_URL"  # set by `run` for its command, which uses that server
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "MLFLOW_S3_ENDPOINT_URL")
_ATTEMPTS = 3
_NOTHING_CHOSEN = ServerChoice()


def connect(chosen: ServerChoice = _NOTHING_CHOSEN) -> Endpoint:
    """The endpoint to use. Raises S3FixtureError when there is none, or only half of one."""
    endpoint_url, access_key, secret_key = chosen
    check_keys(access_key, secret_key)
    server = StateFolder.nearest().server()
    url = endpoint_url or os.environ.get(RUN_VARIABLE) or (server.url if server else None) or _named()[1]
    if url is None:
        raise S3FixtureError(
            "there is no server to use; start one with `s3fixture up --detach`, or name one with "
            "--endpoint-url"
        )
    _check_url(url)
    if not endpoint_url and server and url == server.url:
        _note_another(server)
    ours = server if server and url == server.url else None
    if access_key and secret_key:
        keys = (access_key, secret_key)
    elif ours:
        keys = (ours.access_key, ours.secret_key)
    else:
        keys = keys_of_environment()
    ca_file = (ours.ca_file if ours else None) or trusted_in_environment(url)
    endpoint = external_endpoint(url, *keys, ours.region if ours else _region(), ca_file)
    if ours:
        endpoint.public_url = ours.public_url
    return endpoint


def check_keys(access_key: str | None, secret_key: str | None) -> None:
    """Raise S3FixtureError when only one of the two options is given."""
    if bool(access_key) != bool(secret_key):
        missing = "--secret-key" if access_key else "--access-key"
        raise S3FixtureError(f"{missing} is missing; give both --access-key and --secret-key, or neither")


def client_of(endpoint: Endpoint) -> S3Client:
    """A client that gives up early: a person waits for it."""
    from botocore.config import Config

    from s3fixture.cli.server_failures import note_places

    client = endpoint.client(
        config=Config(
            connect_timeout=5,
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
            max_pool_connections=20,
        )
    )
    note_places(client)
    return client


def external_endpoint(
    url: str, access_key: str, secret_key: str, region: str, ca_file: str | None
) -> Endpoint:
    """A server that somebody else started, whose keys are known."""
    from s3fixture.backends.endpoint import Endpoint

    return Endpoint(
        url,
        access_key=access_key,
        secret_key=secret_key,
        region=region,
        backend="external",
        ca_file=ca_file,
    )


def _named(environ: Mapping[str, str] = os.environ) -> tuple[str, str | None]:
    """The variable that names an endpoint, and the endpoint."""
    for name in ENDPOINT_VARIABLES:
        if environ.get(name):
            return name, environ[name]
    return "", None


def _note_another(server: ProjectServer) -> None:
    name, url = _named()
    if url and url.rstrip("/") != server.url:
        output.tell(f"using the project's server at {server.url}, not {name}={url}; --endpoint-url chooses")


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise S3FixtureError(f"{url!r} is not an endpoint; write it as http://HOST:PORT")


def keys_of_environment() -> tuple[str, str]:
    """The clients' keys, else the ones that a server here would have."""
    access_key, secret_key = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if access_key and secret_key:
        return access_key, secret_key
    from s3fixture.cli.server_plan import project_environment  # imported when used, for completion's sake

    settings = Settings.load(environ=project_environment())
    return settings.access_key, settings.secret_key


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or Settings().region
