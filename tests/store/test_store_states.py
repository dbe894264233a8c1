"""Saved states: one file that a store writes, and that puts everything back, in this store or another."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from stored_bucket import LARGE, SMALL, StoredBucket

from s3fixture.errors import S3FixtureError
from s3fixture.state_files import STATE_ID
from s3fixture.store import Checksum, Page, Store, Version
from s3fixture.store.saved_states import FIRST_ID, LAYOUT
from s3fixture.store.schema import MIGRATIONS

Open = Callable[[str], StoredBucket]


@pytest.fixture(params=["memory", "folder"])
def open_bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Stores with a bucket each, by their names."""
    opened: list[StoredBucket] = []

    def open_(name: str) -> StoredBucket:
        opened.append(StoredBucket(tmp_path / name if request.param == "folder" else None))
        return opened[-1]

    yield open_
    for stored in opened:
        stored.store.close()


def load(stored: StoredBucket, path: Path, owner: str = "me") -> None:
    stored.store.load(path, owner)
    with stored.store.read() as index:
        bucket = index.get_bucket("stored")
    assert bucket is not None
    stored.bucket = bucket


def annotate(stored: StoredBucket, version: Version) -> None:
    checksum = Checksum("CRC32", "AAAA", "FULL_OBJECT")
    with stored.store.write() as index:
        index.put_annotation(version.seq, "note", b"said", modified=1.0, etag="e", checksum=checksum)


def fill(stored: StoredBucket) -> None:
    """Something of everything that a state has."""
    checksum = Checksum("CRC32", "AAAA", "FULL_OBJECT")
    version = stored.put("small", headers={"Content-Type": "text/plain"}, checksum=checksum, tags={"a": "b"})
    stored.put("large", LARGE, "v1")
    stored.put("large", LARGE + b"2", "v2")
    stored.mark("gone", "v3")
    stored.put("empty", b"")
    stored.copy(version, "copied")
    for number, name in enumerate(("done", "under way")):
        upload = stored.begin(name, f"u{number}")
        stored.part(upload, 1, LARGE)
        stored.part(upload, 2, SMALL)
        if name == "done":
            stored.complete(upload)
    with stored.store.write() as index:
        index.put_document(stored.bucket.id, "policy", "text")
        index.put_annotation(version.seq, "note", b"said", modified=1.0, etag="e", checksum=checksum)


def content(stored: StoredBucket) -> object:
    """Everything that a store says of its bucket, but for ids."""
    with stored.store.read() as index:
        uploads = index.list_uploads(stored.bucket.id).uploads
        parts = [[part[:5] for part in index.get_parts(upload)] for upload in uploads]
        small = index.get_current(stored.bucket.id, "small")
        assert small is not None
        note = index.get_annotation(small.seq, "note")
        document = index.get_document(stored.bucket.id, "policy")
    page = stored.versions()
    assert isinstance(page, Page)
    bodies = {
        (entry.key, entry.version_id): stored.get(entry.key, entry.version_id) for entry in page.entries
    }
    uploads_said = [(upload.key, upload.upload_id) for upload in uploads]
    return page, bodies, stored.usage(), uploads_said, parts, note, document, small.tags, small.checksum


def test_a_state_holds_everything(open_bucket: Open, tmp_path: Path) -> None:
    first, second = open_bucket("first"), open_bucket("second")
    fill(first)
    first.store.save(tmp_path / "state", "me")
    second.put("other", LARGE)
    load(second, tmp_path / "state")
    assert content(second) == content(first)
    assert len(second.bodies()) == len(first.bodies()) == 4


