"""Names that people have given to servers elsewhere: the aliases of mc, and profiles of AWS.

`MC_HOST_<alias>` goes before mc's configuration, as with mc itself; an alias without keys is none here.
https://github.com/minio/mc/blob/master/cmd/config.go
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple

if TYPE_CHECKING:
    from botocore.session import Session

_VARIABLE = "MC_HOST_"
_FOLDER_VARIABLE = "MC_CONFIG_DIR"
_FOLDER = "mc" if os.name == "nt" else ".mc"
_PLACEHOLDERS = ("", "YOUR-ACCESS-KEY-HERE")  # what mc's first configuration has for the keys
_MOST = 1024 * 1024  # bytes of a configuration
_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


class NamedServer(NamedTuple):
    """A server with the keys for it, and what gave it its name, for messages."""

    called: str
    url: str
    access_key: str
    secret_key: str
    session_token: str | None = None
    region: str | None = None
    ca_file: str | None = None


def server_of_alias(alias: str, environ: Mapping[str, str] = os.environ) -> NamedServer | None:
    """The server that mc calls so. Raises S3FixtureError where its variable or configuration is damaged."""
    in_variable = environ.get(f"{_VARIABLE}{alias}")
    found = _of_variable(alias, in_variable) if in_variable else _of_configuration(alias, environ)
    return None if found is None or found.access_key in _PLACEHOLDERS else found


def known_aliases(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The names of all aliases that can be used. Raises as `server_of_alias`."""
    names = {name.removeprefix(_VARIABLE) for name in environ if name.startswith(_VARIABLE)}
    names |= _configured(environ).keys()
    return sorted(name for name in names if server_of_alias(name, environ))


def server_of_profile(name: str) -> NamedServer:
    """The server that a profile of AWS names, with the keys in its files.

    Neither a role is assumed nor a program run for keys. Raises S3FixtureError for a profile that is not
    there, that has no keys, or that names no server, and so means AWS.
    """
    found = keys_of_profile(name)
    if not found.url:
        raise S3FixtureError(
            f"{found.called} has no endpoint_url, so it means AWS, and s3fixture sends nothing to AWS unless "
            "its URL is given; add endpoint_url to it in ~/.aws/config, or name the server with "
            "--endpoint-url"
        )
    refuse_aws(found)
    return found


def keys_of_profile(name: str) -> NamedServer:
    """As `server_of_profile`, but the URL is empty where the profile has none."""
    from botocore.exceptions import BotoCoreError

    session = profile_session(name)
    called = f"the profile {name!r}"
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
    return NamedServer(called, str(url).rstrip("/"), access_key, secret_key, token, region, ca_file)


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


def refuse_aws(server: NamedServer) -> None:
    """Raise S3FixtureError where a name leads to AWS itself, which may cost and destroy."""
    host = urlsplit(server.url).hostname or ""
    if f".{host}".endswith(_AWS_DOMAINS):
        raise S3FixtureError(
            f"{server.called} leads to AWS ({server.url}), and s3fixture sends nothing to AWS unless its URL "
            f"is given; to use AWS, write s3://BUCKET with --endpoint-url {server.url} and the keys or "
            "--profile"
        )


def _of_variable(alias: str, text: str) -> NamedServer:
    """http://ACCESS-KEY:SECRET-KEY[:TOKEN]@HOST:PORT, in which mc decodes nothing."""
    scheme, mark, rest = text.partition("://")
    keys, at, host = rest.rpartition("@")
    access_key, _, secrets = keys.partition(":")
    secret_key, _, token = secrets.partition(":")
    url = f"{scheme}://{host}".rstrip("/")
    if not mark or not _is_server(url) or (at and not (access_key and secret_key)):
        raise S3FixtureError(
            f"{_VARIABLE}{alias} is no server; write it as http://ACCESS-KEY:SECRET-KEY@HOST:PORT"
        )
    return NamedServer(f"the alias {alias!r}", url, access_key, secret_key, token or None)


def _of_configuration(alias: str, environ: Mapping[str, str]) -> NamedServer | None:
    found = _configured(environ).get(alias)
    if found is None:
        return None
    texts = [found.get(name) for name in ("url", "accessKey", "secretKey")]
    url, access_key, secret_key = (text if isinstance(text, str) else "" for text in texts)
    if not _is_server(url):
        raise S3FixtureError(
            f"the alias {alias!r} in {_file(environ)} has the URL {url!r}, which is no server; set it anew "
            "with `mc alias set`"
        )
    token = found.get("sessionToken")
    return NamedServer(
        f"the alias {alias!r}",
        url.rstrip("/"),
        access_key,
        secret_key,
        token if isinstance(token, str) and token else None,
    )


def _configured(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The aliases in mc's configuration; none where there is no such file."""
    path = _file(environ)
    try:
        with path.open("rb") as file:
            aliases = json.loads(file.read(_MOST)).get("aliases", {})
        if not all(isinstance(found, dict) for found in aliases.values()):
            raise TypeError
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise S3FixtureError(f"{path}: {error.strerror}; or write s3://BUCKET, not an alias") from error
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise S3FixtureError(
            f"{path} is not a configuration of mc; correct it, or write s3://BUCKET where no alias is meant"
        ) from error
    return dict(aliases)


def _file(environ: Mapping[str, str]) -> Path:
    folder = environ.get(_FOLDER_VARIABLE)
    return (Path(folder) if folder else Path.home() / _FOLDER) / "config.json"


def _service(settings: Mapping[str, Any], everything: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the section `services` of a profile has for S3.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    sections = everything.get("services", {}).get(settings.get("services"), {})
    found = sections.get("s3", {})
    return found if isinstance(found, dict) else {}


def _is_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - to read it raises ValueError for a wrong one
    except ValueError:
        return False
    plain = parts.path in ("", "/") and not parts.query and not parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain
