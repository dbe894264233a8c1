"""Faults, the clock and the state of the server, from the page Requests."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from botocore.exceptions import ClientError
from console_person import keys_of, open_bucket
from console_visitor import Box, Visitor

import s3fixture
from s3fixture.records import Fault

if TYPE_CHECKING:
    from playwright.sync_api import Page


def open_control(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/watch")
    page.get_by_text("Faults, clock and state").click()


def test_a_fault_is_added_happens_and_is_removed(page: Page, box: Box) -> None:
    open_control(page, box)
    form = page.locator("#add-fault")
    form.get_by_label("Error", exact=True).fill("SlowDwn")
    form.get_by_role("button", name="Add fault").click()
    page.get_by_text("S3 has no error 'SlowDwn'").wait_for()
    form.get_by_label("Error", exact=True).fill("SlowDown")
    form.get_by_label("Operation").select_option("PutObject")
    form.get_by_label("Key").fill("new/*")
    form.get_by_role("button", name="Add fault").click()
    page.get_by_text("error SlowDown PutObject new/*: happened 0 of 1 times").wait_for()
    assert page.get_by_text("1 fault", exact=True).is_visible()
    box.s3.put_object(Bucket="empty", Key="old", Body=b"")
    with pytest.raises(ClientError, match="SlowDown"):
        box.s3.put_object(Bucket="empty", Key="new/1", Body=b"")
    page.get_by_text("happened 1 of 1 times").wait_for()
    page.get_by_role("button", name="Remove the fault").click()
    page.get_by_text("happened 1 of 1 times").wait_for(state="detached")
    form.get_by_label("What goes wrong").select_option("A late answer")
    assert not form.get_by_label("Error", exact=True).is_visible()
    form.get_by_label("Delay in seconds").fill("0.5")
    form.get_by_label("Times").fill("")
    form.get_by_role("button", name="Add fault").click()
    page.get_by_text("always, happened 0 times").wait_for()
    (state,) = box.app.faults.states()
    assert (state.fault.delay, state.fault.times, state.fault.code) == (0.5, None, "")
    page.get_by_role("button", name="Remove all").click()
    page.get_by_text("always, happened 0 times").wait_for(state="detached")
    assert box.app.faults.states() == []


def test_the_clock_is_moved_and_put_back(page: Page, box: Box) -> None:
    open_control(page, box)
    page.get_by_label("Time", exact=True).fill("31")
    page.get_by_role("button", name="Let this time pass").click()
    page.get_by_text("clock 31 days ahead").wait_for()
    assert box.app.clock.time() - time.time() == pytest.approx(31 * 86400, abs=60)
    box.s3.list_buckets()  # signatures stay good
    page.get_by_role("button", name="Back to now").click()
    page.get_by_text("clock 31 days ahead").wait_for(state="hidden")
    page.get_by_label("Unit").select_option("hours")
    page.get_by_label("Time", exact=True).fill("-2")
    page.get_by_role("button", name="Set the clock wrong by it").click()
    page.get_by_text("clock 2 hours behind").wait_for()
    with pytest.raises(ClientError, match="RequestTimeTooSkewed"):
        box.s3.list_buckets()
    page.get_by_label("Time", exact=True).fill("1e12")
    page.get_by_role("button", name="Let this time pass").click()
    page.get_by_text("it goes from 1970 to the year 8999").wait_for()


def test_the_state_is_saved_and_restored(page: Page, box: Box, tmp_path: Path) -> None:
    open_control(page, box)
    with page.expect_download() as download:
        page.get_by_role("link", name="Save state").click()
    assert download.value.suggested_filename == "s3fixture.state"
    download.value.save_as(tmp_path / "s3fixture.state")
    box.s3.delete_object(Bucket="data", Key="iris.csv")
    page.locator("#state-file").set_input_files(
        [{"name": "wrong.state", "mimeType": "application/octet-stream", "buffer": b"nonsense"}]
    )
    page.get_by_role("button", name="Replace all buckets").click()
    page.get_by_role("alert").get_by_text("the file").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.locator("#state-file").set_input_files(tmp_path / "s3fixture.state")
    page.get_by_role("button", name="Replace all buckets").click()
    page.get_by_text("The state is restored").wait_for()
    assert "iris.csv" in keys_of(box, "data")


def test_snapshots_are_taken_restored_and_deleted(page: Page, box: Box) -> None:
    open_control(page, box)
    names = page.get_by_role("list", name="Snapshots")

    def take(name: str) -> None:
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_role("button", name="Take snapshot").click()

    take("clean <b>\u202e")
    names.get_by_text("clean <b>\N{LEFT-POINTING ANGLE BRACKET}U+202E").wait_for()
    take("clean <b>\u202e")
    page.get_by_role("alert").get_by_text("There is a snapshot clean").wait_for()
    box.s3.put_object(Bucket="data", Key="iris.csv", Body=b"changed")
    box.s3.delete_object(Bucket="data", Key="notes.txt")
    box.s3.create_bucket(Bucket="later")
    take("second")
    take("third")
    names.get_by_text("third").wait_for()
    page.get_by_role("button", name="Restore the snapshot clean").click()
    dialog = page.get_by_role("dialog", name="Restore this snapshot?")
    dialog.get_by_text("done since: 1 bucket made, 1 object changed, 1 object removed.").wait_for()
    assert dialog.get_by_text("Later snapshots are deleted: second, third.").is_visible()
    dialog.get_by_role("button", name="Cancel").click()
    assert "notes.txt" not in keys_of(box, "data")
    page.get_by_role("button", name="Delete the snapshot second").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    names.get_by_text("second").wait_for(state="detached")
    assert "notes.txt" not in keys_of(box, "data")
    page.get_by_role("button", name="Restore the snapshot third").click()
    dialog.get_by_text("No bucket and no latest version of an object has changed since.").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Restore the snapshot clean").click()
    dialog.get_by_role("button", name="Restore", exact=True).click()
    page.get_by_text("All buckets are as they were at the snapshot clean").wait_for()
    assert "notes.txt" in keys_of(box, "data")
    names.get_by_text("third").wait_for(state="detached")
    page.get_by_role("button", name="Delete the snapshot clean").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    names.get_by_role("listitem").wait_for(state="detached")


def test_a_server_with_a_data_folder_says_that_it_has_no_snapshots(tmp_path: Path) -> None:
    with s3fixture.serve(console=True, data_dir=tmp_path) as endpoint:
        assert endpoint.console_url is not None
        keys = urlencode({"access_key": "minioadmin", "secret_key": "minioadmin123"}).encode()
        opener = build_opener(HTTPCookieProcessor())
        opener.open(f"{endpoint.console_url}/login", keys).close()
        with opener.open(f"{endpoint.console_url}/watch") as answer:
            text = answer.read().decode()
    assert "has no snapshots" in text
    assert "Take snapshot" not in text


def test_the_focus_stays_on_a_row_while_the_page_looks_again(page: Page, box: Box) -> None:
    box.app.faults.add(Fault(code="SlowDown", operation="PutObject"))
    open_control(page, box)
    remove = page.get_by_role("button", name="Remove the fault")
    remove.focus()
    with page.expect_response("**/api/control/faults"):
        pass
    page.wait_for_timeout(500)
    assert page.evaluate("document.activeElement.textContent") == "Remove"
    page.keyboard.press("Enter")
    remove.wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent") == "Add fault"


def test_others_than_the_main_keys_control_nothing(visitor: Visitor, other: Visitor) -> None:
    assert "Faults, clock and state" in visitor.get("/watch").text
    assert "Faults, clock and state" not in other.get("/watch").text
    for method, name in (("POST", "clear_faults"), ("PUT", "state")):
        assert other.ask(method, f"/api/control/{name}", {}).status_code == 403
    assert other.get("/api/control/state").status_code == 403


def test_control_wants_the_token_of_a_page(visitor: Visitor) -> None:
    assert visitor.ask("POST", "/api/control/faults", {}).json == []
    visitor.csrf = "wrong"
    assert visitor.ask("POST", "/api/control/clear_faults", {}).status_code == 403
    assert visitor.http.post("/api/control/clear_faults").status_code == 403


def test_an_example_is_put_into_its_editor_and_a_mistake_is_shown_in_place(page: Page, box: Box) -> None:
    open_bucket(page, box, query="settings")
    events = page.locator('[data-editor="events"]')
    events.get_by_label("Examples").select_option("A webhook")
    area = events.get_by_role("textbox", name="Events")
    assert "s3:ObjectCreated:*" in area.input_value()
    events.get_by_role("button", name="Save events").click()
    events.get_by_role("alert").get_by_text("arn:minio:sqs::NAME:webhook").wait_for()
    assert area.get_attribute("aria-invalid") == "true"
    area.fill('{\n"EventBridgeConfiguration": }')
    events.get_by_role("button", name="Save events").click()
    events.get_by_role("alert").get_by_text("Line 2").wait_for()
    events.get_by_label("Examples").select_option("EventBridge")
    with page.expect_navigation():
        events.get_by_role("button", name="Save events").click()
    assert box.s3.get_bucket_notification_configuration(Bucket="data")["EventBridgeConfiguration"] == {}
