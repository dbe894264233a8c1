"""The command line as a whole: help, version, speed, failures."""

from __future__ import annotations

import subprocess
import sys

import pytest
from command_line import PATIENCE, CommandLine

from s3fixture.cli import COMMANDS

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
