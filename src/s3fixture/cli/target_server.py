"""Which server a command means, in this order: an alias, options, the server of `run`, the project's, the
environment.

Never AWS itself, unless --endpoint-url or a variable says so: a command that finds nothing says so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from s3fixture.cli import output
from s3fixture.cli.addresses import Local, Remote
from s3fixture.cli.aliases import known_aliases, refuse_aws, server_of_alias
from s3fixture.cli.aws_profiles import keys_of_profile, region_of_environment, server_of_profile
from s3fixture.cli.options import ServerChoice
from s3fixture.cli.state_folder import ProjectServer, StateFolder
from s3fixture.client_options import Connection
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from s3fixture.backends.endpoint import Endpoint

RUN_VARIABLE = "S3FIXTURE_RUN_URL"  # set by `run` for its command, which uses that server
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "MLFLOW_S3_ENDPOINT_URL")
_PROFILE_VARIABLE = "AWS_PROFILE"
_ATTEMPTS = 3
_NOTHING_CHOSEN, _ANYWHERE = ServerChoice(), Remote()


@dataclass(frozen=True)
class Target(Connection):
    """The server that a command uses. `alias` begins the names of its places.

    `public_url` is where clients elsewhere reach it, unless they use `url`, too.
    """

    alias: str = ""
    public_url: str = ""

    def endpoint(self) -> Endpoint:
        """For what asks for one; its clients have no session token."""
        from s3fixture.backends.endpoint import Endpoint  # imported when used, for completion's sake

        return Endpoint(
            self.url,
            access_key=self.access_key,
            secret_key=self.secret_key,
            region=self.region,
            backend="external",
            ca_file=self.ca_file,
        )


def connect(chosen: ServerChoice = _NOTHING_CHOSEN, place: Remote = _ANYWHERE) -> Target:
    """The server to use for a place. Raises S3FixtureError when there is none, or only half of one."""
    _check_options(chosen)
    if place.alias:
        return _by_alias(place.alias, chosen)
    if chosen.profile:
        return _by_profile(chosen.profile, chosen.endpoint_url)
    server = StateFolder.nearest().server()
    project_url = server.url if server else None
    url = chosen.endpoint_url or os.environ.get(RUN_VARIABLE) or project_url or _named()[1]
    if url is not None:
        return _by_url(url, chosen, server)
    profile = os.environ.get(_PROFILE_VARIABLE)
    if profile:
        return _by_profile(profile, None)
    raise S3FixtureError(
        "there is no server to use; start one with `s3fixture up --detach`, or name one with --endpoint-url"
    )


class Servers:
    """The servers that the places of a command are on, each with one client.

    Options that choose a server are about the places without an alias, where others have one. Raises
    S3FixtureError as `connect` does.
    """

    def __init__(self, chosen: ServerChoice, *places: Remote | Local) -> None:
        found = {place.alias: place for place in places if isinstance(place, Remote)}
        several = len(found) > 1
        if several and "" not in found and chosen != _NOTHING_CHOSEN:
            one, other, *_ = found.values()
            raise S3FixtureError(
                f"{one} and {other} name their servers and keys already; leave out --endpoint-url, "
                "--access-key, --secret-key and --profile"
            )
        self._targets = {
            alias: connect(_NOTHING_CHOSEN if several and alias else chosen, place)
            for alias, place in found.items()
        }
        self._clients: dict[str, S3Client] = {}

    def target(self, place: Remote) -> Target:
        """The server of that place."""
        return self._targets[place.alias]

    def client(self, place: Remote) -> S3Client:
        """The client for the server of that place."""
        if place.alias not in self._clients:
            self._clients[place.alias] = client_of(self.target(place))
        return self._clients[place.alias]

    def can_copy(self, source: Remote, target: Remote) -> bool:
        """Whether a server can copy by itself: both are on it, and by the same keys."""
        one, other = self.target(source), self.target(target)
        return (one.url, one.access_key) == (other.url, other.access_key)

    def canonical(self, place: Remote) -> tuple[str, str, str]:
        """The server, bucket and key, which are the same under each alias."""
        return self.target(place).url, place.bucket, place.key


def _check_options(chosen: ServerChoice) -> None:
    check_keys(chosen.access_key, chosen.secret_key)
    if chosen.profile and chosen.access_key:
        raise S3FixtureError("--profile and --access-key both name keys; give one of them")


def _by_url(url: str, chosen: ServerChoice, server: ProjectServer | None) -> Target:
    """The server there; its keys are known where it is the project's `server`."""
    _check_url(url)
    if not chosen.endpoint_url and server and url == server.url:
        _note_another(server)
    ours = server if server and url == server.url else None
    if chosen.access_key and chosen.secret_key:
        keys = (chosen.access_key, chosen.secret_key)
    elif ours:
        keys = (ours.access_key, ours.secret_key)
    else:
        keys = keys_of_environment()
    return Target(
        url,
        *keys,
        ours.region if ours else region_of_environment(),
        ca_file=(ours.ca_file if ours else None) or _authority(url),
        public_url=ours.public_url if ours else "",
    )


def _by_alias(alias: str, chosen: ServerChoice) -> Target:
    for option, value in (("--endpoint-url", chosen.endpoint_url), ("--profile", chosen.profile)):
        if value:
            raise S3FixtureError(
                f"the alias {alias!r} names the server already; leave out {option}, or write s3://BUCKET"
            )
    found = server_of_alias(alias)
    if found is None:
        raise S3FixtureError(f"there is no alias {alias!r}; there are: {', '.join(known_aliases())}")
    refuse_aws(alias, found)
    server = Target(**vars(found), alias=alias)
    server = replace(server, ca_file=found.ca_file or _authority(found.url))
    return _with_keys(server, chosen)


def _with_keys(server: Target, chosen: ServerChoice) -> Target:
    """The server with the keys of the options, where these have any."""
    if not chosen.access_key or not chosen.secret_key:
        return server
    return replace(server, access_key=chosen.access_key, secret_key=chosen.secret_key, session_token=None)


def _by_profile(name: str, url: str | None) -> Target:
    found = keys_of_profile(name) if url else server_of_profile(name)
    url = url or found.url
    _check_url(url)
    return Target(**{**vars(found), "url": url, "ca_file": found.ca_file or _authority(url)})


def _authority(url: str) -> str | None:
    """What the environment says that clients have to trust for that server. Raises S3FixtureError."""
    if urlsplit(url).scheme != "https":
        return None
    from s3fixture.backends.readiness import trusted_in_environment  # imported when used, as above

    return trusted_in_environment(url)


def check_keys(access_key: str | None, secret_key: str | None) -> None:
    """Raise S3FixtureError when only one of the two options is given."""
    if bool(access_key) != bool(secret_key):
        missing = "--secret-key" if access_key else "--access-key"
        raise S3FixtureError(f"{missing} is missing; give both --access-key and --secret-key, or neither")


def client_of(server: Target) -> S3Client:
    """A client that gives up early: a person waits for it."""
    from botocore.config import Config

    from s3fixture.cli.server_failures import note_places

    keys = {
        "aws_access_key_id": server.access_key,
        "aws_secret_access_key": server.secret_key,
        "aws_session_token": server.session_token,
    }
    client = server.endpoint().client(
        config=Config(
            connect_timeout=5,
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
            max_pool_connections=20,
        ),
        **keys,
    )
    note_places(client, server.alias)
    return client


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
    from s3fixture.cli.server_plan import project_environment  # imported when used, as above
    from s3fixture.settings import Settings

    settings = Settings.load(environ=project_environment())
    return settings.access_key, settings.secret_key
