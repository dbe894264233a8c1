"""Profiles in the files of AWS, without a role or a program for keys.

https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from s3fixture.client_options import Connection
from s3fixture.errors import S3FixtureError
from s3fixture.regions import FIRST

if TYPE_CHECKING:
    from botocore.session import Session

_FILES = (("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
_NAMES_A_SERVER = frozenset({"endpoint_url", "services"})
_NO_PROFILES = ("services", "sso-session", "plugins")  # other kinds of sections
_MOST = 1024 * 1024  # bytes of a file
_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


def profiles(environ: Mapping[str, str] = os.environ) -> dict[str, set[str]]:
    """Name -> the settings that the profile has. Read without botocore: a person may wait for a completion.

    Files that cannot be read have none; botocore says so where a profile is used.
    """
    found: dict[str, set[str]] = {}
    for variable, name in _FILES:
        path = Path(environ.get(variable) or Path.home() / ".aws" / name).expanduser()
        settings: set[str] = set()
        for line in _lines(path):
            if line.startswith("["):
                section = line[1:].partition("]")[0].split(None, 1)
                settings = (
                    set()
                    if not section or section[0] in _NO_PROFILES
                    else found.setdefault(section[-1].strip("\"'"), set())
                )
            elif "=" in line and not line.startswith((" ", "\t", "#", ";")):
                settings.add(line.partition("=")[0].strip())
    return found


def profiles_with_server(environ: Mapping[str, str] = os.environ) -> set[str]:
    """The names of profiles that say where their server is, and so can begin a place."""
    return {name for name, settings in profiles(environ).items() if settings & _NAMES_A_SERVER}


def server_of_profile(name: str) -> Connection:
    """The server that a profile of AWS names, with the keys in its files.

    Neither a role is assumed nor a program run for keys. Raises S3FixtureError for a profile that is not
    there, that has no keys, or that names no server, and so means AWS.
    """
    found = keys_of_profile(name)
    if not found.url:
        raise S3FixtureError(
            f"{_called(name)} has no endpoint_url, so it means AWS, and s3fixture sends nothing to AWS "
            "unless its URL is given; add endpoint_url to it in ~/.aws/config, or name the server with "
            "--endpoint-url"
        )
    if is_aws(found.url):
        raise leads_to_aws(_called(name), found.url)
    return found


def keys_of_profile(name: str) -> Connection:
    """As `server_of_profile`, but the URL is empty where the profile has none."""
    from botocore.exceptions import BotoCoreError

    session = profile_session(name)
    called = _called(name)
    try:
        settings, everything = session.get_scoped_config(), session.full_config
        region, ca_file = (session.get_config_variable(name) for name in ("region", "ca_bundle"))
    except BotoCoreError as error:
        raise S3FixtureError(f"{called} cannot be used: {error}; correct ~/.aws/config") from error
    access_key, secret_key = settings.get("aws_access_key_id"), settings.get("aws_secret_access_key")
    if not access_key or not secret_key:
        raise S3FixtureError(
            f"{called} has no keys in its files; add them to ~/.aws/credentials, or give --access-key and "
            "--secret-key instead of --profile"
        )
    url = _service(settings, everything).get("endpoint_url") or settings.get("endpoint_url") or ""
    token = settings.get("aws_session_token")
    region = region or region_of_environment()
    return Connection(str(url).rstrip("/"), access_key, secret_key, region, token, ca_file)


def profile_session(name: str) -> Session:
    """botocore's session with that profile. Raises S3FixtureError when there is none."""
    import botocore.session

    session = botocore.session.Session(profile=name)
    if name not in session.available_profiles:
        known = ", ".join(session.available_profiles) or "none at all"
        raise S3FixtureError(
            f"the profile {name!r} cannot be used: ~/.aws/config has none of this name; there are: {known}"
        )
    return session


def region_of_environment(environ: Mapping[str, str] = os.environ) -> str:
    """The region of AWS's clients."""
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or FIRST


def is_aws(url: str) -> bool:
    """Whether that is AWS itself."""
    return f".{urlsplit(url).hostname or ''}".endswith(_AWS_DOMAINS)


def leads_to_aws(called: str, url: str) -> S3FixtureError:
    """The error for a name of AWS itself, which may cost and destroy."""
    return S3FixtureError(
        f"{called} leads to AWS ({url}), and s3fixture sends nothing to AWS unless its URL is given; to use "
        f"AWS, write s3://BUCKET with --endpoint-url {url} and the keys or --profile"
    )


def _called(name: str) -> str:
    return f"the profile {name!r}"


def _lines(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST).splitlines()
    except OSError:
        return []


def _service(settings: Mapping[str, Any], everything: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the section `services` of a profile has for S3.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    sections = everything.get("services", {}).get(settings.get("services"), {})
    found = sections.get("s3", {})
    return found if isinstance(found, dict) else {}
