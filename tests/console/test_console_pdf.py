"""PDF documents: they open at the address of the API, where their scripts cannot reach the console."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from console_samples import PDF
from console_visitor import Box, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page


def link_of(visitor: Visitor, **query: str) -> str:
    """Where the link of an object's page leads."""
    text = visitor.get("/buckets/data/object", key="report.pdf", **query).text
    found = re.search(r'href="([^"]*)" target="_blank" rel="noopener noreferrer"', text)
    assert found is not None
    return html.unescape(found[1])


def test_the_link_is_a_presigned_one_of_this_version(visitor: Visitor, box: Box) -> None:
    box.s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    box.s3.put_object(
        Bucket="data",
        Key="report.pdf",
        Body=b"%PDF-2",
        ContentType="text/html",
        ContentDisposition="attachment",
    )
    for query, body in (({}, b"%PDF-2"), ({"version": "null"}, PDF)):
        url = link_of(visitor, **query)
        assert "X-Amz-Expires=3600" in url
        with urlopen(url) as answer:
            assert (answer.headers["Content-Type"], answer.read()) == ("application/pdf", body)
            assert answer.headers["Content-Disposition"] == "inline"


@pytest.mark.parametrize("key", ["report.pdf", "large.pdf"])
def test_a_pdf_opens_in_a_tab_of_its_own(page: Page, box: Box, key: str) -> None:
    box.s3.put_object(Bucket="data", Key="large.pdf", Body=PDF + b"%" * 30_000_000)
    page.goto(f"{box.console_url}/buckets/data/object?key={key}")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the PDF in a new tab").click()
    tab = opened.value
    tab.wait_for_load_state()
    assert tab.url.startswith(f"{box.api_url}/data/{key}?")
    assert tab.evaluate("[document.contentType, window.opener]") == ["application/pdf", None]


def with_button(script: str) -> bytes:
    """A document whose only page is a button that runs this script."""
    text = script.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode()
    button = (
        b"4 0 obj<</Type/Annot/Subtype/Widget/FT/Btn/Ff 65536/T(b)/Rect[0 0 200 100]/F 4/P 3 0 R"
        b"/MK<</BG[1 0 0]/CA(press)>>/A<</S/JavaScript/JS(%b)>>>>endobj " % text
    )
    document = PDF.replace(b"/Pages 2", b"/AcroForm<</Fields[4 0 R]>>/Pages 2")
    return document.replace(b"/MediaBox", b"/Annots[4 0 R]/MediaBox").replace(b"trailer", button + b"trailer")


def test_a_script_of_a_pdf_runs_and_does_not_reach_the_console(page: Page, box: Box) -> None:
    target = f"{box.console_url}/api/buckets/data/delete"
    attack = f"app.alert('before'); this.submitForm({{cURL: '{target}'}}); app.launchURL('{target}')"
    box.s3.put_object(Bucket="data", Key="attack.pdf", Body=with_button(f"{attack}; app.alert('after')"))
    page.goto(f"{box.console_url}/buckets/data/object?key=attack.pdf")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the PDF in a new tab").click()
    tab = opened.value
    reached: list[str] = []
    said: list[str] = []
    page.context.on("request", lambda request: reached.append(request.url))

    def hear(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    tab.on("dialog", hear)
    tab.wait_for_load_state()
    for _ in range(60):  # the viewer draws the page when it is ready, and says so to nobody
        tab.mouse.click(790, 125)  # the button
        tab.wait_for_timeout(1000)
        if "after" in said:
            break
    assert said[:2] == ["before", "after"]
    assert not [url for url in reached if url.startswith(box.console_url)]
    assert box.s3.head_object(Bucket="data", Key="iris.csv")
