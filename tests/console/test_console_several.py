"""Several objects at once: as a ZIP file, copied, moved, renamed; how large folders are; headers edited."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError
from console_person import body_of, keys_of
from console_visitor import Box, Visitor

from s3fixture.console.caller import Caller
from s3fixture.console.zip_stream import Entry, file_path, zip_stream

API = "/api/buckets/data"


def download(visitor: Visitor, chosen: Any, base: str = "", bucket: str = "data") -> Any:
    form = {"csrf": visitor.csrf, "base": base, "chosen": json.dumps(chosen)}
    return visitor.http.post(f"/buckets/{bucket}/zip", data=form)


def test_objects_and_folders_are_one_zip_file(visitor: Visitor, box: Box) -> None:
    answer = download(visitor, {"objects": [{"key": "iris.csv"}], "prefixes": ["model/"]})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="data.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        names = ["iris.csv", "model/MLmodel", "model/metrics.json", "model/model.pkl"]
        assert archive.namelist() == names
        for name in names:
            assert archive.read(name) == body_of(box, "data", name)
    inside = download(visitor, {"prefixes": ["model/"]}, base="model/")
    assert inside.headers["Content-Disposition"] == 'attachment; filename="model.zip"'
    with zipfile.ZipFile(io.BytesIO(inside.data)) as archive:
        assert archive.namelist() == ["MLmodel", "metrics.json", "model.pkl"]


def test_a_version_is_what_was_chosen(visitor: Visitor, box: Box) -> None:
    versions = box.s3.list_object_versions(Bucket="versioned", Prefix="file.txt")["Versions"]
    chosen = {"objects": [{"key": "file.txt", "version": one["VersionId"]} for one in versions]}
    with zipfile.ZipFile(io.BytesIO(download(visitor, chosen, bucket="versioned").data)) as archive:
        assert archive.namelist() == ["file.txt", "file (2).txt", "file (3).txt"]
        assert [archive.read(name) for name in archive.namelist()] == [b"third", b"second", b"first"]


def test_what_cannot_be_read_is_named_in_the_zip_file(visitor: Visitor) -> None:
    answer = download(visitor, {"objects": [{"key": "iris.csv"}, {"key": "none"}]})
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == ["iris.csv", "NOT IN THIS FILE.txt"]
        assert archive.read("NOT IN THIS FILE.txt") == b"none: The specified key does not exist.\n"


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a/b.txt", "a/b.txt"),
        ("../../etc/passwd", "_/_/etc/passwd"),
        ("/root", "_/root"),
        ("a//b", "a/_/b"),
        ("a/..", "a/_"),
        ("C:\\x\ny", "C__x_y"),
        ("folder/", "folder/"),
    ],
)
def test_a_name_in_a_zip_file_stays_in_its_folder(key: str, path: str) -> None:
    assert file_path(key) == path


def test_a_zip_file_takes_no_memory_for_what_is_in_it() -> None:
    class Body(io.BytesIO):
        """10 MiB that are made as they are read."""

        left = 40

        def read(self, size: int | None = -1, /) -> bytes:
            assert size
            self.left -= 1
            return bytes(size) if self.left >= 0 else b""

    entries = [Entry(f"{number}", {"Key": f"{number}"}, None) for number in range(20)]
    tracemalloc.start()
    try:
        sent = sum(map(len, zip_stream(entries, lambda params: Body())))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent > 200 * 1024 * 1024
    assert most < 4 * 1024 * 1024


@pytest.mark.parametrize("chosen", ["[", "[]", "{}", '{"prefixes": ["none/"]}', "[" * 100_000])
def test_nothing_to_download_is_said(visitor: Visitor, chosen: str) -> None:
    form = {"csrf": visitor.csrf, "chosen": chosen}
    assert visitor.http.post("/buckets/data/zip", data=form).status_code == 400


def test_a_zip_file_wants_the_token_and_the_right_to_read(visitor: Visitor, other: Visitor) -> None:
    form = {"csrf": "wrong", "chosen": json.dumps({"objects": [{"key": "iris.csv"}]})}
    assert visitor.http.post("/buckets/data/zip", data=form).status_code == 403
    with zipfile.ZipFile(io.BytesIO(download(other, {"objects": [{"key": "iris.csv"}]}).data)) as archive:
        assert archive.namelist() == ["NOT IN THIS FILE.txt"]
    assert download(other, {"prefixes": ["model/"]}).status_code == 403


def test_objects_are_copied_and_moved(visitor: Visitor, box: Box) -> None:
    step: Any = {"objects": [{"key": "iris.csv", "to": "new/iris.csv"}], "bucket": "empty"}
    assert visitor.ask("POST", f"{API}/copy", step).json == {"copied": 1, "errors": [], "after": ""}
    assert body_of(box, "empty", "new/iris.csv") == body_of(box, "data", "iris.csv")
    step = {"objects": [{"key": "described.bin", "to": "other.bin"}], "bucket": "data", "move": True}
    visitor.ask("POST", f"{API}/copy", step)
    assert "described.bin" not in keys_of(box, "data")
    assert box.s3.head_object(Bucket="data", Key="other.bin")["Metadata"] == {"author": "someone"}
    assert box.s3.get_object_tagging(Bucket="data", Key="other.bin")["TagSet"]


@pytest.mark.parametrize("when", ["HeadObject", "CopyObject"])
def test_what_comes_in_the_place_of_a_moved_object_stays(
    visitor: Visitor, box: Box, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    perform = Caller.perform

    def perform_and_replace(caller: Caller, operation: str, **params: Any) -> Any:
        result = perform(caller, operation, **params)
        if operation == when:
            box.s3.put_object(Bucket="data", Key="iris.csv", Body=b"newer")
        return result

    monkeypatch.setattr(Caller, "perform", perform_and_replace)
    step = {"objects": [{"key": "iris.csv", "to": "moved.csv"}], "bucket": "data", "move": True}
    answer = visitor.ask("POST", f"{API}/copy", step).json
    message = "it was replaced meanwhile, and what came in its place was left there"
    assert answer == {"copied": 0, "errors": [{"key": "iris.csv", "message": message}], "after": ""}
    assert body_of(box, "data", "iris.csv") == b"newer"


def test_nothing_is_replaced_unless_that_is_wanted(visitor: Visitor, box: Box) -> None:
    step = {"objects": [{"key": "iris.csv", "to": "notes.txt"}], "bucket": "data", "move": True}
    answer = visitor.ask("POST", f"{API}/copy", step).json
    assert answer == {
        "copied": 0,
        "errors": [{"key": "iris.csv", "message": "notes.txt already exists"}],
        "after": "",
    }
    assert body_of(box, "data", "notes.txt").startswith(b"plain")
    visitor.ask("POST", f"{API}/copy", {**step, "replace": True})
    assert body_of(box, "data", "notes.txt").startswith(b"length")
    assert "iris.csv" not in keys_of(box, "data")


def test_a_folder_is_copied_step_by_step(visitor: Visitor, box: Box) -> None:
    for number in range(250):
        box.s3.put_object(Bucket="data", Key=f"many/{number:03}", Body=b"")
    step = {"prefix": "many/", "to": "more/", "bucket": "data", "after": ""}
    first = visitor.ask("POST", f"{API}/copy", step).json or {}
    assert (first["copied"], first["after"]) == (200, "many/199")
    second = visitor.ask("POST", f"{API}/copy", {**step, "after": first["after"]}).json
    assert second == {"copied": 50, "errors": [], "after": ""}
    assert len([key for key in keys_of(box, "data") if key.startswith("more/")]) == 250
    into_itself = visitor.ask("POST", f"{API}/copy", {**step, "to": "many/deeper/"})
    assert (into_itself.status_code, "into itself" in into_itself.text) == (400, True)


@pytest.mark.parametrize(
    "document",
    [{}, {"bucket": 1}, {"bucket": "data", "objects": [{"key": "k"}]}, {"bucket": "b", "prefix": "x"}],
)
def test_a_copy_that_says_too_little_is_refused(visitor: Visitor, document: Any) -> None:
    answer = visitor.ask("POST", f"{API}/copy", document)
    assert answer.status_code == 400 or answer.json == {"copied": 0, "errors": [], "after": ""}


def test_others_copy_nothing(other: Visitor, box: Box) -> None:
    step = {"objects": [{"key": "iris.csv", "to": "x"}], "bucket": "data"}
    answer = other.ask("POST", f"{API}/copy", step).json or {}
    assert (answer["copied"], len(answer["errors"])) == (0, 1)
    assert "x" not in keys_of(box, "data")


def test_the_size_of_a_folder_is_counted(visitor: Visitor, other: Visitor) -> None:
    counted = visitor.get(f"{API}/size", prefix="model/").json or {}
    assert (counted["objects"], counted["after"]) == (3, "")
    assert counted["bytes"] == 85 + 31 + 256
    assert other.get(f"{API}/size", prefix="model/").status_code == 403


def test_headers_and_metadata_are_edited(visitor: Visitor, box: Box) -> None:
    document = {
        "key": "described.bin",
        "headers": {"ContentType": "text/csv", "CacheControl": "", "ContentLanguage": "de"},
        "metadata": [["owner", "me"], ["stage", "prod"]],
    }
    assert visitor.ask("PUT", f"{API}/metadata", document).status_code == 200
    head = box.s3.head_object(Bucket="data", Key="described.bin")
    assert (head["ContentType"], head["ContentLanguage"]) == ("text/csv", "de")
    assert "CacheControl" not in head
    assert head["Metadata"] == {"owner": "me", "stage": "prod"}
    assert len(box.s3.get_object_tagging(Bucket="data", Key="described.bin")["TagSet"]) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": None},
        {"headers": {"Nonsense": "x"}},
        {"metadata": [1]},
        {"metadata": [["a", "b", "c"]]},
        {"key": ""},
        {"key": "none"},
    ],
)
def test_headers_that_cannot_be_are_refused(visitor: Visitor, box: Box, changes: dict[str, Any]) -> None:
    document = {"key": "described.bin", "headers": {"ContentType": "a/b"}, "metadata": [], **changes}
    assert visitor.ask("PUT", f"{API}/metadata", document).status_code in (400, 404)
    assert box.s3.head_object(Bucket="data", Key="described.bin")["ContentType"] == "application/x-thing"


def test_headers_keep_the_storage_class(visitor: Visitor, box: Box) -> None:
    box.s3.put_object(Bucket="data", Key="k", Body=b"x", StorageClass="STANDARD_IA")
    visitor.ask("PUT", f"{API}/metadata", {"key": "k", "headers": {"ContentType": "a/b"}, "metadata": []})
    assert box.s3.head_object(Bucket="data", Key="k")["StorageClass"] == "STANDARD_IA"
    with pytest.raises(ClientError):
        box.s3.get_object(Bucket="data", Key="nothing")
