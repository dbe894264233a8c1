"""Opening the index: in memory, or in a folder that no other process may have at the same time."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from s3fixture.errors import S3FixtureError
from s3fixture.named_tuples import NamedTuple
from s3fixture.store.checking import describe, describe_quarantined, settle
from s3fixture.store.files import Files
from s3fixture.store.schema import is_current, is_new, migrate
from s3fixture.store.storage_errors import is_taken
from s3fixture.store.syncing import SharedSync, sync_folder

INDEX = "index.sqlite"  # its name in the folder
_LOG = logging.getLogger("s3fixture")
_BOTH = (
    "PRAGMA temp_store = MEMORY",
    "PRAGMA secure_delete = OFF",  # some distributions overwrite what is deleted, which tests would pay for
)
# The lock is SQLite's own and lasts as long as the connection: it is the same on every platform, goes
# with a killed process, and saves the shared memory file. Once the write-ahead log is in use it is taken.
_IN_FOLDER = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA auto_vacuum = INCREMENTAL",  # for `shrink`; must come before the first table
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",  # SQLite syncs around checkpoints, `SharedSync` the changes between them
)
_LAST_ID = """
SELECT max(coalesce((SELECT max(id) FROM buckets), 0), coalesce((SELECT max(id) FROM blobs), 0),
           coalesce((SELECT max(seq) FROM versions), 0), coalesce((SELECT max(seq) FROM uploads), 0),
           coalesce((SELECT max(id) FROM payloads), 0), coalesce((SELECT max(id) FROM jobs), 0))
"""
_MOST_IDS = 2**62  # SQLite's integers end at 2**63


class Opened(NamedTuple):
    """An index, its bodies, the highest number that it has given to anything, and the syncs of its log."""

    connection: sqlite3.Connection
    files: Files
    last_id: int
    sync: SharedSync | None  # None where nothing survives a power failure


def open_memory() -> Opened:
    """A new, empty index, and a place for bodies that is made when the first one comes."""
    connection = _connect(":memory:")
    migrate(connection, "the index")
    return Opened(connection, Files(None), 0, None)


def open_folder(folder: Path, *, durable: bool) -> Opened:
    """The index and the bodies of a folder, which is made when missing; what a crash left is removed.

    `durable`: what is written there is to survive a power failure. What is wrong with the bodies is logged.
    Raises S3FixtureError with the remedy when the folder cannot be used.
    """
    files = Files(folder / "blobs", durable=durable)
    try:
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds what policies protect
        _refuse_bodies_without_index(folder, files)
    except OSError as error:
        raise _refusal(folder, f"{error}; correct that") from error
    with _index(folder) as connection:
        if is_new(connection) and not files.is_empty():
            raise _lost_index(folder)
        migrate(connection, str(folder / INDEX))
        for line in settle(connection, files):
            _LOG.warning("%s", line)
        (last_id,) = connection.execute(_LAST_ID).fetchone()
        if not isinstance(last_id, int) or last_id > _MOST_IDS:
            raise _damaged(folder, f"a number in it is {last_id!r}")
        _keep_open(connection)
        sync = None
        if durable:
            sync = SharedSync(folder / f"{INDEX}-wal")
            for path in made:  # SQLite itself syncs the folder of the index when it makes files there
                sync_folder(path.parent)
    return Opened(connection, files, last_id, sync)


def _keep_open(connection: sqlite3.Connection) -> None:
    """Keep the connection until it is closed explicitly, by a reference that Python does not count.

    SQLite empties and removes the log when a connection is closed. A forked child that merely ends would do
    that too, and its parent would go on writing to a file that was removed.
    """
    import ctypes  # imported when used: an index in memory needs no such care

    interpreter = getattr(ctypes, "pythonapi", None)  # of CPython, which closes what is not used any more
    if interpreter is not None:
        interpreter.Py_IncRef(ctypes.py_object(connection))


def examine(folder: Path, *, in_use: bool = False) -> list[str]:
    """What is wrong with a folder, one line each. Changes nothing, and may take a while.

    `in_use`: another process has the folder, so only bodies in quarantine can be seen. Raises S3FixtureError
    when the index cannot be used.
    """
    files = Files(folder / "blobs")
    if in_use:
        return describe_quarantined(files)
    if not folder.exists():
        return []
    _refuse_bodies_without_index(folder, files)
    if not (folder / INDEX).exists():
        return []
    with _index(folder) as connection, closing(connection):
        if not is_current(connection):
            return []  # the next start upgrades it, and looks
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise _damaged(folder, verdict)
        return describe(connection, files)


def _refuse_bodies_without_index(folder: Path, files: Files) -> None:
    """Also of a log without an index: SQLite would remove it, and with it the latest changes."""
    index, log = folder / INDEX, folder / f"{INDEX}-wal"
    if _size(index) == 0 and (_size(log) > 0 or not files.is_empty()):
        raise _lost_index(folder)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _lost_index(folder: Path) -> S3FixtureError:
    return S3FixtureError(
        f"{folder} holds objects, but their index {INDEX} is missing or empty; put it back, or choose "
        "another folder for the data"
    )


@contextmanager
def _index(folder: Path) -> Iterator[sqlite3.Connection]:
    """The index, for this process alone; it stays open unless something goes wrong."""
    try:
        connection = _connect(str((folder / INDEX).absolute()))
    except sqlite3.Error as error:
        raise _refusal(folder, f"{error}; correct that") from error
    try:
        _take(connection, folder)
        yield connection
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the second: SQLite quotes a damaged schema
        connection.close()
        raise _damaged(folder, error) from error
    except BaseException:
        connection.close()
        raise


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(  # an address is only what is attached: a saved state, to be read
        name, uri=True, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=256
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
    except sqlite3.OperationalError as error:
        reason = "another s3fixture has it; stop that one" if is_taken(error) else f"{error}; correct that"
        raise _refusal(folder, reason) from error


def _refusal(folder: Path, reason: object) -> S3FixtureError:
    return S3FixtureError(f"{folder} cannot be used for the data: {reason}, or choose another folder")


def _damaged(folder: Path, reason: object) -> S3FixtureError:
    index = folder / INDEX
    return S3FixtureError(
        f"the index {index} is damaged: {reason}; put a backup in its place, save what can be read of it "
        f"with `sqlite3 {index} .recover`, or choose another folder for the data"
    )
