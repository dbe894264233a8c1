"""Completion in zsh and fish, as a person has it: a start file, a terminal, and the Tab key."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from command_line import PATIENCE, CommandLine

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pty = pytest.importorskip("pty", reason="needs terminals of POSIX")

# A shell that takes Tab wants the terminal for itself.
_OWN_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
# Without one of these, which depends on its version, a first start of fish leaves a process behind that reads
# all manual pages for minutes.
_MANUALS_OF_FISH = (".local/share/fish/generated_completions", ".cache/fish/generated_completions")
_BEGIN_OF_LINE, _END_OF_LINE = "\x01", "\x05"  # Ctrl-A, Ctrl-E


class Shell(NamedTuple):
    """`start_file` in the home folder has `text`, as documented; `prints` writes a line for each word.

    `folders` of the home are there from an earlier start.
    """

    program: str
    arguments: tuple[str, ...]
    start_file: str
    text: str
    prints: str
    folders: tuple[str, ...] = ()


_SHELLS = [
    Shell(
        "zsh",
        ("-i",),
        ".zshrc",
        "autoload -Uz compinit && compinit -u\nbindkey -e\n"
        'eval "$(_S3FIXTURE_COMPLETE=zsh_source s3fixture)"\n',
        "print -rl --",
    ),
    Shell(
        "fish",
        ("-i",),
        ".config/fish/completions/s3fixture.fish",
        "_S3FIXTURE_COMPLETE=fish_source s3fixture | source\n",
        "printf '%s\\n'",
        _MANUALS_OF_FISH,
    ),
]


@pytest.fixture(params=_SHELLS, ids=lambda shell: shell.program)
def shell(request: pytest.FixtureRequest) -> Shell:
    found: Shell = request.param
    if shutil.which(found.program) is None:
        pytest.skip(f"needs {found.program} on PATH")
    return found


@pytest.fixture
def filled(mc: CommandLine, client: S3Client, shell: Shell) -> CommandLine:
    """A server with objects, and a home with the shell's start file."""
    for bucket in ("data", "database", "other"):
        client.create_bucket(Bucket=bucket)
    for key in ("in/a.csv", "in/b.csv", "index"):
        client.put_object(Bucket="data", Key=key, Body=b"x")
    client.put_object(Bucket="database", Key="kept", Body=b"x")
    (mc.folder / "june 1.csv").write_text("a,1")
    programs = mc.folder.parent / "bin"
    programs.mkdir()
    (programs / "s3fixture").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m s3fixture "$@"\n')
    (programs / "s3fixture").chmod(0o755)
    mc.environ |= {"PATH": f"{programs}{os.pathsep}{mc.environ['PATH']}", "TERM": "xterm"}
    home = Path(mc.environ["HOME"])
    for folder in shell.folders:
        (home / folder).mkdir(parents=True)
    start_file = home / shell.start_file
    start_file.parent.mkdir(parents=True, exist_ok=True)
    start_file.write_text(shell.text)
    return mc


def words_after(s3: CommandLine, shell: Shell, typed: str) -> list[str]:
    """The words of the line after these keys, as the shell understands them."""
    found = s3.folder / "words.txt"
    keys = f"{typed}{_BEGIN_OF_LINE}{shell.prints} {_END_OF_LINE} > words.txt; exit\r"
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _OWN_TERMINAL, shell.program, *shell.arguments],
        cwd=s3.folder,
        env=s3.environ,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    shown = b""
    try:
        os.write(leader, keys.encode())  # a shell reads what is typed ahead when it is ready for it
        for chunk in _output(leader, process):
            shown += chunk
    finally:
        process.kill()
        process.wait()
        os.close(leader)
    assert found.exists(), shown.decode(errors="replace")
    return found.read_text(encoding="utf-8").splitlines()


def _output(leader: int, process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """What the shell writes until it ends."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if select.select([leader], [], [], 0.1)[0]:
            try:
                yield os.read(leader, 65536)
            except OSError:  # Linux says so when nobody has the other end any more
                return


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("s3fixture wat\t", ["s3fixture", "watch"]),
        ("s3fixture ls s3://oth\t", ["s3fixture", "ls", "s3://other/"]),
        ("s3fixture cp minio/data/inde\t.", ["s3fixture", "cp", "minio/data/index", "."]),
        ("s3fixture cat data/i\t/a\t", ["s3fixture", "cat", "data/in/a.csv"]),
        ("s3fixture cat datab\tk\t", ["s3fixture", "cat", "database/kept"]),  # no space after a bucket
        ("s3fixture cp jun\tminio/oth\t", ["s3fixture", "cp", "june 1.csv", "minio/other/"]),
        ("s3fixture find --reg\t", ["s3fixture", "find", "--regex"]),
    ],
)
def test_tab_completes_the_word(filled: CommandLine, shell: Shell, typed: str, expected: list[str]) -> None:
    assert words_after(filled, shell, typed) == expected


@pytest.mark.parametrize(
    "key",
    [
        "two words",
        "a,b,c",
        "a:b",
        "$(touch hacked)",
        "`touch hacked`",
        "a;b&c|d",
        "'\"\\",
        "*?[x]~#!{}<>",
        "-n",
        "ü=ß",
    ],
)
def test_a_key_becomes_one_word(filled: CommandLine, client: S3Client, shell: Shell, key: str) -> None:
    client.put_object(Bucket="other", Key=key, Body=b"")
    assert words_after(filled, shell, "s3fixture cat other/\t") == ["s3fixture", "cat", f"other/{key}"]
    assert not (filled.folder / "hacked").exists()
