"""What an application answers when something fails outside the steps of a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder

from s3fixture.app import App
from s3fixture.errors import S3FixtureError
from s3fixture.settings import Settings

Heads = list[tuple[str, str, bool]]  # status, content type, whether an error made it


def environ() -> dict[str, Any]:
    return EnvironBuilder(path="/bucket/key", method="GET").get_environ()


def ask(app: App, environ: dict[str, Any], refuse: str = "") -> tuple[Heads, bytes]:
    """The heads that a server was given, and the body; it takes none whose status begins with `refuse`."""
    heads: Heads = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        heads.append((status, dict(headers)["Content-Type"], exc_info is not None))
        if refuse and status.startswith(refuse):
            raise ValueError("no such header")

    return heads, b"".join(app(environ, start_response))


LAST = ("500 Internal Server Error", "application/xml", True)


def test_a_server_that_leaves_out_what_wsgi_asks_for_gets_an_answer(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    request = environ()
    del request["wsgi.url_scheme"]
    heads, body = ask(app, request)
    assert heads == [LAST]
    assert b"<Code>InternalError</Code><Message>We encountered an internal error" in body
    assert "GET could not be answered" in caplog.text


def test_a_server_that_refuses_the_head_of_an_answer_gets_another(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    heads, body = ask(app, environ(), refuse="404")
    assert heads == [("404 Not Found", "application/xml", False), LAST]
    assert b"<Code>InternalError</Code>" in body
    assert "no such header" in caplog.text


@pytest.mark.parametrize("wrong", [{"web_identity": "no such file"}, {"identities": ("no identity",)}])
def test_settings_that_cannot_be_used_leave_the_folder_free(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(S3FixtureError):  # which would hold on to what was made before it
        App(Settings(data_dir=tmp_path, **wrong))
    App(Settings(data_dir=tmp_path)).close()
