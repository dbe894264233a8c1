"""Seeds as folders."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from s3fixture.errors import S3FixtureError
from s3fixture.seeding import read

Grow = Callable[[Mapping[str, str]], Path]


def keys(folder: Path) -> dict[str, list[str]]:
    return {bucket.name: [item.key for item in bucket.objects] for bucket in read(folder).buckets}


def refusal(folder: Path) -> str:
    with pytest.raises(S3FixtureError) as caught:
        read(folder)
    return str(caught.value)


def test_folders_are_buckets_and_files_below_are_objects(grow: Grow) -> None:
    folder = grow({"models/a/b/model.pkl": "x", "models/top.txt": "x", "data/.hidden": "x"})
    assert keys(folder) == {"data": [".hidden"], "models": ["top.txt", "a/b/model.pkl"]}


def test_a_folder_with_gitkeep_is_an_empty_bucket(grow: Grow) -> None:
    assert keys(grow({"empty/.gitkeep": ""})) == {"empty": []}


def test_what_systems_and_git_leave_behind_is_not_seeded(grow: Grow) -> None:
    folder = grow({".gitignore": "", ".DS_Store": "", ".git/config": "", "data/Thumbs.db": "", "data/a": ""})
    assert keys(folder) == {"data": ["a"]}


def test_a_file_beside_the_buckets_is_refused(grow: Grow) -> None:
    text = refusal(grow({"README.txt": "hello", "data/a": ""}))
    assert "README.txt" in text
    assert "move the file into a bucket's folder" in text


def test_an_empty_folder_is_refused(grow: Grow) -> None:
    assert "nothing to seed" in refusal(grow({}))


@pytest.mark.parametrize("name", ["Upper", "a", "with_underscore", "10.0.0.1", "xn--bucket", "a..b"])
def test_a_folder_that_cannot_be_a_bucket_is_refused_by_name(grow: Grow, name: str) -> None:
    text = refusal(grow({f"{name}/a": ""}))
    assert repr(name) in text
    assert "rename it" in text


def test_a_link_within_the_seed_is_followed(grow: Grow) -> None:
    folder = grow({"data/a.txt": "same"})
    (folder / "data" / "b.txt").symlink_to("a.txt")
    (folder / "copy").symlink_to("data")
    assert keys(folder) == {"copy": ["a.txt", "b.txt"], "data": ["a.txt", "b.txt"]}


@pytest.mark.parametrize("target", ["../../secret.txt", "/etc/hosts"])
def test_a_link_out_of_the_seed_is_refused(grow: Grow, tmp_path: Path, target: str) -> None:
    folder = grow({"data/a.txt": ""})
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "data" / "b.txt").symlink_to(target)
    assert "is outside of the seed folder" in refusal(folder)


def test_a_linked_folder_out_of_the_seed_is_refused(grow: Grow, tmp_path: Path) -> None:
    folder = grow({"data/a.txt": ""})
    (tmp_path / "elsewhere").mkdir()
    (folder / "data" / "sub").symlink_to(tmp_path / "elsewhere")
    assert "is outside of the seed folder" in refusal(folder)


def test_a_link_to_nothing_is_refused(grow: Grow) -> None:
    folder = grow({"data/a.txt": ""})
    (folder / "data" / "b.txt").symlink_to("gone.txt")
    assert "is a broken link" in refusal(folder)


def test_links_in_a_circle_are_refused(grow: Grow) -> None:
    folder = grow({"data/sub/a.txt": ""})
    (folder / "data" / "sub" / "up").symlink_to("..")
    assert "is a link to a folder that contains it" in refusal(folder)
    (folder / "data" / "sub" / "up").unlink()
    (folder / "data" / "b").symlink_to("c")
    (folder / "data" / "c").symlink_to("b")
    assert "is a broken link" in refusal(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused(grow: Grow) -> None:
    folder = grow({"data/a.txt": ""})
    os.mkfifo(folder / "data" / "pipe")
    assert "neither a file nor a folder" in refusal(folder)


def test_a_key_that_is_too_long_is_refused(grow: Grow) -> None:
    folder = grow({"data/" + "/".join(["d" * 200] * 5) + "/" + "x" * 60: ""})
    assert "1065 bytes in UTF-8; S3 allows 1024" in refusal(folder)


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="file names are always Unicode there")
def test_a_file_name_that_is_not_unicode_is_refused(grow: Grow) -> None:
    folder = grow({"data/a.txt": ""})
    (Path(os.fsdecode(os.fsencode(folder) + b"/data/\xff.txt"))).touch()
    assert "is not text in UTF-8" in refusal(folder)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("page.html", "text/html"),
        ("plot.png", "image/png"),
        ("rows.parquet", "application/vnd.apache.parquet"),
        ("run.YAML", "application/yaml"),
        ("rows.csv.gz", "application/gzip"),
        ("model.pkl", None),
        ("Makefile", None),
    ],
)
def test_content_types_come_from_file_names(grow: Grow, name: str, content_type: str | None) -> None:
    (item,) = read(grow({f"data/{name}": ""})).buckets[0].objects
    assert item.content_type == content_type


def test_what_is_no_seed_at_all_is_refused(tmp_path: Path) -> None:
    assert "does not exist; give a folder" in refusal(tmp_path / "missing")
    (tmp_path / "seed.txt").write_text("x")
    assert "is not a seed" in refusal(tmp_path / "seed.txt")
