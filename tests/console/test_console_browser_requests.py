"""Watching and searching in a real browser: rows, pages of rows, scales, fields that search while typing."""

from __future__ import annotations

from email.utils import formatdate
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from console_person import copied, open_bucket
from console_visitor import Box

from s3fixture.records import RequestRecord
from s3fixture.wire.request import Request

if TYPE_CHECKING:
    from playwright.sync_api import Page

INSIDE = """(name) => {
    const box = document.querySelector(name).getBoundingClientRect();
    return box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
}"""


def watch(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/watch")
    page.get_by_text("Live", exact=True).wait_for()


def ask_often(box: Box, count: int) -> None:
    """Records of so many requests, each with a key of its own."""
    for number in range(count):
        fields = ("GetObject", "GET", "data", f"key {number}", 200, "", "", 0.001, 0, 1, "minioadmin")
        record = RequestRecord(box.app.clock.time(), *fields, "::1", "agent", f"id{number}", {})
        box.app.log.add(record, Request("GET", "/data/key", {}, BytesIO()), "", 1e12)


@pytest.mark.parametrize("size", [(1280, 900), (375, 667)])
def test_a_row_opens_wherever_it_is_clicked_and_the_dialog_fits(
    page: Page, box: Box, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    watch(page, box)
    with pytest.raises(ClientError):
        box.s3.get_object(Bucket="data", Key="n" * 900)
    row = page.locator("#requests tbody tr").first
    row.wait_for()
    for cell in range(row.locator("td").count()):
        row.locator("td").nth(cell).click()
        dialog = page.get_by_role("dialog", name="GetObject")
        dialog.wait_for()
        for part in ("#request", "#request-title", "#request .dialog-actions"):
            assert page.evaluate(INSIDE, part), part
        dialog.get_by_role("button", name="Close").click()


def test_a_request_says_who_asked_also_when_it_was_refused(page: Page, box: Box) -> None:
    watch(page, box)
    box.s3.list_buckets()
    page.locator("#requests tbody tr").first.click()
    facts = page.locator("#request-facts")
    assert "Asked by\nminioadmin" in facts.inner_text()
    page.keyboard.press("Escape")
    wrong = f"AWS {'strangerkey'}:c2lnbmF0dXJl"  # version 2
    page.request.get(
        box.api_url + "/data/iris.csv",
        headers={"Authorization": wrong, "Date": formatdate(usegmt=True)},
    )
    page.get_by_role("button", name="GetObject").click()
    assert "strangerkey, as the request says; it was refused" in facts.inner_text()


def test_a_request_shows_what_was_sent_and_is_copied_as_lines(page: Page, box: Box) -> None:
    watch(page, box)
    box.s3.put_object(Bucket="data", Key="k", Body=b"12345", Metadata={"author": "me"}, ContentType="a/b")
    box.s3.list_objects_v2(Bucket="data", Prefix="mod")
    page.get_by_role("button", name="PutObject").click()
    facts = page.locator("#request-facts").inner_text()
    assert "author: me" in facts
    assert "content-type: a/b" in facts
    page.get_by_role("button", name="Copy as curl").click()
    assert "x-amz-meta-author: me" in copied(page, "curl")
    page.get_by_role("button", name="Copy as boto3").click()
    assert 'Metadata={"author": "me"}' in copied(page, "s3.put_object(")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="ListObjectsV2").click()
    assert "prefix: mod" in page.locator("#request-facts").inner_text()


def test_requests_are_shown_page_by_page_and_older_ones_stay_in_place(page: Page, box: Box) -> None:
    page.set_viewport_size({"width": 375, "height": 667})
    ask_often(box, 60)
    watch(page, box)
    rows = page.locator("#requests tbody tr")
    page.get_by_text("1 to 25 of 60 shown").wait_for()
    assert rows.count() == 25
    page.get_by_role("button", name="Older").click()
    page.get_by_text("26 to 50 of 60 shown").wait_for()
    assert "key 34" in rows.first.inner_text()
    box.s3.list_buckets()
    page.get_by_text("27 to 51 of 61 shown").wait_for()
    assert "key 34" in rows.first.inner_text()
    page.get_by_role("button", name="Older").click()
    page.get_by_text("52 to 61 of 61 shown").wait_for()
    assert page.get_by_role("button", name="Older").is_disabled()
    for shown in ("27 to 51", "2 to 26", "1 to 25"):
        page.get_by_role("button", name="Newer").click()
        page.get_by_text(f"{shown} of 61 shown").wait_for()
    page.get_by_role("button", name="ListBuckets").wait_for()


def test_charts_have_scales(page: Page, box: Box) -> None:
    ask_often(box, 23)
    watch(page, box)
    page.locator("#rate-chart .upright").get_by_text("40", exact=True).wait_for()
    rate = page.locator("#rate-chart")
    assert rate.locator(".upright span").all_inner_texts() == ["40", "20", "0"]
    assert rate.locator(".level span").all_inner_texts() == ["5 minutes ago", "now"]
    assert "at most" in (rate.get_by_role("img").get_attribute("aria-label") or "")
    box.s3.put_object(Bucket="empty", Key="k", Body=b"x" * 500_000)
    watch(page, box)
    page.locator("#usage-chart .upright").get_by_text("600 KiB", exact=True).wait_for()


def test_a_search_shows_what_it_finds_while_one_types(page: Page, box: Box) -> None:
    box.s3.put_object(Bucket="data", Key="model/deep/er/Metrics.txt", Body=b"")
    open_bucket(page, box)
    rows = page.locator("#objects tbody tr")
    page.get_by_role("searchbox").press_sequentially("not")
    page.wait_for_url("**search=not**")
    assert rows.count() == 1
    page.get_by_label("Select notes.txt").check()  # what was put in can be used
    page.get_by_text("1 selected").wait_for()
    page.get_by_role("switch", name="In folders").click()
    assert page.get_by_role("searchbox").input_value() == "not"
    page.get_by_role("searchbox").fill("METRICS")
    page.get_by_role("rowheader", name="model/deep/er/Metrics.txt").wait_for()
    assert rows.count() == 2
    open_bucket(page, box, query="?prefix=model/")
    page.get_by_role("searchbox").press_sequentially("met")
    page.get_by_text("1 row on this page").wait_for()
    page.get_by_role("searchbox").press_sequentially("zzz")
    page.get_by_role("link", name="Search in folders").wait_for()
    page.goto(box.console_url)
    page.get_by_role("searchbox").press_sequentially("ver")
    page.wait_for_url("**search=ver")
    assert page.locator(".buckets tbody tr").count() == 1


def test_each_folder_above_an_object_is_a_link(page: Page, box: Box) -> None:
    box.s3.put_object(Bucket="data", Key="a/b/c.txt", Body=b"")
    page.goto(f"{box.console_url}/buckets/data/object?key=a/b/c.txt")
    crumbs = page.get_by_label("Folder")
    assert crumbs.get_by_role("link").all_inner_texts() == ["data", "a", "b"]
    crumbs.get_by_role("link", name="a", exact=True).click()
    page.wait_for_url("**/buckets/data/?prefix=a%2F")


def test_lines_to_copy_wrap(page: Page, box: Box) -> None:
    page.set_viewport_size({"width": 375, "height": 667})
    page.goto(f"{box.console_url}/connect?bucket=data")
    wide = "all => all.filter((one) => one.scrollWidth > one.clientWidth).length"
    assert page.locator("pre.code").evaluate_all(wide) == 0


def test_errors_name_what_is_missing(page: Page, box: Box) -> None:
    for path, named in {
        "/buckets/data/object?key=none.txt": "Key none.txt",
        "/buckets/nobody/": "Bucket nobody",
        "/buckets/data/nowhere": "Path /buckets/data/nowhere",
    }.items():
        page.goto(box.console_url + path)
        page.get_by_text(named).wait_for()
    open_bucket(page, box, "empty")
    box.s3.delete_bucket(Bucket="empty")
    page.locator("#file-picker").set_input_files(
        [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"}]
    )
    page.get_by_text("The specified bucket does not exist (bucket empty)").wait_for()


def test_the_focus_stays_on_a_request_while_others_come(page: Page, box: Box) -> None:
    watch(page, box)
    box.s3.head_bucket(Bucket="data")
    page.get_by_role("button", name="HeadBucket").focus()
    box.s3.list_buckets()
    page.get_by_role("button", name="ListBuckets").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "HeadBucket"
    page.keyboard.press("Enter")
    box.s3.list_objects_v2(Bucket="data")
    page.locator("#requests").get_by_text("ListObjectsV2").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.textContent === 'HeadBucket'")


def test_what_a_dialog_says_is_not_hidden_behind_it(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/buckets/data/object?key=iris.csv")
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make link").click()
    page.get_by_role("button", name="Copy link").click()
    toast = page.get_by_text("Copied", exact=True)
    toast.wait_for()
    assert toast.evaluate("one => one.closest('dialog[open]') !== null")


def test_a_switch_is_switched_by_the_space_bar(page: Page, box: Box) -> None:
    open_bucket(page, box)
    page.get_by_role("switch", name="In folders").focus()
    with page.expect_navigation():
        page.keyboard.press("Space")
    assert page.get_by_role("switch", name="In folders").get_attribute("aria-checked") == "true"


def test_a_search_without_an_answer_says_so(page: Page, box: Box) -> None:
    open_bucket(page, box)
    page.route("**/buckets/data/?**", lambda route: route.abort())
    page.get_by_role("searchbox").press_sequentially("n")
    page.get_by_text("The server cannot be reached.").wait_for()
    page.unroute_all()
    page.get_by_role("searchbox").press_sequentially("o")
    page.wait_for_url("**search=no**")
    assert page.locator("#listing").get_attribute("aria-busy") is None
