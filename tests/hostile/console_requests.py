"""Requests to the console and to the control API beside it, valid and hostile."""

from __future__ import annotations

import base64
import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, get_type_hints
from urllib.parse import quote, unquote, urlencode

from asking import KEYS, Reply, Sent, ask, wsgi_headers
from mutations import VALUES, in_bytes, in_header, in_method, in_path, in_query
from valid_requests import BUCKETS, KEYS_OF_OBJECTS

from s3fixture.app import App
from s3fixture.backends.control import Control
from s3fixture.backends.running_requests import RunningRequests
from s3fixture.console.application import Console
from s3fixture.console.control_api import PREFIX, ControlApi, methods
from s3fixture.console.pages import watch
from s3fixture.console.routes import RULES
from s3fixture.console.security import CSRF_HEADER
from s3fixture.console.usage import UsageSamples
from s3fixture.settings import Settings

_PAGES = [rule for rule in RULES if rule.endpoint is not watch.stream]  # which has no end
_NUMBERS = ("0", "1", "1000", "-1", "9" * 400)
# What stands in queries and documents, where it is valid.
_ARGUMENTS: Mapping[str, tuple[Any, ...]] = {
    "key": KEYS_OF_OBJECTS,
    "version": ("null", "missing"),
    "prefix": ("", "folder/", "\xfc"),
    "after": ("k", ""),
    "after_id": ("a",),
    "upload": ("missing",),
    "number": _NUMBERS,
    "type": ("text/plain", "a\nb"),
    "keep": ("1",),
    "versions": ("1",),
    "next": ("/", "//a", "/\\a", "http://a"),
}
_MEMBERS: Mapping[str, tuple[Any, ...]] = {
    "name": ("new-bucket", "data"),
    "versioning": ("Enabled", "Suspended"),
    "objects": ([{"key": "k", "version": "null"}], [{"key": "k"}], [{}], [[]], ["k"] * 1001),
    "key": KEYS_OF_OBJECTS,
    "version": ("null",),
    "tags": ([{"key": "a", "value": "b"}], {"a": "b"}, [{"key": "a"}] * 20),
    "seconds": (60, 604_801, -1, 10**18, 1.5),
    "parts": ([{"number": 1, "etag": "x"}], [{"number": 10**18, "etag": None}], [5]),
    "status": ("Enabled", "ON"),
    "public": (True, False),
    "policy": ('{"Version":"2012-10-17","Statement":[]}', "{", ""),
    "rules": (
        [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}],
        [{"ID": "r", "Status": "Enabled"}],
        [None],
    ),
    "mode": ("GOVERNANCE", "COMPLIANCE", ""),
    "days": (1, 36_501, 10**18, -1),
    "years": (1, 101),
    "until": ("2030-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "x"),
    "hold": ("ON", "OFF", True),
    "enabled": (True, False),
    "locked": (True, False),
}
_HARM: tuple[Any, ...] = (*VALUES, None, True, 0, -1, 2**63, 10**30, 1e308, [], {}, [[]], {"a": []}, "\ud800")
_WAIT = 0.01  # seconds: what a caller may wait for
_CHANGES = (in_header, in_query, in_path, in_method, in_bytes)


def _through(application: Any, sent: Sent) -> Reply:
    """As a WSGI server would bring it to an application that reads no more than WSGI has."""
    path, _, query = sent.target.partition("?")
    headers = {"host": "127.0.0.1:9001", "content-length": str(len(sent.body)), **sent.headers}
    return ask(
        application,
        sent,
        PATH_INFO=unquote(path, "latin-1"),
        QUERY_STRING=query,
        SERVER_NAME="127.0.0.1",
        SERVER_PROTOCOL="HTTP/1.1",
        **wsgi_headers(headers),
    )


