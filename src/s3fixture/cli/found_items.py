"""What `find` does with what it found: its address, a line of the user's, a command of the user's."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from s3fixture.cli import output
from s3fixture.cli.addresses import Remote
from s3fixture.clock import utc
from s3fixture.errors import S3FixtureError

if TYPE_CHECKING:
    from s3fixture.cli.items import Item
    from s3fixture.cli.target_server import Servers

_KEYWORD = re.compile(r"\{([a-z]*)\}")
_LINK_SECONDS = int(timedelta(days=7).total_seconds())  # the longest that S3 takes


def address(item: Item) -> str:
    """As other commands take it."""
    return str(item.place)


# The keywords of mc find, beside {url}.
_VALUES: Mapping[str, Callable[[Item], str]] = {
    "": address,
    "base": lambda item: address(item).rpartition("/")[2],
    "dir": lambda item: address(item).rpartition("/")[0],
    "size": lambda item: str(item.size),
    "time": lambda item: f"{utc(item.modified):%Y-%m-%dT%H:%M:%SZ}",
    "version": lambda item: item.version or "",
}


def document(item: Item) -> dict[str, Any]:
    """For --json."""
    assert isinstance(item.place, Remote)
    version = {"versionId": item.version} if item.version else {}
    found = {"bucket": item.place.bucket, "key": item.place.key, **version}
    return {**found, "size": item.size, "etag": item.etag, "lastModified": utc(item.modified)}


def filled(servers: Servers, template: str, item: Item) -> str:
    """The text with its keywords replaced; braces with something else in them stay."""

    def value(match: re.Match[str]) -> str:
        if match[1] == "url":
            return _link(servers, item)
        return _VALUES[match[1]](item) if match[1] in _VALUES else match[0]

    return _KEYWORD.sub(value, template)


def parse_command(text: str) -> list[str]:
    """The words of a command as a shell splits them, before anything is replaced: a key stays one word.

    Raises S3FixtureError for what has none.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise S3FixtureError(f"--exec {text!r} is not a command: {error}") from error
    if not words:
        raise S3FixtureError("--exec is empty; write a command, such as 's3fixture cat {}'")
    return words


def run(servers: Servers, command: Sequence[str], item: Item) -> bool:
    """Run the command for this item; whether it went well. Raises S3FixtureError when it cannot be run."""
    words = [filled(servers, word, item) for word in command]
    sys.stdout.flush()
    try:
        code = subprocess.run(words, check=False).returncode  # noqa: S603 - the user names it
    except (OSError, ValueError) as error:
        raise S3FixtureError(f"{words[0]!r} cannot be run: {error}") from error
    if code:
        place = output.printable(address(item))
        output.print_error(f"{place}: {output.printable(words[0])!r} ended with exit code {code}")
    return code == 0


def _link(servers: Servers, item: Item) -> str:
    assert isinstance(item.place, Remote)
    version = {"VersionId": item.version} if item.version else {}
    which = {"Bucket": item.place.bucket, "Key": item.place.key, **version}
    client = servers.client(item.place)
    return client.generate_presigned_url("get_object", Params=which, ExpiresIn=_LINK_SECONDS)
