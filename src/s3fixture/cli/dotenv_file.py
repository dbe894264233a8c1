"""Reading and writing `.env` files, by python-dotenv's parser; other lines stay as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from s3fixture.environment import is_no_aws_file, without_temporary_paths
from s3fixture.errors import S3FixtureError

_PLAIN = re.compile(r"[\w./:@%+,=*~-]*", re.ASCII)


def read(path: Path) -> dict[str, str]:
    """The variables of a file, none when there is no such file. Raises S3FixtureError when it is broken."""
    if not path.is_file():
        return {}
    from dotenv import dotenv_values  # imported when used: most folders have no such file
    from dotenv.parser import parse_stream

    try:
        with path.open(encoding="utf-8-sig") as file:
            broken = [binding.original.line for binding in parse_stream(file) if binding.error]
    except UnicodeDecodeError as error:
        raise S3FixtureError(f"{path}: is not text in UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise S3FixtureError(f"{path}: cannot be read: {error.strerror}") from error
    if broken:
        raise S3FixtureError(f"{path}, line {broken[0]}: is not NAME=value; correct or remove it")
    values = dotenv_values(path, encoding="utf-8-sig")
    return {name: value for name, value in values.items() if value is not None}


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Set these variables in a file; its other lines stay. A new file is its owner's only, for the secret.

    Those that would hold a path of this installation are left out, and taken out where one wrote them.
    """
    from dotenv import set_key, unset_key

    present = read(path)  # a file that cannot be read is not written either
    target = path.resolve()  # set_key would replace a symbolic link by a file
    try:
        if not target.exists():
            target.touch(mode=0o600)
        for name in [name for name in variables if is_no_aws_file(present.get(name, ""))]:
            unset_key(target, name)
        for name, value in without_temporary_paths(variables).items():
            set_key(target, name, value, quote_mode="never" if _PLAIN.fullmatch(value) else "always")
    except OSError as error:
        raise S3FixtureError(
            f"{path}: cannot be written: {error.strerror}; name another --env-file"
        ) from error


def line(name: str, value: str) -> str:
    """One variable as `write` would write it."""
    if _PLAIN.fullmatch(value):
        return f"{name}={value}"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{escaped}'"
