"""The control surface beside the console."""

from __future__ import annotations

import http.client
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from s3fixture.backends import start
from s3fixture.backends.control import Control
from s3fixture.backends.endpoint import Endpoint
from s3fixture.records import RequestRecord
from s3fixture.settings import Settings

ALLOW = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


@pytest.fixture
def server() -> Iterator[Endpoint]:
    users = (f"admin:adminkey:adminsecret:{ALLOW}",)
    settings = Settings(console_port=0, identities=("other:otherkey:othersecret",), users=users)
    with start("emulator", settings) as endpoint:
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
    public = {name for name in vars(Control) if not name.startswith("_")} - {"load", "save"} | {"state"}
    assert {path.removeprefix("/control/") for path in page["paths"]} == public
    fault = page["components"]["schemas"]["Fault"]["properties"]
    assert fault["times"] == {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 1}
    answer = page["paths"]["/control/requests"]["post"]["responses"]["200"]
    items = answer["content"]["application/json"]["schema"]["items"]
    assert items == {"$ref": "#/components/schemas/RequestRecord"}
    record = page["components"]["schemas"]["RequestRecord"]
    assert set(record["properties"]) == set(RequestRecord._fields)
    for name in ("query", "headers", "metadata"):
        assert record["properties"][name] == {"type": "object", "default": {}}


def test_requests_are_told_with_all_that_they_said(server: Endpoint) -> None:
    with closing(server.client()) as client:
        client.create_bucket(Bucket="books")
        server.control.clear_requests()
        client.put_object(Bucket="books", Key="told", Body=b"1", Metadata={"a": "b"}, ContentType="text/csv")
        client.list_objects_v2(Bucket="books", Prefix="told")
    status, (put, listing) = ask(server, "requests")
    assert status == 200
    assert set(put) == set(RequestRecord._fields)
    assert (put["metadata"], put["headers"]["content-type"], put["attempt"]) == ({"a": "b"}, "text/csv", 1)
    assert put["invocation_id"]
    assert listing["query"]["prefix"] == "told"
    assert listing["version_id"] == ""


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
        (
            "take_events",
            b'{"watcher": "w", "timeout": 1e999}',
            409,
            "the timeout must be 0 to 3,600 seconds, not inf",
        ),
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
    for keys in ("otherkey:othersecret", "adminkey:adminsecret", f"{server.access_key}:no", "no:no"):
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
def test_nobody_names_a_file_on_the_servers_machine(server: Endpoint, name: str, tmp_path: Path) -> None:
    status, answer = ask(server, name, json.dumps({"path": str(tmp_path / "state")}).encode())
    assert (status, list(tmp_path.iterdir())) == (404, [])
    assert f"there is no /control/{name}" in answer["message"]


def test_a_state_goes_out_and_comes_in_as_a_body(server: Endpoint) -> None:
    """The requests run themselves meanwhile, and must not be kept from writing."""
    server.client().create_bucket(Bucket="books")
    server.put("large", b"." * 3_000_000, bucket="books")
    status, state = ask(server, "state", method="GET")
    assert status == 200
    token = server.control.snapshot()
    for _ in range(2):
        server.client().delete_object(Bucket="books", Key="large")
        server.client().delete_bucket(Bucket="books")
        assert ask(server, "state", state, method="PUT") == (200, None)
        assert len(server.get("large", bucket="books")) == 3_000_000
    server.control.rollback(token)
    assert server.keys(bucket="books") == ["large"]


@pytest.mark.parametrize("body", [b"", b"no state", b"SQLite format 3\0" + b"\0" * 200])
def test_what_is_no_state_changes_nothing(server: Endpoint, body: bytes) -> None:
    server.client().create_bucket(Bucket="books")
    status, answer = ask(server, "state", body, method="PUT")
    assert status == 409
    assert answer["message"].startswith("the file is not a saved state")
    assert server.keys(bucket="books") == []


def test_a_state_needs_the_keys_and_its_methods(server: Endpoint) -> None:
    assert ask(server, "state", method="GET", keys="a:b")[0] == 403
    assert ask(server, "state", b"{}", method="POST")[0] == 405


def test_a_snapshot_is_forgotten_and_the_others_stay(server: Endpoint) -> None:
    def control(method: str, **arguments: str) -> Any:
        status, answer = ask(server, method, json.dumps(arguments).encode())
        assert status == 200, answer
        return answer

    server.client().create_bucket(Bucket="books")
    before = server.control.snapshot()
    for name in ("a", "b", "b", "c"):  # the second b replaces the first
        control("name_snapshot", name=name)
        server.put(f"of {name}", b"x", bucket="books")
    assert [change["key"] for change in control("changes_since_named", name="b")] == ["of b", "of c"]
    control("forget_named", name="a")
    control("forget_named", name="b")
    assert control("named_snapshots") == ["c"]
    status, answer = ask(server, "forget_named", b'{"name": "b"}')
    assert (status, "there is no snapshot 'b'; the snapshots are c" in answer["message"]) == (409, True)
    control("restore_named", name="c")
    assert server.keys(bucket="books") == ["of a", "of b"]
    control("forget_named", name="c")
    assert server.keys(bucket="books") == ["of a", "of b"]
    server.control.rollback(before)
    assert server.keys(bucket="books") == []
