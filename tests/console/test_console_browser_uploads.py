"""Uploading in a real browser: by picker, by dropping, in parts, given up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from console_person import body_of, keys_of, open_bucket
from console_visitor import Box

if TYPE_CHECKING:
    from playwright.sync_api import Page

LARGE = 17 * 1024 * 1024  # bytes; uploaded in parts

# Drops files as a person does: [path, text] of each, made into the entries that browsers give.
DROP = """(files) => {
    const transfer = new DataTransfer();
    for (const [name, text] of files) transfer.items.add(new File([text], name, {type: "text/plain"}));
    const options = {bubbles: true, cancelable: true, dataTransfer: transfer};
    for (const kind of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(kind, options));
}"""


def test_files_are_uploaded_by_the_picker_small_and_large(page: Page, box: Box, tmp_path: Path) -> None:
    (tmp_path / "small.txt").write_text("small")
    (tmp_path / "large.bin").write_bytes(b"x" * LARGE)
    open_bucket(page, box, "empty", "?prefix=up/")
    with page.expect_navigation():
        page.locator("#file-picker").set_input_files([tmp_path / "small.txt", tmp_path / "large.bin"])
    page.get_by_text("2 objects uploaded").wait_for()
    page.get_by_role("link", name="large.bin").first.wait_for()
    assert keys_of(box, "empty") == ["up/large.bin", "up/small.txt"]
    head = box.s3.head_object(Bucket="empty", Key="up/large.bin")
    assert (head["ContentLength"], head["ETag"][-3:]) == (LARGE, '-3"')


def test_a_folder_is_uploaded_with_its_folders(page: Page, box: Box, tmp_path: Path) -> None:
    (tmp_path / "run" / "deep").mkdir(parents=True)
    (tmp_path / "run" / "a.txt").write_text("a")
    (tmp_path / "run" / "deep" / "b.txt").write_text("b")
    open_bucket(page, box, "empty")
    with page.expect_navigation():
        page.locator("#folder-picker").set_input_files(tmp_path / "run")
    page.get_by_role("link", name="run/").wait_for()
    assert keys_of(box, "empty") == ["run/a.txt", "run/deep/b.txt"]


def test_files_are_uploaded_by_dropping_them(page: Page, box: Box) -> None:
    open_bucket(page, box, "empty")
    with page.expect_navigation():
        page.evaluate(DROP, [["one.txt", "1"], ["two & three.txt", "2"]])
    page.get_by_role("link", name="one.txt").first.wait_for()
    assert body_of(box, "empty", "two & three.txt") == b"2"


def test_folders_are_dropped_with_everything_in_them(page: Page, box: Box, tmp_path: Path) -> None:
    """As the system's file manager drops them; a browser names a hundred files of a folder at a time."""
    (tmp_path / "run" / "deep").mkdir(parents=True)
    names = ["run/a.txt", *(f"run/deep/{number:03}.txt" for number in range(120))]
    for name in names:
        (tmp_path / name).write_text(name)
    open_bucket(page, box, "empty", "?prefix=up/")
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(tmp_path / "run")], "dragOperationsMask": 1}
    with page.expect_navigation():
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": 600, "y": 500, "data": data})
    page.get_by_text("121 objects uploaded").wait_for()
    assert keys_of(box, "empty") == [f"up/{name}" for name in names]
    assert body_of(box, "empty", "up/run/deep/119.txt") == b"run/deep/119.txt"


@pytest.mark.parametrize("size", [1024, LARGE])
def test_a_cancelled_upload_leaves_nothing_behind(page: Page, box: Box, tmp_path: Path, size: int) -> None:
    (tmp_path / "file.bin").write_bytes(b"x" * size)
    open_bucket(page, box, "empty")
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/api/buckets/empty/object?**", hold)
    page.route("**/api/buckets/empty/uploads?**number=**", hold)
    page.locator("#file-picker").set_input_files(tmp_path / "file.bin")
    page.get_by_text(re.compile("^0 B of ")).wait_for()
    page.get_by_role("button", name="Cancel the upload of file.bin").click()
    page.get_by_text("Cancelled").wait_for()
    page.get_by_role("button", name="Close").wait_for()
    page.unroute_all(behavior="ignoreErrors")
    assert keys_of(box, "empty") == []
    assert "Uploads" not in box.s3.list_multipart_uploads(Bucket="empty")


def test_an_upload_that_fails_says_why(page: Page, box: Box, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("x")
    open_bucket(page, box, "empty")
    box.s3.delete_bucket(Bucket="empty")
    page.locator("#file-picker").set_input_files(tmp_path / "file.txt")
    page.get_by_text("The specified bucket does not exist").first.wait_for()
