"""The variables as each shell, file and tool reads them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from s3fixture import client_options
from s3fixture.auth.metrics_token import make_token
from s3fixture.cli import dotenv_file
from s3fixture.client_options import CLIENTS, Connection
from s3fixture.clock import Clock
from s3fixture.environment import variables as variables_for
from s3fixture.environment import without_temporary_paths

_LOOPBACK = re.compile(r"(?<=://)(127\.0\.0\.1|localhost|\[::1\])(?=[:/]|$)")
Variables = Mapping[str, str]
Names = Collection[str]


def _shell(variables: Variables, removed: Names) -> list[str]:
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return [*(f"unset {name}" for name in removed), *lines]


def _fish(variables: Variables, removed: Names) -> list[str]:
    def quoted(value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    lines = [f"set -gx {name} {quoted(value)}" for name, value in variables.items()]
    return [*(f"set -e {name}" for name in removed), *lines]


def _powershell(variables: Variables, removed: Names) -> list[str]:
    lines = ["$Env:{} = '{}'".format(name, value.replace("'", "''")) for name, value in variables.items()]
    return [*(f"Remove-Item Env:{name} -ErrorAction SilentlyContinue" for name in removed), *lines]


def _cmd(variables: Variables, removed: Names) -> list[str]:
    lines = [f'set "{name}={value}"' for name, value in variables.items()]
    return [*(f'set "{name}="' for name in removed), *lines]


def _dotenv(variables: Variables, removed: Names) -> list[str]:
    return [dotenv_file.line(name, value) for name, value in without_temporary_paths(variables).items()]


def _json(variables: Variables, removed: Names) -> list[str]:
    return [json.dumps(dict(variables), indent=2, ensure_ascii=False)]


def _docker(variables: Variables, removed: Names) -> list[str]:
    """`docker run --env-file` takes everything after `=` as it stands; its localhost is the container."""
    values = without_temporary_paths(variables)
    return [f"{name}={_LOOPBACK.sub('host.docker.internal', value)}" for name, value in values.items()]


def _github(variables: Variables, removed: Names) -> list[str]:
    """Lines for `$GITHUB_ENV`; a variable cannot be removed there, but it can be empty."""
    return [*(f"{name}=" for name in removed), *(f"{name}={value}" for name, value in variables.items())]


FORMATS: Mapping[str, Callable[[Variables, Names], list[str]]] = {
    "shell": _shell,
    "fish": _fish,
    "powershell": _powershell,
    "cmd": _cmd,
    "dotenv": _dotenv,
    "json": _json,
    "docker": _docker,
    "github": _github,
}


# Formats that can unset a variable.
UNSETTING = ("shell", "fish", "powershell", "cmd", "github")


def _client_json(client: str) -> Callable[[Connection], list[str]]:
    def lines(to: Connection) -> list[str]:
        return [json.dumps(CLIENTS[client](to), indent=2, ensure_ascii=False)]

    return lines


def _duckdb(to: Connection) -> list[str]:
    return [client_options.duckdb_secret(to)]


def _prometheus(to: Connection) -> list[str]:
    """A configuration as `mc admin prometheus generate` writes it."""
    import yaml  # imported when used: no other format needs it

    at = urlsplit(to.url)
    job = {
        "job_name": "s3fixture",
        "bearer_token": make_token(to.access_key, to.secret_key, Clock().time()),
        "metrics_path": "/minio/v2/metrics/cluster",
        "scheme": at.scheme,
        **({"tls_config": {"ca_file": to.ca_file}} if to.ca_file else {}),
        "static_configs": [{"targets": [at.netloc]}],
    }
    return str(yaml.safe_dump({"scrape_configs": [job]}, sort_keys=False, width=1000)).splitlines()


def _pyiceberg(to: Connection) -> list[str]:
    found = variables_for(to)
    return _shell({name: value for name, value in found.items() if name.startswith("PYICEBERG_")}, ())


def _spark(to: Connection) -> list[str]:
    """A properties file, as `spark-submit --properties-file` and conf/spark-defaults.conf read it.

    A backslash escapes there: https://docs.oracle.com/javase/8/docs/api/java/util/Properties.html
    """
    doubled = {name: value.replace("\\", "\\\\") for name, value in client_options.spark(to).items()}
    return [f"{name}={value}" for name, value in doubled.items()]


def _pyspark(to: Connection) -> list[str]:
    """The one variable that PySpark reads before it starts Java; it splits the value as a shell would."""
    options = [f"--conf {shlex.quote(f'{name}={value}')}" for name, value in client_options.spark(to).items()]
    return _shell({"PYSPARK_SUBMIT_ARGS": " ".join([*options, "pyspark-shell"])}, ())


# The options of one client.
CLIENT_FORMATS: Mapping[str, Callable[[Connection], list[str]]] = {
    **{client: _client_json(client) for client in CLIENTS},
    "duckdb": _duckdb,
    "prometheus": _prometheus,
    "pyiceberg": _pyiceberg,
    "pyspark": _pyspark,
    "spark": _spark,
}
