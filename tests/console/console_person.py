"""What tests in a browser do and look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console_visitor import Box

if TYPE_CHECKING:
    from playwright.sync_api import Page


def open_bucket(page: Page, box: Box, name: str = "data", query: str = "") -> None:
    page.goto(f"{box.console_url}/buckets/{name}/{query}")


def copied(page: Page, beginning: str) -> str:
    """What a button copied, which begins like this."""
    page.wait_for_function(
        "beginning => navigator.clipboard.readText().then(text => text.startsWith(beginning))", arg=beginning
    )
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def keys_of(box: Box, bucket: str) -> list[str]:
    return [entry["Key"] for entry in box.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def body_of(box: Box, bucket: str, key: str) -> bytes:
    return box.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
