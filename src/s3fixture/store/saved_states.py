"""A state in one file: an index of its own, with the large bodies in it.

The file is a SQLite database with the tables of the index, the same migrations count its format, and two
tables more. What belongs to one server only is not in it: jobs, removals, names of files. Its ids begin
higher than those of a new store, so that they can be taken over as they are; else they are shifted.

A file may come from anywhere. Nothing in it is executed: its schema must be ours to the letter, so that it
has no view and no trigger of others, and all rows are checked before the first is taken over.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path

from s3fixture.errors import S3FixtureError
from s3fixture.limits import LATEST_TIME
from s3fixture.named_tuples import NamedTuple
from s3fixture.state_files import STATE_ID, read_header, refuse_to_replace, unreadable, unwritable
from s3fixture.store.bodies import CHUNK, Spooled, spool
from s3fixture.store.files import Files
from s3fixture.store.index import Index
from s3fixture.store.rows import BucketRow
from s3fixture.store.schema import APPLICATION_ID, MIGRATIONS, migrate
from s3fixture.store.storage_errors import is_full
from s3fixture.store.syncing import sync_file, sync_folder

# ruff: noqa: S608 - the statements are put together from constants
FIRST_ID = 2**40  # of what is in a file: a new store is far from it
_LAST_ID = 2**61
LAYOUT = """
CREATE TABLE state (owner TEXT NOT NULL);
CREATE TABLE bodies (file TEXT NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL);
CREATE UNIQUE INDEX bodies_by_file ON bodies (file, number);
"""
# The tables that make a state, and their columns with ids: those of the row itself first.
_IDS = {
    "buckets": ("id",),
    "documents": ("bucket",),
    "blobs": ("id",),
    "pieces": ("whole", "blob"),
    "versions": ("seq", "bucket", "blob"),
    "version_parts": ("version",),
    "uploads": ("seq", "bucket"),
    "parts": ("upload", "blob"),
    "version_annotations": ("version", "payload"),
    "payloads": ("id",),
}
_OWN_IDS = {"buckets": "id", "blobs": "id", "versions": "seq", "uploads": "seq", "payloads": "id"}
# What may name owners, as JSON's strings: ACLs, and policies.
_NAMES_OWNERS = (("documents", "body"), ("versions", "extra"), ("uploads", "extra"))
# What an upload has seen, which a condition on its completion asks for: the number of a version.
_NAMES_A_VERSION = ("uploads", "extra")
_JSON = ("headers", "metadata", "tags", "extra")
ATTRIBUTES = ("storage_class", "checksum_algorithm", "checksum_type", *_JSON)
_OTHER_TEXTS = frozenset({*ATTRIBUTES, "body", "owner"})  # columns that are checked elsewhere, or harm nobody
_PRIME = 1_000_003
_USES = """
SELECT blob FROM versions WHERE blob IS NOT NULL UNION ALL
SELECT blob FROM parts WHERE blob IS NOT NULL UNION ALL SELECT blob FROM pieces
"""
# Queries that find no row in a valid state -> what is wrong when they do.
_FAULTS = {
    "SELECT 1 FROM buckets WHERE name GLOB '*[^a-zA-Z0-9._-]*' OR length(name) NOT BETWEEN 3 AND 255": (
        "it has a bucket whose name S3 does not take"
    ),
    "SELECT 1 FROM buckets WHERE versioning NOT IN ('', 'Enabled', 'Suspended')": (
        "it has a bucket with a versioning that S3 does not know"
    ),
    "SELECT 1 FROM documents WHERE bucket NOT IN (SELECT id FROM buckets)": "a document has no bucket",
    "SELECT 1 FROM versions WHERE bucket NOT IN (SELECT id FROM buckets)": "an object has no bucket",
    "SELECT 1 FROM uploads WHERE bucket NOT IN (SELECT id FROM buckets)": "an upload has no bucket",
    "SELECT 1 FROM parts WHERE upload NOT IN (SELECT seq FROM uploads)": "a part has no upload",
    "SELECT 1 FROM version_parts WHERE version NOT IN (SELECT seq FROM versions)": "a part has no object",
    "SELECT 1 FROM version_annotations WHERE version NOT IN (SELECT seq FROM versions)": (
        "an annotation has no object"
    ),
    "SELECT 1 FROM version_annotations WHERE payload NOT IN (SELECT id FROM payloads)": (
        "an annotation has no payload"
    ),
    "SELECT 1 FROM payloads WHERE id NOT IN (SELECT payload FROM version_annotations)": (
        "a payload has no annotation"
    ),
    "SELECT 1 FROM versions AS v LEFT JOIN blobs AS b ON b.id = v.blob WHERE v.size <> coalesce(b.size, 0)": (
        "an object has another size than its body"
    ),
    "SELECT 1 FROM parts AS p LEFT JOIN blobs AS b ON b.id = p.blob WHERE p.size <> coalesce(b.size, 0)": (
        "a part has another size than its body"
    ),
    "SELECT 1 FROM blobs WHERE data IS NOT NULL AND (file IS NOT NULL OR length(data) <> size)": (
        "the size of a body is wrong"
    ),
    "SELECT 1 FROM blobs AS b WHERE file IS NOT NULL AND size <> "
    "(SELECT coalesce(sum(length(data)), 0) FROM bodies WHERE file = b.file)": (
        "the size of a large body is wrong"
    ),
    "SELECT 1 FROM blobs WHERE file IS NOT NULL GROUP BY file HAVING count(*) > 1": (
        "two bodies have the same bytes"
    ),
    "SELECT 1 FROM blobs AS b WHERE file IS NULL AND data IS NULL AND size <> (SELECT "
    "coalesce(sum(i.size), 0) FROM pieces AS p JOIN blobs AS i ON i.id = p.blob WHERE p.whole = b.id)": (
        "the parts of an object have another size than the object"
    ),
    "SELECT 1 FROM pieces AS p LEFT JOIN blobs AS b ON b.id = p.blob "
    "WHERE b.file IS NULL AND b.data IS NULL": "a part of an object has no bytes",
    # By sums, because counting each one takes longer than all the rest.
    f"SELECT 1 FROM (SELECT total(refs) AS n, total(refs * (id % {_PRIME})) AS s FROM blobs) AS b, "
    f"(SELECT count(*) AS n, total(blob % {_PRIME}) AS s FROM ({_USES})) AS u "
    "WHERE b.n <> u.n OR b.s <> u.s": "a body is counted wrongly",
}


class SavedState(NamedTuple):
    """An open file that was checked: its rows, the owner that stands for the server, its highest id."""

    path: Path
    connection: sqlite3.Connection
    owner: str
    last_id: int
    is_current: bool  # else it was upgraded in memory

    def buckets(self) -> list[BucketRow]:
        """The buckets by name, without the kinds of their documents."""
        sql = "SELECT id, name, owner, region, created, versioning, object_lock FROM buckets ORDER BY name"
        return [BucketRow._make((*row, frozenset())) for row in self.connection.execute(sql)]

    def documents(self) -> list[tuple[int, str, str]]:
        """The bucket's id, the kind and the text of each."""
        return self.connection.execute("SELECT bucket, kind, body FROM documents").fetchall()

    def attributes(self) -> Iterator[tuple[str | None, ...]]:
        """What stands in the columns ATTRIBUTES of the objects and uploads, each combination once."""
        columns = ", ".join(ATTRIBUTES)
        return self.connection.execute(f"SELECT {columns} FROM versions UNION SELECT {columns} FROM uploads")

    def files(self) -> list[str]:
        """The names of its large bodies."""
        rows = self.connection.execute("SELECT file FROM blobs WHERE file IS NOT NULL ORDER BY id")
        return [name for (name,) in rows]

    def spooled(self, file: str, files: Files) -> Spooled:
        """A copy of a large body among `files`."""
        return spool(files, _Chunks(self.connection, file), None)


