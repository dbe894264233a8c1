"""`ready`: waiting until a server is ready."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from command_line import PATIENCE, CommandLine

from s3fixture.backends.endpoint import Endpoint


class Late(BaseHTTPRequestHandler):
    """Is ready at the third question."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200 if len(self.asked) > 2 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_it_waits_until_the_server_is_ready(s3: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Late, "asked", [], raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Late) as late:
        threading.Thread(target=late.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{late.server_port}"
        assert s3("ready", "--endpoint-url", url).stdout == f"{url} is ready\n"
        late.shutdown()
    assert Late.asked == ["/minio/health/ready"] * 3


def test_the_projects_server_and_that_of_an_alias(s3: CommandLine, server: Endpoint) -> None:
    s3.environ["MC_HOST_lab"] = f"http://{server.access_key}:wrongkey1@{server.url.partition('://')[2]}"
    assert json.loads(s3("ready", "lab", "--json").stdout)["resource"] == server.url
    url = s3.up("--memory", "--no-console").url
    assert s3("ready").stdout == f"{url} is ready\n"


def test_it_gives_up_when_told_to(s3: CommandLine, free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    line = s3.refused("ready", "--endpoint-url", url, "--timeout", "1s")
    assert f"{url} was not ready within 1s; check the address" in line


def test_what_is_no_server_is_refused(s3: CommandLine) -> None:
    assert "there is no server to use" in s3.refused("ready")
    assert "'data' is not an alias" in s3.refused("ready", "data")
    assert "--timeout 'soon' is not a time" in s3.refused("ready", "--timeout", "soon")


def test_a_signal_ends_it(s3: CommandLine, free_port: int) -> None:
    process = s3.start("ready", "--endpoint-url", f"http://127.0.0.1:{free_port}")
    process.terminate()
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode in (143, -15), said
    assert "Traceback" not in said
