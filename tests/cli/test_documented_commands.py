"""The commands in README.md and docs/ are run, and what the pages show is what they print."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from command_line import PATIENCE, CommandLine, posix_only

CHECKOUT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NEXT = "--- next command ---"
_NUMBER = re.compile(r"\d+(\.\d+)?")
# What a command of a block has in it -> why the block is not run here.
ELSEWHERE = {
    "pip install": "installs from an index",
    "nox": "what CI runs",
    "company-ca.crt": "tests/cli/test_cli_own_certificate.py",
    "aws s3 website": "tests/service/test_service_websites.py",
    "moto_server": "tests/with_clients/test_client_moto_events.py",
    "up --webhook": "runs in the foreground",
    "MC_HOST_work": "tests/cli/test_cli_aliases.py",
    "s3.example.com": "needs a store elsewhere; tests/cli/test_cli_probe.py",
}


def blocks(page: Path) -> Iterator[list[tuple[str, str]]]:
    """Each block as its commands with what is shown below them."""
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        yield [
            (command.rstrip("\n"), shown) for command, _, shown in (part.partition("\n") for part in parts)
        ]


def cases() -> list[Any]:
    found = []
    for page in (CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))):
        for number, session in enumerate(blocks(page)):
            commands = " ".join(command for command, _ in session)
            reason = next((why for what, why in ELSEWHERE.items() if what in commands), "")
            marks = [pytest.mark.skip(reason=reason)] if reason else []
            found.append(pytest.param(session, id=f"{page.name}-{number}", marks=marks))
    return found


@posix_only
@pytest.mark.parametrize("session", cases())
def test_a_session_prints_what_is_shown(s3: CommandLine, session: list[tuple[str, str]]) -> None:
    port, console_port = free_ports()
    programs = s3.folder.parent / "bin"
    programs.mkdir()
    (programs / "s3fixture").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m s3fixture "$@"\n')
    (programs / "s3fixture").chmod(0o755)
    shutil.copytree(CHECKOUT / "examples" / "seed", s3.folder / "seeds")
    (s3.folder / "june.csv").write_text("a,1\n")
    s3.environ |= {
        "PATH": f"{programs}{os.pathsep}{s3.environ['PATH']}",
        "S3FIXTURE_PORT": str(port),
        "S3FIXTURE_CONSOLE_PORT": str(console_port),
    }

    script = "".join(f"{command}\necho '{_NEXT}'\n" for command, _ in session)
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=s3.folder,
        env=s3.environ,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    printed = done.stdout.replace(str(s3.folder), "/home/me/project")
    printed = printed.replace(f":{port}", ":9000").replace(f":{console_port}", ":9001")

    for (command, shown), found in zip(session, printed.split(f"{_NEXT}\n"), strict=False):
        pattern = re.escape(shown).replace(r"\.\.\.", "(?s:.*)")  # `...` stands for any output
        assert re.fullmatch(pattern, found), f"{command} prints\n{found}"


def free_ports() -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(2)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def test_the_tour_prints_what_the_readme_shows(s3: CommandLine) -> None:
    """But for its numbers, which are this run's."""
    command, shown = next(blocks(CHECKOUT / "README.md"))[0]
    arguments = command.partition("s3fixture ")[2].replace(".venv/bin/python", sys.executable).split()

    printed = s3(*arguments, folder=CHECKOUT).stdout

    assert _NUMBER.sub("N", printed) == _NUMBER.sub("N", shown)