FindFault = Callable[[SavedState], "str | None"]  # what is wrong with what its texts mean, or None


class _Chunks:
    """The bytes of a large body, one chunk with each `read`."""

    def __init__(self, connection: sqlite3.Connection, file: str) -> None:
        self._rows = connection.execute("SELECT data FROM bodies WHERE file = ? ORDER BY number", (file,))

    def read(self, size: int, /) -> bytes:
        row = self._rows.fetchone()
        return b"" if row is None else bytes(row[0])


@contextmanager
def open_state(path: Path, find_fault: FindFault | None = None) -> Iterator[SavedState]:
    """A saved state, checked completely. Raises S3FixtureError with the remedy."""
    try:
        header = read_header(path)
    except OSError as error:
        raise unreadable(path, error) from error
    if header is None:
        raise S3FixtureError(f"{path} is not a saved state; give a file that `s3fixture save` made")
    if header.format > len(MIGRATIONS):
        raise S3FixtureError(
            f"{path} was saved by a later s3fixture (its format is {header.format}, this one knows up to "
            f"{len(MIGRATIONS)}); upgrade s3fixture, or save the state with this version"
        )
    if header.size != path.stat().st_size:
        raise _damaged(path, f"it should have {header.size} bytes, but has {path.stat().st_size}")
    try:
        with closing(_checked(path, header.format)) as connection:
            (owner,) = connection.execute("SELECT owner FROM state").fetchone()
            state = SavedState(
                path, connection, owner, _last_id(connection), header.format == len(MIGRATIONS)
            )
            fault = find_fault(state) if find_fault is not None else None
            if fault:
                raise _damaged(path, fault)
            yield state
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _damaged(path, error) from error


