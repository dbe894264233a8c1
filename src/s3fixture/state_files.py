"""The file of a saved state from outside: how it begins, and what is said when it cannot be used."""

from __future__ import annotations

from pathlib import Path

from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple

STATE_ID = 0x53335354  # "S3ST" as SQLite's application id
_MAGIC = b"SQLite format 3\0"
# https://www.sqlite.org/fileformat.html#the_database_header
_PAGE_SIZE, _PAGES, _FORMAT, _APPLICATION = slice(16, 18), slice(28, 32), slice(60, 64), slice(68, 72)


class StateHeader(NamedTuple):
    """What the first bytes of a saved state say: the version of its format, and its size in bytes."""

    format: int
    size: int


def read_header(path: Path) -> StateHeader | None:
    """The header of a saved state; None for every other file. Raises OSError when it cannot be read."""
    if path.exists() and not path.is_file():
        return None
    with path.open("rb") as file:
        start = file.read(100)
    if len(start) < 100 or not start.startswith(_MAGIC) or _number(start, _APPLICATION) != STATE_ID:
        return None
    page_size = _number(start, _PAGE_SIZE)
    page_size = 65_536 if page_size == 1 else page_size  # which two bytes cannot hold
    return StateHeader(_number(start, _FORMAT), page_size * _number(start, _PAGES))


def is_state(path: Path) -> bool:
    """Whether it begins as a saved state does; no for what cannot be read."""
    try:
        return read_header(path) is not None
    except OSError:
        return False


def refuse_to_replace(path: Path) -> None:
    """Raise S3FixtureError for a file that is there and is not a saved state; OSError as `read_header`."""
    if path.exists() and read_header(path) is None:
        raise S3FixtureError(f"{path} exists and is not a saved state; remove it, or choose another name")


def unreadable(path: Path, error: OSError) -> S3FixtureError:
    """The file cannot be loaded, because it cannot be read."""
    return S3FixtureError(f"{path} cannot be read: {error.strerror}; give a file that `s3fixture save` made")


def unwritable(path: Path, reason: object) -> S3FixtureError:
    """The file cannot be saved."""
    return S3FixtureError(f"the state cannot be saved in {path}: {reason}; choose another file")


def _number(start: bytes, place: slice) -> int:
    return int.from_bytes(start[place], "big")
