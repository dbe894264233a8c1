"""The console of a server."""

from __future__ import annotations

from urllib.request import urlopen

from command_line import CommandLine


def test_up_serves_the_console_and_says_where(s3: CommandLine) -> None:
    done = s3("up", "--detach", "--port", 0, "--memory")
    url = s3.state()["console_url"]
    assert url in done.stdout
    with urlopen(url) as answer:
        assert "Log in" in answer.read().decode()


def test_up_serves_no_console_when_told_so(s3: CommandLine) -> None:
    done = s3("up", "--detach", "--port", 0, "--memory", "--no-console")
    assert s3.state()["console_url"] is None
    assert "console     none" in done.stdout
