"""The console beside a server: from Python, in a thread and in a process, and not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
from urllib.request import urlopen

import pytest

import s3fixture
from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings


@pytest.mark.parametrize("emulator", ["thread", "process"])
def test_serve_gives_a_console_when_asked(emulator: str) -> None:
    with s3fixture.serve(console=True, emulator=emulator, buckets=["data"]) as endpoint:
        assert endpoint.console_url is not None
        with urlopen(endpoint.console_url) as answer:
            assert "<h1>Log in</h1>" in answer.read().decode()
    with pytest.raises(urllib.error.URLError):
        urlopen(endpoint.console_url)


def test_serve_gives_none_otherwise_and_loads_nothing_for_it() -> None:
    program = (
        "import sys, s3fixture\n"
        "with s3fixture.serve() as endpoint: assert endpoint.console_url is None\n"
        "print('jinja2' in sys.modules)"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_a_taken_port_is_an_error_that_says_what_to_do_and_leaves_nothing_running() -> None:
    with s3fixture.serve(console=True) as first:
        assert first.console_url is not None
        port = int(first.console_url.rpartition(":")[2])
        with pytest.raises(S3FixtureError, match=rf"port {port} .* choose another with console_port="):
            s3fixture.serve(console_port=port)


@pytest.mark.parametrize("port", [-1, 65536, "x"])
def test_a_port_that_is_none_is_refused(port: object) -> None:
    with pytest.raises(S3FixtureError, match=r"console_port|port number"):
        Settings.load({"console_port": port}, environ={})
