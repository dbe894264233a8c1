"""The console in a real browser, used as a person would."""

from __future__ import annotations

import urllib.error
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from console_person import body_of, copied, keys_of, open_bucket
from console_visitor import Box

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_wrong_keys_say_so_and_logging_out_hides_everything(page: Page, box: Box) -> None:
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Access key").fill("minioadmin")
    page.get_by_label("Secret key").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    assert "wrong" in page.get_by_role("alert").inner_text()
    page.goto(f"{box.console_url}/buckets/data/")
    assert page.get_by_role("heading", name="Log in").is_visible()
    page.get_by_label("Access key").fill("minioadmin")
    page.get_by_label("Secret key").fill("minioadmin123")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="data", exact=True).wait_for()


def test_a_bucket_is_made_used_and_deleted(page: Page, box: Box) -> None:
    page.get_by_role("button", name="New bucket").click()
    page.get_by_label("Name", exact=True).fill("Wrong")
    page.get_by_role("button", name="Make bucket").click()
    assert page.get_by_role("alert").inner_text() == "The specified bucket is not valid (bucket Wrong)."
    page.get_by_label("Name", exact=True).fill("brand-new")
    page.get_by_label("Keep all versions").check()
    page.get_by_role("button", name="Make bucket").click()
    page.get_by_role("heading", name="This bucket is empty").wait_for()
    assert box.s3.get_bucket_versioning(Bucket="brand-new")["Status"] == "Enabled"
    box.s3.put_object(Bucket="brand-new", Key="k", Body=b"")
    page.get_by_role("link", name="Settings").click()
    for name in ("Empty bucket", "Delete bucket"):
        page.get_by_role("button", name=name).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Type the bucket's name").fill("brand-new")
        with page.expect_navigation():
            dialog.get_by_role("button", name=name).click()
    page.get_by_role("heading", name="Buckets").wait_for()
    assert "brand-new" not in [bucket["Name"] for bucket in box.s3.list_buckets()["Buckets"]]


def test_browsing_searching_and_sorting(page: Page, box: Box) -> None:
    page.get_by_role("link", name="data").first.click()
    page.get_by_role("link", name="model/").click()
    page.get_by_role("link", name="metrics.json").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("ML")
    page.keyboard.press("Enter")
    page.wait_for_url("**search=ML**")
    assert page.locator("#objects tbody tr").count() == 1
    page.get_by_label("Folder").get_by_role("link", name="data").click()
    page.wait_for_url("**/buckets/data/")
    page.get_by_role("link", name="Size").click()
    page.wait_for_url("**sort=size**")
    assert page.get_by_role("columnheader", name="Size").get_attribute("aria-sort") == "ascending"


@pytest.mark.parametrize(
    ("key", "selector"),
    [
        ("picture.png", ".preview-image img"),
        ("iris.csv", ".preview-table"),
        ("notes.txt", ".preview-text"),
    ],
)
def test_previews(page: Page, box: Box, key: str, selector: str) -> None:
    open_bucket(page, box)
    page.get_by_role("link", name=key).first.click()
    shown = page.locator(selector)
    shown.wait_for()
    if key == "picture.png":
        assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60