class HostilePages:
    """A console in front of the application that the other requests go to."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._usage = UsageSamples(app.store, app.clock)
        self._console = Console(app, self._usage, api_url="http://127.0.0.1:9000")

    def close(self) -> None:
        self._console.close()
        self._usage.close()

    def make(self, rng: Random) -> Sent:
        """A request of somebody who is not logged in."""
        rule = rng.choice(_PAGES)
        path = re.sub(
            "<(.*?)>", lambda name: quote(rng.choice(BUCKETS if name[1] == "bucket" else VALUES)), rule.rule
        )
        method = rng.choice(sorted(rule.methods or {"GET"}))
        query = _some(rng, _ARGUMENTS, VALUES, 0.3)
        sent = Sent(method, path + "?" + urlencode(query, errors="replace"))
        if method in ("POST", "PUT"):
            sent.body = json.dumps(_some(rng, _MEMBERS, _HARM, 0.3)).encode()
            if path == "/login":
                sent.body = urlencode(dict(zip(("access_key", "secret_key"), KEYS[:2], strict=True))).encode()
                sent.headers["content-type"] = "application/x-www-form-urlencoded"
        for change in rng.choices(_CHANGES, k=rng.choice([0, 0, 1, 2])):
            change(rng, sent)
        return sent

    def ask(self, rng: Random, sent: Sent) -> Reply:
        """The answer, mostly to somebody who is logged in."""
        token, session = self._console.sessions.begin(self._app.identities.main)
        if rng.random() < 0.95:
            sent.headers |= {"cookie": f"s3fixture_console_9000={token}", CSRF_HEADER.lower(): session.csrf}
        try:
            return _through(self._console, sent)
        finally:
            self._console.sessions.end(token)


class HostileControl:
    """The control API of a server of its own, because what it does is meant to change the server."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory()
        self._begin()
        path = Path(self._folder.name) / "state"
        self._control.save(str(path))
        self._state = path.read_bytes()

    def _begin(self) -> None:
        self._app = App(Settings())
        self._control = Control(self._app, RunningRequests(self._app))
        self._api = ControlApi(self._control, self._app.settings)
        with self._app.store.write() as index:
            index.create_bucket("data", owner="me", region="us-east-1", created=1.0)

    def close(self) -> None:
        self._app.close()
        self._folder.cleanup()

    def make(self, rng: Random) -> Sent:
        """A call, mostly with the right keys."""
        name = rng.choice([*methods(Control), "state", "openapi.json", "nonsense"])
        method = "POST"
        if name == "state":
            method = rng.choice(["GET", "PUT"])
            body = self._broken_state(rng) if method == "PUT" else b""
        else:
            body = json.dumps(self._arguments(rng, name)).encode()
        keys = base64.b64encode(":".join(KEYS[:2]).encode()).decode()
        headers = {"authorization": f"Basic {keys}"} if rng.random() < 0.97 else {}
        sent = Sent(method, PREFIX + name, headers, body)
        if rng.random() < 0.2:
            rng.choice(_CHANGES)(rng, sent)
        return sent

    def ask(self, sent: Sent) -> Reply:
        """The answer; of S3, when what was done made that fail."""
        if b"timeout" in sent.body:
            sent.body = re.sub(rb'"timeout": [0-9.e+]+', b'"timeout": %f' % _WAIT, sent.body)
        reply = _through(self._api, sent)
        self._control.clear_faults()
        after = ask(self._app, Sent("GET", "/data?list-type=2"))
        self._app.close()
        self._begin()
        return after if after.status == 500 else reply

    def _arguments(self, rng: Random, name: str) -> dict[str, Any]:
        method = methods(Control).get(name)
        if method is None:
            return {}
        hints = get_type_hints(method)
        _, *parameters = inspect.signature(method).parameters
        valid: Mapping[Any, tuple[Any, ...]] = {
            int: (1, 2, -1, 2**62),
            float: (0.0, 1.0, -1.0, 86400.0, 1e10, -1e10, 1e17, 1e300),
            str: ("data", "a", "s3:ObjectCreated:*", '{"Version":"2012-10-17","Statement":[]}', "http://a"),
            list[str]: (["s3:ObjectCreated:*"], ["a"], []),
        }
        fault = {"operation": "GetObject", "effect": "error", "code": "SlowDown", "times": 1}
        found = {one: rng.choice(valid.get(hints[one], (fault,))) for one in parameters}
        for one in parameters:
            if rng.random() < 0.25:
                found[one] = rng.choice(_HARM)
        return found

    def _broken_state(self, rng: Random) -> bytes:
        state = bytearray(self._state)
        for _ in range(rng.choice([0, 1, 1, 5, 100])):
            state[rng.randrange(len(state))] = rng.randrange(256)
        return bytes(state[: rng.choice([len(state), len(state), rng.randrange(len(state))])])


def _some(rng: Random, values: Mapping[str, Any], harm: tuple[Any, ...], share: float) -> dict[str, Any]:
    return {
        name: rng.choice(held) if rng.random() < 0.75 else rng.choice(harm)
        for name, held in values.items()
        if rng.random() < (0.8 if name in ("key", "version") else share)
    }
