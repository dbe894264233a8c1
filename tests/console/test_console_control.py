"""The control surface beside the console."""

from __future__ import annotations

import http.client
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from s3fixture.backends import start
from s3fixture.backends.control import Control
from s3fixture.backends.endpoint import Endpoint
from s3fixture.settings import Settings


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with start("emulator", Settings(console_port=0, identities=("other:otherkey:othersecret",))) as endpoint:
        yield endpoint


def ask(
    server: Endpoint,
    name: str,
    body: bytes | None = None,
    *,
    keys: str = "",
    method: str = "POST",
    url: str = "",
    headers: dict[str, str] | None = None,
) -> tuple[int, Any]:
    keys = keys or f"{server.access_key}:{server.secret_key}"
    sent = {"Authorization": f"Basic {b64encode(keys.encode()).decode()}", **(headers or {})}
    connection = http.client.HTTPConnection(urlsplit(url or server.console_url or "").netloc, timeout=60)
    try:
        connection.request(method, f"/control/{name}", body, {k: v for k, v in sent.items() if v})
        answer = connection.getresponse()
        data = answer.read()
        assert "set-cookie" not in answer.headers
        assert "www-authenticate" not in answer.headers
        return answer.status, json.loads(data) if data.startswith((b"{", b"[", b"n")) else data
    finally:
        connection.close()


def test_everything_that_can_be_done_is_described(server: Endpoint) -> None:
    status, page = ask(server, "openapi.json", method="GET")
    assert status == 200
    public = {name for name in vars(Control) if not name.startswith("_")}
    assert {path.removeprefix("/control/") for path in page["paths"]} == public
    fault = page["components"]["schemas"]["Fault"]["properties"]
    assert fault["times"] == {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 1}
    answer = page["paths"]["/control/requests"]["post"]["responses"]["200"]
    items = answer["content"]["application/json"]["schema"]["items"]
    assert items == {"$ref": "#/components/schemas/RequestRecord"}


def test_a_fault_is_added_and_listed(server: Endpoint) -> None:
    fault = {"operation": "PutObject", "times": None, "code": "SlowDown"}
    status, number = ask(server, "add_fault", json.dumps({"fault": fault}).encode())
    assert status == 200
    status, (state,) = ask(server, "faults")
    assert int(number) == state["number"]
    assert state["fault"].items() >= fault.items()


@pytest.mark.parametrize(
    ("name", "body", "status", "message"),
    [
        (
            "add_fault",
            b'{"fault": {"operatio": "x"}}',
            400,
            "no field fault.operatio; did you mean 'operation'",
        ),
        ("add_fault", b'{"fault": 3}', 400, "fault is an integer; it must be an object"),
        (
            "add_fault",
            b'{"fault": {"times": true}}',
            400,
            "fault.times is a boolean; it must be an integer",
        ),
        ("add_fault", b"{}", 400, "the argument fault is missing"),
        ("add_fault", b'{"fault": {"effect": "eror"}}', 409, "eror"),
        ("let_time_pass", b'{"seconds": NaN}', 400, "the body is not JSON"),
        ("let_time_pass", b'{"seconds": 1e999}', 409, "goes from 1970"),
        ("let_time_pass", b'{"seconds": ' + b"9" * 30 + b"}", 400, "the body is not JSON"),
        ("let_time_pass", b"[" * 100_000, 400, "the body is not JSON"),
        ("let_time_pass", b"\xff", 400, "the body is not JSON"),
        ("name_snapshot", b'{"name": "\\ud800"}', 400, "the body is not JSON"),
        ("rollback", b'{"token": 9}', 409, "snapshot 9 is not there"),
        (
            "watch_events",
            b'{"bucket":"b","events":[1],"prefix":"","suffix":""}',
            400,
            "events[0] is an integer",
        ),
        ("requests", b" " * 1_100_000, 413, "the body has more than"),
        ("tim", b"", 404, "did you mean 'time'"),
        ("__init__", b"", 404, "there is no /control/__init__"),
        ("_app", b"", 404, "there is no /control/_app"),
    ],
)
def test_bad_input_is_told(server: Endpoint, name: str, body: bytes, status: int, message: str) -> None:
    found, answer = ask(server, name, body)
    assert found == status
    assert message in answer["message"]


def test_only_the_main_keys_are_taken(server: Endpoint) -> None:
    for keys in ("otherkey:othersecret", f"{server.access_key}:no", "no:no"):
        assert ask(server, "time", keys=keys)[0] == 403
    assert ask(server, "time", headers={"Authorization": ""})[0] == 403
    assert ask(server, "time", headers={"Authorization": "Bearer x"})[0] == 403
    assert ask(server, "openapi.json", method="GET", headers={"Authorization": ""})[0] == 403


def test_guessing_is_slowed_down(server: Endpoint) -> None:
    found = [ask(server, "time", keys="no:no")[0] for _ in range(7)]
    assert found == [403] * 5 + [429] * 2


def test_right_keys_are_never_slowed_down(server: Endpoint) -> None:
    assert {ask(server, "faults")[0] for _ in range(20)} == {200}


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}],
)
def test_pages_of_others_are_refused(server: Endpoint, headers: dict[str, str]) -> None:
    assert ask(server, "clear_faults", headers=headers)[0] == 403


def test_a_change_is_not_made_by_get(server: Endpoint) -> None:
    assert ask(server, "clear_faults", method="GET")[0] == 405


def test_the_port_of_s3_does_not_have_it(server: Endpoint) -> None:
    status, answer = ask(server, "clear_faults", url=server.url)
    assert status >= 400
    assert b"<Error>" in answer


@pytest.mark.parametrize("name", ["save", "load"])
@pytest.mark.parametrize("path", ["state", "", "/tmp/a\0b", "../state"])
def test_a_state_needs_a_whole_path(server: Endpoint, name: str, path: str) -> None:
    status, answer = ask(server, name, json.dumps({"path": path}).encode())
    assert status == 409
    assert "is not a whole path" in answer["message"]


@pytest.mark.parametrize("name", ["save", "load"])
@pytest.mark.parametrize("end", ["", "x" * 300, "missing/state"])
def test_a_path_that_cannot_be_used_is_told(server: Endpoint, name: str, end: str, tmp_path: Path) -> None:
    status, answer = ask(server, name, json.dumps({"path": str(tmp_path / end)}).encode())
    assert status == 409
    assert str(tmp_path) in answer["message"]


def test_a_state_is_loaded_by_a_request(server: Endpoint, tmp_path: Path) -> None:
    """Which itself runs meanwhile, and must not be kept from writing."""
    path = json.dumps({"path": str(tmp_path / "state")}).encode()
    server.client().create_bucket(Bucket="books")
    assert ask(server, "save", path) == (200, None)
    token = server.control.snapshot()
    for _ in range(2):
        server.client().delete_bucket(Bucket="books")
        assert ask(server, "load", path) == (200, None)
        assert server.keys(bucket="books") == []
    server.control.rollback(token)
    assert server.keys(bucket="books") == []