def test_what_was_loaded_can_be_changed_and_saved_again(open_bucket: Open, tmp_path: Path) -> None:
    stored = open_bucket("first")
    fill(stored)
    stored.store.save(tmp_path / "state", "me")
    before = content(stored)
    for _ in range(3):
        load(stored, tmp_path / "state")
        assert content(stored) == before
        for key, version in (("large", "v2"), ("done", "null"), ("copied", "null"), ("small", "null")):
            stored.remove(key, version)
        upload = stored.begin("another", "u9")
        stored.part(upload, 1, LARGE)
        stored.complete(upload)
        assert stored.get("another") == LARGE
        stored.store.save(tmp_path / "changed", "me")
        after = stored.versions()
        load(stored, tmp_path / "changed")
        assert stored.versions() == after
        assert len(stored.bodies()) == 3


def test_what_was_loaded_in_a_folder_is_there_at_the_next_start(tmp_path: Path) -> None:
    with StoredBucket(tmp_path / "first") as stored:
        fill(stored)
        stored.store.save(tmp_path / "state", "me")
        before = content(stored)
    with StoredBucket(tmp_path / "second") as stored:
        stored.put("other", LARGE)
        load(stored, tmp_path / "state")
    with StoredBucket(tmp_path / "second") as stored:
        assert content(stored) == before
        assert len(stored.files()) == 4
        newer = stored.put("newer")
        first = stored.find("small")
        assert first is not None
        assert newer.seq > first.seq


def test_a_rollback_undoes_a_load(tmp_path: Path) -> None:
    with StoredBucket() as stored:
        fill(stored)
        stored.store.save(tmp_path / "state", "me")
        bucket = stored.bucket
        stored.put("other", LARGE)
        before, files = stored.versions(), stored.bodies()
        token = stored.store.snapshot()
        for _ in range(2):
            load(stored, tmp_path / "state")
            assert stored.find("other") is None
            stored.store.save(tmp_path / "again", "me")
            stored.store.rollback(token)
            stored.bucket = bucket
            assert stored.versions() == before
            assert stored.bodies() == files
        load(stored, tmp_path / "again")
        assert stored.find("other") is None


def test_no_number_is_given_out_twice(tmp_path: Path) -> None:
    with StoredBucket() as stored:
        first = stored.put("a")
        stored.store.save(tmp_path / "state", "me")
        seen = {first.seq}
        for _ in range(3):
            load(stored, tmp_path / "state")
            found = stored.find("a")
            assert found is not None
            new = stored.put("a")
            assert not {found.seq, new.seq} & seen
            seen |= {found.seq, new.seq}


def test_the_owner_of_the_server_is_the_owner_in_another(open_bucket: Open, tmp_path: Path) -> None:
    first, second = open_bucket("first"), open_bucket("second")
    first.put("a", extra={"acl": {"me": "me", "name": "mean", "other": "somebody"}})
    first.put("b", owner="somebody")
    with first.store.write() as index:
        index.put_document(first.bucket.id, "acl", '[{"grantee": "me"}]')
    first.store.save(tmp_path / "state", "me")
    load(second, tmp_path / "state", "you")
    assert second.bucket.owner == "you"
    found = second.find("a")
    assert found is not None
    assert found.extra == {"acl": {"you": "you", "name": "mean", "other": "somebody"}}
    with second.store.read() as index:
        assert index.get_document(second.bucket.id, "acl") == '[{"grantee": "you"}]'
    assert [entry.owner for entry in second.objects().entries] == ["you", "somebody"]


def test_a_failed_load_changes_nothing(open_bucket: Open, tmp_path: Path) -> None:
    stored = open_bucket("first")
    fill(stored)
    stored.store.save(tmp_path / "state", "me")
    stored.put("other", LARGE)
    before, files = content(stored), stored.bodies()

    def fail(index: object) -> None:
        raise ZeroDivisionError

    token = stored.store.snapshot() if stored.folder is None else None
    with pytest.raises(ZeroDivisionError):
        stored.store.load(tmp_path / "state", "me", fail)
    assert content(stored) == before
    assert stored.bodies() == files
    if token is not None:
        stored.store.release(token)


