"""Opening the index: in memory, or in a folder that no other process may have at the same time."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from s3fixture.errors import S3FixtureError
from s3fixture.store.files import Files
from s3fixture.store.schema import migrate

_BOTH = (
    "PRAGMA temp_store = MEMORY",
    "PRAGMA secure_delete = OFF",  # some distributions overwrite what is deleted, which a test box pays for
)
# The lock is SQLite's own and lasts as long as the connection: it is the same on every platform, goes
# with a killed process, and saves the shared memory file. Once the write-ahead log is in use it is taken.
_IN_FOLDER = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA auto_vacuum = INCREMENTAL",  # for `shrink`; must come before the first table
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",  # a killed process loses nothing; a power failure may, some seconds
)


def open_memory() -> tuple[sqlite3.Connection, Files]:
    """A new, empty index, and a place for bodies that is made when the first one comes."""
    connection = _connect(":memory:")
    migrate(connection, "the index")
    return connection, Files(None)


def open_folder(folder: Path) -> tuple[sqlite3.Connection, Files]:
    """The index and the bodies of a folder, which is made when missing; what a crash left is removed.

    Raises S3FixtureError with the remedy when the folder cannot be used.
    """
    index = folder / "index.sqlite"
    files = Files(folder / "blobs")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_new = not index.exists()
        if is_new and next(files.names(), None) is not None:
            raise S3FixtureError(
                f"{folder} holds bodies of objects, but their index {index.name} is missing; put it back, or "
                "choose another folder for the data"
            )
        connection = _connect(str(index))
    except (OSError, sqlite3.Error) as error:
        raise _refusal(folder, error) from error
    try:
        _take(connection, folder)
        migrate(connection, str(index))
        _remove_leftovers(connection, files)
    except BaseException:
        connection.close()
        raise
    return connection, files


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        name, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    for pragma in _BOTH:
        connection.execute(pragma)
    return connection


def _take(connection: sqlite3.Connection, folder: Path) -> None:
    try:
        for pragma in _IN_FOLDER:
            connection.execute(pragma).fetchall()
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        reason = "another s3fixture has it; stop that one" if "locked" in str(error) else str(error)
        raise _refusal(folder, reason) from error


def _refusal(folder: Path, reason: object) -> S3FixtureError:
    return S3FixtureError(f"{folder} cannot be used for the data: {reason}, or choose another folder")


def shrink(connection: sqlite3.Connection) -> None:
    """Give the pages that are not used any more, and the log, back to the disk; as far as it lets us.

    In steps, because the log grows by what a step moves, and this is called when there is little room.
    """
    if connection.in_transaction:
        return
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        while connection.execute("PRAGMA freelist_count").fetchone() != (0,):
            connection.execute("PRAGMA incremental_vacuum(250)").fetchall()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        if "disk is full" not in str(error):
            raise


def _remove_leftovers(connection: sqlite3.Connection, files: Files) -> None:
    """Bodies that no row names: of changes that a crash cut off, or that were freed and not yet removed."""
    leftovers = set(files.names())
    leftovers.difference_update(
        name for (name,) in connection.execute("SELECT file FROM blobs WHERE file IS NOT NULL")
    )
    files.remove(leftovers)
