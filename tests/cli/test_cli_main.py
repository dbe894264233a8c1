"""The command line as a whole: help, version, speed, failures."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import PATIENCE, CommandLine, posix_only

from s3fixture.cli import COMMANDS
from s3fixture.cli.failures import guarded

if TYPE_CHECKING:
    from s3fixture.backends.endpoint import Endpoint

CHECKOUT = Path(__file__).parents[2]
ALL = [name for names in COMMANDS.values() for name in names]


def test_the_help_names_every_command(s3: CommandLine) -> None:
    text = s3("--help").stdout
    for name in ALL:
        assert f"  {name} " in text


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_help(s3: CommandLine, name: str) -> None:
    text = s3(name, "--help").stdout
    assert text.startswith(f"Usage: s3fixture {name} ")
    assert len(text.splitlines()) > 4


def test_a_page_tells_of_every_command() -> None:
    """Beside the reference, which is made from the program."""
    pages = [path for path in (CHECKOUT / "docs").glob("*.md") if path.name != "commands.md"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert [name for name in ALL if not re.search(rf"`(s3fixture )?{name}\b", text)] == []


def test_the_version_is_the_packages(s3: CommandLine) -> None:
    assert s3("--version").stdout.startswith("s3fixture 0.")


def test_an_unknown_command_is_wrong_usage(s3: CommandLine) -> None:
    assert "No such command" in s3("nonsense", code=2).stderr


@pytest.mark.parametrize("arguments", [["--help"], ["status"], ["up", "--help"]])
def test_quick_commands_import_nothing_heavy(s3: CommandLine, arguments: list[str]) -> None:
    program = (
        "import sys; from s3fixture.cli import main; main(sys.argv[1:]); "
        "print(sorted({'boto3', 'botocore', 'werkzeug', 'rich', 'yaml', 'dotenv'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=s3.folder,
        env=s3.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_colours_on_a_pipe(s3: CommandLine) -> None:
    s3.up("--memory")
    assert "\x1b" not in s3("status").stdout


def test_a_reader_that_goes_away_is_no_error_to_speak_of(s3: CommandLine) -> None:
    s3.up("--memory")
    process = s3.start("env")
    assert process.stdout is not None
    process.stdout.close()
    process.wait(timeout=PATIENCE)
    assert process.returncode in (0, 1)


@pytest.mark.parametrize("name", ALL)
def test_every_command_is_documented(name: str) -> None:
    documents = (CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in documents)
    assert f"s3fixture {name}" in text or f"`{name}" in text


@posix_only
@pytest.mark.parametrize(("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_and_progress_on_a_terminal(
    s3: CommandLine, server: Endpoint, environ: dict[str, str], coloured: bool
) -> None:
    import pty

    server.client().create_bucket(Bucket="data")
    (s3.folder / "large").mkdir()
    for number in range(12):
        (s3.folder / "large" / str(number)).write_bytes(os.urandom(32 * 1024 * 1024))
    s3.environ |= {**server.environ(), **environ, "TERM": "xterm-256color"}
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(s3.folder)
        command = "s3fixture mirror large s3://data && s3fixture ls"
        words = ["sh", "-c", command.replace("s3fixture", f"{sys.executable} -m s3fixture")]
        os.execvpe("sh", words, s3.environ)  # noqa: S606 - the child of a pseudo terminal
    said = b""
    with contextlib.suppress(OSError):  # Linux's way to say that nobody is left at the other end
        while data := os.read(terminal, 65536):
            said += data
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, said
    assert b"mirroring" in said
    assert (b"\x1b[36m\x1b[1mdata/" in said) == coloured, said[-300:]


@pytest.mark.parametrize(("value", "is_shown"), [("1", True), ("all", True), ("0", False), ("", False)])
def test_a_traceback_is_shown_on_demand(
    value: str, is_shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> int:
        raise ZeroDivisionError

    monkeypatch.setenv("S3FIXTURE_DEBUG", value)
    assert guarded(fail) == 1
    error = capsys.readouterr().err
    assert "unexpected ZeroDivisionError" in error
    assert ("Traceback" in error) == is_shown
