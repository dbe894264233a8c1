"""Folders and several objects in a real browser."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from console_person import body_of, copied, keys_of, open_bucket
from console_visitor import Box

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_what_is_selected_is_downloaded_as_a_zip_file(page: Page, box: Box, tmp_path: Path) -> None:
    open_bucket(page, box)
    page.get_by_label("Select model/").check()
    page.get_by_label("Select iris.csv").check()
    with page.expect_download() as download:
        page.locator("#selection").get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "data.zip"
    download.value.save_as(tmp_path / "data.zip")
    with zipfile.ZipFile(tmp_path / "data.zip") as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist())[0] == "iris.csv"
        assert archive.read("model/MLmodel") == body_of(box, "data", "model/MLmodel")
    page.get_by_label("Select model/").uncheck()
    with page.expect_download() as download:
        page.locator("#selection").get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "iris.csv"


def test_objects_and_folders_are_copied_moved_and_renamed(page: Page, box: Box) -> None:
    open_bucket(page, box)
    dialog = page.get_by_role("dialog")
    page.get_by_label("Select model/").check()
    page.get_by_label("Select iris.csv").check()
    page.get_by_role("button", name="Copy…").click()
    dialog.get_by_label("To the bucket").fill("empty")
    dialog.get_by_label("To the folder").fill("from/data")
    with page.expect_navigation():
        dialog.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_text("4 objects copied").wait_for()
    assert keys_of(box, "empty")[0] == "from/data/iris.csv"
    page.get_by_label("Select model/").check()
    assert page.get_by_role("button", name="Rename…").is_visible()
    page.get_by_role("button", name="Rename…").click()
    assert dialog.get_by_label("New name").input_value() == "model"
    dialog.get_by_label("New name").fill("renamed")
    with page.expect_navigation():
        dialog.get_by_role("button", name="Rename").click()
    assert "renamed/MLmodel" in keys_of(box, "data")
    assert "model/MLmodel" not in keys_of(box, "data")
    page.get_by_label("Select iris.csv").check()
    page.get_by_role("button", name="Move…").click()
    dialog.get_by_label("To the folder").fill("renamed")
    with page.expect_navigation():
        dialog.get_by_role("button", name="Move").click()
    page.get_by_text("1 object moved").wait_for()
    page.get_by_label("Select notes.txt").check()
    page.get_by_role("button", name="Rename…").click()
    dialog.get_by_label("New name").fill("page.html")
    dialog.get_by_role("button", name="Rename").click()
    dialog.get_by_role("alert").get_by_text("page.html already exists").wait_for()
    assert body_of(box, "data", "notes.txt").startswith(b"plain")


def test_a_folder_is_made_and_measured(page: Page, box: Box) -> None:
    open_bucket(page, box)
    page.get_by_role("button", name="Size of model/").click()
    page.get_by_text("372 B in 3 objects").wait_for()
    page.get_by_role("button", name="New folder").click()
    page.get_by_role("dialog").get_by_label("Name").fill("reports")
    with page.expect_navigation():
        page.get_by_role("button", name="Make folder").click()
    page.get_by_role("link", name="reports/").first.click()
    page.get_by_text("(this folder)").wait_for()
    assert "reports/" in keys_of(box, "data")


def test_headers_and_metadata_are_edited(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/buckets/data/object?key=described.bin")
    page.get_by_role("button", name="Edit headers and metadata").click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_label("Content-Type").input_value() == "application/x-thing"
    dialog.get_by_label("Content-Type").fill("text/csv")
    dialog.get_by_label("Metadata").fill("author=nobody\nnote=a=b")
    with page.expect_navigation():
        dialog.get_by_role("button", name="Save headers").click()
    head = box.s3.head_object(Bucket="data", Key="described.bin")
    assert (head["ContentType"], head["CacheControl"]) == ("text/csv", "no-cache")
    assert head["Metadata"] == {"author": "nobody", "note": "a=b"}


def test_times_stand_in_utc_and_as_it_is_here(page: Page, box: Box) -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(timezone_id="Asia/Kolkata", storage_state=page.context.storage_state())
    window = context.new_page()
    window.goto(f"{box.console_url}/buckets/data/")
    times = window.locator("#objects time")
    utc = times.first.inner_text()
    minutes = int(utc[11:13]) * 60 + int(utc[14:16]) + 330  # India's time is five and a half hours ahead
    local = f"{minutes // 60 % 24:02}:{minutes % 60:02}"
    assert (times.first.get_attribute("data-local") or "").endswith(local)
    window.get_by_role("searchbox").press_sequentially("iris")
    window.wait_for_url("**search=iris**")
    assert (times.first.get_attribute("data-local") or "").endswith(local)
    context.close()
    open_bucket(page, box)  # its time is UTC
    assert page.locator("#objects time").first.get_attribute("data-local") in ("", None) or _is_away(page)


def _is_away(page: Page) -> bool:
    return bool(page.evaluate("new Date().getTimezoneOffset()"))


def test_secrets_are_masked_until_somebody_asks_and_copied_whole(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/connect")
    assert "minioadmin123" not in page.locator("main").inner_text()
    page.get_by_role("button", name="Copy the secret key").click()
    assert copied(page, "minioadmin") == "minioadmin123"
    page.get_by_role("button", name="Copy: boto3").click()
    assert 'aws_secret_access_key="minioadmin123"' in copied(page, "import boto3")
    page.get_by_role("button", name="Show secrets").click()
    assert page.locator("main").inner_text().count("minioadmin123") >= 5
    page.get_by_role("button", name="Copy: AWS CLI").click()
    copied(page, "# with")
    page.get_by_role("button", name="Copy: boto3").click()
    assert 'aws_secret_access_key="minioadmin123"' in copied(page, "import boto3")
    page.get_by_role("button", name="Hide secrets").click()
    assert "minioadmin123" not in page.locator("main").inner_text()
