"""The variables as each shell, file and tool reads them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Collection, Mapping

from s3fixture.cli import dotenv_file

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
    return [dotenv_file.line(name, value) for name, value in variables.items()]


def _json(variables: Variables, removed: Names) -> list[str]:
    return [json.dumps(dict(variables), indent=2, ensure_ascii=False)]


def _docker(variables: Variables, removed: Names) -> list[str]:
    """`docker run --env-file` takes everything after `=` as it stands; its localhost is not ours."""
    return [f"{name}={_LOOPBACK.sub('host.docker.internal', value)}" for name, value in variables.items()]


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
