"""What attackers upload, who uses no eyes or a phone: in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from console_person import keys_of
from console_samples import HOSTILE, fill_hostile
from console_visitor import Box

from s3fixture.records import Fault

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = {
    "buckets": "/",
    "folder": "/buckets/data/",
    "versions": "/buckets/versioned/?versions=1",
    "pictures": "/buckets/data/?pictures=1&deep=1",
    "empty": "/buckets/empty/",
    "object": "/buckets/versioned/object?key=file.txt",
    "table": "/buckets/data/object?key=iris.csv",
    "facts": "/buckets/data/object?key=model%2FMLmodel",
    "picture": "/buckets/data/object?key=picture.png",
    "deleted": "/buckets/versioned/object?key=gone.txt",
    "settings": "/buckets/data/settings",
    "uploads": "/buckets/data/uploads",
    "requests": "/watch",
    "connect": "/connect?bucket=data",
    "locked": "/buckets/locked/object?key=kept.txt",
    "lock of a bucket": "/buckets/locked/settings",
    "missing": "/buckets/none/",
}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def prepare(box: Box) -> None:
    """Something on every page."""
    box.s3.create_multipart_upload(Bucket="data", Key="unfinished")
    box.s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    box.s3.put_object(Bucket="locked", Key="kept.txt", Body=b"kept", ObjectLockLegalHoldStatus="ON")


@pytest.mark.parametrize("width", [1280, 375])
def test_hostile_names_and_bodies_run_nothing_and_keep_the_layout(page: Page, box: Box, width: int) -> None:
    """That nothing ran is checked by the fixture: no dialog, no complaint, no request elsewhere."""
    fill_hostile(box.s3)
    box.s3.create_multipart_upload(Bucket="hostile", Key=HOSTILE[1])
    agent = Request(f"{box.api_url}/hostile", headers={"User-Agent": "<img src=x onerror=alert('agent')>"})
    with pytest.raises(HTTPError, match="403") as refused:
        urlopen(agent)
    refused.value.close()
    page.set_viewport_size({"width": width, "height": 844})
    paths = ["/buckets/hostile/", "/buckets/hostile/?versions=1", "/buckets/hostile/uploads", "/watch"]
    paths += [f"/buckets/hostile/object?{urlencode({'key': key})}" for key in HOSTILE]
    for path in paths:
        page.goto(box.console_url + path)
        assert page.evaluate(OVERFLOW) <= 0, path
    page.goto(f"{box.console_url}/watch")
    for row in range(len(HOSTILE)):
        page.locator("#requests .open").nth(row).click()
        assert page.evaluate(OVERFLOW) <= 0
        page.keyboard.press("Escape")
    page.goto(f"{box.console_url}/buckets/hostile/")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Delete").click()
    with page.expect_navigation():
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text(f"{len(HOSTILE)} objects deleted").wait_for()


def test_a_hostile_page_that_is_public_cannot_reach_the_console(page: Page, box: Box) -> None:
    """The API's port is the same site for cookies, but another origin."""
    target = f"{box.console_url}/api/buckets/data/delete"
    attack = f"""<script>
        const options = {{method: "POST", credentials: "include", mode: "no-cors"}};
        fetch("{target}", {{...options, body: '{{"objects": [{{"key": "iris.csv"}}]}}'}})
            .finally(() => document.title = "tried");
    </script>"""
    policy = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",'
        '"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}}'
    )
    box.s3.put_bucket_policy(Bucket="data", Policy=policy)
    box.s3.put_object(Bucket="data", Key="attack.html", Body=attack.encode(), ContentType="text/html")
    window = page.context.new_page()  # of the same browser, with its cookies
    with window.expect_request(target):
        window.goto(f"{box.api_url}/data/attack.html")
    window.wait_for_function("document.title === 'tried'")
    window.close()
    assert box.s3.head_object(Bucket="data", Key="iris.csv")


