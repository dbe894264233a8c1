"""The tables of the index, as a numbered list of migrations; `user_version` counts those applied.

Never change an entry that was released: append one. Keys are BLOBs, because S3 orders them by their UTF-8
bytes. All ids and sequence numbers come from the store's own counter, never from SQLite: a rolled-back id
that came again would make a stale reference name another object.
"""

from __future__ import annotations

import sqlite3

from s3fixture.errors import S3FixtureError

APPLICATION_ID = 0x53334658  # "S3FX" in SQLite's header: tells our index from any other database

_FIRST = """
CREATE TABLE buckets (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    region TEXT NOT NULL,
    created REAL NOT NULL,
    versioning TEXT NOT NULL DEFAULT '',
    objects INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    versions INTEGER NOT NULL DEFAULT 0,
    version_bytes INTEGER NOT NULL DEFAULT 0,
    delete_markers INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX buckets_by_owner ON buckets (owner, name);

CREATE TABLE documents (
    bucket INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (bucket, kind)
) WITHOUT ROWID;

-- A body: inline in data, or in a file, or (both NULL) the concatenation of its pieces.
CREATE TABLE blobs (
    id INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    refs INTEGER NOT NULL,
    file TEXT,
    data BLOB
);
CREATE INDEX blobs_in_files ON blobs (file) WHERE file IS NOT NULL;
CREATE TABLE pieces (
    whole INTEGER NOT NULL,
    start INTEGER NOT NULL,
    blob INTEGER NOT NULL,
    PRIMARY KEY (whole, start)
) WITHOUT ROWID;

CREATE TABLE versions (
    seq INTEGER PRIMARY KEY,
    bucket INTEGER NOT NULL,
    key BLOB NOT NULL,
    version_id TEXT NOT NULL,
    is_latest INTEGER NOT NULL,
    is_delete_marker INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified REAL NOT NULL,
    owner TEXT NOT NULL,
    storage_class TEXT NOT NULL,
    checksum_algorithm TEXT NOT NULL,
    checksum_type TEXT NOT NULL,
    checksum_value TEXT NOT NULL,
    blob INTEGER,
    parts INTEGER NOT NULL,
    headers TEXT,
    metadata TEXT,
    tags TEXT,
    extra TEXT
);
CREATE UNIQUE INDEX versions_by_key ON versions (bucket, key, seq DESC);
CREATE UNIQUE INDEX versions_by_id ON versions (bucket, key, version_id);
-- A plain listing walks this one: old versions and delete markers are not in it and cost nothing.
CREATE UNIQUE INDEX versions_current ON versions (bucket, key) WHERE is_latest = 1 AND is_delete_marker = 0;

CREATE TABLE version_parts (
    version INTEGER NOT NULL,
    number INTEGER NOT NULL,
    start INTEGER NOT NULL,
    size INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (version, number)
) WITHOUT ROWID;

CREATE TABLE uploads (
    seq INTEGER PRIMARY KEY,
    bucket INTEGER NOT NULL,
    key BLOB NOT NULL,
    upload_id TEXT NOT NULL,
    initiated REAL NOT NULL,
    owner TEXT NOT NULL,
    storage_class TEXT NOT NULL,
    checksum_algorithm TEXT NOT NULL,
    checksum_type TEXT NOT NULL,
    headers TEXT,
    metadata TEXT,
    tags TEXT,
    extra TEXT
);
CREATE UNIQUE INDEX uploads_by_key ON uploads (bucket, key, seq);
CREATE UNIQUE INDEX uploads_by_id ON uploads (bucket, key, upload_id);

CREATE TABLE parts (
    upload INTEGER NOT NULL,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified REAL NOT NULL,
    checksum_algorithm TEXT NOT NULL,
    checksum_value TEXT NOT NULL,
    blob INTEGER,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
"""

_JOBS = """
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    queue TEXT NOT NULL,
    due REAL NOT NULL,
    made REAL NOT NULL,
    attempts INTEGER NOT NULL,
    body TEXT
);
CREATE INDEX jobs_by_queue ON jobs (queue, id);
"""
_OBJECT_LOCK = "ALTER TABLE buckets ADD COLUMN object_lock TEXT NOT NULL DEFAULT ''"