def test_saving_replaces_a_state_and_no_other_file(tmp_path: Path) -> None:
    path, other = tmp_path / "state", tmp_path / "other"
    other.write_bytes(b"precious")
    with StoredBucket() as stored:
        stored.store.save(path, "me")
        stored.put("a")
        stored.store.save(path, "me")
        with pytest.raises(S3FixtureError, match="is not a saved state; remove it, or choose another name"):
            stored.store.save(other, "me")
        with pytest.raises(S3FixtureError, match=r"cannot be saved in .*missing.* choose another file"):
            stored.store.save(tmp_path / "missing" / "state", "me")
        with pytest.raises(S3FixtureError, match="choose another name"):
            stored.store.save(tmp_path, "me")
        stored.remove("a")
        load(stored, path)
        assert stored.keys() == ["a"]
    assert other.read_bytes() == b"precious"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["other", "state"]


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_state_of_every_former_version_opens(tmp_path: Path, version: int) -> None:
    """Made by the tables of that version."""
    path = tmp_path / "state"
    with closing(sqlite3.connect(path, isolation_level=None)) as state:
        for script in (*MIGRATIONS[:version], LAYOUT):
            state.executescript(script)
        state.executescript(
            f"""
            PRAGMA application_id = {STATE_ID};
            PRAGMA user_version = {version};
            INSERT INTO state VALUES ('me');
            INSERT INTO buckets (id, name, owner, region, created)
                VALUES ({FIRST_ID}, 'stored', 'me', 'us-east-1', 1.0);
            INSERT INTO blobs VALUES ({FIRST_ID + 1}, 3, 1, 'a large one', NULL);
            INSERT INTO bodies VALUES ('a large one', 0, x'616263');
            INSERT INTO versions VALUES ({FIRST_ID + 2}, {FIRST_ID}, CAST('a' AS BLOB), 'null', 1, 0, 3,
                'etag', 1.0, 'me', 'STANDARD', '', '', '', {FIRST_ID + 1}, 0, NULL, NULL, NULL, NULL);
            """  # noqa: S608 - all constants
        )
        if version == 5:  # the first with annotations, and the last whose payloads are not shared
            row = f"({FIRST_ID + 2}, x'61', 1.0, 'e', 'CRC32', 'AAAA', x'7361696421')"
            state.execute(f"INSERT INTO annotations VALUES {row}")  # noqa: S608 - likewise
    checksum = Checksum("CRC32", "AAAA")
    with StoredBucket() as stored:
        load(stored, path)
        assert stored.get("a") == b"abc"
        found = stored.find("a")
        assert found is not None
        with stored.store.write() as index:
            kept = index.get_annotation(found.seq, "a")
            assert (kept and kept.payload) == (b"said!" if version == 5 else None)
            index.put_annotation(found.seq, "note", b"said", modified=1.0, etag="e", checksum=checksum)


HOSTILE = {
    "later": (f"PRAGMA user_version = {len(MIGRATIONS) + 1}", "upgrade s3fixture, or save the state with"),
    "another program": ("PRAGMA application_id = 1", "is not a saved state"),
    "view": ("CREATE VIEW v AS SELECT 1", "not those of a state"),
    "trigger": (
        "CREATE TRIGGER t AFTER DELETE ON buckets BEGIN DELETE FROM versions; END",
        "not those of a state",
    ),
    "no table": ("DROP TABLE documents", "not those of a state"),
    "no owner": ("DELETE FROM state", "0 owners instead of one"),
    "type": ("UPDATE versions SET etag = x'00'", "versions has a value of a wrong type"),
    "negative": ("UPDATE versions SET parts = -1", "versions has a value of a wrong type"),
    "id": ("UPDATE buckets SET id = 9223372036854775807", "buckets has a value of a wrong type"),
    "small id": ("UPDATE buckets SET id = 1", "buckets has a value of a wrong type"),
    "json": ("UPDATE versions SET headers = '{'", "malformed JSON"),
    "list": ("UPDATE versions SET headers = '[]'", "versions has a value of a wrong type"),
    "key": ("UPDATE versions SET key = x'ff' WHERE key = CAST('large' AS BLOB)", "UTF-8"),
    "bucket": ("UPDATE buckets SET name = '../up'", "whose name S3 does not take"),
    "size": ("UPDATE versions SET size = 10000000000", "another size than its body"),
    "body": ("UPDATE blobs SET size = 3 WHERE data IS NOT NULL", "another size than its body"),
    "bytes": ("UPDATE blobs SET data = x'00' WHERE data IS NOT NULL", "the size of a body is wrong"),
    "large body": ("DELETE FROM bodies", "the size of a large body is wrong"),
    "count": ("UPDATE blobs SET refs = 7", "counted wrongly"),
    "no bucket": ("DELETE FROM buckets", "has no bucket"),
    "no payload": ("DELETE FROM payloads", "an annotation has no payload"),
    "lost payload": ("UPDATE version_annotations SET payload = payload + 1", "an annotation has no payload"),
    "more payloads": ("INSERT INTO payloads VALUES (1 << 40, x'00')", "a payload has no annotation"),
    "payload": ("UPDATE payloads SET data = 'text'", "payloads has a value of a wrong type"),
    "annotation": ("UPDATE version_annotations SET name = x'ff'", "UTF-8"),
}


