"""A store in a folder: everything is there again, and nobody else gets in."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from stored_bucket import LARGE, SMALL, StoredBucket

from s3fixture.errors import S3FixtureError
from s3fixture.store import Checksum, Store, schema
from s3fixture.store.annotations import Annotation


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    with StoredBucket(tmp_path) as stored:
        stored.put("small", SMALL, tags={"a": "b"})
        stored.put("large", LARGE, version_id="v1")
        upload = stored.begin("big", "u1")
        stored.part(upload, 1, LARGE)
        with stored.store.write() as index:
            index.put_document(stored.bucket.id, "policy", "text")
        before = (stored.versions(), stored.usage(), stored.find("small"), sorted(stored.files()))
    with StoredBucket(tmp_path) as stored:
        assert (stored.versions(), stored.usage(), stored.find("small"), sorted(stored.files())) == before
        assert (stored.get("small"), stored.get("large")) == (SMALL, LARGE)
        with stored.store.read() as index:
            assert index.get_document(stored.bucket.id, "policy") == "text"
            assert index.get_upload(stored.bucket.id, "big", "u1") == upload
        stored.part(upload, 2, b"end")
        stored.complete(upload)
        assert stored.get("big") == LARGE + b"end"


def test_sequence_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    with StoredBucket(tmp_path) as stored:
        first = stored.put("a", version_id="v1")
    with StoredBucket(tmp_path) as stored:
        assert stored.put("a", version_id="v2").seq > first.seq
        assert [entry.version_id for entry in stored.versions().entries] == ["v2", "v1"]


def test_small_bodies_make_no_file_and_large_ones_one_each(tmp_path: Path) -> None:
    with StoredBucket(tmp_path) as stored:
        stored.put("a", bytes(64 * 1024))
        assert stored.files() == []
        stored.put("b", bytes(64 * 1024 + 1))
        assert len(stored.files()) == 1
        stored.put("b", SMALL)
        assert stored.files() == []


@pytest.mark.skipif(sys.platform == "win32", reason="the temporary directory is looked for by its POSIX name")
def test_a_store_in_memory_makes_a_directory_only_for_a_large_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with StoredBucket() as stored:
        stored.put("a", SMALL)
        assert list(tmp_path.iterdir()) == []
        stored.put("b", LARGE)
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_second_store_on_the_folder_is_refused(tmp_path: Path) -> None:
    with StoredBucket(tmp_path) as stored:
        with pytest.raises(S3FixtureError, match="another s3fixture has it") as refusal:
            Store(tmp_path)
        assert str(tmp_path) in str(refusal.value)
        stored.put("a")
    with StoredBucket(tmp_path) as stored:
        assert stored.keys() == ["a"]


def test_a_second_process_on_the_folder_is_refused(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from s3fixture.store import Store; Store(Path(sys.argv[1]))"
    )
    with StoredBucket(tmp_path):
        second = subprocess.run(
            [sys.executable, "-c", program, tmp_path], check=False, capture_output=True, text=True
        )
    assert second.returncode == 1
    assert f"{tmp_path} cannot be used for the data: another s3fixture has it" in second.stderr


def change_index(folder: Path, sql: str) -> None:
    connection = sqlite3.connect(folder / "index.sqlite")
    connection.executescript(sql)
    connection.close()


def test_a_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with StoredBucket(tmp_path):
        pass
    change_index(tmp_path, "PRAGMA user_version = 99")
    with pytest.raises(S3FixtureError, match=r"newer s3fixture.*schema is 99.*upgrade"):
        Store(tmp_path)


def test_a_folder_of_an_older_version_is_upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with StoredBucket(tmp_path) as stored:
        stored.put("a")
    step = "CREATE TABLE invention (id INTEGER PRIMARY KEY); INSERT INTO invention VALUES (7)"
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    for _ in range(2):  # the second time there is nothing left to do
        with StoredBucket(tmp_path) as stored:
            assert stored.keys() == ["a"]
            assert stored.store._connection.execute("SELECT id FROM invention").fetchall() == [(7,)]


def test_a_folder_from_before_object_lock_is_upgraded(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    rows = """
        INSERT INTO buckets (id, name, owner, region, created, versioning, objects)
            VALUES (1, 'stored', 'me', 'us-east-1', 1.0, 'Enabled', 1);
        INSERT INTO blobs (id, size, refs, data) VALUES (2, 5, 1, X'736d616c6c');
        INSERT INTO versions VALUES
            (3, 1, X'61', 'v1', 1, 0, 5, 'etag', 1.0, 'me', '', '', '', '', 2, 0, NULL, NULL, NULL, NULL);
    """
    marks = f"PRAGMA user_version = 1; PRAGMA application_id = {schema.APPLICATION_ID};"
    change_index(tmp_path, schema.MIGRATIONS[0] + rows + marks)
    for expected in ("", "{}"):
        with StoredBucket(tmp_path) as stored:
            assert stored.bucket == (1, "stored", "me", "us-east-1", 1.0, "Enabled", expected, frozenset())
            assert stored.get("a", "v1") == SMALL
            with stored.store.write() as index:
                index.set_object_lock(1, "{}")


def test_a_folder_from_before_shared_payloads_is_upgraded(tmp_path: Path) -> None:
    """Each annotation keeps its payload, and copies share it from now on."""
    (tmp_path / "blobs").mkdir()
    rows = """
        INSERT INTO buckets (id, name, owner, region, created) VALUES (1, 'stored', 'me', 'us-east-1', 1.0);
        INSERT INTO versions VALUES
            (3, 1, X'61', 'null', 1, 0, 0, 'e', 1.0, 'me', '', '', '', '', NULL, 0, NULL, NULL, NULL, NULL);
        INSERT INTO annotations VALUES (3, X'61', 1.0, 'e', 'CRC32', 'AAAA', X'31');
        INSERT INTO annotations VALUES (3, X'62', 2.0, 'f', 'CRC32', 'BBBB', X'3232');
    """
    marks = f"PRAGMA user_version = 5; PRAGMA application_id = {schema.APPLICATION_ID};"
    change_index(tmp_path, ";".join(schema.MIGRATIONS[:5]) + rows + marks)
    expected = [
        Annotation("a", 1.0, "e", Checksum("CRC32", "AAAA", "FULL_OBJECT"), 1, b"1"),
        Annotation("b", 2.0, "f", Checksum("CRC32", "BBBB", "FULL_OBJECT"), 2, b"22"),
    ]
    with StoredBucket(tmp_path) as stored, stored.store.write() as index:
        assert [index.get_annotation(3, name) for name in ("a", "b")] == expected
        copy = stored.put("copy")
        noted = index.copy_annotations(3)
        assert noted is not None
        index.give_annotations(noted, copy.seq)
        assert index.execute("SELECT count(*) FROM payloads").fetchone() == (2,)
        stored.remove("a")
        assert [index.get_annotation(copy.seq, name) for name in ("a", "b")] == expected
    with StoredBucket(tmp_path) as stored, stored.store.write() as index:  # and no number is given out twice
        assert index.next_id() > max(index.execute("SELECT max(id) FROM payloads").fetchone())
        stored.remove("copy")
        assert index.execute("SELECT count(*) FROM payloads").fetchone() == (0,)


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with StoredBucket(tmp_path) as stored:
        stored.put("a")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE one (id); DROP TABLE nothing"))
        with pytest.raises(S3FixtureError, match="nothing"):
            Store(tmp_path)
    with StoredBucket(tmp_path) as stored:
        assert stored.keys() == ["a"]
        sql = "SELECT count(*) FROM sqlite_master WHERE name = 'one'"
        assert stored.store._connection.execute(sql).fetchone() == (0,)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    change_index(tmp_path, "CREATE TABLE theirs (id)")
    with pytest.raises(S3FixtureError, match="another program"):
        Store(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_text("what is this? " * 1000)
    with pytest.raises(S3FixtureError, match="not a database"):
        Store(tmp_path)


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(S3FixtureError, match="choose another folder"):
        Store(tmp_path / "file")


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="rights do not bind root, and Windows has others"
)
def test_a_folder_without_rights_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(S3FixtureError, match="choose another folder"):
        Store(tmp_path / "data")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_folder_that_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    """What lies in it is what policies keep from others. One that was there is as its owner made it."""
    Store(tmp_path / "made" / "data").close()
    assert (tmp_path / "made" / "data").stat().st_mode & 0o777 == 0o700
    (tmp_path / "there").mkdir(mode=0o750)
    (tmp_path / "there").chmod(0o750)
    Store(tmp_path / "there").close()
    assert (tmp_path / "there").stat().st_mode & 0o777 == 0o750


def test_a_store_is_closed_twice_without_harm(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.close()
    store.close()
