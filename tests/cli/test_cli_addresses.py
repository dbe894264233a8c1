"""What the command line takes for an address, and where keys may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from s3fixture.cli.addresses import (
    Local,
    Remote,
    local_target,
    parse,
    parse_bucket,
    parse_object,
    parse_remote,
)
from s3fixture.errors import S3FixtureError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://", Remote()),
        ("s3://data", Remote("data")),
        ("s3://data/", Remote("data")),
        ("s3://data/a/b.txt", Remote("data", "a/b.txt")),
        ("s3://data//a", Remote("data", "/a")),
        ("s3://minio/a", Remote("minio", "a")),
        ("minio", Remote()),
        ("minio/", Remote()),
        ("minio/data/a/", Remote("data", "a/")),
        ("file.txt", Local("file.txt")),
        ("folder/file.txt", Local("folder/file.txt")),
        ("./minio/data", Local("./minio/data")),
        ("minions/data", Local("minions/data")),
        ("/minio", Local("/minio")),
    ],
)
def test_both_kinds_of_addresses(
    text: str, expected: Remote | Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse(text) == expected


def test_where_both_could_be_meant_nothing_is_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "minio").mkdir()
    with pytest.raises(S3FixtureError, match=r"write s3://BUCKET/KEY or \./minio/data"):
        parse("minio/data")
    assert parse("./minio/data") == Local("./minio/data")
    assert parse_remote("minio/data") == Remote("data")


def test_where_only_a_server_makes_sense_a_bucket_needs_no_scheme() -> None:
    assert parse_remote("data/a.txt") == Remote("data", "a.txt")
    assert parse_bucket("data/") == Remote("data")
    for text in ("./data", "/data", "../data", "~/data", ""):
        with pytest.raises(S3FixtureError, match="is a local path"):
            parse_remote(text)


def test_too_much_or_too_little_is_refused() -> None:
    with pytest.raises(S3FixtureError, match="more than a bucket"):
        parse_bucket("s3://data/key")
    with pytest.raises(S3FixtureError, match="names no bucket"):
        parse_bucket("minio")
    with pytest.raises(S3FixtureError, match="names no object"):
        parse_object("s3://data")
    with pytest.raises(S3FixtureError, match="names no bucket"):
        parse("s3:///key")


def test_a_folder_is_not_what_merely_begins_like_it() -> None:
    assert Remote("data", "a").folder() == Remote("data", "a/")
    assert Remote("data", "a").child("b") == Remote("data", "a/b")
    assert Remote("data").child("b") == Remote("data", "b")


@pytest.mark.parametrize(
    "key", ["../x", "a/../../x", "/etc/passwd", "a//b", "./x", "a/.", "..", "", "a/", "a\0b"]
)
def test_a_key_that_would_leave_the_folder_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(S3FixtureError, match="cannot be a file"):
        local_target(tmp_path, key)


def test_a_key_that_would_leave_through_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(S3FixtureError, match="through a link"):
        local_target(tmp_path / "folder", "link/x")


def test_other_keys_become_paths(tmp_path: Path) -> None:
    assert local_target(tmp_path, "a/b c/ü...txt") == tmp_path / "a" / "b c" / "ü...txt"