@pytest.mark.parametrize(("sql", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_is_no_good_state_is_one_clear_error(tmp_path: Path, sql: str, message: str) -> None:
    path = tmp_path / "state"
    with StoredBucket() as stored:
        annotate(stored, stored.put("small"))
        stored.put("large", LARGE)
        stored.store.save(path, "me")
        with closing(sqlite3.connect(path, isolation_level=None)) as state:
            state.executescript(sql)
        before = stored.versions()
        with pytest.raises(S3FixtureError) as refusal:
            stored.store.load(path, "me")
        assert message in str(refusal.value)
        assert str(path) in str(refusal.value)
        assert "\n" not in str(refusal.value)
        assert stored.versions() == before
        assert len(stored.bodies()) == 1


def test_a_path_in_a_state_leads_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with StoredBucket() as stored:
        stored.put("large", LARGE)
        stored.store.save(path, "me")
        with closing(sqlite3.connect(path, isolation_level=None)) as state:
            state.executescript(
                "UPDATE blobs SET file = '../../up.body'; UPDATE bodies SET file = '../../up.body'"
            )
        load(stored, path)
        assert stored.get("large") == LARGE
        assert len(stored.bodies()) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]


@pytest.mark.parametrize("length", [0, 50, 100, 5000, -1000])
def test_a_file_that_was_cut_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "state"
    with StoredBucket() as stored:
        stored.put("large", LARGE)
        stored.store.save(path, "me")
        path.write_bytes(path.read_bytes()[:length])
        with pytest.raises(S3FixtureError, match=r"is not a saved state|is damaged"):
            stored.store.load(path, "me")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with closing(Store()) as store:
        for path in (tmp_path, tmp_path / "missing"):
            with pytest.raises(S3FixtureError, match="give a file that `s3fixture save` made"):
                store.load(path, "me")


def test_a_test_may_load_as_often_as_it_likes(tmp_path: Path) -> None:
    with StoredBucket() as stored:
        stored.put("a", LARGE)
        stored.store.save(tmp_path / "state", "me")
        for _ in range(2):
            token = stored.store.snapshot()
            for number in range(12):
                load(stored, tmp_path / "state")
                assert stored.keys() == ["a"]
                stored.put(f"b{number}")
            stored.store.rollback(token)
            stored.store.release(token)


def test_a_state_that_was_loaded_in_a_test_can_be_replaced_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with StoredBucket() as stored:
        stored.put("a")
        stored.store.save(path, "me")
        token = stored.store.snapshot()
        load(stored, path)
        stored.put("b")
        stored.store.save(path, "me")
        load(stored, path)
        assert stored.keys() == ["a", "b"]
        stored.store.release(token)
        path.unlink()
        assert stored.keys() == ["a", "b"]
