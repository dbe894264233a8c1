"""A snapshot that is rolled back while somebody uploads through the console."""

from __future__ import annotations

import http.client
import re
import time
from urllib.parse import urlencode, urlsplit

import pytest

import s3fixture
from s3fixture.backends.emulator import EmulatorEndpoint

HALF = b"x" * 100_000  # a small body is waited for before its request begins


def log_in(connection: http.client.HTTPConnection) -> dict[str, str]:
    """The headers with which changes are asked for."""
    keys = urlencode({"access_key": "minioadmin", "secret_key": "minioadmin123"})
    connection.request("POST", "/login", keys, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
    connection.request("GET", "/connect", headers=cookie)
    token = re.search(r'name="csrf-token" content="([^"]+)"', connection.getresponse().read().decode())
    assert token is not None
    return {**cookie, "X-CSRF-Token": token[1]}


@pytest.mark.parametrize("emulator", ["thread", "process"])
def test_what_is_still_being_uploaded_does_not_come_into_what_is_rolled_back(emulator: str) -> None:
    with s3fixture.serve(console=True, emulator=emulator, buckets=["data"]) as endpoint:
        assert isinstance(endpoint, EmulatorEndpoint)
        assert endpoint.console_url is not None
        connection = http.client.HTTPConnection(urlsplit(endpoint.console_url).netloc, timeout=60)
        headers = log_in(connection)
        writes, token = endpoint.control.writes(), endpoint.control.snapshot()
        connection.putrequest("PUT", "/api/buckets/data/object?key=late")
        for name, value in {**headers, "Content-Length": str(2 * len(HALF))}.items():
            connection.putheader(name, value)
        connection.endheaders(HALF)
        while endpoint.control.writes() == writes:  # it has not arrived yet
            time.sleep(0.01)
        endpoint.control.rollback(token)
        connection.send(HALF)
        answer = connection.getresponse()
        assert (answer.status, b"was rolled back" in answer.read()) == (400, True)
        assert "Contents" not in endpoint.client().list_objects_v2(Bucket="data")
        connection.request("PUT", "/api/buckets/data/object?key=next", b"x", headers)
        assert connection.getresponse().status == 201
        connection.close()