def _address(path: Path) -> str:
    """For SQLite, which then only reads, and makes no files beside it."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


def _checked(path: Path, version: int) -> sqlite3.Connection:
    connection = sqlite3.connect(
        _address(path),
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        if _schema(connection) != _expected_schema(version):
            raise _damaged(path, "its tables are not those of a state")
        if version < len(MIGRATIONS):
            connection = _upgraded(connection)
        fault = _fault(connection)
        if fault:
            raise _damaged(path, fault)
    except BaseException:
        connection.close()
        raise
    return connection


def _damaged(path: Path, reason: object) -> S3FixtureError:
    return S3FixtureError(f"the saved state {path} is damaged: {reason}; save the state again")


def _schema(connection: sqlite3.Connection) -> set[tuple[str, str, str, str | None]]:
    return set(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))


@cache
def _expected_schema(version: int) -> set[tuple[str, str, str, str | None]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for script in (*MIGRATIONS[:version], LAYOUT):
            connection.executescript(script)
        return _schema(connection)


def _upgraded(old: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of a state of an earlier version, upgraded to the current one."""
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    with closing(old):
        old.backup(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(connection, "the state")
    return connection


def _fault(connection: sqlite3.Connection) -> str | None:
    """What is wrong with the rows, or None."""
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        return str(verdict)
    for table in (*_IDS, "state", "bodies"):
        if connection.execute(_wrong_types(table)).fetchone():
            return f"its table {table} has a value of a wrong type"
        texts = "".join(text for (text,) in connection.execute(_plain(table)))
        if not (texts.isascii() and texts.isprintable()):
            return f"its table {table} has characters that no header may have"
    for sql, fault in _FAULTS.items():
        if connection.execute(sql).fetchone():
            return fault
    (owners,) = connection.execute("SELECT count(*) FROM state").fetchone()
    if owners != 1:
        return f"it has {owners} owners instead of one"
    for table, name in (("versions", "key"), ("uploads", "key"), ("version_annotations", "name")):
        # raises for what is not UTF-8
        deque(connection.execute(f"SELECT CAST({name} AS TEXT) FROM {table}"), maxlen=0)
    return None


@cache
def _columns(table: str) -> tuple[tuple[str, str, bool], ...]:
    """Names and types of the columns, and whether they may be NULL."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for script in (*MIGRATIONS, LAYOUT):
            connection.executescript(script)
        rows = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return tuple((name, kind.lower(), not (needed or key)) for _, name, kind, needed, _, key in rows)


@cache
def _plain(table: str) -> str:
    """A query for all texts that go into headers as they are, one for each row."""
    columns = [column for column in _columns(table) if column[1] == "text" and column[0] not in _OTHER_TEXTS]
    texts = [f"coalesce({name}, '')" if nullable else name for name, _, nullable in columns]
    return f"SELECT {' || '.join(texts) or repr('')} FROM {table}"


@cache
def _wrong_types(table: str) -> str:
    """A query for one row whose values are not of the types of its columns, or ids of the wrong range."""
    wrong = []
    for name, kind, nullable in _columns(table):
        faults = [f"typeof({name}) <> '{kind}'"]
        if name in _IDS.get(table, ()):
            faults.append(f"{name} NOT BETWEEN {FIRST_ID} AND {_LAST_ID}")
        elif name in _JSON:
            faults.append(f"json_type({name}) <> 'object'")
        elif kind == "real":
            faults.append(f"{name} NOT BETWEEN 0 AND {LATEST_TIME}")
        elif kind == "integer":
            faults.append(f"{name} < 0")
        fault = " OR ".join(faults)
        wrong.append(f"({name} IS NOT NULL AND ({fault}))" if nullable else fault)
    return f"SELECT 1 FROM {table} WHERE {' OR '.join(wrong)} LIMIT 1"


def _last_id(connection: sqlite3.Connection) -> int:
    queries = [f"SELECT max({column}) AS id FROM {table}" for table, column in _OWN_IDS.items()]
    (last,) = connection.execute(f"SELECT max(id) FROM ({' UNION ALL '.join(queries)})").fetchone()
    return last or FIRST_ID


def _first_id(connection: sqlite3.Connection) -> int:
    queries = [f"SELECT min({column}) AS id FROM {table}" for table, column in _OWN_IDS.items()]
    (first,) = connection.execute(f"SELECT min(id) FROM ({' UNION ALL '.join(queries)})").fetchone()
    return first or FIRST_ID


class _Change(NamedTuple):
    """How rows are changed while they are copied: `shift` is added to ids, `new_owner` replaces `owner`."""

    shift: int
    owner: str
    new_owner: str


def _copy_rows(source: sqlite3.Connection, target: sqlite3.Connection, change: _Change) -> None:
    """All rows of a state, from one connection to another."""
    for table in _IDS:
        marks = ", ".join("?" for _ in _columns(table))
        rows = source.execute(_select(table, "main"), change._asdict())
        target.executemany(f"{_insert(table, 'main')} VALUES ({marks})", rows)


def _insert_rows(connection: sqlite3.Connection, source: str, target: str, change: _Change) -> None:
    """All rows of a state between two databases of one connection, which takes a fifth of the time."""
    for table in _IDS:
        connection.execute(f"{_insert(table, target)} {_select(table, source)}", change._asdict())


def _select(table: str, database: str) -> str:
    values = ", ".join(_value(table, name, _IDS[table]) for name, _, _ in _columns(table))
    return f"SELECT {values} FROM {database}.{table}"


def _insert(table: str, database: str) -> str:
    return f"INSERT INTO {database}.{table} ({', '.join(name for name, _, _ in _columns(table))})"


def _value(table: str, name: str, ids: Collection[str]) -> str:
    if name in ids:
        return f"{name} + :shift"
    if name == "owner":
        return "iif(owner = :owner, :new_owner, owner)"
    value = name
    if (table, name) in _NAMES_OWNERS:
        value = f"""replace({name}, '"' || :owner || '"', '"' || :new_owner || '"')"""
    if (table, name) == _NAMES_A_VERSION:
        seen = f"json_extract({name}, '$.seen')"
        value = f"iif({seen} > 0, json_set({value}, '$.seen', {seen} + :shift), {value})"
    return value


def replace_index(state: SavedState, target: sqlite3.Connection, new_owner: str) -> None:
    """Put a state in the place of all of an index in memory, page by page, which is quick."""
    state.connection.backup(target)
    target.executescript(
        f"DROP TABLE bodies; DROP TABLE state; PRAGMA application_id = {APPLICATION_ID};"
        f"PRAGMA user_version = {len(MIGRATIONS)};"
    )
    if new_owner != state.owner:
        change = {"owner": state.owner, "new_owner": new_owner, "shift": 0}
        for table in ("buckets", "versions", "uploads"):
            target.execute(f"UPDATE {table} SET owner = :new_owner WHERE owner = :owner", change)
        for table, name in _NAMES_OWNERS:
            changed = f"UPDATE {table} SET {name} = {_value(table, name, ())}"
            target.execute(f"{changed} WHERE instr({name}, :owner)", change)


def can_replace_index(state: SavedState, highest: int) -> bool:
    """Whether no id of the state was ever given out, and no body has to become a file."""
    return state.is_current and highest < _first_id(state.connection) and not state.files()


class Attached:
    """Saved states that the connection of an index reads by itself, which is quicker.

    One that was read within a transaction, such as a snapshot, can be let go of only at its end.
    """

    _MOST = 8  # SQLite takes 10

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names: list[str] = []

    def add(self, state: SavedState) -> str | None:
        """The name of its database in the connection; None when it has to be read from outside."""
        if not state.is_current or len(self._names) == self._MOST:
            return None
        name = f"state_{len(self._names)}"
        self._connection.execute(f"ATTACH ? AS {name}", (_address(state.path),))
        self._names.append(name)
        return name

    def detach(self) -> None:
        """Detach all of them, unless there is a transaction."""
        if not self._names or self._connection.in_transaction:
            return
        while self._names:
            self._connection.execute(f"DETACH {self._names[-1]}")
            self._names.pop()


def replace_all(
    index: Index, target: sqlite3.Connection, state: SavedState, attached: Attached, new_owner: str
) -> None:
    """Put a state in the place of all of an index, within a write. The large bodies follow: `place_body`."""
    highest = index.next_id()
    shift = 0 if highest < _first_id(state.connection) else highest + 1 - FIRST_ID
    index.freed_files.extend(name for name, _ in large_bodies(target))
    for table in (*reversed(_IDS), "jobs"):
        target.execute(f"DELETE FROM {table}")
    index.removed_rows = True
    change = _Change(shift, state.owner, new_owner)
    source = attached.add(state)
    if source is None:
        _copy_rows(state.connection, target, change)
    else:
        _insert_rows(target, source, "main", change)
    index.count_from(state.last_id + shift + 1)
    index.forget()


def place_body(index: Index, target: sqlite3.Connection, file: str, body: Spooled) -> None:
    """Write the spooled copy of a large body into the row that came with the state, within the same write."""
    body.adopt()
    target.execute("UPDATE blobs SET file = ?, data = ? WHERE file = ?", (body.file, body.data, file))
    if body.file is not None:
        index.created_files.append(body.file)


def frozen(connection: sqlite3.Connection) -> sqlite3.Connection:
    """The rows as they are now, for later: a copy page by page. Not inside a transaction."""
    copy = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    connection.backup(copy)
    return copy


def large_bodies(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """The files of the bodies of an index, and their sizes."""
    return connection.execute("SELECT file, size FROM blobs WHERE file IS NOT NULL").fetchall()


class NewState:
    """A state that is being written, beside the file that it becomes."""

    def __init__(self, path: Path, owner: str) -> None:
        self._path = path
        self._owner = owner
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        _write_at_once(self._connection, "main")
        for script in (*MIGRATIONS, LAYOUT):
            self._connection.executescript(script)
        self._connection.execute(f"PRAGMA application_id = {STATE_ID}")
        self._connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        self._connection.execute("INSERT INTO state (owner) VALUES (?)", (owner,))

    def add_rows(self, index: sqlite3.Connection) -> None:
        """All rows of an index."""
        change = self._change(index)
        self._connection.execute("BEGIN")
        _copy_rows(index, self._connection, change)
        self._connection.execute("COMMIT")

    def add_rows_of_copy(self, copy: sqlite3.Connection) -> None:
        """All rows of a copy of an index that nobody else uses, which is quicker."""
        change = self._change(copy)
        copy.execute("ATTACH ? AS saved", (str(self._path.absolute()),))
        _write_at_once(copy, "saved")
        copy.execute("BEGIN")
        _insert_rows(copy, "main", "saved", change)
        copy.execute("COMMIT")
        copy.execute("DETACH saved")

    def _change(self, source: sqlite3.Connection) -> _Change:
        return _Change(0 if _first_id(source) >= FIRST_ID else FIRST_ID, self._owner, self._owner)

    def add_bodies(self, files: Files, bodies: Iterable[tuple[str, int]]) -> None:
        """The bytes of files, which are pinned. Raises Damaged for one that is not as it was stored."""
        self._connection.execute("BEGIN")
        for name, size in bodies:
            files.check(name, size)
            with files.path(name).open("rb", buffering=0) as file:
                chunks = enumerate(iter(lambda file=file: file.read(CHUNK), b""))  # type: ignore[misc]
                self._connection.executemany(
                    "INSERT INTO bodies (file, number, data) VALUES (?, ?, ?)",
                    ((name, number, chunk) for number, chunk in chunks),
                )
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def _write_at_once(connection: sqlite3.Connection, database: str) -> None:
    """Nobody reads a file that is not finished, and it is synced once, at the end."""
    connection.execute(f"PRAGMA {database}.journal_mode = OFF").fetchall()
    connection.execute(f"PRAGMA {database}.synchronous = OFF")


@contextmanager
def written(path: Path, owner: str) -> Iterator[NewState]:
    """A new state that replaces `path` at the end, whole and durable, or (on any exception) not at all.

    Raises S3FixtureError when it cannot be written, or when another file is in its place.
    """
    temporary = None
    try:
        refuse_to_replace(path)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
        temporary.touch(exist_ok=False)
        with closing(NewState(temporary, owner)) as state:
            yield state
        with temporary.open("rb+") as file:
            sync_file(file.fileno())
        temporary.replace(path)
        sync_folder(path.absolute().parent)
    except OSError as error:
        raise unwritable(path, error.strerror or error) from error
    except sqlite3.Error as error:
        raise unwritable(path, "the disk is full" if is_full(error) else error) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