# Files of bodies that no row names any more, but that may still be there: what to remove after a crash.
_REMOVALS = "CREATE TABLE removals (file TEXT PRIMARY KEY) WITHOUT ROWID"

_ANNOTATIONS = """
CREATE TABLE annotations (
    version INTEGER NOT NULL,
    name BLOB NOT NULL,
    modified REAL NOT NULL,
    etag TEXT NOT NULL,
    checksum_algorithm TEXT NOT NULL,
    checksum_value TEXT NOT NULL,
    payload BLOB NOT NULL
);
CREATE UNIQUE INDEX annotations_by_name ON annotations (version, name);
CREATE TRIGGER annotations_go_with_their_version AFTER DELETE ON versions BEGIN
    DELETE FROM annotations WHERE version = OLD.seq;
END;
"""

# A payload goes with the last annotation that has it. Its number is above that of its version, as if it came
# from the store's counter.
_SHARED_PAYLOADS = """
CREATE TABLE payloads (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE version_annotations (
    version INTEGER NOT NULL,
    name BLOB NOT NULL,
    modified REAL NOT NULL,
    etag TEXT NOT NULL,
    checksum_algorithm TEXT NOT NULL,
    checksum_value TEXT NOT NULL,
    payload INTEGER NOT NULL,
    PRIMARY KEY (version, name)
) WITHOUT ROWID;
CREATE INDEX annotations_by_payload ON version_annotations (payload);
INSERT INTO payloads (id, data)
    SELECT rowid + (SELECT coalesce(max(seq), 0) FROM versions), payload FROM annotations;
INSERT INTO version_annotations
    SELECT version, name, modified, etag, checksum_algorithm, checksum_value,
        rowid + (SELECT coalesce(max(seq), 0) FROM versions)
    FROM annotations;
DROP TRIGGER annotations_go_with_their_version;
DROP TABLE annotations;
CREATE TRIGGER annotations_go_with_their_version AFTER DELETE ON versions
    -- A DELETE that itself has triggers is not free when it finds nothing.
    WHEN EXISTS (SELECT 1 FROM version_annotations WHERE version = OLD.seq) BEGIN
    DELETE FROM version_annotations WHERE version = OLD.seq;
END;
CREATE TRIGGER payloads_go_with_their_last_annotation AFTER DELETE ON version_annotations BEGIN
    DELETE FROM payloads WHERE id = OLD.payload
        AND NOT EXISTS (SELECT 1 FROM version_annotations WHERE payload = OLD.payload);
END;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _OBJECT_LOCK, _JOBS, _REMOVALS, _ANNOTATIONS, _SHARED_PAYLOADS)


def is_new(connection: sqlite3.Connection) -> bool:
    """Whether nothing was ever written into this database."""
    return bool(connection.execute("SELECT count(*) = 0 FROM sqlite_master").fetchone()[0])


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether it is an index of ours with the newest schema."""
    marks = tuple(
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    return marks == (APPLICATION_ID, len(MIGRATIONS))


def migrate(connection: sqlite3.Connection, name: str) -> None:
    """Bring the database up to the newest schema; each step is one transaction.

    Raises S3FixtureError, naming `name`, for a database that is not ours or that a newer version wrote.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID and (application or version or not is_new(connection)):
        raise S3FixtureError(f"{name} is a database of another program; choose another folder for the data")
    if version > len(MIGRATIONS):
        raise S3FixtureError(
            f"{name} was written by a newer s3fixture (its schema is {version}, this one knows up to "
            f"{len(MIGRATIONS)}); upgrade s3fixture, or choose another folder for the data"
        )
    for number in range(version, len(MIGRATIONS)):
        _apply(connection, number)


def _apply(connection: sqlite3.Connection, number: int) -> None:
    """`executescript` commits what is open before it starts, so the transaction is part of the script."""
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE;{MIGRATIONS[number]};PRAGMA application_id = {APPLICATION_ID};"
            f"PRAGMA user_version = {number + 1};COMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            connection.rollback()
        raise