@pytest.mark.timeout(600)  # many pages, and axe is slow on a busy machine
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, box: Box, colours: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the group `browser` has it")
    prepare(box)
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    found = {}
    for name, path in PAGES.items():
        page.goto(box.console_url + path)
        found[name] = _serious(axe.Axe().run(page).response["violations"])
    for name, path in {
        "Share": "/buckets/data/object?key=iris.csv",
        "Edit the lock": PAGES["locked"],
        "Edit headers and metadata": "/buckets/data/object?key=described.bin",
        "New folder": PAGES["folder"],
    }.items():
        page.goto(box.console_url + path)
        page.get_by_role("button", name=name).click()
        found[name] = _serious(axe.Axe().run(page).response["violations"])
    page.goto(box.console_url + PAGES["object"])
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Two versions").wait_for()
    found["compared"] = _serious(axe.Axe().run(page).response["violations"])
    page.goto(box.console_url + PAGES["folder"])
    page.get_by_label("Select model/").check()
    page.get_by_role("button", name="Move…").click()
    found["move"] = _serious(axe.Axe().run(page).response["violations"])
    box.app.faults.add(Fault(code="SlowDown", operation="PutObject"))
    page.goto(box.console_url + "/watch")
    page.get_by_text("Faults, clock and state").click()
    page.get_by_text("happened 0 of 1 times").wait_for()
    found["control"] = _serious(axe.Axe().run(page).response["violations"])
    page.get_by_label("Name", exact=True).fill("clean")
    page.get_by_role("button", name="Take snapshot").click()
    page.get_by_role("button", name="Restore the snapshot clean").click()
    page.get_by_text("No bucket and no latest version of an object has changed since.").wait_for()
    found["restore a snapshot"] = _serious(axe.Axe().run(page).response["violations"])
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete the snapshot clean").click()
    found["delete a snapshot"] = _serious(axe.Axe().run(page).response["violations"])
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete the snapshot clean").wait_for(state="detached")
    box.s3.list_buckets()
    page.locator("#requests tbody tr").first.click()
    found["request"] = _serious(axe.Axe().run(page).response["violations"])
    page.goto(box.console_url + "/buckets/data/object?key=none")
    found["missing object"] = _serious(axe.Axe().run(page).response["violations"])
    page.context.clear_cookies()
    page.goto(box.console_url)
    found["log in"] = _serious(axe.Axe().run(page).response["violations"])
    assert {name: what for name, what in found.items() if what} == {}


def _serious(violations: list[dict[str, object]]) -> list[str]:
    return [
        f"{entry['id']}: {[node['html'] for node in entry['nodes']]}"  # type: ignore[attr-defined]
        for entry in violations
        if entry["impact"] in ("serious", "critical")
    ]


def test_every_page_fits_a_phone(page: Page, box: Box) -> None:
    prepare(box)
    page.set_viewport_size({"width": 360, "height": 740})
    too_wide = {}
    for name, path in PAGES.items():
        page.goto(box.console_url + path)
        if page.evaluate(OVERFLOW) > 0:
            too_wide[name] = page.evaluate(OVERFLOW)
    assert too_wide == {}


def reach(page: Page, name: str) -> None:
    """Go on with the tabulator until something of this name has the focus."""
    focused = (
        "[document.activeElement.innerText, document.activeElement.getAttribute('aria-label')].join(' ')"
    )
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate(focused):
            return
    raise AssertionError(f"{name} is not reached")


def test_a_person_without_a_mouse_shares_and_deletes_an_object(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/buckets/data/")
    reach(page, "iris.csv")  # the box that selects it
    reach(page, "iris.csv")
    page.keyboard.press("Enter")
    page.wait_for_url("**/object?key=iris.csv")
    reach(page, "Share")
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Share a link").wait_for()
    reach(page, "Make link")
    page.keyboard.press("Enter")
    page.get_by_text("Valid until").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    assert "Share" in page.evaluate("document.activeElement.innerText")
    reach(page, "Delete")
    page.keyboard.press("Space")
    reach(page, "Delete")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "iris.csv" not in keys_of(box, "data")


def test_everything_is_reached_by_keyboard(page: Page, box: Box) -> None:
    page.goto(f"{box.console_url}/buckets/data/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'main'")
    for name in ("New folder", "Upload folder", "Upload files", "Objects"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent.trim()") == name