def test_a_link_is_shared_copied_and_really_works(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/buckets/data/object?key=iris.csv")
    page.get_by_role("button", name="Share").click()
    page.get_by_label("Valid for").select_option("5 minutes")
    page.get_by_role("button", name="Make link").click()
    page.get_by_role("button", name="Copy link").click()
    url = copied(page, box.api_url)
    assert "X-Amz-Expires=300" in url
    with urlopen(url) as answer:
        assert answer.read().startswith(b"length,species")


def test_lines_to_read_it_are_copied(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/buckets/data/object?key=iris.csv")
    page.get_by_role("button", name="Copy s3:// URI").click()
    assert copied(page, "s3:") == "s3://data/iris.csv"
    page.get_by_role("button", name="Copy: AWS CLI").click()
    assert copied(page, "aws") == "aws s3 cp s3://data/iris.csv ."


def test_a_download_is_a_file(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/buckets/data/object?key=page.html")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "page.html"


def test_objects_and_folders_are_selected_and_deleted(page: Page, box: Box) -> None:
    open_bucket(page, box)
    page.get_by_label("Select model/").check()
    page.get_by_label("Select iris.csv").check()
    page.get_by_role("button", name="Delete").click()
    assert "1 folder with everything in it and 1 object" in page.get_by_role("dialog").inner_text()
    with page.expect_navigation():
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("4 objects deleted").wait_for()
    assert not [key for key in keys_of(box, "data") if key.startswith(("model/", "iris"))]


def test_deleting_in_a_versioned_bucket_is_undone(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/buckets/versioned/object?key=file.txt")
    page.get_by_role("button", name="Delete").click()
    with page.expect_navigation():
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.goto(f"{box.console_url}/buckets/versioned/object?key=file.txt")
    with page.expect_navigation():
        page.get_by_role("button", name="Undo delete").click()
    assert body_of(box, "versioned", "file.txt") == b"third"
    with page.expect_navigation():
        page.get_by_role("button", name="Restore version").last.click()
    page.get_by_text("Restored:").wait_for()
    assert body_of(box, "versioned", "file.txt") == b"first"


def test_tags_are_edited(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/buckets/data/object?key=described.bin")
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("dialog").get_by_label("One to a line").fill("stage=prod\nowner=me")
    with page.expect_navigation():
        page.get_by_role("button", name="Save tags").click()
    tags = box.s3.get_object_tagging(Bucket="data", Key="described.bin")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"stage": "prod", "owner": "me"}


def test_a_policy_with_a_mistake_shows_where_and_a_good_one_is_saved(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/buckets/data/settings")
    page.locator('[data-editor="policy"]').get_by_label("Examples").select_option("Everybody may read")
    editor = page.get_by_role("textbox", name="Policy")
    good = editor.input_value()
    editor.fill(good.replace('"s3:GetObject"', '"s3:Nonsense"'))
    page.get_by_role("button", name="Save policy").click()
    page.get_by_text("Statement 2, from line 19: Policy has invalid action").wait_for()
    assert editor.get_attribute("aria-invalid") == "true"
    editor.fill(good)
    with page.expect_navigation():
        page.get_by_role("button", name="Save policy").click()
    assert box.s3.get_bucket_policy_status(Bucket="data")["PolicyStatus"]["IsPublic"]


def test_public_read_and_versioning_are_switched(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/buckets/data/settings")
    for label in ("Public read", "Versioning"):
        with page.expect_navigation():
            page.get_by_role("switch", name=label).click()
        assert page.get_by_role("switch", name=label).get_attribute("aria-checked") == "true"
    with urlopen(f"{box.api_url}/data/iris.csv") as answer:
        assert answer.status == 200
    with page.expect_navigation():
        page.get_by_role("switch", name="Public read").click()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urlopen(f"{box.api_url}/data/iris.csv")


def test_requests_are_watched_filtered_and_looked_into(page: Page, box: Box) -> None:
    page.get_by_role("link", name="Requests").click()
    page.get_by_text("Live", exact=True).wait_for()
    with pytest.raises(ClientError):
        box.s3.get_object(Bucket="data", Key="not there")
    box.s3.put_object(Bucket="empty", Key="k", Body=b"12345")
    rows = page.locator("#requests tbody tr")
    page.get_by_role("button", name="PutObject").wait_for()
    assert rows.count() == 2
    page.locator("#filters").get_by_label("Status").select_option("Client errors (4xx)")
    page.get_by_role("button", name="PutObject").wait_for(state="detached")
    assert "404" in rows.inner_text()
    assert "NoSuchKey" in rows.inner_text()
    page.get_by_role("button", name="GetObject").click()
    document = page.get_by_role("region", name="Error document").inner_text()
    assert "<Code>NoSuchKey</Code>" in document
    assert "<Key>not there</Key>" in document
    page.get_by_role("button", name="Close").click()
    page.locator("#filters").get_by_label("Status").select_option("All")
    page.locator("select[name=bucket]").select_option("empty")
    page.get_by_role("button", name="GetObject").wait_for(state="detached")
    assert rows.count() == 1


def test_a_hidden_window_stops_watching_and_catches_up(page: Page, box: Box) -> None:
    page.get_by_role("link", name="Requests").click()
    page.get_by_text("Live", exact=True).wait_for()
    box.s3.list_buckets()
    page.get_by_role("button", name="ListBuckets").wait_for()
    hide = """(hidden) => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    box.s3.head_bucket(Bucket="data")
    page.evaluate(hide, False)
    page.get_by_role("button", name="HeadBucket").wait_for()
    assert page.locator("#requests tbody tr").count() == 2
    page.get_by_text("2 requests, 0 errors in 5 minutes").first.wait_for()


def test_colours_are_chosen_and_remembered(page: Page) -> None:
    theme = page.get_by_role("button", name="Colours")
    theme.click()
    theme.click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_page_left_open_after_the_session_ended_leads_to_the_log_in(page: Page, box: Box) -> None:
    open_bucket(page, box)
    page.context.clear_cookies()
    page.get_by_label("Select iris.csv").check()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("heading", name="Log in").wait_for()
    assert "iris.csv" in keys_of(box, "data")
