"""Names that people have given to servers elsewhere: the aliases of mc, and AWS profiles with an endpoint.

`MC_HOST_<alias>` goes before mc's configuration, as with mc itself, and both before profiles. Aliases without
keys are left out.
https://github.com/minio/mc/blob/master/cmd/config.go
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from s3fixture.cli import output
from s3fixture.cli.aws_profiles import (
    is_aws,
    leads_to_aws,
    profiles_with_server,
    region_of_environment,
    server_of_profile,
)
from s3fixture.client_options import Connection
from s3fixture.errors import S3FixtureError

_VARIABLE = "MC_HOST_"
_FOLDER_VARIABLE = "MC_CONFIG_DIR"
_FOLDER = "mc" if os.name == "nt" else ".mc"
_PLACEHOLDERS = ("", "YOUR-ACCESS-KEY-HERE")  # what mc's first configuration has for the keys
_MOST = 1024 * 1024  # bytes of a configuration
_AUTHORITIES = "AWS_CA_BUNDLE"


def server_of_alias(alias: str, environ: Mapping[str, str] = os.environ) -> Connection | None:
    """The server of that name. Raises S3FixtureError where what says so is damaged."""
    found = _of_mc(alias, environ)
    if found is None and alias in profiles_with_server(environ):
        return server_of_profile(alias)
    return found


def known_aliases(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The names of all aliases that can be used. What is damaged is told and left out."""
    names = {name.removeprefix(_VARIABLE) for name in environ if name.startswith(_VARIABLE)}
    try:
        names |= _configured(environ).keys()
    except S3FixtureError as error:
        output.tell(f"{error}; its aliases are left out")
    return sorted({name for name in names if _is_usable(name, environ)} | profiles_with_server(environ))


def _is_usable(alias: str, environ: Mapping[str, str]) -> bool:
    try:
        return _of_mc(alias, environ) is not None
    except S3FixtureError as error:
        output.tell(f"{error}; it is left out")
        return False


def _of_mc(alias: str, environ: Mapping[str, str]) -> Connection | None:
    in_variable = environ.get(f"{_VARIABLE}{alias}")
    found = _of_variable(alias, in_variable, environ) if in_variable else _of_configuration(alias, environ)
    return None if found is None or found.access_key in _PLACEHOLDERS else found


def refuse_aws(alias: str, server: Connection) -> None:
    """Raise S3FixtureError where an alias leads to AWS itself, which may cost and destroy."""
    if is_aws(server.url):
        raise leads_to_aws(f"the alias {alias!r}", server.url)


def _of_variable(alias: str, text: str, environ: Mapping[str, str]) -> Connection:
    """http://ACCESS-KEY:SECRET-KEY[:TOKEN]@HOST:PORT, in which mc decodes nothing."""
    scheme, mark, rest = text.partition("://")
    keys, at, host = rest.rpartition("@")
    access_key, _, secrets = keys.partition(":")
    secret_key, _, token = secrets.partition(":")
    url = f"{scheme}://{host}".rstrip("/")
    if not mark or not _is_server(url) or (at and not (access_key and secret_key)):
        raise S3FixtureError(
            f"{_VARIABLE}{alias} is not the URL of a server; write it as http://ACCESS-KEY:SECRET-KEY@HOST:PORT"
        )
    return _server(url, access_key, secret_key, token, environ)


def _of_configuration(alias: str, environ: Mapping[str, str]) -> Connection | None:
    found = _configured(environ).get(alias)
    if found is None:
        return None
    texts = [found.get(name) for name in ("url", "accessKey", "secretKey")]
    url, access_key, secret_key = (text if isinstance(text, str) else "" for text in texts)
    if not _is_server(url):
        raise S3FixtureError(
            f"the alias {alias!r} in {_file(environ)} has the URL {url!r}, which is not a server's; set it "
            "again with `mc alias set`"
        )
    token = found.get("sessionToken")
    return _server(url.rstrip("/"), access_key, secret_key, token if isinstance(token, str) else "", environ)


def _server(url: str, access_key: str, secret_key: str, token: str, environ: Mapping[str, str]) -> Connection:
    ca_file = _trusted_by_mc(environ) if url.startswith("https:") else None
    return Connection(url, access_key, secret_key, region_of_environment(environ), token or None, ca_file)


def _trusted_by_mc(environ: Mapping[str, str]) -> str | None:
    """A file with the authorities of mc and of the environment; None where mc has none.

    https://docs.min.io/enterprise/aistor-object-store/reference/cli/mc-alias/ (~/.mc/certs/CAs)
    """
    folder = _file(environ).parent / "certs" / "CAs"
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    from s3fixture.cli.mc_authorities import bundle  # imported when used: few servers have TLS

    return bundle(folder, environ.get(_AUTHORITIES))


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


def _is_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - to read it raises ValueError for a wrong one
    except ValueError:
        return False
    plain = parts.path in ("", "/") and not parts.query and not parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain
