"""A server with its console: asked directly as WSGI, and with a real browser where there is one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import boto3
import pytest
from botocore.config import Config
from console_samples import fill
from console_visitor import Box, Visitor

from s3fixture.app import App
from s3fixture.backends.control import Control
from s3fixture.backends.running_requests import RunningRequests
from s3fixture.console.application import Console
from s3fixture.console.console_server import start_console
from s3fixture.console.control_api import ControlApi
from s3fixture.console.throttle import Throttle
from s3fixture.console.usage import UsageSamples
from s3fixture.server import Server
from s3fixture.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page, SetCookieParam

OTHER = ("other", "otheraccesskey", "othersecretkey")
READER = ("reader", "readerkey", "readersecret")  # lists one bucket, and sees that there are others
STATEMENTS = [
    {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
    {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "arn:aws:s3:::empty*"},
]
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def _running() -> Iterator[Box]:
    policy = json.dumps({"Version": "2012-10-17", "Statement": STATEMENTS})
    users = (":".join((*READER, policy)),)
    app = App(Settings(identities=(":".join(OTHER),), users=users, defaults="minio"))  # as with `up`
    running = RunningRequests(app)
    control = Control(app, running)
    with Server(running) as api:
        served = start_console(
            app, api_url=api.url, host="127.0.0.1", port=0, middleware=running.around, control=control
        )
        usage = UsageSamples(app.store, app.clock)
        console = Console(app, usage, api_url=api.url, control=ControlApi(control, app.settings))
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=api.url,
            region_name="us-east-1",
            aws_access_key_id="minioadmin",
            aws_secret_access_key="minioadmin123",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )
        fill(client)
        yield Box(app, console, api.url, served.url, client, control)
        console.close()
        usage.close()
        served.stop()
    app.close()


@pytest.fixture
def box(_running: Box) -> Iterator[Box]:
    """With the buckets of `console_samples`, whatever the test before did."""
    token = _running.control.snapshot()
    _running.console.throttle = Throttle()
    _running.app.log.clear()
    yield _running
    _running.app.faults.clear()
    _running.app.clock.reset()
    with _running.app.background.paused():
        _running.control.rollback(token)
        _running.control.release(token)
        _running.app.background.reset()


@pytest.fixture
def stranger(box: Box) -> Visitor:
    """Not logged in."""
    return Visitor(box.console)


@pytest.fixture
def visitor(box: Box) -> Visitor:
    """Logged in with the main keys."""
    visitor = Visitor(box.console)
    assert visitor.log_in().status_code == 303
    return visitor


@pytest.fixture
def other(box: Box) -> Visitor:
    """Logged in with the keys of another account."""
    visitor = Visitor(box.console)
    assert visitor.log_in(*OTHER[1:]).status_code == 303
    return visitor


@pytest.fixture
def reader(box: Box) -> Visitor:
    """Logged in with the keys of a user."""
    visitor = Visitor(box.console)
    assert visitor.log_in(*READER[1:]).status_code == 303
    return visitor


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the group `browser` is not installed")
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no Chromium here: apt-get install chromium, or name one in CHROMIUM")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=[*CHROMIUM_ARGUMENTS])
        yield started
        started.close()


@pytest.fixture
def page(box: Box, browser: Browser) -> Iterator[Page]:
    """A window, logged in. At the end: nothing was complained of, and nothing asked of another host."""
    troubles: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    window = context.new_page()

    def refuse(dialog: Dialog) -> None:
        troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    window.on("request", lambda request: _note_strangers(request.url, box.console_url, troubles))
    window.set_default_timeout(60_000)  # for slow machines; nothing waits that long where all is well
    window.on("console", lambda message: troubles.extend([message.text] * (message.type == "error")))
    window.on("pageerror", lambda error: troubles.append(str(error)))
    window.on("dialog", refuse)
    context.add_cookies([_session_cookie(box.console_url)])
    window.goto(box.console_url)
    yield window
    context.close()
    # A browser notes each answer of 4xx in its console; that some answers are errors is what tests are about.
    assert [text for text in troubles if not text.startswith("Failed to load resource")] == []


def _session_cookie(url: str) -> SetCookieParam:
    """As logging in gives it; that people can log in by the page has a test of its own."""
    keys = urlencode({"access_key": "minioadmin", "secret_key": "minioadmin123"}).encode()
    jar = CookieJar()
    build_opener(HTTPCookieProcessor(jar)).open(f"{url}/login", keys).close()
    (cookie,) = jar
    return {"name": cookie.name, "value": cookie.value or "", "url": url}


def _note_strangers(url: str, own: str, troubles: list[str]) -> None:
    if not url.startswith((own, "data:", "blob:", "chrome-extension:", "chrome:", "about:")):
        troubles.append(f"asked another host: {url}")
