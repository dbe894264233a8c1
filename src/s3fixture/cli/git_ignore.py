"""Whether git would take the file with the keys, and the line that keeps it out."""

from __future__ import annotations

import subprocess
from pathlib import Path

from s3fixture.errors import S3FixtureError

_NOT_IGNORED = 1  # exit code of `git check-ignore`; 128 is that of a folder outside any repository


def git_would_track(folder: Path, name: str) -> bool:
    """Whether the folder is in a repository of git that does not ignore this file."""
    command = ("git", "-C", str(folder), "check-ignore", "--quiet", "--no-index", name)
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own words
    except OSError:  # there is no git here
        return False
    return done.returncode == _NOT_IGNORED


def add(path: Path, line: str) -> None:
    """Append a line to a .gitignore; the others stay. Raises S3FixtureError."""
    try:
        before = path.read_bytes() if path.exists() else b""
        gap = b"\n" if before and not before.endswith(b"\n") else b""
        with path.open("ab") as file:
            file.write(gap + line.encode() + b"\n")
    except OSError as error:
        raise S3FixtureError(
            f"{path}: cannot be written: {error.strerror}; add the line {line} to it"
        ) from error
